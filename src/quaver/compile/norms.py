"""Say sums, lengths and normalisations by means, products and roots."""

from collections.abc import Callable

import numpy as np

from quaver.compile.graph import Array, Node, Shape
from quaver.compile.words import Words

Way = Callable[[Words, Shape], list[Node]]
_SOME = 1e-30  # in the place of a length of zero, so that zeros stay zeros


def instance(words: Words, shape: Shape) -> list[Node]:
    """InstanceNormalization: every channel brought to mean 0 and variance 1, scaled and shifted."""
    scale, shift = (_column(words, index, len(shape)) for index in (1, 2))
    _scaled(words, _levelled(words, words.node.inputs[0], np.arange(2, len(shape))), scale, shift)
    return words.end()


def group(words: Words, shape: Shape) -> list[Node]:
    """GroupNormalization: every group of channels brought to mean 0 and variance 1, each channel scaled and shifted."""
    groups = words.node.attributes["num_groups"]
    scale, shift = (_column(words, index, len(shape), shape[1]) for index in (1, 2))
    apart = words.keep("apart", np.array([shape[0], groups, -1]))
    level = _levelled(words, words.say("Reshape", words.node.inputs[0], apart), np.array([2]))
    _scaled(words, words.say("Reshape", level, words.keep("together", np.array(shape))), scale, shift)
    return words.end()


def mean_variance(words: Words, shape: Shape) -> list[Node]:
    """MeanVarianceNormalization: values brought to mean 0 and variance 1 over some axes."""
    _levelled(words, words.node.inputs[0], np.array(words.node.attributes.get("axes", [0, 2, 3])), 1e-9)
    return words.end()


def root_mean_square(words: Words, shape: Shape) -> list[Node]:
    """RMSNormalization: values divided by the root of the mean of their squares along the last axes, and scaled."""
    taken, scale = words.node.inputs[:2]
    axes = np.arange(words.node.attributes.get("axis", -1) % len(shape), len(shape))
    mean = words.say("ReduceMean", words.say("Mul", taken, taken), words.keep("axes", axes))
    words.say("Mul", words.say("Div", taken, _root(words, mean, 1e-5)), scale)
    return words.end()


def length(words: Words, shape: Shape) -> list[Node]:
    """LpNormalization: values divided by their length along an axis, or by the sum of their sizes."""
    taken, axis = words.node.inputs[0], words.keep("axes", np.array([words.node.attributes.get("axis", -1)]))
    power = "ReduceL1" if words.node.attributes.get("p", 2) == 1 else "ReduceL2"
    some = words.keep("some", np.asarray(_SOME, np.float32))
    words.say("Div", taken, words.say("Max", _sums(words, power, taken, axis), some))
    return words.end()


def total(words: Words, shape: Shape) -> list[Node]:
    """ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum and ReduceLogSumExp."""
    node = words.node
    given = {
        name: node.attributes[name] for name in ("axes", "keepdims", "noop_with_empty_axes") if name in node.attributes
    }
    _sums(words, node.operator, *node.inputs, **given)
    return words.end()


def _sums(words: Words, operator: str, taken: str, *axes: str, **given: object) -> str:
    """Add up what `operator` adds up: sizes, squares, values or their exponentials."""
    if operator == "ReduceLogSumExp":  # less the largest, which e to its power would be too large for
        most = words.say("ReduceMax", taken, *axes, **{**given, "keepdims": 1})
        rest = words.say("ReduceSum", words.say("Exp", words.say("Sub", taken, most)), *axes, **given)
        most = most if given.get("keepdims", 1) else words.say("ReduceMax", taken, *axes, **given)
        return words.say("Add", words.say("Log", rest), most)
    if operator == "ReduceLogSum":
        return words.say("Log", words.say("ReduceSum", taken, *axes, **given))
    each = words.say("Abs", taken) if operator == "ReduceL1" else words.say("Mul", taken, taken)
    summed = words.say("ReduceSum", each, *axes, **given)
    return words.say("Sqrt", summed) if operator == "ReduceL2" else summed


def _levelled(words: Words, taken: str, axes: Array, epsilon: float = 1e-5) -> str:
    """Bring values to mean 0 and variance 1 over some axes."""
    along = words.keep("axes", axes)
    centred = words.say("Sub", taken, words.say("ReduceMean", taken, along))
    variance = words.say("ReduceMean", words.say("Mul", centred, centred), along)
    return words.say("Div", centred, _root(words, variance, epsilon))


def _root(words: Words, variance: str, epsilon: float) -> str:
    small = np.asarray(words.node.attributes.get("epsilon", epsilon), np.float32)
    return words.say("Sqrt", words.say("Add", variance, words.keep("epsilon", small)))


def _scaled(words: Words, taken: str, scale: str, shift: str) -> None:
    words.say("Add", words.say("Mul", taken, scale), shift)


def _column(words: Words, index: int, rank: int, channels: int = 0) -> str:
    """Keep a scale or shift of every channel so that it fits the axes; one of every group counts for its channels."""
    values = words.graph.constant(words.node, index)
    if values is None:
        raise words.node.refuse("its scale or shift is computed", "give it constant ones")
    whole = np.repeat(values, channels // len(values)) if channels else values
    return words.keep(f"column{index}", whole.reshape(-1, *[1] * (rank - 2)))
