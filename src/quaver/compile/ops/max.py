"""Max: the larger of two values, broadcast."""

from quaver.compile.elementwise import binary

RULE = binary("Max", "a > b ? a : b")
