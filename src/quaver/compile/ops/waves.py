"""Sin and Cos."""

from quaver.compile.elementwise import alone

_WAYS = {"Sin": "sin_f32(v)", "Cos": "cos_f32(v)"}

RULE = alone(tuple(_WAYS), lambda node, plan: _WAYS[node.operator])
