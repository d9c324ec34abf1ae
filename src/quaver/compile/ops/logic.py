"""And, Or and Xor of answers that are 1 and 0."""

from quaver.compile.elementwise import broadcast_shape, mapped
from quaver.compile.rule import Rule

_SIGNS = {"And": "&&", "Or": "||", "Xor": "!="}

RULE = Rule(
    tuple(_SIGNS),
    broadcast_shape,
    mapped,
    follows=True,
    opens=True,
    value=lambda node, plan: f"(a != 0.0f) {_SIGNS[node.operator]} (b != 0.0f) ? 1.0f : 0.0f",
)
