"""Turn Keras networks that branch, or see pictures, into ONNX: functional models in one or two dimensions.

`export` writes chains, in which nothing is transposed. Here a tensor is as Keras has it, channels last, or, where it
comes from a convolution, with channels first as ONNX wants them; it is turned when a layer asks for the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quaver import export_recurrent as recurrent
from quaver.errors import BundleError
from quaver.onnx_graph import ACTIVATIONS, Array, Nodes, float64, padding


@dataclass(frozen=True)
class Value:
    """A tensor: its name in ONNX, its shape as Keras sees it, without the batch, and how it lies in memory."""

    name: str
    shape: tuple[int, ...]
    first: bool = False  # channels come first


class Tape(Nodes):
    """The nodes so far, with tensors that may be used more than once."""

    def __init__(self, shape: tuple[int | None, ...]) -> None:
        super().__init__(shape)
        if None in shape:
            raise BundleError(f"a network that branches needs inputs of fixed size; this one takes {shape}.")
        self._turned: dict[tuple[str, bool], str] = {}
        self._used: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Give each use of a layer a name of its own."""
        self._used[name] = self._used.get(name, 0) + 1
        return name if self._used[name] == 1 else f"{name}/{self._used[name]}"

    def lying(self, value: Value, first: bool) -> Value:
        """Give a tensor with channels first or last."""
        if value.first == first or len(value.shape) < 2:
            return Value(value.name, value.shape, first and len(value.shape) > 1)
        if (value.name, first) not in self._turned:
            rank = len(value.shape) + 1
            order = [0, rank - 1, *range(1, rank - 1)] if first else [0, *range(2, rank), 1]
            self.join(
                "Transpose", f"{value.name.removesuffix(':0')}/{'first' if first else 'last'}", value.name, perm=order
            )
            self._turned[value.name, first] = self.tensor
        return Value(self._turned[value.name, first], value.shape, first)

    def on(self, value: Value, operator: str, name: str, *weights: tuple[str, Array], **attributes: Any) -> Value:
        """Append a node that works on a tensor and leaves its shape."""
        self.tensor = value.name
        self.add(operator, name, *weights, **attributes)
        return Value(self.tensor, value.shape, value.first)

    def channelwise(self, value: Value, operator: str, name: str, values: Array) -> Value:
        """Meet every channel with a number of its own."""
        shape = (-1, *[1] * (len(value.shape) - 1)) if value.first else (-1,)
        return self.on(value, operator, name, ("by", values.reshape(shape)))


Rule = Callable[[Tape, str, dict[str, Any], list[Array], list[Value]], Value]


