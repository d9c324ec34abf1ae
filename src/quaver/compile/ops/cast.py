"""Cast: floats stay what they are, truths are 1 and 0, whole numbers lose what is less than one."""

from quaver.compile.elementwise import alone
from quaver.compile.graph import Node
from quaver.compile.plan import Plan

_FLOATS, _WHOLE, _TRUTH = (1, 11), (6, 7), 9  # the numbers of ONNX's types


def _value(node: Node, plan: Plan) -> str:
    kind = node.attributes["to"]
    if kind in _FLOATS:
        return "v"
    if kind == _TRUTH:
        return "v != 0.0f ? 1.0f : 0.0f"
    if kind in _WHOLE:
        return "v < 0.0f ? -floor_f32(-(v)) : floor_f32(v)"
    raise node.refuse("it casts to a type that C has not here", "keep the network in float32")


RULE = alone(("Cast",), _value)
