"""How Keras's recurrent layers become ONNX: LSTM and GRU, in one direction or in both."""

from typing import Any

import numpy as np

from quaver.errors import BundleError
from quaver.onnx_graph import Array, Nodes, NodesRule, float64

# ONNX's order of the gates, as places in Keras's: input, output, forget, cell; update, reset, hidden.
_ORDER = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2)}
_USUAL = {"activation": "tanh", "recurrent_activation": "sigmoid", "stateful": False, "return_state": False}


def _one_way(kind: str) -> NodesRule:
    def rule(graph: Nodes, name: str, config: dict[str, Any], weights: list[Array]) -> None:
        direction = "reverse" if config.get("go_backwards") else "forward"
        _recurrent(graph, name, kind, config, [weights], direction)

    return rule


def _both_ways(graph: Nodes, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    inner = config["layer"]
    kind, half = inner["class_name"], len(weights) // 2
    if kind not in _ORDER or config.get("merge_mode") != "concat" or inner["config"].get("go_backwards"):
        raise BundleError(
            f"the layer {name!r} goes both ways over a {kind}, merged by {config.get('merge_mode')!r}; only LSTM and "
            "GRU with merge_mode='concat' can be exported."
        )
    _recurrent(graph, name, kind, inner["config"], [weights[:half], weights[half:]], "bidirectional")


def _recurrent(
    graph: Nodes, name: str, kind: str, config: dict[str, Any], ways: list[list[Array]], direction: str
) -> None:
    for key, value in _USUAL.items():
        if config.get(key, value) != value:
            raise BundleError(f"the layer {name!r} has {key}={config[key]!r}; only {value!r} can be exported.")
    width, whole = config["units"], config["return_sequences"]
    if whole and direction == "reverse":
        raise BundleError(f"the layer {name!r} gives its steps from the last to the first; use Bidirectional instead.")
    parts = [_onnx_weights(kind, config, weights) for weights in ways]
    constants = zip(("kernel", "recurrent", "bias"), map(np.stack, zip(*parts, strict=True)), strict=True)
    attributes = {"linear_before_reset": int(config["reset_after"])} if kind == "GRU" else {}
    graph.settle()
    graph.add("Transpose", f"{name}/steps", perm=[1, 0, 2])
    graph.add(kind, name, *constants, hidden_size=width, direction=direction, **attributes)
    if whole:
        graph.add("Transpose", f"{name}/every", perm=[2, 0, 1, 3])
        graph.add("Reshape", f"{name}/joined", ("shape", np.array([0, 0, len(ways) * width], np.int64)))
        graph.shape = graph.shape[0], len(ways) * width
    else:
        _ends(graph, name, ["last", "first"][direction == "reverse" :][: len(ways)])
        graph.shape, graph.by_time = (len(ways) * width,), False


def _ends(graph: Nodes, name: str, ends: list[str]) -> None:
    """Take from (time, directions, batch, width) where each direction ends."""
    steps, found = graph.tensor, []
    for number, end in enumerate(ends):
        graph.tensor = steps
        graph.add("Gather", f"{name}/{end}", ("index", np.array(-1 if end == "last" else 0, np.int64)), axis=0)
        graph.add("Gather", f"{name}/{end}/way", ("index", np.array(number, np.int64)), axis=0)
        found.append(graph.tensor)
    if len(found) > 1:
        graph.join("Concat", f"{name}/ends", *found, axis=1)


def _onnx_weights(kind: str, config: dict[str, Any], weights: list[Array]) -> tuple[Array, Array, Array]:
    """Give kernel, recurrent kernel and bias of a direction in ONNX's order."""
    kernel, recurrent = (_ordered(kind, float64(values)).T for values in weights[:2])
    bias = np.zeros((2, len(kernel)))
    if config["use_bias"]:
        given = _ordered(kind, float64(weights[2]))
        bias[: 1 if given.ndim == 1 else 2] = given
    return kernel, recurrent, bias.reshape(-1)


def _ordered(kind: str, values: Array) -> Array:
    gates = np.split(values, len(_ORDER[kind]), axis=-1)
    return np.concatenate([gates[place] for place in _ORDER[kind]], axis=-1)


RULES: dict[str, NodesRule] = {"LSTM": _one_way("LSTM"), "GRU": _one_way("GRU"), "Bidirectional": _both_ways}
