"""Gelu: x times the share of a normal distribution below x, or its approximation by tanh."""

from quaver.compile.elementwise import alone
from quaver.compile.graph import Node
from quaver.compile.plan import Plan

_EXACT = "0.5f * v * (1.0f + erf_f32(v * 0.70710678f))"
_TANH = "0.5f * v * (1.0f + tanh_f32(0.79788456f * (v + 0.044715f * v * v * v)))"


def _value(node: Node, plan: Plan) -> str:
    close = node.attributes.get("approximate", b"none") in (b"tanh", "tanh")
    return _TANH if close else _EXACT


RULE = alone(("Gelu",), _value)
