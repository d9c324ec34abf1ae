"""Say operators by others, so that they need no C of their own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quaver.compile import recurrent, transposed
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.ops import pad
from quaver.compile.words import Words


def rephrased(graph: Graph, node: Node, shapes: Mapping[str, Shape]) -> list[Node]:
    """Put other nodes into the place of one, if there are some that say the same.

    Args:
        graph: of which the node is.
        node: which is computed, not constant.
        shapes: of what is computed before it.

    Returns:
        What stands in its place, or the node alone.
    """
    words = _WORDS.get(node.operator)
    if words is None or not any(name in shapes for name in node.inputs):
        return [node]
    first = shapes.get(node.inputs[0], np.shape(graph.constants.get(node.inputs[0], 0)))
    said = words(Words(graph, node), first)
    if said is None:
        return [node]
    at = graph.nodes.index(node)
    graph.nodes[at : at + 1] = said
    return said


_Way = Callable[[Words, Shape], list[Node] | None]


def _split(words: Words, shape: Shape) -> list[Node]:
    """Split: a slice for each part that somebody reads."""
    axis = words.node.attributes.get("axis", 0) % len(shape)
    told, count = words.graph.constant(words.node, 1), len(words.node.outputs)
    sizes = words.node.attributes.get("split") if told is None else told.tolist()
    share = -(-shape[axis] // count)
    ends = np.cumsum(sizes) if sizes else np.minimum(share * np.arange(1, count + 1), shape[axis])
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        bounds = ((name, np.array([value], np.int64)) for name, value in (("axis", axis), ("from", start), ("to", end)))
        axes, starts, stops = (words.keep(f"{name}{number}", values) for name, values in bounds)
        words.say("Slice", words.node.inputs[0], starts, stops, axes)
        words.end(number)
    return words.said


def _global_max_pool(words: Words, shape: Shape) -> list[Node]:
    """GlobalMaxPool: the largest value over all but the first two axes."""
    words.say("ReduceMax", words.node.inputs[0], words.keep("axes", np.arange(2, len(shape))))
    return words.end()


def _log_softmax(words: Words, shape: Shape) -> list[Node]:
    """LogSoftmax: less the largest value, and less the logarithm of the sum of e to their power."""
    axes = words.keep("axes", np.array([words.node.attributes.get("axis", -1)]))
    below = words.say("Sub", words.node.inputs[0], words.say("ReduceMax", words.node.inputs[0], axes))
    words.say("Sub", below, words.say("Log", words.say("ReduceSum", words.say("Exp", below), axes)))
    return words.end()


def _instance_norm(words: Words, shape: Shape) -> list[Node]:
    """InstanceNormalization: every channel brought to mean 0 and variance 1, scaled and shifted."""
    taken, ones = words.node.inputs[0], [1] * (len(shape) - 2)
    axes = words.keep("axes", np.arange(2, len(shape)))
    given = [words.graph.constant(words.node, index) for index in (1, 2)]
    if any(values is None for values in given):
        raise words.node.refuse("its scale or shift is computed", "give it constant ones")
    columns = [np.reshape(values, (-1, *ones)) for values in given if values is not None]
    scale, shift = (words.keep(name, values) for name, values in zip(("scale", "shift"), columns, strict=True))
    epsilon = words.keep("epsilon", np.asarray(words.node.attributes.get("epsilon", 1e-5), np.float32))
    centred = words.say("Sub", taken, words.say("ReduceMean", taken, axes))
    variance = words.say("ReduceMean", words.say("Mul", centred, centred), axes)
    deviation = words.say("Sqrt", words.say("Add", variance, epsilon))
    words.say("Add", words.say("Mul", words.say("Div", centred, deviation), scale), shift)
    return words.end()


def _pairwise(operator: str) -> _Way:
    """Max, Min and Sum of any number of tensors: of two at a time."""

    def said(words: Words, shape: Shape) -> list[Node] | None:
        first, *others = words.node.inputs
        if operator == words.node.operator and len(others) == 1:
            return None
        for other in others:
            first = words.say(operator, first, other)
        if not others:
            words.say("Identity", first)
        return words.end()

    return said


def _pad(words: Words, shape: Shape) -> list[Node] | None:
    """Pad with the tensor's own values: a row of indices for every axis."""
    taken = words.node.inputs[0]
    kind: Any = pad.mode(words.node)
    if kind == "constant":
        return None
    for axis, (before, after) in enumerate(pad.pads(words.node, len(shape), words.graph)):
        if before or after:
            row = np.pad(np.arange(shape[axis]), (before, after), kind)
            taken = words.say("Gather", taken, words.keep(f"row{axis}", row), axis=axis)
    if not words.said:
        words.say("Identity", taken)
    return words.end()


def _whole_windows(words: Words, shape: Shape) -> list[Node] | None:
    """Pooling that rounds the number of windows up: padding at the end, where the last window lacks values."""
    given, axes = words.node.attributes, len(shape) - 2
    other = given.get("count_include_pad") or len(words.node.outputs) > 1
    if not given.get("ceil_mode") or other or given.get("auto_pad", b"NOTSET") not in (b"NOTSET", "NOTSET"):
        return None
    ones, pads = [1] * axes, list(given.get("pads", [0] * 2 * axes))
    every = zip(shape[2:], given["kernel_shape"], given.get("dilations", ones), given.get("strides", ones), strict=True)
    for axis, (size, taps, gap, stride) in enumerate(every):
        reach, before = gap * (taps - 1) + 1, pads[axis]
        windows = -(-(size + before + pads[axes + axis] - reach) // stride) + 1
        if (windows - 1) * stride >= size + before:  # it would begin behind the last value
            windows -= 1
        pads[axes + axis] = max(0, (windows - 1) * stride + reach - size - before)
    words.say(words.node.operator, *words.node.inputs, **{**given, "pads": pads, "ceil_mode": 0})
    return words.end()


_WORDS: dict[str, _Way] = {
    "ConvTranspose": transposed.convolution,
    "Split": _split,
    "GlobalMaxPool": _global_max_pool,
    "LogSoftmax": _log_softmax,
    "InstanceNormalization": _instance_norm,
    "Max": _pairwise("Max"),
    "Min": _pairwise("Min"),
    "Sum": _pairwise("Add"),
    "LSTM": recurrent.directions,
    "GRU": recurrent.directions,
    "Pad": _pad,
    "MaxPool": _whole_windows,
    "AveragePool": _whole_windows,
}
OPERATORS = frozenset(_WORDS)
