"""Steps that bring values to another place or order, without arithmetic."""

from quaver.compile.elementwise import about
from quaver.compile.graph import Node, Shape
from quaver.compile.loops import nest, plain_strides
from quaver.compile.plan import Plan, Step
from quaver.compile.tensor import Tensor

Strides = tuple[int, ...]


def copy(node: Node, plan: Plan, shape: Shape, x: Strides, y: Strides, offset: int = 0) -> Step:
    """Write a loop over `shape` that copies from one set of strides to another, from `offset` values on."""
    loops = nest(shape, {"y": y, "x": x}, f"y[{{y}}] = x[{offset} + {{x}}];" if offset else "y[{y}] = x[{x}];")
    operands = {"y": node.output, "x": node.inputs[0]}
    alike = all(x_step == y_step for size, x_step, y_step in zip(shape, x, y, strict=True) if size != 1)
    bare = not any(before or after for name in operands.values() for before, after in plan.tensors[name].halo)
    copies = offset if alike and bare else None
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, loops, copies=copies)


def shared(step: Step, plan: Plan) -> bool:
    """Let a tensor lie in the memory of the one that it would be copied from as it lies there; tells whether it does.

    Nothing writes to a tensor again, so nobody is disturbed.
    """
    if step.copies is None:
        return False
    x, y = (plan.tensors[step.operands[name]] for name in ("x", "y"))
    y.base, y.start = plan.memory(x.name).name, x.start + step.copies
    return True


def reshaped(node: Node, plan: Plan) -> Step:
    """Write the copy that gives the values of a tensor, in ONNX's order, another shape."""
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    (sizes, from_), (same, to) = _longer(x), _longer(y)
    if list(map(str, sizes)) == list(map(str, same)):
        return copy(node, plan, sizes, from_, to)
    if _straight(y):
        return copy(node, plan, x.shape, x.strides, plain_strides(x.shape))
    if _straight(x):
        return copy(node, plan, y.shape, plain_strides(y.shape), y.strides)
    split = _split(x.shape, y.shape)
    if split is None:
        raise node.refuse(f"{x.shape} becomes {y.shape} between two convolutions", "transpose to that shape instead")
    return copy(node, plan, split, _refined(x, split), _refined(y, split))


def _longer(tensor: Tensor) -> tuple[Shape, Strides]:
    """Give the sizes and strides of the axes that are longer than one."""
    axes = [axis for axis, size in enumerate(tensor.shape) if size != 1]
    return tuple(tensor.shape[axis] for axis in axes), tuple(tensor.strides[axis] for axis in axes)


def _straight(tensor: Tensor) -> bool:
    return [s for s, size in zip(tensor.strides, tensor.shape, strict=True) if size > 1] == [
        s for s, size in zip(plain_strides(tensor.shape), tensor.shape, strict=True) if size > 1
    ]


def _split(left: Shape, right: Shape) -> Shape | None:
    """Cut two shapes into pieces of which both are made; None if their cuts cross."""
    ends = sorted({*_ends(left), *_ends(right)})
    if any(after % before for before, after in zip(ends, ends[1:], strict=False)):
        return None
    return tuple(after // before for before, after in zip([1, *ends], ends, strict=False))


def _ends(shape: Shape) -> list[int]:
    """Give the products of the last 1, 2, ... sizes, which count from the innermost; the order is turned in use."""
    ends, product = [], 1
    for size in reversed(shape):
        product *= size
        ends.append(product)
    return ends


def _refined(tensor: Tensor, split: Shape) -> Strides:
    """Give the strides of a tensor along pieces of its axes, the innermost first as in `split`."""
    strides, piece = [], 0
    for size, step in zip(reversed(tensor.shape), reversed(tensor.strides), strict=True):
        inside = 1
        while inside < size:
            strides.append(step * inside)
            inside *= split[piece]
            piece += 1
    return tuple(strides)
