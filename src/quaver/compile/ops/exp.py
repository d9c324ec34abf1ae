"""Exp: e to the power of x."""

from quaver.compile.elementwise import unary

RULE = unary("Exp", "exp_f32(v)")
