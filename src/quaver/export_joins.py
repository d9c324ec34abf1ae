"""The rest of `export_functional`: what joins, moves, normalises and attends."""

from typing import Any

import numpy as np

from quaver.errors import BundleError
from quaver.export_functional import Rule, Tape, Value, activated, channels_last
from quaver.onnx_graph import Array, float64


def join(operator: str, mean: bool = False) -> Rule:
    """Add, multiply, ... two tensors or more, which may differ in size along axes of one."""

    def rule(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
        alike = len({value.shape for value in x}) == 1 and len({value.first for value in x}) == 1
        parts = x if alike else [tape.lying(value, False) for value in x]
        made = parts[0]
        for number, part in enumerate(parts[1:], start=1):
            shape = np.broadcast_shapes(made.shape, part.shape)
            tape.join(operator, name if number == len(x) - 1 else f"{name}/{number}", made.name, part.name)
            made = Value(tape.tensor, shape, made.first)
        return tape.on(made, "Mul", f"{name}/mean", ("by", np.array(1 / len(x)))) if mean else made

    return rule


def concatenate(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Put tensors side by side along an axis."""
    rank = len(x[0].shape) + 1
    axis = config["axis"] % rank
    if axis == 0:
        raise BundleError(f"the layer {name!r} joins clips of a batch; only other axes can be exported.")
    first = all(value.first for value in x)
    parts = x if first else [tape.lying(value, False) for value in x]
    place = (1 if axis == rank - 1 else axis + 1) if first else axis
    tape.join("Concat", name, *(part.name for part in parts), axis=place)
    shape = list(x[0].shape)
    shape[axis - 1] = sum(part.shape[axis - 1] for part in parts)
    return Value(tape.tensor, tuple(shape), first)


def _to(tape: Tape, name: str, value: Value, shape: tuple[int, ...]) -> Value:
    made = tape.on(tape.lying(value, False), "Reshape", name, ("shape", np.array([0, *shape], np.int64)))
    return Value(made.name, shape)


def reshape(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Give the values another shape, in Keras's order."""
    return _to(tape, name, x[0], np.empty(x[0].shape, bool).reshape(config["target_shape"]).shape)


def flatten(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Give the values as one row."""
    channels_last(config, name)
    made = tape.on(tape.lying(x[0], False), "Flatten", name, axis=1)
    return Value(made.name, (int(np.prod(x[0].shape)),))


def permute(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Exchange axes."""
    made = tape.on(tape.lying(x[0], False), "Transpose", name, perm=[0, *config["dims"]])
    return Value(made.name, tuple(x[0].shape[dim - 1] for dim in config["dims"]))


def zeros(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Put zeros around."""
    channels_last(config, name)
    given = config["padding"]
    edges = [given] if isinstance(given[0], int) else list(given)
    pads = [0, *(edge[0] for edge in edges), 0, 0, *(edge[1] for edge in edges), 0]
    made = tape.on(tape.lying(x[0], False), "Pad", name, ("edges", np.array(pads, np.int64)))
    return Value(made.name, (*(n + sum(e) for n, e in zip(x[0].shape, edges, strict=False)), x[0].shape[-1]))


def normalization(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Subtract the mean of the training clips, divide by their deviation."""
    axes = [axis % (len(x[0].shape) + 1) for axis in np.ravel(config["axis"] or ()).astype(int)]
    if config.get("invert") or axes not in ([], [len(x[0].shape)]):
        raise BundleError(f"the layer {name!r} normalises {config['axis']}; only the last axis can be exported.")
    mean, variance = weights[:2] if weights else (np.asarray(config["mean"]), np.asarray(config["variance"]))
    deviation = np.maximum(np.sqrt(float64(variance)), 1e-7)  # Keras's epsilon
    less = tape.channelwise(x[0], "Sub", f"{name}/mean", float64(mean).reshape(-1))
    return tape.channelwise(less, "Mul", f"{name}/deviation", 1 / deviation.reshape(-1))


def rescaling(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Multiply and add."""
    scaled = tape.on(x[0], "Mul", f"{name}/scale", ("by", np.array(config["scale"], float)))
    return tape.on(scaled, "Add", f"{name}/offset", ("by", np.array(config["offset"], float)))


def layer_norm(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Normalise the channels of every place."""
    value, rest = tape.lying(x[0], False), list(weights)
    if np.ravel(config["axis"]).tolist() not in ([-1], [len(value.shape)]) or config.get("rms_scaling"):
        raise BundleError(f"the layer {name!r} normalises axis {config['axis']}; only the last one can be exported.")
    scale = rest.pop(0) if config["scale"] else np.ones(value.shape[-1])
    shift = rest.pop(0) if config["center"] else np.zeros(value.shape[-1])
    constants = ("scale", scale), ("shift", shift)
    return tape.on(value, "LayerNormalization", name, *constants, axis=-1, epsilon=float(config["epsilon"]))


def relu(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Cut off below zero, and above a limit if there is one; or let some through."""
    limit, slope = config["max_value"], float(config["negative_slope"] or 0)
    if config["threshold"] or (slope and limit is not None):
        raise BundleError(f"the layer {name!r} is a ReLU with a threshold, or with slope and limit; leave one out.")
    if slope:
        return tape.on(x[0], "LeakyRelu", name, alpha=slope)
    if limit is not None:
        return tape.on(x[0], "Clip", name, ("low", np.array(0.0)), ("high", np.array(float(limit))))
    return activated(tape, name, "relu", x[0])


def leaky(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Let some of what is below zero through."""
    return tape.on(x[0], "LeakyRelu", name, alpha=float(config["negative_slope"]))


def elu(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Bend below zero."""
    return tape.on(x[0], "Elu", name, alpha=float(config["alpha"]))


def prelu(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Let as much of what is below zero through as was learnt."""
    return tape.on(tape.lying(x[0], False), "PRelu", name, ("slope", weights[0]))


def softmax(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Give shares along the last axis."""
    if config["axis"] not in (-1, len(x[0].shape)):
        raise BundleError(f"the layer {name!r} runs over axis {config['axis']}; only the last one can be exported.")
    return activated(tape, name, "softmax", x[0])


def attention(tape: Tape, name: str, config: dict[str, Any], weights: list[Array], x: list[Value]) -> Value:
    """Attend with several heads: queries from the first tensor, values from the second, keys from the third or it."""
    query, value, *rest = (tape.lying(each, False) for each in x)
    key, heads = rest[0] if rest else value, config["num_heads"]
    if len(query.shape) != 2 or config.get("attention_axes") not in (None, [1], (1,)):
        raise BundleError(f"the layer {name!r} attends over {query.shape}; only (time, channels) can be exported.")
    names, held = ("query", "key", "value", "out"), 2 if config["use_bias"] else 1
    each = {part: weights[held * i : held * (i + 1)] for i, part in enumerate(names)}
    root = np.sqrt(config["key_dim"])
    parts = []
    for part, source, factor, order in (
        ("query", query, 1 / root, [0, 2, 1, 3]),
        ("key", key, 1, [0, 2, 3, 1]),
        ("value", value, 1, [0, 2, 1, 3]),
    ):
        kernel, bias = float64(each[part][0]) * factor, [float64(b) * factor for b in each[part][1:]]
        made = _linear(tape, f"{name}/{part}", source, kernel.reshape(len(kernel), -1), bias)
        split = _to(tape, f"{name}/{part}/heads", made, (source.shape[0], heads, kernel.shape[-1]))
        tape.join("Transpose", f"{name}/{part}/by_head", split.name, perm=order)
        parts.append(tape.tensor)
    tape.join("MatMul", f"{name}/scores", *parts[:2])
    tape.add("Softmax", f"{name}/weights", axis=-1)
    tape.join("MatMul", f"{name}/mixed", tape.tensor, parts[2])
    tape.add("Transpose", f"{name}/by_time", perm=[0, 2, 1, 3])
    kernel = float64(each["out"][0])
    whole = _to(tape, f"{name}/joined", Value(tape.tensor, ()), (query.shape[0], kernel.shape[0] * kernel.shape[1]))
    return _linear(tape, name, whole, kernel.reshape(-1, kernel.shape[-1]), each["out"][1:])


def _linear(tape: Tape, name: str, value: Value, kernel: Array, bias: list[Array]) -> Value:
    made = tape.on(value, "MatMul", f"{name}/product", ("kernel", kernel))
    if bias:
        made = tape.on(made, "Add", f"{name}/sum", ("bias", float64(bias[0]).reshape(-1)))
    return Value(made.name, (value.shape[0], kernel.shape[1]))
