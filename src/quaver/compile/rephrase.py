"""Say operators by others, so that they need no C of their own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quaver.compile import norms, recurrent, resize, transposed
from quaver.compile.graph import WHOLE, Graph, Node, Shape
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
    said = words(Words(graph, node, shapes), first)
    if said is None:
        return [node]
    at = graph.nodes.index(node)
    graph.nodes[at : at + 1] = said
    return said


WHOLE_NUMBER = 7  # the number of ONNX's type int64

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


def _whole_division(words: Words, shape: Shape) -> list[Node] | None:
    """Div of whole numbers: the quotient without what is less than one."""
    if not words.node.attributes.get(WHOLE):
        return None
    words.say("Cast", words.say("Div", *words.node.inputs), to=WHOLE_NUMBER)
    return words.end()


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


def _tile(words: Words, shape: Shape) -> list[Node]:
    """Tile: every axis repeated as a whole."""
    taken, times = words.node.inputs[0], words.graph.constant(words.node, 1)
    if times is None:
        raise words.node.refuse("how often is computed", "export the network with fixed sizes")
    alone = [size if many == 1 or size != 1 else int(many) for size, many in zip(shape, times, strict=True)]
    if alone != list(shape):
        taken = words.say("Expand", taken, words.keep("shape", np.array(alone)))
    for axis, (size, many) in enumerate(zip(shape, times.tolist(), strict=True)):
        if many != 1 and size != 1:
            taken = words.say("Concat", *[taken] * many, axis=axis)
    if not words.said:
        words.say("Identity", taken)
    return words.end()


def _gather(words: Words, shape: Shape) -> list[Node] | None:
    """Gather by a table of indices: by all of them in a row, which is then given the table's shape."""
    index = words.graph.constant(words.node, 1)
    if index is None or index.ndim < 2:
        return None
    axis = words.node.attributes.get("axis", 0) % len(shape)
    row = words.say("Gather", words.node.inputs[0], words.keep("row", index.reshape(-1)), axis=axis)
    made = (*shape[:axis], *index.shape, *shape[axis + 1 :])
    words.say("Reshape", row, words.keep("shape", np.array([int(size) for size in made])))
    return words.end()


def _gemm(words: Words, shape: Shape) -> list[Node] | None:
    """Gemm of a matrix that is turned, or with more than a bias a column: a Transpose before, an Add behind."""
    node = words.node
    bias, given = words.graph.constant(node, 2), dict(node.attributes)
    several = bias is not None and bias.size > max(bias.shape[-1:], default=1)
    if not given.get("transA") and not several:
        return None
    taken = words.say("Transpose", node.inputs[0], perm=[1, 0]) if given.pop("transA", 0) else node.inputs[0]
    rest = node.inputs[1:2] if several else node.inputs[1:]
    product = words.say("Gemm", taken, *rest, **given)
    if bias is not None and several:
        words.say("Add", product, words.keep("bias", bias * np.float32(given.get("beta", 1.0))))
    return words.end()


def _matmul(words: Words, shape: Shape) -> list[Node] | None:
    """MatMul of a vector: as of a matrix of one row or column, which is dropped again."""
    left, right = ((words.shapes.get(name) or np.shape(words.graph.constants[name])) for name in words.node.inputs)
    gone = [axis for axis, sizes in ((-2, left), (-1, right)) if len(sizes) == 1]
    if not gone:
        return None
    row = words.keep("row", np.array([0])), words.keep("column", np.array([1]))
    sides = [
        words.say("Unsqueeze", name, axes) if len(sizes) == 1 else name
        for name, axes, sizes in zip(words.node.inputs, row, (left, right), strict=True)
    ]
    words.say("Squeeze", words.say("MatMul", *sides), words.keep("gone", np.array(gone)))
    return words.end()


def _depth_to_space(words: Words, shape: Shape) -> list[Node]:
    """DepthToSpace: channels laid out as blocks of a picture."""
    block, (batch, depth, high, wide) = words.node.attributes["blocksize"], shape
    columns_first = words.node.attributes.get("mode", b"DCR") in (b"DCR", "DCR")
    parts = (block, block, depth // block**2) if columns_first else (depth // block**2, block, block)
    turn = [0, 3, 4, 1, 5, 2] if columns_first else [0, 1, 4, 2, 5, 3]
    return _turned(words, (batch, *parts, high, wide), turn, (batch, depth // block**2, high * block, wide * block))


def _space_to_depth(words: Words, shape: Shape) -> list[Node]:
    """SpaceToDepth: blocks of a picture laid out as channels."""
    block, (batch, depth, high, wide) = words.node.attributes["blocksize"], shape
    apart = (batch, depth, high // block, block, wide // block, block)
    columns_first = words.node.attributes.get("mode", b"DCR") in (b"DCR", "DCR")
    turn = [0, 3, 5, 1, 2, 4] if columns_first else [0, 1, 3, 5, 2, 4]
    return _turned(words, apart, turn, (batch, depth * block**2, high // block, wide // block))


def _turned(words: Words, apart: Shape, turn: list[int], together: Shape) -> list[Node]:
    split = words.say("Reshape", words.node.inputs[0], words.keep("apart", np.array(apart)))
    words.say("Reshape", words.say("Transpose", split, perm=turn), words.keep("together", np.array(together)))
    return words.end()


_WORDS: dict[str, _Way] = {
    "Div": _whole_division,
    "ConvTranspose": transposed.convolution,
    "Split": _split,
    "GlobalMaxPool": _global_max_pool,
    "LogSoftmax": _log_softmax,
    "InstanceNormalization": norms.instance,
    "GroupNormalization": norms.group,
    "MeanVarianceNormalization": norms.mean_variance,
    "RMSNormalization": norms.root_mean_square,
    "LpNormalization": norms.length,
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"), norms.total),
    "Resize": resize.resized,
    "Tile": _tile,
    "Gather": _gather,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
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
