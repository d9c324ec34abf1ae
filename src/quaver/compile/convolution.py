"""The geometry of convolutions: which taps ever meet data, which zeros they need, how weights are packed."""

from dataclasses import dataclass, replace

import numpy as np

from quaver.compile.graph import Array, Graph, Node, Shape
from quaver.compile.sizes import slid

BLOCK = 16  # output channels whose weights lie together
Pair = tuple[int, int]


@dataclass(frozen=True)
class Geometry:
    """A convolution over (height, width); one over time alone has the height 1."""

    size: Pair  # of the input
    kernel: Pair
    stride: Pair
    dilation: Pair
    before: Pair  # zeros
    after: Pair
    first: Pair = (0, 0)  # tap that ever meets data; those outside first : first + kernel are dropped

    @property
    def out(self) -> Pair:
        """Give the places where the kernel is put."""
        height, width = (
            (self.size[i] + self.before[i] + self.after[i] - (self.kernel[i] - 1) * self.dilation[i] - 1)
            // self.stride[i]
            + 1
            for i in (0, 1)
        )
        return height, width

    @property
    def along(self) -> int:
        """Give the places along time, which is open where the input is."""
        reach = (self.kernel[1] - 1) * self.dilation[1] + 1
        return slid(self.size[1], self.out[1], self.before[1] + self.after[1] - reach, self.stride[1])

    def trimmed(self) -> "Geometry":
        """Drop the taps at the kernel's ends that only ever meet zeros."""
        made = self
        for axis in (0, 1):
            places = np.arange(self.out[axis]) * self.stride[axis] - self.before[axis]
            at = places[:, None] + np.arange(self.kernel[axis]) * self.dilation[axis]
            useful = np.flatnonzero(((at >= 0) & (at < self.size[axis])).any(axis=0))
            low, high = (int(useful[0]), int(useful[-1])) if len(useful) else (0, 0)
            made = replace(
                made,
                kernel=_with(made.kernel, axis, high - low + 1),
                before=_with(made.before, axis, made.before[axis] - low * self.dilation[axis]),
                after=_with(made.after, axis, made.after[axis] - (self.kernel[axis] - 1 - high) * self.dilation[axis]),
                first=_with(made.first, axis, low),
            )
        return made

    @property
    def halo(self) -> tuple[Pair, Pair]:
        """Give the zeros needed before and after the input, for height and width."""
        (top, left), (bottom, right) = self.before, self.after
        return (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))

    def crop(self, kernel: Array) -> Array:
        """Take the taps that are left from a kernel (out, in, height, width)."""
        y, x = self.first
        return kernel[:, :, y : y + self.kernel[0], x : x + self.kernel[1]]


def _with(pair: Pair, axis: int, value: int) -> Pair:
    return (value, pair[1]) if axis == 0 else (pair[0], value)


def geometry(node: Node, shape: Shape, kernel: Shape) -> Geometry:
    """Read the geometry of a node that slides a window.

    Args:
        node: a convolution or a pooling.
        shape: of its input (1, channels, ...).
        kernel: the sizes of the window along the spatial axes.

    Raises:
        CompileError: a batch, or more axes than height and width.
    """
    if len(shape) not in (3, 4):
        raise node.refuse(
            f"its input has {len(shape)} axes", "(1, channels, time) or (1, channels, height, width) is supported"
        )
    if shape[0] != 1:
        raise node.refuse(f"its input has a batch of {shape[0]}", "fix the batch to 1")
    axes = len(shape) - 2

    def pair(name: str, default: int) -> Pair:
        values = [default] * (2 - axes) + list(node.attributes.get(name, [default] * axes))
        return values[0], values[1]

    made = Geometry(
        size=(1, shape[2]) if axes == 1 else (shape[2], shape[3]),
        kernel=(1, kernel[-1]) if axes == 1 else (kernel[0], kernel[1]),
        stride=pair("strides", 1),
        dilation=pair("dilations", 1),
        before=(0, 0),
        after=(0, 0),
    )
    before, after = _pads(node, made, axes)
    made = replace(made, before=before, after=after)
    if min(made.out) < 1:
        raise node.refuse(f"its window is larger than its input {shape}", "correct the network")
    return made


def _pads(node: Node, made: Geometry, axes: int) -> tuple[Pair, Pair]:
    kind = node.attributes.get("auto_pad", b"NOTSET")
    kind = kind.decode() if isinstance(kind, bytes) else kind
    pads = list(node.attributes.get("pads", [0] * 2 * axes))
    if kind.startswith("SAME"):
        pads = [0] * 2 * axes
        for i in range(axes):
            axis = i + 2 - axes
            reach = (made.kernel[axis] - 1) * made.dilation[axis] + 1
            total = max((-(-made.size[axis] // made.stride[axis]) - 1) * made.stride[axis] + reach - made.size[axis], 0)
            small, large = total // 2, total - total // 2
            pads[i], pads[i + axes] = (large, small) if kind == "SAME_LOWER" else (small, large)
    if axes == 1:
        return (0, pads[0]), (0, pads[1])
    return (pads[0], pads[1]), (pads[2], pads[3])


def spatial(kernel: Array) -> Array:
    """Give a kernel (out, in, time) or (out, in, height, width) as the latter."""
    return kernel[:, :, None] if kernel.ndim == 3 else kernel


def in_runs(kernel: Array) -> Array:
    """Order a kernel (out, in, height, width) as its input lies in memory: (out, height, width * in)."""
    out, inner, height, width = kernel.shape
    return kernel.transpose(0, 2, 3, 1).reshape(out, height, width * inner)


def pack(kernel: Array) -> Array:
    """Put the weights of 16 outputs side by side: (out, k) to (ceil(out / 16), k, 16), zeros where outputs lack."""
    out, k = kernel.shape
    padded = np.zeros((-(-out // BLOCK) * BLOCK, k), kernel.dtype)
    padded[:out] = kernel
    return padded.reshape(-1, BLOCK, k).transpose(0, 2, 1)


def out_shape(node: Node, shape: Shape, out: Pair, channels: int) -> Shape:
    """Give the shape that comes out, with as many axes as came in."""
    return (1, channels, out[1]) if len(shape) == 3 else (1, channels, *out)


def kernel_of(node: Node, graph: Graph, shape: Shape) -> Array:
    """Give the constant kernel of a convolution as (out, in / groups, height, width).

    Raises:
        CompileError: the kernel is computed.
    """
    kernel = graph.constant(node, 1)
    if kernel is None:
        raise node.refuse("its kernel is computed", "only constant kernels are supported")
    if kernel.ndim != len(shape) or kernel.ndim not in (3, 4):
        raise node.refuse(
            f"its kernel has {kernel.ndim} axes", "convolutions over time or over height and width are supported"
        )
    return spatial(kernel)
