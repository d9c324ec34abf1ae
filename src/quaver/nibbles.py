"""Weights in four bits: whole numbers from -8 to 7, a factor for each 32 of them in a column, a scale for each column.

Number times factor stays within -64 and 63, so what is computed with is weights of seven bits, as in any network that
`quantise` makes; only the file is half as large. Two scales, of which one is itself a small whole number, after
Dettmers et al., 2023 (QLoRA). Scales have eight binary digits, so that every weight is exact in float32 and a network
that was rounded can be told from its weights alone.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

Array = np.ndarray[Any, np.dtype[Any]]
GROUP = 32  # rows of a column that share a factor
_LOWEST, _HIGHEST = -8, 7
_MOST = 63  # the largest weight in steps of its scale; see `quantise` for why not 127
_FACTORS = _MOST // _HIGHEST
_TRIED = (64, 60, 56, 52)  # steps that the largest weight of a column is tried as; smaller ones cut off more


def rounded(kernel: Array) -> Array:
    """Give the nearest kernel that four bits hold.

    Args:
        kernel: (rows, columns), the rows a multiple of 32, summed over by the product.

    Returns:
        (rows, columns) float32, exactly as `found` reads them.
    """
    top = np.abs(kernel).max(axis=0).astype(np.float64)
    best, least = np.zeros(kernel.shape), np.full(kernel.shape[1], np.inf)
    for steps in _TRIED:
        scale = _eight_digits(np.where(top > 0, top / steps, 1))
        numbers, factors = _nearest(kernel / scale)
        values = numbers * np.repeat(factors, GROUP, axis=0) * scale
        error = np.square(values - kernel).sum(axis=0)
        best, least = np.where(error < least, values, best), np.minimum(error, least)
    return best.astype(np.float32)


def found(kernel: Array) -> tuple[Array, Array, Array] | None:
    """Read a kernel that was rounded; None for one that was not.

    Args:
        kernel: (rows, columns), as `rounded` gave it, or times a power of two.

    Returns:
        Numbers (rows, columns) int8 from -8 to 7, factors (rows / 32, columns) uint8, scales (columns,) float32.
    """
    rows, columns = kernel.shape
    if rows % GROUP or rows % 2:
        return None
    kernel = kernel.astype(np.float64)
    top = np.abs(kernel).max(axis=0)
    scales = np.where(top > 0, 0, 1.0)
    for steps in range(1, _MOST + 2):
        scale = top / steps
        likely = np.flatnonzero((scales == 0) & (_eight_digits(scale) == scale))
        whole = kernel[:, likely] / scale[likely]
        hit = likely[(whole == np.round(whole)).all(axis=0)]
        scales[hit] = scale[hit]
    if not scales.all():
        return None
    numbers, factors = _nearest(kernel / scales)
    if not np.array_equal(numbers * np.repeat(factors, GROUP, axis=0) * scales, kernel):
        return None
    return numbers.astype(np.int8), factors.astype(np.uint8), scales.astype(np.float32)


def _nearest(steps: Array) -> tuple[Array, Array]:
    """Give numbers (rows, columns) and factors (rows / 32, columns) whose products come nearest."""
    groups = steps.reshape(-1, GROUP, steps.shape[1])
    numbers, factors = np.zeros(groups.shape), np.ones((len(groups), steps.shape[1]))
    least = np.full(factors.shape, np.inf)
    for factor in range(1, _FACTORS + 1):
        lowest = max(_LOWEST, -(_MOST + 1) // factor)
        tried = np.clip(np.round(groups / factor), lowest, _HIGHEST)
        error = np.square(tried * factor - groups).sum(axis=1)
        better = error < least
        numbers, factors = np.where(better[:, None], tried, numbers), np.where(better, factor, factors)
        least = np.minimum(error, least)
    return numbers.reshape(steps.shape), factors


def _eight_digits(values: Array) -> Array:
    """Round to eight binary digits."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 256) / 256, exponent)


def unpacking(name: str, numbers: Array, factors: Array) -> "tuple[dict[str, Array], list[onnx.NodeProto]]":
    """Give half as many bytes for an eight-bit constant of a model, and the operators that make it of them.

    They depend on nothing that is not constant, so they run once, when a network is loaded or compiled. The upper half
    of the rows lies in the low four bits of the bytes, the lower half in the high ones.

    Args:
        name: of the constant (rows, columns) int8.
        numbers: as `found` gives them.
        factors: as `found` gives them.

    Returns:
        Constants by name, and nodes in the order in which they run; all names begin with that of the constant.
    """
    from onnx import TensorProto, helper

    upper, lower = np.split((numbers - _LOWEST).astype(np.uint8), 2)
    constants: dict[str, Array] = {
        f"{name}/packed": upper | lower << 4,
        f"{name}/factors": factors[:, None],
        f"{name}/groups": np.array([len(factors), GROUP, -1], np.int64),
        f"{name}/shape": np.array(numbers.shape, np.int64),
        f"{name}/four": np.array(4, np.uint8),
        f"{name}/lowest": np.array(_LOWEST, np.float32),
    }
    steps: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
        ("BitShift", "/cleared", ("/packed", "/four"), {"direction": "LEFT"}),
        ("BitShift", "/low", ("/cleared", "/four"), {"direction": "RIGHT"}),
        ("BitShift", "/high", ("/packed", "/four"), {"direction": "RIGHT"}),
        ("Concat", "/raised", ("/low", "/high"), {"axis": 0}),
        ("Cast", "/single", ("/raised",), {"to": TensorProto.FLOAT}),
        ("Add", "/numbers", ("/single", "/lowest"), {}),
        ("Reshape", "/grouped", ("/numbers", "/groups"), {}),
        ("Cast", "/shares", ("/factors",), {"to": TensorProto.FLOAT}),
        ("Mul", "/products", ("/grouped", "/shares"), {}),
        ("Reshape", "/flat", ("/products", "/shape"), {}),
        ("Cast", "", ("/flat",), {"to": TensorProto.INT8}),
    ]
    nodes = [
        helper.make_node(operator, [name + end for end in taken], [name + made], name + made, **attributes)
        for operator, made, taken, attributes in steps
    ]
    return constants, nodes
