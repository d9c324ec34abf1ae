"""Elu: values below zero approach -alpha."""

from quaver.compile.elementwise import unary

RULE = unary("Elu", "v > 0.0f ? v : {alpha} * (exp_f32(v) - 1.0f)")
