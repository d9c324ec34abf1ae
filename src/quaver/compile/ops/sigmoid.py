"""Sigmoid: values between 0 and 1."""

from quaver.compile.elementwise import unary

RULE = unary("Sigmoid", "1.0f / (1.0f + exp_f32(-v))")
