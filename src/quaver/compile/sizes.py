"""Sizes that are known only when the program runs, such as the frames of a sound."""

from collections.abc import Iterable
from math import prod


class Open(int):
    """A size that the program is told when it runs: as a number the largest that it can be, as a text C that gives it.

    Memory is laid out for the largest, so strides and offsets are numbers; loops end where the text says.

    Example:
        >>> frames = Open(450, "frames")
        >>> 2 * frames, f"i < {frames}"
        (900, 'i < frames')
    """

    text: str

    def __new__(cls, largest: int, text: str) -> "Open":
        """Make a size of at most `largest`, given by the expression `text`."""
        made = super().__new__(cls, largest)
        made.text = text
        return made

    def __str__(self) -> str:
        """Give the C."""
        return self.text

    __repr__ = __str__

    def __format__(self, how: str) -> str:
        """Give the C."""
        return self.text


def product(sizes: Iterable[int]) -> int:
    """Multiply sizes; one of them may be open.

    Example:
        >>> product([2, Open(5, "n"), 3])
        n * 6
    """
    sizes = list(sizes)
    opened = [size for size in sizes if isinstance(size, Open)]
    if not opened:
        return prod(sizes)
    rest = prod(int(size) for size in sizes if not isinstance(size, Open))
    text = " * ".join(_factor(size) for size in opened) + ("" if rest == 1 else f" * {rest}")
    return Open(prod(map(int, sizes)), text)


def slid(size: int, largest: int, extra: int, stride: int) -> int:
    """Give the places of a window slid over an axis: (size + extra) / stride + 1, of which `largest` are the most."""
    if not isinstance(size, Open):
        return largest
    if stride == 1:
        return Open(largest, _plus(size, extra + 1))
    return Open(largest, f"({_plus(size, extra)}) / {stride} + 1")


def same(left: int, right: int) -> bool:
    """Tell whether two sizes are always equal."""
    if isinstance(left, Open) or isinstance(right, Open):
        return int(left) == int(right) and str(left) == str(right)
    return left == right


def opened(shape: Iterable[int]) -> bool:
    """Tell whether any size of a shape is open."""
    return any(isinstance(size, Open) for size in shape)


def _plus(size: Open, more: int) -> str:
    return f"{size}" if more == 0 else f"{size} {'+' if more > 0 else '-'} {abs(more)}"


def _factor(size: Open) -> str:
    return f"{size}" if str(size).isidentifier() else f"({size})"
