"""Turn a Keras network into ONNX, one small rule a layer, the same from every Keras backend.

Only `get_weights()` and the configuration of a layer are read, never its graph, so JAX, TensorFlow and PyTorch give the
same bytes. Sequences are laid out as (batch, channels, 1, time): ONNX Runtime runs a 2-D convolution of height one
faster than a 1-D one. No node transposes anything on the way: the rows of the dense layer after a flatten are
reordered instead, and batch normalisation disappears into the neighbouring weights.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import export_attention as attention
from quaver import export_graph
from quaver import export_pictures as pictures
from quaver import export_recurrent as recurrent
from quaver.errors import BundleError
from quaver.onnx_graph import (
    ACTIVATIONS,
    VOICE,
    VOICE_DEVIATION,
    VOICE_MEAN,
    Array,
    Graph,
    Rule,
    float64,
    padding,
)

if TYPE_CHECKING:
    import keras
    import onnx


def to_onnx(model: "keras.Model") -> "onnx.ModelProto":
    """Write a Keras network as an ONNX model.

    Args:
        model: a built network with one input and one output (k,): a chain of layers on (n,) or (time, channels), or a
            network that branches, or sees pictures (height, width, channels), of fixed size.

    Returns:
        A checked model with the input `features` (batch, ...) and the output `probabilities` (batch, k), float32.

    Raises:
        BundleError: a layer has no rule.
    """
    try:
        return _of_chain(model)
    except BundleError:
        if None in model.input_shape[1:] or len(model.inputs) + len(model.outputs) > 2:
            raise
    return export_graph.to_onnx(model)


def _of_chain(model: "keras.Model") -> "onnx.ModelProto":
    graph = Graph(tuple(model.input_shape[1:]))
    for layer in _chain(model):
        kind = type(layer).__name__
        if kind not in RULES:
            raise BundleError(
                f"the layer {layer.name!r} is a {kind}, which nothing exports; supported: {', '.join(sorted(RULES))}."
            )
        if any((*graph.edges, *sum(graph.borders, ()))) and kind not in _AFTER_ZEROS:
            raise BundleError(f"zeros can be exported in front of a convolution; here {layer.name!r} follows them.")
        pictures.check(graph, layer.name, kind, _TRAINING_ONLY)
        if kind not in _TRAINING_ONLY:
            graph.arrange(layer.name, by_time=kind in _BY_TIME)
        RULES[kind](graph, layer.name, layer.get_config(), [np.asarray(w) for w in layer.get_weights()])
    return graph.finish()


def _chain(model: "keras.Model") -> Iterator[Any]:
    """Yield the layers in the order in which they are applied, those of nested models too."""
    output = None
    for layer in model.layers:
        try:
            follows = type(model).__name__ == "Sequential" or output is None or layer.input is output
            output = layer.output
        except (AttributeError, ValueError):
            follows = False
        if not follows:
            raise BundleError(
                f"the layer {layer.name!r} does not follow the one before it; only chains of layers can be exported."
            )
        yield from _chain(layer) if hasattr(layer, "layers") else [layer]


def _channels_last(config: dict[str, Any], name: str) -> None:
    if config.get("data_format", "channels_last") != "channels_last":
        raise BundleError(f"the layer {name!r} puts channels first; build it with data_format='channels_last'.")


def _nothing(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Leave out what only training needs."""


