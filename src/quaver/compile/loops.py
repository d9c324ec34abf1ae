"""Nests of C loops over tensors of any order in memory."""

from collections.abc import Mapping, Sequence

from quaver.compile.graph import Shape
from quaver.compile.sizes import Open, product, same

Strides = Sequence[int]


def nest(shape: Shape, strides: Mapping[str, Strides], *body: str) -> list[str]:
    """Write loops over all elements of `shape`, with as few levels as the memory allows.

    Args:
        shape: the sizes to go through.
        strides: of every operand that `body` indexes, a step an axis; 0 where it is broadcast. The first operand
            decides which axis is innermost.
        body: a statement, or lines in braces, in which `{name}` stands for the index into the operand `name`.

    Returns:
        Lines of C, indented by four spaces a level.

    Example:
        >>> nest((2, 3), {"y": (3, 1), "x": (3, 1)}, "y[{y}] = x[{x}];")
        ['for (int i = 0; i < 6; i++)', '    y[i] = x[i];']
    """
    axes = _merged(shape, strides)
    lines = []
    for level, (size, _) in enumerate(axes):
        variable = "ijklmn"[level]
        lines.append(f"{'    ' * level}for (int {variable} = 0; {variable} < {size}; {variable}++)")
    indices = {name: _index([steps[name] for _, steps in axes]) for name in strides}
    return [*lines, *("    " * len(axes) + _filled(line, indices) for line in body)]


def _filled(line: str, indices: Mapping[str, str]) -> str:
    for name, index in indices.items():
        line = line.replace(f"{{{name}}}", index)
    return line


def _merged(shape: Shape, strides: Mapping[str, Strides]) -> list[tuple[int, dict[str, int]]]:
    """Order the axes by the first operand's memory and join those that every operand runs through in one."""
    axes = [(size, {name: steps[i] for name, steps in strides.items()}) for i, size in enumerate(shape) if size != 1]
    first = next(iter(strides))
    axes.sort(key=lambda axis: -axis[1][first])
    joined: list[tuple[int, dict[str, int]]] = []
    for size, steps in axes:
        whole = not isinstance(size, Open)  # else there are values beyond the last one that counts
        if joined and whole and all(joined[-1][1][name] == steps[name] * size for name in strides):
            joined[-1] = product((joined[-1][0], size)), steps
        else:
            joined.append((size, steps))
    return joined


def _index(steps: Sequence[int]) -> str:
    terms = [f"{v} * {step}" if step != 1 else v for v, step in zip("ijklmn", steps, strict=False) if step]
    return " + ".join(terms) or "0"


def broadcast(shape: Shape, strides: Strides, wanted: Shape) -> tuple[int, ...]:
    """Give the strides of an operand of `shape` as an operand of `wanted`, by the rules of NumPy."""
    lacking = len(wanted) - len(shape)
    return (0,) * lacking + tuple(0 if size == 1 else step for size, step in zip(shape, strides, strict=True))


def broadcast_shapes(left: Shape, right: Shape) -> Shape | None:
    """Give the shape of two operands together, by the rules of NumPy; None if they do not fit each other."""
    rank = max(len(left), len(right))
    left, right = ((1,) * (rank - len(shape)) + tuple(shape) for shape in (left, right))
    made = tuple(b if same(a, 1) else a for a, b in zip(left, right, strict=True))
    fits = all(same(a, b) or same(a, 1) or same(b, 1) for a, b in zip(left, right, strict=True))
    return made if fits else None


def plain_strides(shape: Shape) -> tuple[int, ...]:
    """Give the strides of an array in C's order."""
    strides, step = [0] * len(shape), 1
    for axis in reversed(range(len(shape))):
        strides[axis], step = step, step * shape[axis]
    return tuple(strides)
