"""Reshape, Squeeze and Unsqueeze: the same values under another shape."""

import math

from quaver.compile.bytewise import settle_like_input
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.movement import reshaped
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import Open


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before = shapes[node.inputs[0]]
    if node.operator == "Reshape":
        return _reshape(node, before, graph)
    axes = _axes(node, graph)
    if node.operator == "Squeeze":
        dropped = {axis % len(before) for axis in axes} if axes else {i for i, size in enumerate(before) if size == 1}
        return tuple(size for i, size in enumerate(before) if i not in dropped)
    rank = len(before) + len(axes)
    added, rest = {axis % rank for axis in axes}, iter(before)
    return tuple(1 if i in added else next(rest) for i in range(rank))


def _reshape(node: Node, before: Shape, graph: Graph) -> Shape:
    wanted = graph.constant(node, 1)
    if wanted is None:
        raise node.refuse("its shape is computed from values", "export the network with fixed sizes")
    keep = not node.attributes.get("allowzero", 0)
    sizes = [before[i] if size == 0 and keep else int(size) for i, size in enumerate(wanted.tolist())]
    known = math.prod(int(size) for size in sizes if size != -1)
    rest = math.prod(map(int, before)) // max(known, 1)
    left = next((size for size in before if isinstance(size, Open) and size not in sizes), None)
    made = tuple((left if left == rest else rest) if size == -1 else size for size in sizes)
    if math.prod(map(int, made)) != math.prod(map(int, before)) or _inside(before) != _inside(made):
        raise node.refuse(f"{before} cannot become {made}", "correct the network; its batch must be open or 1")
    return made


def _inside(shape: Shape) -> list[tuple[int, str]]:
    """Give for every open size how many values lie inside it, which a new shape must not change."""
    return [
        (math.prod(map(int, shape[axis + 1 :])), str(size)) for axis, size in enumerate(shape) if isinstance(size, Open)
    ]


def _axes(node: Node, graph: Graph) -> list[int]:
    given = graph.constant(node, 1)
    return list(node.attributes.get("axes", [])) if given is None else [int(axis) for axis in given.reshape(-1)]


RULE = Rule(("Reshape", "Squeeze", "Unsqueeze"), _shape, reshaped, prepare=settle_like_input, opens=True)
