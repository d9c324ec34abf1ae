"""Flatten: all axes before one of them become a single axis, and all others too."""

import math

from quaver.compile.bytewise import settle_like_input
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.movement import reshaped
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before, axis = shapes[node.inputs[0]], node.attributes.get("axis", 1)
    axis += len(before) if axis < 0 else 0
    return math.prod(before[:axis]), math.prod(before[axis:])


RULE = Rule(("Flatten",), _shape, reshaped, prepare=settle_like_input)
