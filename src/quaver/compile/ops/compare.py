"""Comparisons, whose answers are 1 and 0."""

from quaver.compile.elementwise import broadcast_shape, mapped
from quaver.compile.rule import Rule

_SIGNS = {"Greater": ">", "GreaterOrEqual": ">=", "Less": "<", "LessOrEqual": "<=", "Equal": "=="}

RULE = Rule(
    tuple(_SIGNS),
    broadcast_shape,
    mapped,
    follows=True,
    opens=True,
    value=lambda node, plan: f"a {_SIGNS[node.operator]} b ? 1.0f : 0.0f",
)
