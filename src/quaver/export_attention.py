"""How the layers of `networks.layers` become ONNX: attention over (batch, time, channels), and pooling over time."""

from typing import Any

import numpy as np

from quaver.onnx_graph import Array, Graph, Rule, float64
from quaver.sinusoids import factors, sinusoids

_INDEX = np.array([0], np.int64)
_FLOAT = 1  # onnx.TensorProto.FLOAT
_STRIDE = 25  # steps between the rows of the coarse table of positions
_ROUNDED = 1e-3  # by which a table in half precision differs from its sines at most


def _positions(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Add the first rows of the table."""
    graph.settle()
    value, (table,) = graph.tensor, weights
    graph.weights |= {f"{name}/from": _INDEX, f"{name}/axis": _INDEX}
    graph.add("Shape", f"{name}/time", start=1, end=2)
    rows = [f"{name}/from", graph.tensor, f"{name}/axis"]
    sines = len(table) % _STRIDE == 0 and np.abs(table - sinusoids(*table.shape)).max() < _ROUNDED
    (_sums if sines else _halves)(graph, name, table, rows)
    graph.join("Add", name, value, graph.tensor)


def _sums(graph: Graph, name: str, table: Array, rows: list[str]) -> None:
    """Make the table of small ones, a tenth as large; whoever runs the network does so once, when it is loaded."""
    products = []
    for part, pair in enumerate(factors(len(table), table.shape[1], _STRIDE), start=1):
        names = [f"{name}/{size}{part}" for size in ("coarse", "fine")]
        graph.weights.update(zip(names, pair, strict=True))
        graph.join("Mul", f"{name}/product{part}", *names)
        products.append(graph.tensor)
    graph.join("Add", f"{name}/sum", *products)
    graph.add("Reshape", f"{name}/table", ("shape", np.array(table.shape, np.int64)))
    graph.join("Slice", f"{name}/used", graph.tensor, *rows)


def _halves(graph: Graph, name: str, table: Array, rows: list[str]) -> None:
    """Keep the table in half precision, in which Whisper's own come."""
    graph.weights[f"{name}/table"] = table.astype(np.float16)
    graph.join("Slice", f"{name}/used", f"{name}/table", *rows)
    graph.add("Cast", f"{name}/single", to=_FLOAT)


def _block(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    graph.settle()
    _first(graph, name, config, weights[:_FIRST])
    if not config["half"]:
        _second(graph, name, config, weights[_FIRST:])


def _first(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    before = graph.tensor
    _normalised(graph, f"{name}/before_attention", config, *weights[:2])
    _attention(graph, f"{name}/attention", config["heads"], weights[2:])
    graph.join("Add", f"{name}/attended", before, graph.tensor)


def _second(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    before = graph.tensor
    _normalised(graph, f"{name}/before_dense", config, *weights[:2])
    _dense(graph, f"{name}/wide", *weights[2:4])
    graph.add("Gelu", f"{name}/gelu", approximate="none")
    _dense(graph, f"{name}/narrow", *weights[4:])
    graph.join("Add", name, before, graph.tensor)


def _attention(graph: Graph, name: str, heads: int, weights: list[Array]) -> None:
    """Compute queries, keys and values in one product; the root of the head's width is part of the queries."""
    query, query_bias, key, value, value_bias, out, out_bias = map(float64, weights)
    width = query.shape[1] // heads
    root = np.sqrt(width)
    bias = np.concatenate([query_bias / root, np.zeros(key.shape[1]), value_bias])
    _dense(graph, f"{name}/qkv", np.hstack([query / root, key, value]), bias)
    graph.add("Reshape", f"{name}/parts", ("shape", np.array([0, 0, 3, heads, width], np.int64)))
    graph.add("Transpose", f"{name}/by_head", perm=[2, 0, 3, 1, 4])
    parts = graph.tensor
    picked = [_picked(graph, f"{name}/{part}", parts, index) for index, part in enumerate(("query", "key", "value"))]
    graph.join("Transpose", f"{name}/turned", picked[1], perm=[0, 1, 3, 2])
    graph.join("MatMul", f"{name}/scores", picked[0], graph.tensor)
    graph.add("Softmax", f"{name}/weights", axis=-1)
    graph.join("MatMul", f"{name}/mixed", graph.tensor, picked[2])
    graph.add("Transpose", f"{name}/by_time", perm=[0, 2, 1, 3])
    graph.add("Reshape", f"{name}/joined", ("shape", np.array([0, 0, heads * width], np.int64)))
    _dense(graph, f"{name}/out", out, out_bias)


def _picked(graph: Graph, name: str, parts: str, index: int) -> str:
    graph.weights[f"{name}/index"] = np.array(index, np.int64)
    graph.join("Gather", name, parts, f"{name}/index", axis=0)
    return graph.tensor


def _normalised(graph: Graph, name: str, config: dict[str, Any], scale: Array, shift: Array) -> None:
    graph.add("LayerNormalization", name, ("scale", scale), ("shift", shift), axis=-1, epsilon=config["epsilon"])


def _dense(graph: Graph, name: str, kernel: Array, bias: Array) -> None:
    graph.add("MatMul", f"{name}/product", ("kernel", kernel))
    graph.add("Add", name, ("bias", bias))


def _statistics(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    graph.settle()
    value = graph.tensor
    time = {"axes": np.array([1], np.int64)}
    graph.add("ReduceMean", f"{name}/mean", *time.items(), keepdims=1)
    mean = graph.tensor
    graph.join("Sub", f"{name}/off", value, mean)
    graph.join("Mul", f"{name}/squared", graph.tensor, graph.tensor)
    graph.add("ReduceMean", f"{name}/variance", *time.items(), keepdims=1)
    graph.add("Add", f"{name}/floor", ("by", np.array(config["floor"])))
    graph.add("Sqrt", f"{name}/deviation")
    graph.join("Concat", f"{name}/both", mean, graph.tensor, axis=2)
    graph.add("Flatten", name, axis=1)
    graph.shape, graph.by_time = (2 * graph.shape[1],), False


def _by_depth(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Take the statistics of each tensor as soon as it is there, so that none has to be kept for them."""
    graph.settle()
    heard, time = [], graph.shape
    for depth in range(1, max(config["depths"]) + 1):
        half, count = (_first, _FIRST) if depth % 2 else (_second, _SECOND)
        own, weights = weights[:count], weights[count:]
        half(graph, f"{name}/block{(depth + 1) // 2}", config, own)
        if depth in config["depths"]:
            value, graph.shape = graph.tensor, time
            _statistics(graph, f"{name}/statistics{depth}", config, [])
            heard.append(graph.tensor)
            graph.tensor = value
    graph.join("Concat", name, *heard, axis=1)
    graph.shape = (len(heard) * graph.shape[0],)


_FIRST, _SECOND = 9, 6  # weights of the halves of a block
RULES: dict[str, Rule] = {
    "Positions": _positions,
    "EncoderBlock": _block,
    "Statistics": _statistics,
    "StatisticsByDepth": _by_depth,
}
