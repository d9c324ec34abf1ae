"""Sub: the difference of two tensors, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Sub", "a - b")
