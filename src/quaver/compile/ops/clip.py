"""Clip: values held between two bounds, either of which may be left out."""

from quaver.compile.elementwise import constant, mapped, same_shape
from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    expression = "v"
    for index, sign in ((1, ">"), (2, "<")):
        if index < len(node.inputs) and node.inputs[index]:
            bound = plan.graph.constant(node, index)
            if bound is None:
                raise node.refuse("a bound is computed", "give constant bounds")
            text = constant(float(bound))
            expression = f"({expression}) {sign} {text} ? ({expression}) : {text}"
    return mapped(node, plan, expression)


RULE = Rule(("Clip",), same_shape, _emit, follows=True)
