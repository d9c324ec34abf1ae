"""What operators on bytes share: packed weights, biases that know the zero point, and the factors of the result."""

import numpy as np

from quaver.compile.convolution import BLOCK
from quaver.compile.elementwise import about
from quaver.compile.graph import Array, Node
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.tensor import BYTE

FOUR = 4  # bytes that a processor multiplies and sums at once
LARGEST = 2**15 - 1  # two products are summed in sixteen bits by processors without VNNI


def pack(kernel: Array) -> Array:
    """Put weights side by side: (out, runs, run) to (ceil(out / 16), runs * ceil(run / 4), 16, 4), zeros between."""
    out, runs, run = kernel.shape
    padded = np.zeros((-(-out // BLOCK) * BLOCK, runs, -(-run // FOUR) * FOUR), np.int8)
    padded[:out, :, :run] = kernel
    return padded.reshape(-1, BLOCK, padded[0].size // FOUR, FOUR).transpose(0, 2, 1, 3)


def narrow(packed: Array) -> bool:
    """Tell whether two products of neighbours always fit sixteen bits."""
    pairs = packed.reshape(*packed.shape[:-1], 2, 2).astype(int)
    largest = max(np.maximum(pairs, 0).sum(axis=-1).max(), -np.minimum(pairs, 0).sum(axis=-1).min())
    return bool(255 * largest <= LARGEST)


def settle(node: Node, plan: Plan) -> None:
    """Say that a node writes bytes, if it does."""
    if "y_scale" in node.attributes:
        y = plan.tensors[node.output]
        y.kind, y.scale, y.zero = BYTE, float(node.attributes["y_scale"]), node.attributes["y_zero"]


def settle_like_input(node: Node, plan: Plan) -> None:
    """Say that a node which moves values writes what it reads."""
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    y.kind, y.scale, y.zero = x.kind, x.scale, x.zero


def call(node: Node, plan: Plan, kernel: Array, sizes: dict[str, int], start: int, macs: int) -> Step:
    """Write the call of the kernel on bytes.

    Args:
        node: with the scales and zero points in its attributes.
        plan: of the program.
        kernel: (out, runs, run) int8, a run being neighbours in memory.
        sizes: the fields of `conv_shape`.
        start: from the first value of the input to the first that a tap meets.
        macs: multiply-accumulates.
    """
    given, y = node.attributes, plan.tensors[node.output]
    packed, sums = pack(kernel), kernel.reshape(len(kernel), -1).sum(axis=1, dtype=np.int64)
    scale = (np.float32(given["x_scale"]) * given["kernel_scale"]).astype(np.float32)
    offset = _bias(node, plan, len(kernel), scale) - given["x_zero"] * sums
    writes_bytes = y.kind == BYTE
    factor = np.broadcast_to(scale / np.float32(given["y_scale"]) if writes_bytes else scale, len(kernel))
    padded = [np.pad(v, (0, -len(v) % BLOCK)) for v in (offset, offset + 128 * sums)]
    names = [
        plan.weight(f"{node.name}/kernel", packed),
        plan.weight(f"{node.name}/bias", np.stack(padded).astype(np.int32)),  # for bytes without a sign and with one
        plan.weight(f"{node.name}/factor", np.asarray(factor, np.float32)),
    ]
    fields = {**sizes, "narrow": int(narrow(packed)), "zero": given.get("y_zero", 0)}
    target = "conv_u8" if writes_bytes else "conv_u8_f32"
    made = Call(target, fields, tuple(names), start)
    operands, name = {"y": y.name, "x": node.inputs[0]}, plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, made.lines(), macs, call=made)


def _bias(node: Node, plan: Plan, outs: int, scale: Array) -> Array:
    """Give the bias in units of the sums; nearly always it is stored in them."""
    bias = plan.graph.constant(node, 2)
    if bias is None:
        return np.zeros(outs, np.int64)
    units = np.float64(node.attributes["bias_scale"]) / scale
    return np.asarray(np.rint(bias * np.where(np.abs(units - 1) < 1e-5, 1.0, units)), np.int64)
