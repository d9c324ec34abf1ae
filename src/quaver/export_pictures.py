"""How chains that see a sequence as a picture become ONNX: convolutions over time and bands at once.

A `Reshape` to (time, bands, channels) begins it, one to (time, values) ends it. Time may be open, as in `export`.
"""

from typing import Any

import numpy as np

from quaver.errors import BundleError
from quaver.onnx_graph import Array, Graph, float64, padding

ALLOWED = ("Activation", "BatchNormalization", "Conv2D", "ReLU", "Reshape", "ZeroPadding2D")  # on a picture
ONLY = ("Conv2D", "ZeroPadding2D")  # on nothing else


def reshaped(graph: Graph, name: str, target: tuple[int, ...]) -> bool:
    """Make a picture of a sequence or a sequence of a picture; False where it is neither that is asked for."""
    time = graph.shape[0]
    if target[0] not in (-1, time):
        return False
    if len(graph.shape) == 2 and len(target) == 3 and target[1] * target[2] == graph.shape[1]:
        graph.to_picture(name, target[1], target[2])
    elif len(graph.shape) == 3 and len(target) == 2 and target[1] == graph.shape[1] * graph.shape[2]:
        graph.to_sequence(name)
    else:
        return False
    return True


def check(graph: Graph, name: str, kind: str, training_only: tuple[str, ...]) -> None:
    """Refuse a layer that would take a picture for a sequence, or the other way round.

    Raises:
        BundleError: it would.
    """
    if len(graph.shape) == 3 and kind not in (*ALLOWED, *training_only):
        raise BundleError(
            f"the layer {name!r} is a {kind}, which follows a picture; supported there: {', '.join(ALLOWED)}."
        )
    if len(graph.shape) < 3 and kind in ONLY:
        raise BundleError(f"the layer {name!r} needs a picture; put a Reshape to (time, bands, channels) before it.")


def convolve(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Add a convolution over time and bands, without its activation.

    Raises:
        BundleError: it works on groups, or channels come first.
    """
    if config.get("data_format", "channels_last") != "channels_last" or config["groups"] != 1:
        raise BundleError(f"the layer {name!r} has groups or puts channels first, which cannot be exported in a chain.")
    kernel = float64(weights[0]).transpose(3, 2, 1, 0)  # Keras has time, then bands
    bias = float64(weights[1]) if config["use_bias"] else np.zeros(len(kernel))
    edges, graph.borders = graph.borders, ((0, 0), (0, 0))
    sizes = [None if size is None else int(size) + sum(edge) for size, edge in zip(graph.shape, edges, strict=False)]
    each = zip(sizes, kernel.shape[:1:-1], config["strides"], config["dilation_rate"], strict=True)
    own = [padding(config["padding"], *axis) for axis in each]
    both = [(zeros[0] + edge[0], zeros[1] + edge[1]) for zeros, edge in zip(own, edges, strict=True)][::-1]
    graph.settle()
    graph.add(
        "Conv",
        name,
        ("kernel", kernel),
        ("bias", bias),
        kernel_shape=list(kernel.shape[2:]),
        pads=[*(before for before, _ in both), *(after for _, after in both)],
        strides=config["strides"][::-1],
        dilations=config["dilation_rate"][::-1],
    )
    graph.shape = (*(steps for _, _, steps in own), len(bias))


def pad(graph: Graph, name: str, config: dict[str, Any], weights: list[Array]) -> None:
    """Let the next convolution add zeros around."""
    pairs = zip(graph.borders, config["padding"], strict=True)
    graph.borders = tuple((old[0] + new[0], old[1] + new[1]) for old, new in pairs)
