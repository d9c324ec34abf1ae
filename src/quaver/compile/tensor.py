"""Where the values of a tensor lie: its order in memory, the zeros around it, its place in the arena."""

from dataclasses import dataclass
from math import prod

from quaver.compile.graph import Shape

FLOAT, BYTE = "float", "unsigned char"
_SIZES = {FLOAT: 4, BYTE: 1}


@dataclass
class Tensor:
    """A tensor of ONNX's `shape`, stored as it stands or, if `last`, with its channels (axis 1) innermost.

    Around the spatial axes of the latter may lie a halo, so that no tap of a convolution needs a test of bounds.
    Bytes stand for `scale * (byte - zero)`. A tensor with a `base` has no memory of its own: its values are that one's
    from `start` on.
    """

    name: str
    shape: Shape
    kind: str = FLOAT
    scale: float = 1.0
    zero: int = 0
    last: bool = False
    halo: tuple[tuple[int, int], ...] = ()  # elements before and after, a pair for each spatial axis
    offset: int = 0  # in the arena, in bytes
    base: str = ""
    start: int = 0

    @property
    def order(self) -> tuple[int, ...]:
        """Give the axes from the outermost to the innermost."""
        axes = tuple(range(len(self.shape)))
        return (*axes[:1], *axes[2:], 1) if self.last else axes

    @property
    def stored(self) -> Shape:
        """Give the sizes of the axes with their halos, in the order of `shape`."""
        halos = (0, 0, *(sum(pair) for pair in self.halo)) if self.halo else (0,) * len(self.shape)
        return tuple(size + more for size, more in zip(self.shape, halos, strict=True))

    @property
    def strides(self) -> tuple[int, ...]:
        """Give the elements from one index to the next, for every axis of `shape`."""
        strides, step = [0] * len(self.shape), 1
        for axis in reversed(self.order):
            strides[axis], step = step, step * self.stored[axis]
        return tuple(strides)

    @property
    def origin(self) -> int:
        """Count the elements before the first value: those of the halo, or of the base."""
        return self.start + sum(pair[0] * step for pair, step in zip(self.halo, self.strides[2:], strict=False))

    @property
    def width(self) -> int:
        """Count the bytes of a value."""
        return _SIZES[self.kind]

    @property
    def bytes(self) -> int:
        """Count the bytes in the arena, halo included."""
        return prod(map(int, self.stored)) * self.width

    @property
    def drawn(self) -> str:
        """Write the shape in the order of memory, without the batch: `162 x 256`."""
        return " x ".join(str(self.shape[axis]) for axis in self.order[1:]) or "1"
