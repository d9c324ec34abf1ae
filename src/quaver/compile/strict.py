"""What a graph may say that C here would get wrong: made plain, or refused, before anything is computed."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from quaver.compile.graph import Graph, Node, Shape
from quaver.errors import CompileError

BYTES = (np.dtype(np.int8), np.dtype(np.uint8))
_SIGNED = 3  # the number of ONNX's type int8
_OTHERS = (0, 2, _SIGNED)  # types of what QuantizeLinear gives: not told, uint8, int8


def check(graph: Graph) -> None:
    """Look through a graph that was just read.

    Raises:
        CompileError: an operator still trains, counts in other numbers than bytes, or has a scale for each channel.
    """
    for node in graph.nodes:
        if node.operator == "BatchNormalization" and node.attributes.get("training_mode"):
            raise node.refuse("it still trains, and normalises by the batch", "export the network for inference")
        if node.operator == "Dropout" and _drops(graph, node):
            raise node.refuse("it still drops values by chance", "export the network for inference")
        if node.operator in ("QuantizeLinear", "DequantizeLinear") and node.inputs[0] not in graph.constants:
            _counts_in_bytes(graph, node)


def known(graph: Graph, node: Node, shapes: Mapping[str, Shape]) -> None:
    """Refuse a node that reads what nobody computes: another output than the first of an operator.

    Raises:
        CompileError: it does.
    """
    for name in node.inputs:
        here = name in graph.constants or name in graph.cut or name in graph.measured
        if name and not here and name not in shapes:
            maker = graph.producer(name)
            raise (maker or node).refuse(f"{name!r}, which it gives besides, is read", "use its first output alone")


def computed(graph: Graph, shapes: Mapping[str, Shape]) -> None:
    """Refuse a network whose output does not depend on its input, or is another output than the first of an operator.

    Raises:
        CompileError: it is so.
    """
    for name in (name for name in graph.outputs if name not in shapes):
        maker = graph.producer(name)
        if maker is None:
            raise CompileError(f"the output {name!r} is the same for every input; leave it out of the network.")
        raise maker.refuse(f"{name!r}, which it gives besides, is the output", "use its first output alone")


def _drops(graph: Graph, node: Node) -> bool:
    """Tell whether a Dropout is in training, or may be."""
    if len(node.inputs) < 3 or not node.inputs[2]:
        return False
    training, share = graph.constant(node, 2), graph.constant(node, 1) if node.inputs[1] else np.array(0.5)
    still = training is None or bool(training)
    return still and (share is None or float(share) > 0)


def _counts_in_bytes(graph: Graph, node: Node) -> None:
    """See that activations are bytes of one scale, and say which bytes where the file leaves that to a type."""
    scale, zero = graph.constant(node, 1), graph.constant(node, 2)
    if scale is None:
        raise node.refuse("its scale is computed", "quantise statically, with calibration data")
    if scale.size != 1:
        raise node.refuse("it has a scale for every channel", "quantise activations with one scale")
    kind = node.attributes.get("output_dtype", 0)
    if zero is None and node.operator == "QuantizeLinear" and kind in _OTHERS:
        name = f"{node.name}/zero"
        zero = graph.constants[name] = np.zeros((), np.int8 if kind == _SIGNED else np.uint8)
        graph.replace(node, replace(node, inputs=(*node.inputs[:2], name)))
    if zero is None and node.operator == "DequantizeLinear":
        maker = graph.producer(node.inputs[0])
        told = maker.inputs[2:] if maker is not None and maker.operator == "QuantizeLinear" else ()
        zero = graph.constants.get(told[0]) if told else None
        if zero is None or zero.any():
            raise node.refuse("it does not tell its zero point", "give it one, of int8 or uint8")
        graph.replace(node, replace(node, inputs=(*node.inputs[:2], *told)))
    if zero is None or zero.dtype not in BYTES:
        raise node.refuse("it counts in other numbers than bytes", "quantise activations in eight bits")
