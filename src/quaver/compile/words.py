"""Nodes that say another node, as they are collected."""

from collections.abc import Mapping

from quaver.compile.graph import Array, Graph, Node, Shape


class Words:
    """Collects the nodes that say another."""

    def __init__(self, graph: Graph, node: Node, shapes: Mapping[str, Shape]) -> None:
        self.graph, self.node, self.shapes = graph, node, shapes  # of what is computed before
        self.said: list[Node] = []

    def keep(self, name: str, values: Array) -> str:
        """Keep a constant."""
        called = f"{self.node.name}/{name}"
        self.graph.constants[called] = values
        return called

    def say(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add a node; gives the name of what it computes."""
        name = f"{self.node.name}/{operator.lower()}{len(self.said)}"
        self.said.append(Node(operator, name, inputs, (name,), dict(attributes)))
        return name

    def end(self, output: int = 0) -> list[Node]:
        """Let the last node compute what the one in question did."""
        last = self.said[-1]
        self.said[-1] = Node(
            last.operator, last.name, last.inputs, self.node.outputs[output : output + 1], last.attributes
        )
        return self.said
