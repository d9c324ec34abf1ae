"""Say Resize by rows of indices: values repeated, dropped, or mixed from their neighbours, axis by axis."""

from functools import reduce
from typing import Any

import numpy as np

from quaver.compile.graph import Array, Node, Shape
from quaver.compile.words import Words

_ROUNDED: dict[str, Any] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def resized(words: Words, shape: Shape) -> list[Node]:
    """Resize to the nearest value, or to a line or curve between them; sizes may be given as such or as factors."""
    node, taken = words.node, words.node.inputs[0]
    if node.attributes.get("antialias"):
        raise node.refuse("it filters what it makes smaller", "resize without antialias")
    for axis, (size, factor) in _wanted(words, shape).items():
        if size != shape[axis] or factor != 1:
            taken = _along(words, taken, axis, shape, _places(node, shape[axis], size, factor))
    if not words.said:
        words.say("Identity", taken)
    return words.end()


def _wanted(words: Words, shape: Shape) -> dict[int, tuple[int, float]]:
    """Give the size of every axis that is told, and the factor by which it grows."""
    node = words.node
    scales, sizes = words.graph.constant(node, 2), words.graph.constant(node, 3)
    if (scales is None or not scales.size) and sizes is None:
        raise node.refuse("its sizes are computed from values", "export the network with fixed sizes")
    axes = node.attributes.get("axes", range(len(shape)))
    if sizes is None or not sizes.size:
        factors = np.asarray(scales, np.float64).tolist()
        return {axis % len(shape): (int(shape[axis] * f), f) for axis, f in zip(axes, factors, strict=True)}
    if _text(node, "keep_aspect_ratio_policy", "stretch") != "stretch":
        raise node.refuse("it keeps the ratio of its sides", "give it the sizes as they shall be")
    return {
        axis % len(shape): (int(size), int(size) / shape[axis])
        for axis, size in zip(axes, np.asarray(sizes).tolist(), strict=True)
    }


def _places(node: Node, before: int, after: int, factor: float) -> Array:
    """Tell where in an axis of `before` values each of `after` lies."""
    at, way = np.arange(after, dtype=np.float64), _text(node, "coordinate_transformation_mode", "half_pixel")
    if way == "asymmetric":
        return at / factor
    if way == "align_corners":
        return at * (before - 1) / max(after - 1, 1)
    if way == "pytorch_half_pixel" and after == 1:
        return at
    if way in ("half_pixel", "pytorch_half_pixel"):
        return (at + 0.5) / factor - 0.5
    if way == "half_pixel_symmetric":
        return before / 2 * (1 - after / (factor * before)) + (at + 0.5) / factor - 0.5
    raise node.refuse(f"its coordinates are of the kind {way}", "use half_pixel, asymmetric or align_corners")


def _along(words: Words, taken: str, axis: int, shape: Shape, places: Array) -> str:
    """Resize one axis of a tensor."""
    last = shape[axis] - 1

    def rows(at: Array) -> str:
        kept = words.keep(f"rows{len(words.said)}", np.clip(at, 0, last).astype(np.int64))
        return words.say("Gather", taken, kept, axis=axis)

    if _text(words.node, "mode", "nearest") == "nearest":
        return rows(_ROUNDED[_text(words.node, "nearest_mode", "round_prefer_floor")](places))
    below = np.floor(places)
    taps = _TAPS[_text(words.node, "mode", "nearest")](
        places - below, words.node.attributes.get("cubic_coeff_a", -0.75)
    )
    if words.node.attributes.get("exclude_outside"):
        taps = {step: share * ((below + step >= 0) & (below + step <= last)) for step, share in taps.items()}
        whole = sum(taps.values())
        taps = {step: share / whole for step, share in taps.items()}
    parts = []
    for step, share in taps.items():
        column = share.astype(np.float32).reshape(-1, *[1] * (len(shape) - 1 - axis))
        parts.append(words.say("Mul", rows(below + step), words.keep(f"share{len(words.said)}", column)))
    return reduce(lambda left, right: words.say("Add", left, right), parts)


def _line(at: Array, steep: float) -> dict[int, Array]:
    """Give the share of each of two neighbours, `at` being how far a place lies behind the first."""
    return {0: 1 - at, 1: at}


def _cubic(at: Array, steep: float) -> dict[int, Array]:
    """Give the shares of four neighbours (Keys, 1981)."""

    def near(far: Array) -> Array:
        return ((steep + 2) * far - (steep + 3)) * far * far + 1

    def distant(far: Array) -> Array:
        return ((steep * far - 5 * steep) * far + 8 * steep) * far - 4 * steep

    return {-1: distant(at + 1), 0: near(at), 1: near(1 - at), 2: distant(2 - at)}


_TAPS = {"linear": _line, "cubic": _cubic}


def _text(node: Node, name: str, otherwise: str) -> str:
    given = node.attributes.get(name, otherwise)
    return given.decode() if isinstance(given, bytes) else str(given)
