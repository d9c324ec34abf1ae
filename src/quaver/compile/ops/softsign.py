"""Softsign: the value divided by its size and one."""

from quaver.compile.elementwise import unary

RULE = unary("Softsign", "v / (1.0f + (v < 0.0f ? -v : v))")
