"""Where: one of two values, as a third says."""

from quaver.compile.elementwise import broadcast_shape, mapped
from quaver.compile.rule import Rule

RULE = Rule(("Where",), broadcast_shape, mapped, follows=True, opens=True, value=lambda *_: "a != 0.0f ? b : c")
