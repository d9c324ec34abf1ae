"""Floor, Ceil and Round: whole numbers near the value; Round takes the even one of two that are as near."""

from quaver.compile.elementwise import alone

_WAYS = {"Floor": "floor_f32(v)", "Ceil": "-floor_f32(-(v))", "Round": "round_f32(v)"}

RULE = alone(tuple(_WAYS), lambda node, plan: _WAYS[node.operator])
