"""Celu: an exponential below zero, with a continuous slope."""

from quaver.compile.elementwise import unary

RULE = unary("Celu", "v > 0.0f ? v : {alpha} * (exp_f32(v / {alpha}) - 1.0f)")
