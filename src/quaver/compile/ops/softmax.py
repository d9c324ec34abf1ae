"""Softmax: values along an axis as shares of their sum, after e to their power."""

from quaver.compile.elementwise import about, same_shape
from quaver.compile.graph import Node
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    axis = node.attributes.get("axis", -1) % len(x.shape)
    others = tuple(1 if i == axis else size for i, size in enumerate(x.shape))
    call = f"softmax_f32({x.shape[axis]}, x + {{x}}, {x.strides[axis]}, y + {{y}}, {y.strides[axis]});"
    body = nest(others, {"y": y.strides, "x": x.strides}, call.replace("x + 0,", "x,"))
    operands = {"y": y.name, "x": x.name}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body)


RULE = Rule(("Softmax",), same_shape, _emit, opens=True)
