"""Find attention in a graph: a product of queries and keys, softmax, and the product with values."""

from dataclasses import dataclass, field
from typing import Any

from quaver.compile.graph import Graph, Node
from quaver.compile.quantised import numbers


def join(graph: Graph) -> None:
    """Join what computes attention, so that it can be computed some rows at a time."""
    for node in [n for n in graph.nodes if n.operator == "Softmax"]:
        found = _around(graph, node)
        if found is not None:
            for each in found.nodes:
                graph.nodes.remove(each)


@dataclass
class _Path:
    """Nodes one after the other, and what they mean for the scores."""

    nodes: list[Node] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)


def _around(graph: Graph, softmax: Node) -> _Path | None:
    """Put attention in the place of the last product; gives the nodes that it stands for."""
    path = _Path()
    scores = _backwards(graph, softmax.inputs[0], path)
    mixed = _forwards(graph, softmax, path)
    if scores is None or mixed is None or softmax.attributes.get("axis", -1) not in (-1, 3):
        return None
    if any(name in graph.constants for name in (*scores.inputs, mixed.inputs[1])):
        return None
    inputs = (*scores.inputs, mixed.inputs[1])
    fused = tuple(node.name for node in (softmax, mixed))
    made = Node("JoinedAttention", scores.name, inputs, mixed.outputs, {**path.given, "fused": fused})
    graph.replace(mixed, made)
    path.nodes += [scores, softmax]
    return path


def _backwards(graph: Graph, name: str, path: _Path) -> Node | None:
    """Go from the softmax back to the product of queries and keys."""
    while (node := graph.producer(name)) is not None and graph.only_consumer(name) is not None:
        if node.operator == "MatMul":
            return node
        if node.operator in ("Mul", "Div") and _scaled(graph, node, path):
            pass
        elif node.operator == "DequantizeLinear":
            before = graph.producer(node.inputs[0])
            if not _told(graph, before, node, path, "score"):
                return None
            path.given["later"] = path.given.pop("factor", 1.0)  # what was met so far follows the eight bits
            node = before
        else:
            return None
        assert node is not None  # noqa: S101
        name = node.inputs[0]
    return None


def _forwards(graph: Graph, softmax: Node, path: _Path) -> Node | None:
    """Go from the softmax on to the product with the values."""
    after = graph.only_consumer(softmax.output)
    if after is not None and after.operator == "QuantizeLinear":
        second = graph.only_consumer(after.output)
        if second is None or not _told(graph, after, second, path, "share"):
            return None
        after = graph.only_consumer(second.output)
    at = path.nodes[-1].output if path.nodes and path.given.get("share_scale") else softmax.output
    if after is None or after.operator != "MatMul" or after.inputs[0] != at:
        return None
    return after


def _scaled(graph: Graph, node: Node, path: _Path) -> bool:
    """Note a constant factor of the scores."""
    by = graph.constant(node, 1)
    if by is None or by.size != 1:
        return False
    factor = float(by.reshape(()))
    path.given["factor"] = path.given.get("factor", 1.0) * (factor if node.operator == "Mul" else 1 / factor)
    path.nodes.append(node)
    return True


def _told(graph: Graph, first: Node | None, second: Node, path: _Path, what: str) -> bool:
    """Note the eight bits of a QuantizeLinear and the DequantizeLinear after it."""
    if first is None or first.operator != "QuantizeLinear" or second.operator != "DequantizeLinear":
        return False
    (scale, zero), (again, same) = numbers(graph, first), numbers(graph, second)
    if scale.size != 1 or scale != again or zero != same or graph.only_consumer(first.output) is not second:
        return False
    path.given |= {f"{what}_scale": float(scale.reshape(())), f"{what}_zero": int(zero.reshape(()))}
    path.nodes += [first, second]
    return True
