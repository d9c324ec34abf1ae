"""QuantizeLinear: floats as bytes, rounded half to even."""

import numpy as np

from quaver.compile.elementwise import alone, constant
from quaver.compile.graph import Node
from quaver.compile.plan import Plan
from quaver.compile.quantised import numbers
from quaver.compile.tensor import BYTE


def _prepare(node: Node, plan: Plan) -> None:
    scale, zero = numbers(plan.graph, node)
    if scale.size != 1:
        raise node.refuse("it has a scale for every channel", "quantise activations with one scale")
    y = plan.tensors[node.output]
    y.kind, y.scale, y.zero = BYTE, float(np.float32(scale.reshape(()))), int(zero.reshape(()))


def _value(node: Node, plan: Plan) -> str:
    scale, zero = numbers(plan.graph, node)
    return f"byte_of(v / {constant(float(scale.reshape(())))}, {int(zero.reshape(()))})"


RULE = alone(("QuantizeLinear",), _value, _prepare)
