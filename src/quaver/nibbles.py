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
TABLE = "nibbles"  # the constant that all others are made by
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
    if rows % GROUP:
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
        lowest = max(_LOWEST, -((_MOST + 1) // factor))
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

    They depend on nothing that is not constant, so they run once, when a network is loaded or compiled. Each byte holds
    two numbers of a column and group, 16 rows apart, the upper row in its low four bits. With the group's factor in
    front it is the row of a table that all constants share: what the two weights are then. Looking bytes up takes less
    memory than widening and multiplying numbers, since ONNX Runtime keeps every step until all are done.

    Args:
        name: of the constant (rows, columns) int8.
        numbers: as `found` gives them.
        factors: as `found` gives them.

    Returns:
        Constants by name, and nodes in the order in which they run; their names begin with that of the constant, but
        for the table's.
    """
    from onnx import TensorProto, helper

    groups, columns = factors.shape
    raised = (numbers - _LOWEST).astype(np.uint8).reshape(groups, 2, GROUP // 2, columns)
    constants: dict[str, Array] = {
        TABLE: _table(),
        f"{name}/packed": raised[:, 0] | raised[:, 1] << 4,
        f"{name}/factors": factors[:, None],
        f"{name}/bytes": np.array(256, np.int32),
        f"{name}/shape": np.array(numbers.shape, np.int64),
    }
    steps: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = [
        ("Cast", "/low", ("/packed",), {"to": TensorProto.INT32}),
        ("Cast", "/wide", ("/factors",), {"to": TensorProto.INT32}),
        ("Mul", "/high", ("/wide", "/bytes"), {}),
        ("Add", "/row", ("/low", "/high"), {}),
        ("Gather", "/pairs", (TABLE, "/row"), {"axis": 0}),
        ("Transpose", "/by_row", ("/pairs",), {"perm": [0, 3, 1, 2]}),
        ("Reshape", "", ("/by_row", "/shape"), {}),
    ]
    nodes = [
        helper.make_node(
            operator, [end if end == TABLE else name + end for end in taken], [name + made], name + made, **attributes
        )
        for operator, made, taken, attributes in steps
    ]
    return constants, nodes


def _table() -> Array:
    """Give the two weights (n, 2) int8 that a factor and a byte stand for; rows of factor 0 are there to count from."""
    low, high = np.arange(256) % 16 + _LOWEST, np.arange(256) // 16 + _LOWEST
    products = np.arange(_FACTORS + 1)[:, None, None] * np.stack([low, high], axis=1)
    return products.astype(np.int8).reshape(-1, 2)
