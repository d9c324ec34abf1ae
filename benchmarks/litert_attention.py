"""How LiteRT says what blocks of attention are made of; a part of `litert.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.compile.graph import Array, Graph, Node

if TYPE_CHECKING:
    from litert import Writer

LARGEST = 127


def join(graph: Graph) -> None:
    """Make one node, Dense, of a product with constants, its bias, and the steps to bytes and back in front of it.

    LiteRT takes floats for such a product and makes bytes of them itself, by every row's own range.
    """
    for node in [node for node in graph.nodes if node.operator == "MatMul" and node.inputs[1] in graph.constants]:
        x, after = node.inputs[0], graph.only_consumer(node.output)
        back = graph.producer(x)
        step = graph.producer(back.inputs[0]) if back is not None and back.operator == "DequantizeLinear" else None
        x = x if step is None else step.inputs[0]
        bias = () if after is None or after.operator != "Add" else set(after.inputs) & set(graph.constants)
        made = replace(node, operator="Dense", inputs=(x, node.inputs[1], *bias)).changed(bytes=step is not None)
        if after is not None and bias:
            graph.nodes.remove(after)
            made = replace(made, outputs=after.outputs)
        graph.replace(node, made)
    graph.prune()


def _dense(to: Writer, node: Node) -> None:
    """Write a product of rows with constants, which become bytes with a scale for each output if it is one on bytes."""
    weights, scale = to.graph.constants[node.inputs[1]].T, None
    if node.attributes["bytes"]:
        scale = np.abs(weights).max(axis=1) / LARGEST
        weights = np.rint(weights / scale[:, None]).astype(np.int8)
    bias = to.graph.constant(node, 2)
    bias = np.zeros(len(weights), np.float32) if bias is None else bias
    made_of = [to.known[node.inputs[0]], to.constant(f"{node.name}/weights", weights, scale)]
    shape = to.shapes[node.output]
    made = to.tensor(node.output, shape)
    to.operator(
        "FULLY_CONNECTED",
        [*made_of, to.constant(f"{node.name}/biases", bias)],
        made,
        kind="FullyConnectedOptions",
        keepNumDims=len(shape) > 2,
        asymmetricQuantizeInputs=node.attributes["bytes"],
    )


def _product(to: Writer, node: Node) -> None:
    """Write a product of two tensors that are computed."""
    made = to.tensor(node.output, to.shapes[node.output])
    to.operator("BATCH_MATMUL", [to.known[name] for name in node.inputs], made, kind="BatchMatMulOptions")


def _normalised(to: Writer, node: Node) -> None:
    """Write layer normalisation over the last axis by what LiteRT has: means, differences, a root."""
    x, shape = to.known[node.inputs[0]], to.shapes[node.inputs[0]]
    short = (*shape[:-1], 1)

    def step(name: str, operator: str, inputs: list[int], shape: Any, **options: Any) -> int:
        made = to.tensor(name, shape)
        to.operator(operator, inputs, made, **options)
        return made

    def constant(what: str, values: Array) -> int:
        return to.constant(f"{node.name}/{what}", values)

    axis = constant("axis", np.array([len(shape) - 1], np.int32))
    mean = step(f"{node.name}/mean", "MEAN", [x, axis], short, kind="ReducerOptions", keepDims=True)
    off = step(f"{node.name}/off", "SUB", [x, mean], shape, kind="SubOptions")
    squares = step(f"{node.name}/squares", "MUL", [off, off], shape, kind="MulOptions")
    variance = step(f"{node.name}/variance", "MEAN", [squares, axis], short, kind="ReducerOptions", keepDims=True)
    least = constant("least", np.array(node.attributes["epsilon"], np.float32))
    kept = step(f"{node.name}/kept", "ADD", [variance, least], short, kind="AddOptions")
    by = step(f"{node.name}/by", "RSQRT", [kept], short)
    even = step(f"{node.name}/even", "MUL", [off, by], shape, kind="MulOptions")
    scale, shift = (constant(what, to.graph.constants[node.inputs[i]]) for i, what in ((1, "scale"), (2, "shift")))
    scaled = step(f"{node.name}/scaled", "MUL", [even, scale], shape, kind="MulOptions")
    step(node.output, "ADD", [scaled, shift], shape, kind="AddOptions")


def _picked(to: Writer, node: Node) -> None:
    """Write the choice of one place of the first axis as a slice of it."""
    shape, out = to.shapes[node.inputs[0]], to.shapes[node.output]
    index = to.graph.constants[node.inputs[1]]
    if node.attributes.get("axis", 0) or np.ndim(index):
        raise ValueError("benchmarks/litert.py writes no Gather but of one place of the first axis")
    begin, size = np.zeros(len(shape), np.int32), np.array(shape, np.int32)
    begin[0], size[0] = index, 1
    part = to.tensor(f"{node.name}/part", tuple(int(length) for length in size))
    given = [to.constant(f"{node.name}/{name}", values) for name, values in (("begin", begin), ("size", size))]
    to.operator("SLICE", [to.known[node.inputs[0]], *given], part, kind="SliceOptions")
    to.reshape(part, node.output, out)


WRITERS: dict[str, Callable[[Writer, Node], None]] = {
    "Dense": _dense,
    "MatMul": _product,
    "LayerNormalization": _normalised,
    "Gather": _picked,
}
