"""Relu: values below zero become zero."""

from quaver.compile.elementwise import unary

RULE = unary("Relu", "v > 0.0f ? v : 0.0f")
