"""Transpose: the axes in another order."""

from quaver.compile.bytewise import settle_like_input
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.movement import copy
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _axes(node: Node, rank: int) -> list[int]:
    return list(node.attributes.get("perm", range(rank)[::-1]))


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before = shapes[node.inputs[0]]
    return tuple(before[axis] for axis in _axes(node, len(before)))


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    return copy(node, plan, y.shape, tuple(x.strides[axis] for axis in _axes(node, len(x.shape))), y.strides)


RULE = Rule(("Transpose",), _shape, _emit, prepare=settle_like_input, opens=True)
