"""Draw into a convolution what follows it at no cost: ReLU, and pooling whose windows do not overlap."""

from quaver.compile.graph import Graph, Node

CONVOLUTIONS = ("Conv", "QuantisedConv")


def fuse(graph: Graph) -> None:
    """Join nodes with the convolution before them, where nobody else reads what lies between."""
    for node in [n for n in graph.nodes if n.operator in CONVOLUTIONS]:
        joined = node
        for allowed in (_is_relu, _is_pool):
            after = graph.only_consumer(joined.output)
            if after is not None and (more := allowed(after)):
                fused = (*joined.attributes.get("fused", ()), after.name)
                new = Node(joined.operator, joined.name, joined.inputs, after.outputs, joined.attributes)
                new = new.changed(**more, fused=fused)
                graph.replace(joined, new)
                graph.nodes.remove(after)
                joined = new


def _is_relu(node: Node) -> dict[str, object]:
    return {"activation": "Relu"} if node.operator == "Relu" else {}


def _is_pool(node: Node) -> dict[str, object]:
    """Give the width of a pooling along time alone, without overlap or padding."""
    size = list(node.attributes.get("kernel_shape", []))
    ones = [1] * len(size)
    if (
        node.operator != "MaxPool"
        or len(node.outputs) > 1
        or list(node.attributes.get("strides", ones)) != size
        or any(node.attributes.get("pads", [0]))
        or any(taps != 1 for taps in size[:-1])
        or list(node.attributes.get("dilations", ones)) != ones
        or node.attributes.get("ceil_mode")
        or node.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID")
    ):
        return {}
    return {"pool": int(size[-1])}
