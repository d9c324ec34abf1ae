"""LayerNormalization: values along the last axes brought to mean 0 and variance 1, scaled and shifted."""

import math

import numpy as np

from quaver.compile.elementwise import about, constant, same_shape
from quaver.compile.graph import Node
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule
from quaver.compile.sizes import opened


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    axis = node.attributes.get("axis", -1) % len(x.shape)
    if opened(x.shape[axis:]):
        raise node.refuse("it goes along a time that is open", "normalise along the channels")
    count = math.prod(x.shape[axis:])
    scale, shift = plan.graph.constant(node, 1), plan.graph.constant(node, 2)
    if scale is None:
        raise node.refuse("its scale is computed", "give it a constant scale")
    if x.last or y.last:
        raise node.refuse("it stands between convolutions", "transpose its input to (time, channels) first")
    names = [
        plan.weight(f"{node.name}/{name}", np.broadcast_to(np.asarray(values, np.float32), x.shape[axis:]))
        for name, values in (("scale", scale), ("shift", 0 if shift is None else shift))
    ]
    epsilon = constant(node.attributes.get("epsilon", 1e-5))
    call = f"layer_norm_f32({count}, {epsilon}, x + {{x}}, {', '.join(names)}, y + {{y}});"
    others = (*x.shape[:axis], *[1] * (len(x.shape) - axis))
    body = nest(others, {"y": y.strides, "x": x.strides}, call)
    operands = {"y": y.name, "x": x.name}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body)


RULE = Rule(("LayerNormalization",), same_shape, _emit, opens=True)
