"""Constants that follow an open size: sizes that the graph asks for, and tables of which it uses as much."""

import numpy as np

from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.sizes import opened

_MOVED = ("Cast", "Identity")  # give values of the shape that they take


def measure(graph: Graph, node: Node, shape: Shape) -> None:
    """Replace the operator Shape by the sizes that it tells, the largest where they are open."""
    sizes = shape[node.attributes.get("start", 0) : node.attributes.get("end", len(shape))]
    graph.constants[node.output] = np.array([int(size) for size in sizes], np.int64)
    if opened(sizes):
        graph.measured[node.output] = sizes
    graph.nodes.remove(node)


def cut(graph: Graph, node: Node) -> None:
    """Note which part of its result counts, if a node of constants depends on an open size.

    Raises:
        CompileError: it does something else with the size than to cut a table from its beginning.
    """
    if node.operator in _MOVED and node.inputs[0] in graph.cut:
        graph.cut[node.output] = graph.cut[node.inputs[0]]
    elif node.operator == "Slice" and set(node.inputs) & set(graph.measured):
        graph.cut[node.output] = _sliced(graph, node)
    elif set(node.inputs) & ({*graph.measured, *graph.cut}):
        raise node.refuse("it computes with a size that is open", "export the network with fixed sizes")


def _sliced(graph: Graph, node: Node) -> Shape:
    table, starts, ends = (graph.constants[name] for name in node.inputs[:3])
    axes = graph.constant(node, 3)
    chosen = range(len(starts)) if axes is None else [int(axis) % table.ndim for axis in axes]
    steps = graph.constant(node, 4)
    told = [name for name in node.inputs if name in graph.measured]
    if told != [node.inputs[2]] or np.any(starts) or (steps is not None and np.any(steps != 1)):
        raise node.refuse("it cuts elsewhere than at its end", "export the network with fixed sizes")
    shape = list(table.shape)
    for axis, end, size in zip(chosen, ends, graph.measured[node.inputs[2]], strict=True):
        if end > shape[axis]:
            raise node.refuse(f"its table has {shape[axis]} rows, {end} are needed", "choose shorter windows")
        shape[axis] = size
    return tuple(shape)
