"""Div: the quotient of two tensors, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Div", "a / b")
