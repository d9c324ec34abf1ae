"""QuantizeLinear: floats as bytes, rounded half to even."""

import numpy as np

from quaver.compile.elementwise import constant, mapped, same_shape
from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.quantised import numbers
from quaver.compile.rule import Rule
from quaver.compile.tensor import BYTE


def _prepare(node: Node, plan: Plan) -> None:
    scale, zero = numbers(plan.graph, node)
    if scale.size != 1:
        raise node.refuse("it has a scale for every channel", "quantise activations with one scale")
    y = plan.tensors[node.output]
    y.kind, y.scale, y.zero = BYTE, float(np.float32(scale.reshape(()))), int(zero.reshape(()))


def _emit(node: Node, plan: Plan) -> Step:
    y = plan.tensors[node.output]
    return mapped(node, plan, f"byte_of(v / {constant(y.scale)}, {y.zero})")


RULE = Rule(("QuantizeLinear",), same_shape, _emit, follows=True, prepare=_prepare)
