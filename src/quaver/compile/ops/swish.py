"""Swish, also called SiLU: the value times its sigmoid."""

from quaver.compile.elementwise import unary

RULE = unary("Swish", "v / (1.0f + exp_f32(-{alpha} * v))")
