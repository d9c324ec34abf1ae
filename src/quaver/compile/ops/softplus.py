"""Softplus: log(1 + exp(x)), without overflow."""

from quaver.compile.elementwise import unary

RULE = unary("Softplus", "(v > 0.0f ? v : 0.0f) + log_f32(1.0f + exp_f32(v > 0.0f ? -v : v))")
