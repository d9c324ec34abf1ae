"""Add: the sum of two tensors, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Add", "a + b")
