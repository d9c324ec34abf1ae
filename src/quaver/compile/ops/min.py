"""Min: the smaller of two values, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Min", "a < b ? a : b")
