"""And, Or and Xor of answers that are 1 and 0."""

from quaver.compile.elementwise import among

_SIGNS = {"And": "&&", "Or": "||", "Xor": "!="}

RULE = among({operator: f"(a != 0.0f) {sign} (b != 0.0f) ? 1.0f : 0.0f" for operator, sign in _SIGNS.items()})
