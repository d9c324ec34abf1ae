"""Expand: a tensor repeated along axes where it has a single value."""

from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, broadcast_shapes
from quaver.compile.movement import copy
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before, wanted = shapes[node.inputs[0]], graph.constant(node, 1)
    if wanted is None:
        raise node.refuse("its shape is computed from values", "export the network with fixed sizes")
    made = broadcast_shapes(before, tuple(int(size) for size in wanted))
    if made is None:
        raise node.refuse(f"{before} and {tuple(wanted)} do not fit each other", "correct the network")
    return made


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    return copy(node, plan, y.shape, broadcast(x.shape, x.strides, y.shape), y.strides)


RULE = Rule(("Expand",), _shape, _emit, follows=True)
