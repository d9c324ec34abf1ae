"""Identity and, once training is over, Dropout: the values as they are."""

from quaver.compile.bytewise import settle_like_input
from quaver.compile.elementwise import same_shape
from quaver.compile.graph import Node
from quaver.compile.movement import copy
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    return copy(node, plan, y.shape, x.strides, y.strides)


RULE = Rule(("Identity", "Dropout"), same_shape, _emit, follows=True, opens=True, prepare=settle_like_input)
