"""Conv: a kernel slid over time, or over height and width; with it what was fused: ReLU, pooling, quantisation."""

import numpy as np

from quaver.compile import bytewise
from quaver.compile.convolution import BLOCK, Geometry, geometry, in_runs, kernel_of, out_shape, pack
from quaver.compile.elementwise import about, constant
from quaver.compile.graph import Array, Graph, Node, Shape
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import Open
from quaver.compile.struct import moved, struct
from quaver.compile.tensor import BYTE, Tensor


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    shape = shapes[node.inputs[0]]
    kernel = kernel_of(node, graph, shape)
    groups = node.attributes.get("group", 1)
    if shape[1] != kernel.shape[1] * groups or len(kernel) % groups:
        raise node.refuse(
            f"its kernel {kernel.shape} does not fit {shape[1]} channels in {groups} groups", "correct the network"
        )
    made, pool = _geometry(node, shape, kernel), node.attributes.get("pool", 1)
    if isinstance(made.size[0], Open):
        raise node.refuse("its rows are open, and only what lies along them may be", "swap the two axes")
    places = made.out[1] // pool
    if isinstance(made.size[1], Open):
        if pool > 1:
            raise node.refuse("its places are pooled along a time that is open", "export the network with fixed sizes")
        places = made.along
    return out_shape(node, shape, (made.out[0], places), len(kernel))


def _geometry(node: Node, shape: Shape, kernel: Array) -> Geometry:
    return geometry(node, shape, kernel.shape[2:])


def _prepare(node: Node, plan: Plan) -> None:
    widen(plan.tensors[node.inputs[0]], read(node, plan)[0])
    bytewise.settle(node, plan)


def widen(tensor: Tensor, needed: Geometry) -> None:
    """Make the halo of a tensor as wide as a convolution needs it."""
    wanted = needed.halo[-(len(tensor.shape) - 2) :]
    have = tensor.halo or ((0, 0),) * len(wanted)
    tensor.halo = tuple((max(a[0], b[0]), max(a[1], b[1])) for a, b in zip(have, wanted, strict=True))


def read(node: Node, plan: Plan) -> tuple[Geometry, Array]:
    """Give the geometry without useless taps, and the kernel (out, in / groups, height, width) that is left."""
    shape = plan.tensors[node.inputs[0]].shape
    kernel = kernel_of(node, plan.graph, shape)
    whole = _geometry(node, shape, kernel)
    made = whole.trimmed()
    return made, made.crop(kernel)


def _emit(node: Node, plan: Plan) -> Step:
    made, kernel = read(node, plan)
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    groups = node.attributes.get("group", 1)
    bias = plan.graph.constant(node, 2)
    bias = np.zeros(len(kernel), np.float32) if bias is None else bias
    depthwise = groups == len(kernel) == x.shape[1] and groups > 1
    packed, biases = _depthwise(kernel, bias) if depthwise else _packed(kernel, bias, groups)
    weights = plan.weight(f"{node.name}/kernel", packed), plan.weight(f"{node.name}/bias", biases)
    fields = {**sizes(made, x, y, node), "channels": len(kernel) if depthwise else len(kernel) // groups}
    call = "depthwise_f32" if depthwise else "conv_f32"
    if y.kind == BYTE:
        call, fields = "conv_f32_u8", {**fields, "zero": y.zero}
        weights = weights[0], f"{weights[1]}, {constant(y.scale)}"
    alone = Call(call, fields, weights, start(made, x)) if depthwise or groups == 1 else None
    body = alone.lines() if alone else [*struct("conv_shape", fields), *_calls(call, weights, made, x, groups, kernel)]
    macs = int(np.prod(made.out)) * kernel.size
    operands, name = {"y": y.name, "x": x.name}, plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, body, macs, call=alone)


def sizes(made: Geometry, x: Tensor, y: Tensor, node: Node) -> dict[str, int]:
    """Give what all kernels of convolutions ask about the shapes; steps count values."""
    pool = node.attributes.get("pool", 1)
    channels, run = x.shape[1], x.shape[1] // node.attributes.get("group", 1)
    whole = made.dilation[1] == 1 and run == channels  # neighbouring taps lie one after the other
    (row, step), (out_row, out_step) = _steps(x), _steps(y)
    return {
        "rows": made.out[0],
        "places": made.along if pool == 1 else made.out[1] // pool * pool,
        "x_row": made.stride[0] * row,
        "x_step": made.stride[1] * step,
        "taps_down": made.kernel[0],
        "taps_along": 1 if whole else made.kernel[1],
        "run": made.kernel[1] * run if whole else run,
        "tap_row": made.dilation[0] * row,
        "tap_step": made.dilation[1] * step,
        "y_row": out_row,
        "y_step": out_step,
        "pool": pool,
        "relu": int(node.attributes.get("activation") == "Relu"),
    }


def start(made: Geometry, x: Tensor) -> int:
    """Count the values from the first one of the input to the first that a tap meets, which lies in the halo."""
    row, step = _steps(x)
    return -(made.before[0] * row + made.before[1] * step)


def _steps(tensor: Tensor) -> tuple[int, int]:
    """Give the values from row to row and from place to place."""
    return (0, tensor.strides[2]) if len(tensor.shape) == 3 else (tensor.strides[2], tensor.strides[3])


def _packed(kernel: Array, bias: Array, groups: int) -> tuple[Array, Array]:
    """Pack every group's kernel; biases are padded to whole blocks as well."""
    each = [part.reshape(len(part), -1) for part in np.split(in_runs(kernel), groups)]
    padded = [np.pad(part, (0, -len(part) % BLOCK)) for part in np.split(np.asarray(bias, np.float32), groups)]
    return np.stack([pack(np.asarray(part, np.float32)) for part in each]), np.stack(padded)


def _depthwise(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """Order a kernel (channels, 1, height, width) as (height, width, channels)."""
    return np.asarray(kernel[:, 0].transpose(1, 2, 0), np.float32), np.asarray(bias, np.float32)


def _calls(call: str, weights: tuple[str, str], made: Geometry, x: Tensor, groups: int, kernel: Array) -> list[str]:
    """Call the kernel for each group of channels."""
    first = start(made, x)
    outs = len(kernel) // groups
    blocks = -(-outs // BLOCK) * BLOCK
    weight, bias = blocks * kernel[0].size, blocks
    return [
        f"for (int g = 0; g < {groups}; g++)",
        f"    {call}(&shape, {weights[0]} + g * {weight}, {weights[1]} + g * {bias},",
        f"             {moved('x', first)} + g * {x.shape[1] // groups}, y + g * {outs});",
    ]


RULE = Rule(("Conv",), _shape, _emit, channels_last=True, prepare=_prepare, opens=True)
