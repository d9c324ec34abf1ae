"""The zeros around tensors that convolutions read."""

import numpy as np

from quaver.compile.sizes import product
from quaver.compile.tensor import BYTE, Tensor


def cleared(tensor: Tensor, pointer: str) -> list[str]:
    """Write the zeros around the tensor that a pointer shows; the arena held something else there before."""
    if not any(map(sum, tensor.halo)):
        return []
    fill, value = ("fill_u8", f"{tensor.zero}") if tensor.kind == BYTE else ("fill_f32", "0.0f")
    sizes, strides, origin = tensor.stored, tensor.strides, tensor.origin
    if len(tensor.shape) == 3 or sizes[2] == 1:
        (before, after), step = tensor.halo[-1], strides[-1]
        inner = product((tensor.shape[-1], step))
        lines = [f"{fill}({pointer} - {before * step}, {before * step}, {value});"] if before else []
        return lines + ([f"{fill}({pointer} + {inner}, {after * step}, {value});"] if after else [])
    return [f"{fill}({pointer} - {origin}, {int(np.prod(sizes))}, {value});"]
