"""Say ConvTranspose by a convolution that gives all values between two neighbours at once, and lay those in a row."""

from dataclasses import dataclass

import numpy as np

from quaver.compile.graph import Array, Node, Shape
from quaver.compile.sizes import opened
from quaver.compile.words import Words


@dataclass(frozen=True)
class _Axis:
    """What happens along one axis: each input adds a kernel of `reach` taps to the output, `stride` places further."""

    stride: int
    reach: int  # of the kernel, dilated
    before: int  # places that are cut off
    size: int  # of the output
    inputs: int

    @property
    def taps(self) -> int:
        """Count the inputs that an output meets."""
        return -(-self.reach // self.stride)

    @property
    def groups(self) -> int:
        """Count the groups of `stride` neighbouring outputs that are computed, those before the first included."""
        return -(-(self.before + self.size) // self.stride)


def convolution(words: Words, shape: Shape) -> list[Node]:
    """ConvTranspose: a convolution with `stride` times the channels, a transposition, and a slice."""
    node, kernel = words.node, _constant(words, 1, "kernel")
    if len(shape) != kernel.ndim or len(shape) not in (3, 4) or opened(shape):
        raise node.refuse(f"its input is {shape}", "(1, channels, time) or (1, channels, height, width) is supported")
    if shape[0] != 1:
        raise node.refuse(f"its input has a batch of {shape[0]}", "fix the batch to 1")
    groups, count = node.attributes.get("group", 1), len(shape) - 2
    if shape[1] != len(kernel) or len(kernel) % groups:
        raise node.refuse(f"its kernel {kernel.shape} does not fit {shape[1]} channels", "correct the network")
    axes = _axes(node, shape, kernel.shape[2:])
    turned = _phases(_dilated(kernel, node.attributes.get("dilations", [1] * count)), groups, axes)
    inputs = [node.inputs[0], words.keep("phases", turned)]
    if len(node.inputs) > 2 and node.inputs[2]:
        bias = _constant(words, 2, "bias")
        inputs.append(words.keep("biases", np.repeat(bias, len(turned) // len(bias))))
    pads = [axis.taps - 1 for axis in axes] + [axis.groups - axis.inputs for axis in axes]
    between = words.say("Conv", *inputs, pads=pads, group=groups, kernel_shape=list(turned.shape[2:]))
    channels, strides, places = kernel.shape[1] * groups, [a.stride for a in axes], [a.groups for a in axes]
    apart = words.say("Reshape", between, words.keep("apart", np.array([1, channels, *strides, *places])))
    order = [0, 1, *(axis for i in range(count) for axis in (2 + count + i, 2 + i))]
    woven = words.say("Transpose", apart, perm=order)
    whole = [place * stride for place, stride in zip(places, strides, strict=True)]
    joined = words.say("Reshape", woven, words.keep("whole", np.array([1, channels, *whole])))
    bounds = {
        "from": [axis.before for axis in axes],
        "to": [axis.before + axis.size for axis in axes],
        "axes": range(2, 2 + count),
    }
    words.say("Slice", joined, *(words.keep(name, np.array(values)) for name, values in bounds.items()))
    return words.end()


def _constant(words: Words, index: int, name: str) -> Array:
    found = words.graph.constant(words.node, index)
    if found is None:
        raise words.node.refuse(f"its {name} is computed", "only constant ones are supported")
    return found


def _axes(node: Node, shape: Shape, kernel: Shape) -> list[_Axis]:
    """Read what happens along every axis; ONNX's ConvTranspose says how the padding follows from a wanted size."""
    given, count = node.attributes, len(kernel)
    kind = given.get("auto_pad", b"NOTSET")
    kind = kind.decode() if isinstance(kind, bytes) else kind
    strides, gaps, more = (
        list(given.get(name, [default] * count))
        for name, default in (("strides", 1), ("dilations", 1), ("output_padding", 0))
    )
    pads, wanted = list(given.get("pads", [0] * 2 * count)), list(given.get("output_shape", []))[-count:]
    if kind.startswith("SAME") and not wanted:
        wanted = [size * stride for size, stride in zip(shape[2:], strides, strict=True)]
    made = []
    for i in range(count):
        reach, before = (kernel[i] - 1) * gaps[i] + 1, 0 if kind == "VALID" else pads[i]
        size = strides[i] * (shape[2 + i] - 1) + more[i] + reach - (0 if kind == "VALID" else pads[i] + pads[i + count])
        if wanted:
            total = max(size + before + pads[i + count] - wanted[i], 0)
            before, size = total // 2 if kind == "SAME_UPPER" else total - total // 2, wanted[i]
        if size < 1:
            raise node.refuse("nothing is left of its output", "correct the network")
        made.append(_Axis(strides[i], reach, before, size, shape[2 + i]))
    return made


def _dilated(kernel: Array, gaps: list[int]) -> Array:
    """Put zeros between the taps."""
    sizes = [(size - 1) * gap + 1 for size, gap in zip(kernel.shape[2:], gaps, strict=True)]
    made = np.zeros((*kernel.shape[:2], *sizes), kernel.dtype)
    made[(slice(None), slice(None), *(slice(None, None, gap) for gap in gaps))] = kernel
    return made


def _phases(kernel: Array, groups: int, axes: list[_Axis]) -> Array:
    """Turn a kernel (in, out / groups, taps) into one (out * strides, in / groups, taps of a phase), backwards."""
    room = [(0, axis.taps * axis.stride - axis.reach) for axis in axes]
    padded = np.pad(kernel, [(0, 0), (0, 0), *room])
    inner, outer = len(kernel) // groups, kernel.shape[1]
    split = [size for axis in axes for size in (axis.taps, axis.stride)]
    parts = padded.reshape(groups, inner, outer, *split)
    count = len(axes)
    taps, phases = [3 + 2 * i for i in range(count)], [4 + 2 * i for i in range(count)]
    parts = np.flip(parts.transpose(0, 2, *phases, 1, *taps), axis=tuple(range(-count, 0)))
    return np.ascontiguousarray(parts.reshape(-1, inner, *(axis.taps for axis in axes)))
