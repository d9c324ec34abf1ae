"""Mish: the value times the tanh of its softplus."""

from quaver.compile.elementwise import unary

RULE = unary("Mish", "v * tanh_f32((v > 0.0f ? v : 0.0f) + log_f32(1.0f + exp_f32(v > 0.0f ? -v : v)))")
