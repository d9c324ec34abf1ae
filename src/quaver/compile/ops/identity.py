"""Identity and, once training is over, Dropout: the values as they are."""

from quaver.compile.bytewise import settle_like_input
from quaver.compile.elementwise import mapped, same_shape
from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    return mapped(node, plan, "v")


RULE = Rule(("Identity", "Dropout"), same_shape, _emit, follows=True, prepare=settle_like_input)
