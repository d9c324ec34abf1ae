"""Compute ahead of time what does not depend on the input; fold zeros and batch normalisation into convolutions."""

import numpy as np

from quaver.compile.graph import OPSET, WHOLE, Array, Graph, Node
from quaver.compile.ops import pad


def fold_constants(graph: Graph, only: Node | None = None, bytes_stay: bool = False) -> None:
    """Replace every node whose inputs are all constant, or one of them, by its result.

    Args:
        graph: changed in place.
        only: this node alone.
        bytes_stay: leave what makes floats of bytes, for whoever wants to compute with the bytes.
    """
    rest = []
    for node in graph.nodes:
        wanted = only in (None, node) and not (bytes_stay and node.operator == "DequantizeLinear")
        if wanted and all(not i or i in graph.constants for i in node.inputs):
            graph.constants.update(zip(node.outputs, _evaluate(node, graph), strict=False))
        else:
            rest.append(node)
    graph.nodes = rest


def _evaluate(node: Node, graph: Graph) -> list[Array]:
    """Run a single node with ONNX's own reference."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    known = {name: value for name, value in node.attributes.items() if name != WHOLE}
    made = helper.make_node(node.operator, node.inputs, node.outputs, **known)
    graph_of_one = helper.make_graph(
        [made],
        "one",
        [helper.make_empty_tensor_value_info(i) for i in node.inputs if i],
        [helper.make_empty_tensor_value_info(o) for o in node.outputs],
    )
    model = helper.make_model(graph_of_one, opset_imports=[helper.make_opsetid("", OPSET)])
    given = {i: graph.constants[i] for i in node.inputs if i}
    return [np.asarray(values) for values in ReferenceEvaluator(model).run(None, given)]


def fold_zeros(graph: Graph) -> None:
    """Let convolutions put the zeros around their input that a Pad before them puts there."""
    for conv in [n for n in graph.nodes if n.operator == "Conv" and n.inputs[1] in graph.constants]:
        before = graph.producer(conv.inputs[0])
        if before is None or before.operator != "Pad" or graph.only_consumer(before.output) is None:
            continue
        if not pad.known(before, graph):
            continue
        rank = graph.constants[conv.inputs[1]].ndim
        around = pad.pads(before, rank, graph)
        if pad.mode(before) != "constant" or pad.filling(before, graph) or any(map(any, around[:2])):
            continue
        if min(map(min, around)) < 0 or conv.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            continue
        own = conv.attributes.get("pads", [0] * 2 * (rank - 2))
        widths = [
            after + more
            for after, more in zip(own, [w for side in zip(*around[2:], strict=True) for w in side], strict=True)
        ]
        made = Node("Conv", conv.name, (before.inputs[0], *conv.inputs[1:]), conv.outputs, conv.attributes)
        graph.replace(conv, made.changed(pads=widths, auto_pad=b"NOTSET"))
        graph.nodes.remove(before)


def fold_batch_norm(graph: Graph) -> None:
    """Fold every batch normalisation into the convolution before it, or turn it into a product and a sum."""
    for node in [n for n in graph.nodes if n.operator == "BatchNormalization"]:
        gamma, beta, mean, variance = (np.asarray(graph.constants[i], np.float64) for i in node.inputs[1:5])
        scale = gamma / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
        shift = beta - mean * scale
        before = graph.producer(node.inputs[0])
        if (
            before
            and before.operator == "Conv"
            and graph.only_consumer(before.output)
            and before.inputs[1] in graph.constants
        ):
            _into_convolution(graph, before, node, scale, shift)
        else:
            _as_product_and_sum(graph, node, scale, shift)


def _into_convolution(graph: Graph, conv: Node, norm: Node, scale: Array, shift: Array) -> None:
    kernel = np.asarray(graph.constants[conv.inputs[1]], np.float64)
    bias = graph.constant(conv, 2)
    names = f"{conv.name}/folded_kernel", f"{conv.name}/folded_bias"
    graph.constants[names[0]] = (kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))).astype(np.float32)
    graph.constants[names[1]] = ((0 if bias is None else bias) * scale + shift).astype(np.float32)
    graph.replace(conv, Node("Conv", conv.name, (conv.inputs[0], *names), norm.outputs[:1], conv.attributes))
    graph.nodes.remove(norm)


def _as_product_and_sum(graph: Graph, norm: Node, scale: Array, shift: Array) -> None:
    # Broadcasting counts axes from the end, so the rank is not needed: channels are axis 1.
    product = Node("Mul", f"{norm.name}/scale", (norm.inputs[0], f"{norm.name}/by"), (f"{norm.name}/scaled",))
    total = Node("Add", f"{norm.name}/shift", (product.output, f"{norm.name}/with"), norm.outputs[:1])
    graph.constants[f"{norm.name}/by"] = scale.astype(np.float32)
    graph.constants[f"{norm.name}/with"] = shift.astype(np.float32)
    at = graph.nodes.index(norm)
    graph.nodes[at : at + 1] = [product.changed(along_channels=True), total.changed(along_channels=True)]
