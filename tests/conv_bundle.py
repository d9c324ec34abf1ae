"""A bundle of two small convolutions on the edge frontend, so that every kernel of a target is met in a moment."""

from pathlib import Path

import numpy as np
from tiny_bundle import bundle as save

from quaver import frontend
from quaver.bundle import Bundle
from quaver.onnx_graph import Graph


def network(channels: int = 16) -> bytes:
    rng, graph = np.random.default_rng(3), Graph((162,))
    graph.add("Mul", "level", ("by", np.full(162, 0.1)))
    graph.add("Tanh", "squashed")
    graph.shape = (162, 1)
    graph.lay_out("steps")
    for number, inner in enumerate((1, channels)):
        kernel = rng.normal(size=(8, inner, channels)) / np.sqrt(8 * inner)
        config = {"strides": [1], "dilation_rate": [1], "padding": "same"}
        graph.convolve(f"conv{number}", kernel, rng.normal(size=channels) / 4, config)
        graph.add("Relu", f"relu{number}")
    graph.add("MaxPool", "pool", kernel_shape=[1, 8], strides=[1, 8], pads=[0, 0, 0, 0])
    graph.shape = (graph.shape[0] // 8, channels)
    graph.flatten("flatten")
    kernel = rng.normal(size=(7, graph.shape[0])) / np.sqrt(graph.shape[0])
    graph.add("Gemm", "dense", ("kernel", 3 * kernel), ("bias", np.zeros(7)), transB=1)
    graph.shape, graph.unrolled = (7,), None
    graph.add("Softmax", "probabilities", axis=1)
    return graph.finish().SerializeToString()


def bundle(folder: Path, **changes) -> Bundle:
    spec = frontend.spec("article-edge")
    return save(folder, network(), frontend=spec.to_dict(), fingerprint=spec.fingerprint, temperature=1.2, **changes)