def same(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Leave out what only training needs."""
    return x[0]


def activated(tape: Tape, name: str, kind: Any, value: Value) -> Value:
    """Apply an activation by its name.

    Raises:
        BundleError: it is none of those that can be exported.
    """
    if kind in (None, "linear"):
        return value
    if kind == "silu":
        gate = tape.on(value, "Sigmoid", f"{name}/gate")
        tape.join("Mul", f"{name}/silu", value.name, gate.name)
        return Value(tape.tensor, value.shape, value.first)
    if kind == "relu6":
        return tape.on(value, "Clip", f"{name}/relu6", ("low", np.array(0.0)), ("high", np.array(6.0)))
    if not isinstance(kind, str) or kind not in ACTIVATIONS:
        known = ", ".join(("linear", "silu", "relu6", *ACTIVATIONS))
        raise BundleError(f"the layer {name!r} uses the activation {kind!r}; supported: {known}.")
    operator, attributes = ACTIVATIONS[kind]
    if kind == "softmax":
        value, attributes = tape.lying(value, False), {"axis": -1}
    return tape.on(value, operator, f"{name}/{kind}", **attributes)


def activation(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Apply the activation of an Activation layer."""
    return activated(tape, name, config["activation"], x[0])


def channels_last(config: dict[str, Any], name: str) -> None:
    """Refuse other layouts.

    Raises:
        BundleError: channels come first.
    """
    if config.get("data_format") not in (None, "channels_last"):
        raise BundleError(f"the layer {name!r} puts channels first; build it with data_format='channels_last'.")


def convolved(
    tape: Tape, name: str, config: dict[str, Any], kernel: Array, bias: Array | None, x: Value, groups: int
) -> Value:
    """Convolve; `kernel` (out, in / groups, ...)."""
    channels_last(config, name)
    sizes = kernel.shape[2:]
    strides, dilations = (_each(config[key], len(sizes)) for key in ("strides", "dilation_rate"))
    edges = [padding(config["padding"], *each) for each in zip(x.shape, sizes, strides, dilations, strict=False)]
    biases = () if bias is None else (("bias", float64(bias)),)
    made = tape.on(
        tape.lying(x, True),
        "Conv",
        name,
        ("kernel", float64(kernel)),
        *biases,
        kernel_shape=list(sizes),
        pads=[edge[0] for edge in edges] + [edge[1] for edge in edges],
        strides=strides,
        dilations=dilations,
        group=groups,
    )
    return Value(made.name, (*(int(edge[2] or 0) for edge in edges), len(kernel)), True)


def conv(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Convolve over one or two dimensions; Keras's kernel is (..., in / groups, out)."""
    rank = weights[0].ndim
    kernel = weights[0].transpose(rank - 1, rank - 2, *range(rank - 2))
    bias = weights[1] if config["use_bias"] else None
    made = convolved(tape, name, config, kernel, bias, x[0], config.get("groups", 1))
    return activated(tape, name, config["activation"], made)


def depthwise(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Convolve every channel alone; Keras's kernel is (..., in, multiplier)."""
    rank, (channels, multiplier) = weights[0].ndim, weights[0].shape[-2:]
    kernel = weights[0].transpose(rank - 2, rank - 1, *range(rank - 2))
    kernel = kernel.reshape(channels * multiplier, 1, *kernel.shape[2:])
    made = convolved(tape, name, config, kernel, weights[1] if config["use_bias"] else None, x[0], channels)
    return activated(tape, name, config["activation"], made)


def separable(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Convolve every channel alone, then mix them."""
    alone = {**config, "use_bias": False, "activation": None}
    made = depthwise(tape, f"{name}/depthwise", alone, weights[:1], x)
    mixed = {**config, "strides": 1, "dilation_rate": 1, "groups": 1}
    return conv(tape, name, mixed, weights[1:], [made])


def dense(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Multiply the last axis with a matrix."""
    value, out = tape.lying(x[0], False), weights[0].shape[1]
    bias = float64(weights[1]) if config["use_bias"] else np.zeros(out)
    if len(value.shape) == 1:
        made = tape.on(value, "Gemm", name, ("kernel", float64(weights[0]).T), ("bias", bias), transB=1)
    else:
        product = tape.on(value, "MatMul", f"{name}/product", ("kernel", float64(weights[0])))
        made = tape.on(product, "Add", name, ("bias", bias))
    return activated(tape, name, config["activation"], Value(made.name, (*value.shape[:-1], out)))


def batch_norm(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Normalise every channel with the statistics of training; behind a convolution the compiler folds it in."""
    if np.ravel(config["axis"])[0] not in (-1, len(x[0].shape)):
        raise BundleError(f"the layer {name!r} normalises axis {config['axis']}; only the last one can be exported.")
    rest = [float64(w) for w in weights]
    mean, variance = rest[-2:]
    gamma = rest.pop(0) if config["scale"] else np.ones_like(mean)
    beta = rest.pop(0) if config["center"] else np.zeros_like(mean)
    if x[0].first:
        names = zip(("scale", "shift", "mean", "variance"), (gamma, beta, mean, variance), strict=True)
        return tape.on(x[0], "BatchNormalization", name, *names, epsilon=float(config["epsilon"]))
    scale = gamma / np.sqrt(variance + config["epsilon"])
    return tape.channelwise(
        tape.channelwise(x[0], "Mul", f"{name}/scale", scale), "Add", f"{name}/shift", beta - mean * scale
    )


def pool(operator: str) -> Rule:
    """Pool over one or two dimensions; padding counts neither as the largest value nor in a mean."""

    def rule(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
        channels_last(config, name)
        sizes = _each(config["pool_size"], len(x[0].shape) - 1)
        strides = _each(config["strides"], len(sizes))
        edges = [padding(config["padding"], *each) for each in zip(x[0].shape, sizes, strides, strict=False)]
        pads = [edge[0] for edge in edges] + [edge[1] for edge in edges]
        made = tape.on(tape.lying(x[0], True), operator, name, kernel_shape=sizes, strides=strides, pads=pads)
        return Value(made.name, (*(int(edge[2] or 0) for edge in edges), x[0].shape[-1]), True)

    return rule


def pool_all(operator: str) -> Rule:
    """Pool over everything but channels."""

    def rule(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
        channels_last(config, name)
        made, channels = tape.on(tape.lying(x[0], True), operator, name), x[0].shape[-1]
        if config["keepdims"]:
            return Value(made.name, (*[1] * (len(x[0].shape) - 1), channels), True)
        return Value(tape.on(made, "Flatten", f"{name}/flat", axis=1).name, (channels,))

    return rule


def recurrent_layer(kind: str) -> Rule:
    """Hand a recurrent layer to the rules that chains have for them."""

    def rule(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
        value = tape.lying(x[0], False)
        tape.tensor, tape.shape, tape.by_time = value.name, value.shape, True
        recurrent.RULES[kind](tape, name, config, weights)
        return Value(tape.tensor, tape.shape)

    return rule


def _each(given: int | Sequence[int], count: int) -> list[int]:
    """Give a number for every dimension."""
    return [int(given)] * count if isinstance(given, int) else [int(size) for size in given]