def _normalization(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    if config.get("invert"):
        raise BundleError(f"the layer {name!r} undoes a normalisation, which cannot be exported.")
    mean, variance = weights[:2] if weights else (np.asarray(config["mean"]), np.asarray(config["variance"]))
    deviation = np.maximum(np.sqrt(float64(variance)), 1e-7)  # Keras's epsilon
    width = graph.shape[-1]
    graph.settle()
    graph.add("Sub", f"{name}/mean", ("value", graph.broadcast(np.broadcast_to(mean.reshape(-1), width))))
    graph.add("Mul", f"{name}/deviation", ("value", graph.broadcast(np.broadcast_to(1 / deviation.reshape(-1), width))))


def _speaker(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Let whoever runs the network take a speaker's mean away and divide by a speaker's deviation."""
    graph.settle()
    graph.give(VOICE)
    graph.join("Sub", f"{name}/mean", graph.tensor, graph.option(VOICE_MEAN, np.zeros(graph.shape)))
    graph.join("Div", f"{name}/deviation", graph.tensor, graph.option(VOICE_DEVIATION, np.ones(graph.shape)))


def _reshape(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    if pictures.reshaped(graph, name, tuple(config["target_shape"])):
        return
    if None in graph.shape:
        raise BundleError(
            f"the layer {name!r} reshapes {graph.shape}; its length is open, so only (-1, bands, channels) goes."
        )
    target = np.empty(graph.shape, bool).reshape(config["target_shape"]).shape
    if target == graph.shape:
        return
    if len(target) == 1:
        graph.flatten(name)
    elif (
        len(target) == 2 and len(graph.shape) == 1 and (1 in target and not graph.unrolled or graph.unrolled == target)
    ):
        graph.settle()
        graph.shape, graph.unrolled = target, None
        graph.lay_out(name)
    else:
        raise BundleError(
            f"the layer {name!r} reshapes {graph.shape} to {target}; only (n,) to (n, 1) can be exported."
        )


def _conv(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _channels_last(config, name)
    graph.convolve(name, weights[0], weights[1] if config["use_bias"] else None, config, config["groups"])
    _activation(graph, name, config, [])


def _depthwise(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _channels_last(config, name)
    width, channels, multiplier = weights[0].shape
    kernel = weights[0].reshape(width, 1, channels * multiplier)
    graph.convolve(name, kernel, weights[1] if config["use_bias"] else None, config, channels)
    _activation(graph, name, config, [])


def _of_picture(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    pictures.convolve(graph, name, config, weights)
    _activation(graph, name, config, [])


def _separable(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _depthwise(graph, f"{name}/depthwise", {**config, "use_bias": False, "activation": "linear"}, weights)
    pointwise = {**config, "strides": [1], "dilation_rate": [1], "groups": 1}
    _conv(graph, name, pointwise, weights[1:])


def _batch_norm(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    if np.ravel(config["axis"])[0] not in (-1, len(graph.shape)):
        raise BundleError(f"the layer {name!r} normalises axis {config['axis']}; only the last one can be exported.")
    rest = [float64(w) for w in weights]
    mean, variance = rest[-2:]
    gamma = rest.pop(0) if config["scale"] else np.ones_like(mean)
    beta = rest.pop(0) if config["center"] else np.zeros_like(mean)
    scale = gamma / np.sqrt(variance + config["epsilon"])
    graph.scale(name, scale, beta - mean * scale)


def _dense(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    kernel, bias = weights[0], weights[1] if config["use_bias"] else None
    if len(graph.shape) == 2:
        once = {"strides": [1], "dilation_rate": [1], "padding": "valid"}
        graph.convolve(name, kernel[None], bias, once)
    else:
        whole, offset = graph.absorb(float64(kernel), np.zeros(kernel.shape[1]) if bias is None else float64(bias))
        graph.add("Gemm", name, ("kernel", graph.unroll(whole).T), ("bias", offset), transB=1)
        graph.shape, graph.unrolled = (len(offset),), None
    _activation(graph, name, config, [])


def _activation(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    kind = config.get("activation") or "linear"
    if kind == "linear":
        return
    if not isinstance(kind, str) or kind not in (*ACTIVATIONS, "silu"):
        raise BundleError(
            f"the layer {name!r} uses the activation {kind!r}; supported: linear, silu, {', '.join(ACTIVATIONS)}."
        )
    graph.settle()
    if kind == "silu":
        value = graph.tensor
        graph.add("Sigmoid", f"{name}/gate")
        graph.join("Mul", f"{name}/silu", value, graph.tensor)
        return
    operator, attributes = ACTIVATIONS[kind]
    graph.add(operator, f"{name}/{kind}", **attributes, **({"axis": 1} if kind == "softmax" else {}))


def _relu(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    if config["max_value"] is not None or config["threshold"] or config["negative_slope"]:
        raise BundleError(
            f"the layer {name!r} is a ReLU with a limit, threshold or slope; only the plain one can be exported."
        )
    _activation(graph, name, {"activation": "relu"}, [])


def _softmax(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    if config["axis"] not in (-1, len(graph.shape)):
        raise BundleError(f"the layer {name!r} runs over axis {config['axis']}; only the last one can be exported.")
    _activation(graph, name, {"activation": "softmax"}, [])


def _max_pool(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _pool(graph, name, config, "MaxPool")


def _average_pool(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _pool(graph, name, config, "AveragePool")


def _pool(graph: Graph, name: str, config: dict[str, Any], operator: str) -> None:
    """Pool over time; padding counts neither as the largest value nor in a mean."""
    _channels_last(config, name)
    width, stride = config["pool_size"][0], config["strides"][0]
    before, after, steps = padding(config["padding"], graph.shape[0], width, stride)
    graph.settle()
    graph.add(operator, name, kernel_shape=[1, width], strides=[1, stride], pads=[0, before, 0, after])
    graph.shape = (steps, graph.shape[1])


def _global(operator: str) -> Rule:
    def rule(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
        _channels_last(config, name)
        graph.settle()
        graph.add(operator, name)
        graph.shape = (1, graph.shape[1])
        if not config["keepdims"]:
            graph.flatten(f"{name}/flat")

    return rule


def _leaky(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    graph.settle()
    graph.add("LeakyRelu", name, alpha=float(config["negative_slope"]))


def _elu(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    graph.settle()
    graph.add("Elu", name, alpha=float(config["alpha"]))


def _zero_padding(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    _channels_last(config, name)
    before, after = config["padding"]
    graph.edges = before + graph.edges[0], after + graph.edges[1]


def _flatten(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    graph.flatten(name)


_TRAINING_ONLY = ("Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "InputLayer")
_AFTER_ZEROS = ("Conv1D", "DepthwiseConv1D", "SeparableConv1D", "ZeroPadding1D", *pictures.ONLY)
_BY_TIME = {*attention.RULES, *recurrent.RULES}
RULES: dict[str, Rule] = {
    **attention.RULES,
    **recurrent.RULES,
    **dict.fromkeys(_TRAINING_ONLY, _nothing),
    "Activation": _activation,
    "AveragePooling1D": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv1D": _conv,
    "Conv2D": _of_picture,
    "Dense": _dense,
    "DepthwiseConv1D": _depthwise,
    "Flatten": _flatten,
    "ELU": _elu,
    "GlobalAveragePooling1D": _global("GlobalAveragePool"),
    "GlobalMaxPooling1D": _global("GlobalMaxPool"),
    "LeakyReLU": _leaky,
    "MaxPooling1D": _max_pool,
    "Normalization": _normalization,
    "ReLU": _relu,
    "Reshape": _reshape,
    "SeparableConv1D": _separable,
    "Softmax": _softmax,
    "Speaker": _speaker,
    "ZeroPadding1D": _zero_padding,
    "ZeroPadding2D": pictures.pad,
}
