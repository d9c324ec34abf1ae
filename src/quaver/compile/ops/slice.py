"""Slice: a part of a tensor, with steps of any size, backwards too."""

from quaver.compile.bytewise import settle_like_input
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.movement import copy
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _ranges(node: Node, before: Shape, graph: Graph) -> list[range]:
    """Give the indices that are kept, for every axis."""
    given = [graph.constant(node, index) for index in (1, 2)]
    if any(values is None for values in given):
        raise node.refuse("its bounds are computed from values", "export the network with fixed sizes")
    starts, ends = ([int(v) for v in values.reshape(-1)] for values in given if values is not None)
    axes, steps = graph.constant(node, 3), graph.constant(node, 4)
    ranges = [range(size) for size in before]
    chosen = range(len(starts)) if axes is None else [int(axis) % len(before) for axis in axes]
    strides = [1] * len(starts) if steps is None else [int(step) for step in steps]
    for axis, start, end, step in zip(chosen, starts, ends, strides, strict=True):
        ranges[axis] = range(before[axis])[slice(start, end if abs(end) < 2**31 - 1 else None, step)]
    return ranges


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    made = tuple(len(kept) for kept in _ranges(node, shapes[node.inputs[0]], graph))
    if 0 in made:
        raise node.refuse("nothing is left of its input", "correct the network")
    return made


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    ranges = _ranges(node, x.shape, plan.graph)
    steps = tuple(step * kept.step for step, kept in zip(x.strides, ranges, strict=True))
    offset = sum(step * kept.start for step, kept in zip(x.strides, ranges, strict=True))
    return copy(node, plan, y.shape, steps, y.strides, offset)


RULE = Rule(("Slice",), _shape, _emit, follows=True, prepare=settle_like_input)
