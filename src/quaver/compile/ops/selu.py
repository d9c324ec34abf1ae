"""Selu: Elu on a scale that keeps the variance."""

from quaver.compile.elementwise import unary

RULE = unary("Selu", "{gamma} * (v > 0.0f ? v : {alpha} * (exp_f32(v) - 1.0f))")
