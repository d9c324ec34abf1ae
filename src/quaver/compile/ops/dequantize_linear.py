"""DequantizeLinear: the floats that bytes stand for."""

import numpy as np

from quaver.compile.elementwise import constant, mapped, same_shape
from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.quantised import numbers
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    scale, zero = numbers(plan.graph, node)
    if scale.size != 1:
        raise node.refuse("it has a scale for every channel", "quantise activations with one scale")
    factor = constant(float(np.float32(scale.reshape(()))))
    return mapped(node, plan, f"{factor} * (float)(v - {int(zero.reshape(()))})")


RULE = Rule(("DequantizeLinear",), same_shape, _emit, follows=True)
