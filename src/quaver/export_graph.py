"""Walk through a Keras network of any shape without loops, and write what each layer is in ONNX."""

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import export_functional as functional
from quaver import export_joins as joins
from quaver.errors import BundleError
from quaver.export_functional import Rule, Tape, Value
from quaver.onnx_graph import INPUT, Array

if TYPE_CHECKING:
    import keras
    import onnx


def to_onnx(model: "keras.Model") -> "onnx.ModelProto":
    """Write a Keras network as an ONNX model; see `export.to_onnx`.

    Raises:
        BundleError: a layer has no rule, or there is not one input and one output.
    """
    for what, ends in (("begins with", model.inputs), ("ends in", model.outputs)):
        if len(ends) != 1:
            names = ", ".join(repr(end.name) for end in ends)
            raise BundleError(f"the network {what} {names}; networks with one input and one output can be exported.")
    tape = Tape(tuple(model.input_shape[1:]))
    (made,) = _walk(tape, model, [Value(INPUT, tuple(model.input_shape[1:]))])
    tape.tensor, tape.shape = tape.lying(made, first=False).name, made.shape
    return tape.finish()


def _walk(tape: Tape, model: Any, given: list[Value]) -> list[Value]:
    """Apply the layers of a model to its inputs; gives its outputs."""
    if type(model).__name__ == "Sequential":
        for layer in model.layers:
            given = _apply(tape, layer, given)
        return given
    known = {id(tensor): value for tensor, value in zip(model.inputs, given, strict=True)}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.is_input:
                _check(node.operation)
                made = _apply(tape, node.operation, _taken(tape, node, known), node.arguments.kwargs)
                if len(made) != len(node.outputs):
                    raise BundleError(f"the layer {node.operation.name!r} gives several tensors; one can be exported.")
                known |= {id(tensor): value for tensor, value in zip(node.outputs, made, strict=True)}
    return [known[id(tensor)] for tensor in model.outputs]


def _taken(tape: Tape, node: Any, known: dict[int, Value]) -> list[Value]:
    """Give what a layer works on, in the order of its arguments; numbers among them become constants."""
    arguments, operation = node.arguments, node.operation
    if type(operation).__name__ == "MultiHeadAttention":
        named = dict(zip(("query", "value", "key"), arguments.args, strict=False)) | arguments.kwargs
        return [known[id(named[n])] for n in ("query", "value", "key") if named.get(n) is not None]
    if hasattr(operation, "get_weights"):
        return [known[id(tensor)] for tensor in arguments.keras_tensors]
    return [known.get(id(each)) or _constant(tape, operation, each) for each in arguments.args]


def _constant(tape: Tape, operation: Any, given: Any) -> Value:
    values = np.asarray(given, np.float32)
    name = f"{tape.unique(operation.name + '/constant')}"
    tape.weights[name] = values
    return Value(name, values.shape)


def _check(layer: Any) -> None:
    """Refuse a layer that has no rule."""
    kind = type(layer).__name__
    if hasattr(layer, "layers") or kind in (RULES if hasattr(layer, "get_weights") else _OPERATIONS):
        return
    if kind in RULES:
        raise BundleError(f"{layer.name!r} is the operation {kind}, which nothing exports; use the layer {kind}.")
    raise BundleError(
        f"the layer {layer.name!r} is a {kind}, which nothing exports; supported: {', '.join(sorted(RULES))}."
    )


def _apply(tape: Tape, layer: Any, given: list[Value], more: dict[str, Any] | None = None) -> list[Value]:
    """Write one layer, or a model that stands for one."""
    if hasattr(layer, "layers"):
        return _walk(tape, layer, given)
    _check(layer)
    kind = type(layer).__name__
    if len(given) > 1 and kind not in _JOINS:
        raise BundleError(f"the layer {layer.name!r} takes {len(given)} tensors; it can be exported with one.")
    if masks := [
        name for name, value in (more or {}).items() if "mask" in name and value is not None and value is not False
    ]:
        raise BundleError(f"the layer {layer.name!r} takes {masks[0]}; it can be exported without.")
    weights: list[Array] = [np.asarray(w) for w in layer.get_weights()] if hasattr(layer, "get_weights") else []
    config = layer.get_config() if hasattr(layer, "get_weights") else {}
    return [RULES[kind](tape, tape.unique(layer.name), config, weights, given)]


# What is written as an operator in Python, x + y, is no layer but called like one.
_OPERATIONS = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum")
_JOINS = (*_OPERATIONS, "Average", "Concatenate", "MultiHeadAttention")
RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "InputLayer"),
        functional.same,
    ),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D"), functional.same),
    **dict.fromkeys(("Conv1D", "Conv2D"), functional.conv),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), functional.depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), functional.separable),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D"), functional.pool("MaxPool")),
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D"), functional.pool("AveragePool")),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalMaxPooling2D"), functional.pool_all("GlobalMaxPool")),
    **dict.fromkeys(("GlobalAveragePooling1D", "GlobalAveragePooling2D"), functional.pool_all("GlobalAveragePool")),
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D"), joins.zeros),
    **dict.fromkeys(("Divide", "TrueDivide"), joins.join("Div")),
    **{kind: functional.recurrent_layer(kind) for kind in ("LSTM", "GRU", "Bidirectional")},
    "Activation": functional.activation,
    "Add": joins.join("Add"),
    "Average": joins.join("Add", mean=True),
    "BatchNormalization": functional.batch_norm,
    "Concatenate": joins.concatenate,
    "Dense": functional.dense,
    "ELU": joins.elu,
    "Flatten": joins.flatten,
    "LayerNormalization": joins.layer_norm,
    "LeakyReLU": joins.leaky,
    "Maximum": joins.join("Max"),
    "Minimum": joins.join("Min"),
    "MultiHeadAttention": joins.attention,
    "Multiply": joins.join("Mul"),
    "Normalization": joins.normalization,
    "PReLU": joins.prelu,
    "Permute": joins.permute,
    "ReLU": joins.relu,
    "Rescaling": joins.rescaling,
    "Reshape": joins.reshape,
    "Softmax": joins.softmax,
    "Subtract": joins.join("Sub"),
}
