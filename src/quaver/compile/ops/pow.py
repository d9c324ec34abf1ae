"""Pow: squares and square roots; other exponents are not needed by networks of today."""

from quaver.compile.elementwise import alone
from quaver.compile.graph import Node
from quaver.compile.plan import Plan

_POWERS = {1.0: "v", 2.0: "v * v", 3.0: "v * v * v", 0.5: "sqrt_f32(v)"}


def _value(node: Node, plan: Plan) -> str:
    power = plan.graph.constant(node, 1)
    if power is None or power.size != 1 or float(power.reshape(())) not in _POWERS:
        raise node.refuse("the exponent is none of 1, 2, 3 and 0.5", "write the power as products")
    return _POWERS[float(power.reshape(()))]


RULE = alone(("Pow",), _value)
