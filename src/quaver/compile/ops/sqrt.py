"""Sqrt: the square root."""

from quaver.compile.elementwise import unary

RULE = unary("Sqrt", "sqrt_f32(v)")
