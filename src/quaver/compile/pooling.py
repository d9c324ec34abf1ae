"""What pooling operators share: the shape that comes out, and the call of their kernels."""

from quaver.compile.convolution import geometry, out_shape
from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Shapes
from quaver.compile.struct import struct
from quaver.compile.tensor import Tensor


def pool_shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    """Give the shape that a pooling leaves.

    Raises:
        CompileError: it rounds up, or also asks for the places of the values.
    """
    if node.attributes.get("ceil_mode"):
        raise node.refuse("it rounds the number of windows up", "pad the input instead")
    if len(node.outputs) > 1:
        raise node.refuse("its second output, the places of the values, is not computed", "leave that output out")
    before = shapes[node.inputs[0]]
    made = geometry(node, before, tuple(node.attributes["kernel_shape"]))
    return out_shape(node, before, (made.out[0], made.along), before[1])


def pool_call(node: Node, plan: Plan, kernel: str, divisor: int = 0) -> Step:
    """Write the call of a pooling kernel of the kit."""
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    made = geometry(node, x.shape, tuple(node.attributes["kernel_shape"]))
    (x_row, x_step), (y_row, y_step) = _steps(x), _steps(y)
    fields = {
        **{"rows": made.out[0], "places": made.along},
        **dict(zip(("height", "width"), made.size, strict=True)),
        **dict(zip(("window_down", "window_along"), made.kernel, strict=True)),
        **dict(zip(("stride_down", "stride_along"), made.stride, strict=True)),
        **dict(zip(("gap_down", "gap_along"), made.dilation, strict=True)),
        **dict(zip(("before_down", "before_along"), made.before, strict=True)),
        **{"x_row": x_row, "x_step": x_step, "y_row": y_row, "y_step": y_step},
        **{"channels": x.shape[1], "divisor": divisor},
    }
    body = [*struct("pool_shape", fields), f"{kernel}(&shape, x, y);"]
    operands = {"y": y.name, "x": x.name}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body)


def _steps(tensor: Tensor) -> tuple[int, int]:
    return (0, tensor.strides[2]) if len(tensor.shape) == 3 else (tensor.strides[2], tensor.strides[3])
