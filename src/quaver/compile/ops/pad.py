"""Pad: a constant around a tensor."""

import numpy as np

from quaver.compile.bytewise import settle_like_input
from quaver.compile.elementwise import about, constant
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.tensor import BYTE

Pads = list[tuple[int, int]]


def pads(node: Node, rank: int, graph: Graph) -> Pads:
    """Give what is put before and after the values of every axis."""
    told = graph.constant(node, 1)
    if told is None and "pads" not in node.attributes:
        raise node.refuse("its widths are computed", "give it constant widths")
    flat = [int(width) for width in (node.attributes["pads"] if told is None else told.reshape(-1))]
    axes = graph.constant(node, 3)
    chosen = range(rank) if axes is None else [int(axis) % rank for axis in axes]
    half = len(flat) // 2
    around = dict(zip(chosen, zip(flat[:half], flat[half:], strict=True), strict=True))
    return [around.get(axis, (0, 0)) for axis in range(rank)]


def known(node: Node, graph: Graph) -> bool:
    """Tell whether it is known by now how much is put around, and of what."""
    width = "pads" in node.attributes or graph.constant(node, 1) is not None
    return width and (len(node.inputs) < 3 or not node.inputs[2] or graph.constant(node, 2) is not None)


def mode(node: Node) -> str:
    """Name what is put around: `constant`, or values of the tensor itself."""
    given = node.attributes.get("mode", b"constant")
    return given.decode() if isinstance(given, bytes) else str(given)


def filling(node: Node, graph: Graph) -> float:
    """Give the constant that is put around."""
    if len(node.inputs) > 2 and node.inputs[2]:
        value = graph.constant(node, 2)
        if value is None:
            raise node.refuse("what it puts around is computed", "give it a constant value")
        return float(value.reshape(()))
    return float(node.attributes.get("value", 0.0))


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before = shapes[node.inputs[0]]
    around = pads(node, len(before), graph)
    if min(map(min, around)) < 0:
        raise node.refuse("it takes values away", "use Slice for that")
    return tuple(size + sum(pair) for size, pair in zip(before, around, strict=True))


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    value = filling(node, plan.graph)
    byte = int(np.clip(np.rint(value / x.scale) + x.zero, 0, 255))
    around = str(byte) if x.kind == BYTE else constant(value)
    at = sum(before * step for (before, _), step in zip(pads(node, len(x.shape), plan.graph), y.strides, strict=True))
    body = [
        *nest(y.shape, {"y": y.strides}, f"y[{{y}}] = {around};"),
        *nest(x.shape, {"y": y.strides, "x": x.strides}, f"y[{at} + {{y}}] = x[{{x}}];".replace("[0 + ", "[")),
    ]
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, body)


RULE = Rule(("Pad",), _shape, _emit, follows=True, prepare=settle_like_input)
