"""Comparisons, whose answers are 1 and 0."""

from quaver.compile.elementwise import among

_SIGNS = {"Greater": ">", "GreaterOrEqual": ">=", "Less": "<", "LessOrEqual": "<=", "Equal": "=="}

RULE = among({operator: f"a {sign} b ? 1.0f : 0.0f" for operator, sign in _SIGNS.items()})
