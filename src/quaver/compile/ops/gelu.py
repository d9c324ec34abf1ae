"""Gelu: x times the share of a normal distribution below x, or its approximation by tanh."""

from quaver.compile.elementwise import mapped, same_shape
from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule

_EXACT = "0.5f * v * (1.0f + erf_f32(v * 0.70710678f))"
_TANH = "0.5f * v * (1.0f + tanh_f32(0.79788456f * (v + 0.044715f * v * v * v)))"


def _emit(node: Node, plan: Plan) -> Step:
    close = node.attributes.get("approximate", b"none") in (b"tanh", "tanh")
    return mapped(node, plan, _TANH if close else _EXACT)


RULE = Rule(("Gelu",), same_shape, _emit, follows=True)
