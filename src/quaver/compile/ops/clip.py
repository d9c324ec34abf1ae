"""Clip: values held between two bounds, either of which may be left out."""

from quaver.compile.elementwise import alone, constant
from quaver.compile.graph import Node
from quaver.compile.plan import Plan


def _value(node: Node, plan: Plan) -> str:
    expression = "v"
    for index, sign in ((1, ">"), (2, "<")):
        if index < len(node.inputs) and node.inputs[index]:
            bound = plan.graph.constant(node, index)
            if bound is None:
                raise node.refuse("a bound is computed", "give constant bounds")
            text = constant(float(bound))
            expression = f"({expression}) {sign} {text} ? ({expression}) : {text}"
    return expression


RULE = alone(("Clip",), _value)
