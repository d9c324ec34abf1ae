"""Abs: values without their sign."""

from quaver.compile.elementwise import unary

RULE = unary("Abs", "v < 0.0f ? -v : v")
