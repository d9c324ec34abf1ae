"""Tanh: values between -1 and 1."""

from quaver.compile.elementwise import unary

RULE = unary("Tanh", "tanh_f32(v)")
