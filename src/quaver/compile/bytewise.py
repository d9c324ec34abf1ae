"""What operators on bytes share: packed weights, biases that know the zero point, and the factors of the result."""

import numpy as np

from quaver.compile.convolution import BLOCK
from quaver.compile.elementwise import about
from quaver.compile.graph import Array, Node
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.struct import moved, struct
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
        kernel: (out, runs, run) int8, a run being neighbours in memory; of all groups, one after the other.
        sizes: the fields of `conv_shape`, for one group.
        start: from the first value of the input to the first that a tap meets.
        macs: multiply-accumulates.
    """
    groups = len(kernel) // sizes["channels"]
    offset, sums, factor = _constants(node, plan, kernel)
    packed = np.stack([pack(part) for part in np.split(kernel, groups)])
    each = [_padded(np.split(values, groups)) for values in (offset, offset + 128 * sums, factor)]
    names = [
        plan.weight(f"{node.name}/kernel", packed[0] if groups == 1 else packed),
        plan.weight(f"{node.name}/bias", np.stack(each[:2], axis=1).astype(np.int32)),  # for bytes without a sign, with
        plan.weight(f"{node.name}/factor", np.asarray(each[2], np.float32)),
    ]
    made = _call(node, plan, "conv_u8", {**sizes, "narrow": int(narrow(packed))}, names, start)
    if groups == 1:
        return _step(node, plan, made.lines(), macs, made)
    inner, block = plan.tensors[node.inputs[0]].shape[1] // groups, each[0].shape[1]
    steps = zip(names, (packed[0].size, 2 * block, block), strict=True)
    constants = ", ".join(f"{name} + g * {step}" for name, step in steps)
    x, y = f"{moved('x', start)} + g * {inner}", f"y + g * {sizes['channels']}"
    loop = [f"for (int g = 0; g < {groups}; g++)", f"    {made.kernel}(&shape, {constants}, {x}, {y});"]
    return _step(node, plan, [*struct("conv_shape", made.fields), *loop], macs)


def depthwise(node: Node, plan: Plan, kernel: Array, sizes: dict[str, int], start: int, macs: int) -> Step:
    """Write the call that convolves every channel of bytes alone; `kernel` (channels, 1, height, width)."""
    offset, _, factor = _constants(node, plan, kernel)
    names = [
        plan.weight(f"{node.name}/kernel", kernel[:, 0].transpose(1, 2, 0)),
        plan.weight(f"{node.name}/bias", offset.astype(np.int32)),
        plan.weight(f"{node.name}/factor", np.asarray(factor, np.float32)),
    ]
    made = _call(node, plan, "depthwise_u8", sizes, names, start)
    return _step(node, plan, made.lines(), macs, made)


def _constants(node: Node, plan: Plan, kernel: Array) -> tuple[Array, Array, Array]:
    """Give, for every output, the bias less what the zero point adds, the sum of weights, and the factor."""
    given, sums = node.attributes, kernel.reshape(len(kernel), -1).sum(axis=1, dtype=np.int64)
    scale = (np.float32(given["x_scale"]) * given["kernel_scale"]).astype(np.float32)
    offset = _bias(node, plan, len(kernel), scale) - given["x_zero"] * sums
    factor = scale / np.float32(given["y_scale"]) if _writes_bytes(node, plan) else scale
    return offset, sums, np.broadcast_to(factor, len(kernel))


def _writes_bytes(node: Node, plan: Plan) -> bool:
    return plan.tensors[node.output].kind == BYTE


def _padded(parts: list[Array]) -> Array:
    """Bring the values of every group to whole blocks."""
    return np.stack([np.pad(part, (0, -len(part) % BLOCK)) for part in parts])


def _call(node: Node, plan: Plan, kernel: str, sizes: dict[str, int], names: list[str], start: int) -> Call:
    target = kernel if _writes_bytes(node, plan) else f"{kernel}_f32"
    return Call(target, {**sizes, "zero": node.attributes.get("y_zero", 0)}, tuple(names), start)


def _step(node: Node, plan: Plan, body: list[str], macs: int, made: Call | None = None) -> Step:
    operands = {"y": plan.tensors[node.output].name, "x": node.inputs[0]}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body, macs, call=made)


def _bias(node: Node, plan: Plan, outs: int, scale: Array) -> Array:
    """Give the bias in units of the sums; nearly always it is stored in them."""
    bias = plan.graph.constant(node, 2)
    if bias is None:
        return np.zeros(outs, np.int64)
    units = np.float64(node.attributes["bias_scale"]) / scale
    return np.asarray(np.rint(bias * np.where(np.abs(units - 1) < 1e-5, 1.0, units)), np.int64)
