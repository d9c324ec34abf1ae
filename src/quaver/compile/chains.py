"""Take values through several operators in one loop, so that what lies between them never fills memory."""

from dataclasses import replace

from quaver.compile import ops
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan


def join(graph: Graph, shapes: dict[str, Shape]) -> None:
    """Join operators that treat every value alone, where nobody else reads what lies between and the shape stays."""
    for first in list(graph.nodes):
        if first not in graph.nodes or ops.find(first).value is None:
            continue
        links = [first]
        while (after := _next(graph, shapes, links[-1])) is not None:
            links.append(after)
        if len(links) > 1:
            graph.replace(links[-1], _joined(links))
            for link in links[:-1]:
                graph.nodes.remove(link)


def settle(node: Node, plan: Plan) -> None:
    """Say what a chain writes: what its last link does."""
    last = node.attributes["links"][-1]
    ops.find(last).prepare(replace(last, outputs=node.outputs), plan)


def _next(graph: Graph, shapes: dict[str, Shape], node: Node) -> Node | None:
    after = graph.only_consumer(node.output)
    if after is None or ops.find(after).value is None or after.attributes.get("along_channels"):
        return None
    return after if list(map(str, shapes[after.output])) == list(map(str, shapes[node.output])) else None


def _joined(links: list[Node]) -> Node:
    """Make the node that stands for all: it reads what its links read of others, and is named after the first."""
    within = {link.output for link in links}
    inputs = dict.fromkeys(name for link in links for name in link.inputs if name and name not in within)
    fused = tuple(link.name for link in links[1:])
    return Node("Chain", links[0].name, tuple(inputs), links[-1].outputs, {"links": tuple(links), "fused": fused})
