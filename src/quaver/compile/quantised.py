"""Find eight-bit arithmetic in a graph that tells it by QuantizeLinear and DequantizeLinear around float operators."""

from dataclasses import replace

import numpy as np

from quaver.compile.graph import Array, Graph, Node

QUIET = (
    "MaxPool",
    "Flatten",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Identity",
    "Slice",
    "Gather",
)  # only move bytes


def rewrite(graph: Graph) -> None:
    """Replace float operators between dequantised inputs and quantised outputs by operators on bytes."""
    for node in list(graph.nodes):
        if node.operator in ("Conv", "Gemm", "MatMul"):
            _weighted(graph, node)
    for node in list(graph.nodes):
        if node.operator == "QuantizeLinear":
            _quiet(graph, node)
    for node in list(graph.nodes):
        if node.operator == "QuantizeLinear":
            _into_float_convolution(graph, node)
    graph.prune()


def numbers(graph: Graph, node: Node) -> tuple[Array, Array]:
    """Give the scale and the zero point of a QuantizeLinear or DequantizeLinear; the latter as if bytes had no sign."""
    scale = np.asarray(graph.constants[node.inputs[1]], np.float32)
    zero = graph.constant(node, 2)
    if zero is None:
        zero = np.zeros(scale.shape, np.uint8)
    return scale, zero.astype(np.int64) + (128 if zero.dtype == np.int8 else 0)


def _weighted(graph: Graph, node: Node) -> None:
    """Make a convolution or dense layer on bytes, if its input and its weights are dequantised bytes."""
    feed, weights = (graph.producer(name) for name in node.inputs[:2])
    bias = graph.producer(node.inputs[2]) if len(node.inputs) > 2 else None
    if not (_dequantises(graph, feed, False) and _dequantises(graph, weights, True)):
        return
    if len(node.inputs) > 2 and not _dequantises(graph, bias, True):
        return
    if node.operator == "Gemm" and not _plain_gemm(node):
        return
    assert feed is not None  # noqa: S101 - _dequantises has seen it
    assert weights is not None  # noqa: S101
    kernel = graph.constants[weights.inputs[0]]
    scale, zero = numbers(graph, feed)
    kernel_scale, kernel_zero = numbers(graph, weights)
    if kernel.dtype != np.int8 or (kernel_zero != 128).any() or scale.size != 1:
        return
    name, kind = weights.inputs[0], node.operator
    if kind == "MatMul":
        if kernel.ndim != 2 or (kernel_scale.size > 1 and weights.attributes.get("axis", 1) % 2 != 1):
            return
        name, kind = f"{name}/turned", "Gemm"
        graph.constants[name] = np.ascontiguousarray(kernel.T)
    constants = (name, *((bias.inputs[0],) if bias else ()))
    made = Node(f"Quantised{kind}", node.name, (feed.inputs[0], *constants), node.outputs, node.attributes)
    made = made.changed(x_scale=scale.reshape(()), x_zero=int(zero.reshape(())), kernel_scale=kernel_scale.reshape(-1))
    if bias is not None:
        made = made.changed(bias_scale=numbers(graph, bias)[0].reshape(-1))
    graph.replace(node, _quantised_output(graph, made))


def _quantised_output(graph: Graph, made: Node) -> Node:
    """Let the node write bytes where only bytes are wanted of it."""
    after, relu, fused = graph.only_consumer(made.output), {}, []
    if after is not None and after.operator == "Relu":
        relu, fused = {"activation": "Relu"}, [after]
        after = graph.only_consumer(after.output)
    if after is None or after.operator != "QuantizeLinear":
        return made
    scale, zero = numbers(graph, after)
    if scale.size != 1:
        return made
    for node in (*fused, after):
        graph.nodes.remove(node)
    changed = made.changed(y_scale=scale.reshape(()), y_zero=int(zero.reshape(())), **relu)
    return replace(changed, outputs=after.outputs)


def _quiet(graph: Graph, node: Node) -> None:
    """Let operators move bytes instead of floats, if what they give is quantised as what they take was."""
    movers: list[Node] = []
    before = graph.producer(node.inputs[0])
    while before is not None and before.operator in QUIET and graph.only_consumer(before.output) is not None:
        movers.append(before)
        before = graph.producer(before.inputs[0])
    if not movers or not _dequantises(graph, before, False):
        return
    assert before is not None  # noqa: S101
    if all(np.array_equal(a, b) for a, b in zip(numbers(graph, before), numbers(graph, node), strict=True)):
        first, last = movers[-1], movers[0]
        moved = replace(first, inputs=(before.inputs[0], *first.inputs[1:]))
        graph.replace(first, moved)
        last = moved if last is first else last
        graph.replace(last, replace(last, outputs=node.outputs))
        graph.nodes.remove(node)


def _into_float_convolution(graph: Graph, node: Node) -> None:
    """Let a float convolution write bytes itself, so that its floats never fill the arena."""
    before = graph.producer(node.inputs[0])
    relu = before is not None and before.operator == "Relu" and graph.only_consumer(before.output) is not None
    conv = graph.producer(before.inputs[0]) if before is not None and relu else before
    if conv is None or conv.operator != "Conv" or graph.only_consumer(conv.output) is None:
        return
    if graph.only_consumer(node.inputs[0]) is None or conv.attributes.get("group", 1) != 1:
        return
    scale, zero = numbers(graph, node)
    if scale.size != 1:
        return
    fused = (*((before.name,) if before is not None and relu else ()), node.name)
    changed = conv.changed(y_scale=scale.reshape(()), y_zero=int(zero.reshape(())), fused=fused)
    changed = changed.changed(activation="Relu") if relu else changed
    for fused_node in (*([before] if before is not None and relu else ()), node):
        graph.nodes.remove(fused_node)
    graph.replace(conv, replace(changed, outputs=node.outputs))


def _dequantises(graph: Graph, node: Node | None, constant: bool) -> bool:
    if node is None or node.operator != "DequantizeLinear":
        return False
    return (node.inputs[0] in graph.constants) is constant and node.inputs[1] in graph.constants


def _plain_gemm(node: Node) -> bool:
    given = node.attributes
    return bool(given.get("transB")) and not given.get("transA") and given.get("alpha", 1) == given.get("beta", 1) == 1
