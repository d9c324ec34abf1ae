"""Mul: the product of two tensors, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Mul", "a * b")
