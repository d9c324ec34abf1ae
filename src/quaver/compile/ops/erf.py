"""Erf: the error function."""

from quaver.compile.elementwise import unary

RULE = unary("Erf", "erf_f32(v)")
