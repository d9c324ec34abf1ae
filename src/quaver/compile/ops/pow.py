"""Pow: whole powers as products, square roots, and any other by exponentials and logarithms."""

import numpy as np

from quaver.compile.elementwise import broadcast_shape, constant, mapped
from quaver.compile.graph import Node
from quaver.compile.plan import Plan
from quaver.compile.rule import Rule

_MOST = 8  # factors of a product


def _value(node: Node, plan: Plan) -> str:
    given = plan.graph.constant(node, 1)
    if given is None or given.size != 1:
        return "pow_f32(a, b)"
    power = float(np.float32(given.reshape(())))
    if power == 0.5:
        return "sqrt_f32(v)"
    if power == -0.5:
        return "1.0f / sqrt_f32(v)"
    if power == int(power) and abs(power) <= _MOST:
        product = " * ".join(["v"] * int(abs(power))) or "1.0f"
        return product if power >= 0 else f"1.0f / ({product})"
    return f"pow_f32(v, {constant(power)})"


RULE = Rule(("Pow",), broadcast_shape, mapped, follows=True, opens=True, value=_value)
