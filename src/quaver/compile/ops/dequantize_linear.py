"""DequantizeLinear: the floats that bytes stand for."""

import numpy as np

from quaver.compile.elementwise import alone, constant
from quaver.compile.graph import Node
from quaver.compile.plan import Plan
from quaver.compile.quantised import numbers


def _value(node: Node, plan: Plan) -> str:
    scale, zero = numbers(plan.graph, node)
    if scale.size != 1:
        raise node.refuse("it has a scale for every channel", "quantise activations with one scale")
    factor = constant(float(np.float32(scale.reshape(()))))
    return f"{factor} * (float)(v - {int(zero.reshape(()))})"


RULE = alone(("DequantizeLinear",), _value)
