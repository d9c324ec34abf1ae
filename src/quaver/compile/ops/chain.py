"""Several operators one after the other, each of which treats every value alone; found by `chains.join`."""

from quaver.compile import chains
from quaver.compile.elementwise import chained
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    raise node.refuse("its shape was known before", "this is a mistake of quaver's")


def _emit(node: Node, plan: Plan) -> Step:
    return chained(node, plan, node.attributes["links"])


def _prepare(node: Node, plan: Plan) -> None:
    chains.settle(node, plan)


RULE = Rule(("Chain",), _shape, _emit, prepare=_prepare, follows=True, opens=True)
