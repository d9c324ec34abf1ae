"""Reciprocal: one divided by the value."""

from quaver.compile.elementwise import unary

RULE = unary("Reciprocal", "1.0f / v")
