"""Rows times a constant matrix: a convolution whose kernel sees one place."""

import numpy as np

from quaver.compile.convolution import BLOCK, pack
from quaver.compile.elementwise import about
from quaver.compile.graph import Array, Node
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.sizes import product


def times_constant(node: Node, plan: Plan, matrix: Array, bias: Array) -> Step:
    """Write the product of a tensor's last axis with a matrix (out, in), plus a bias (out,)."""
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    if x.last or y.last:
        raise node.refuse("it stands directly between convolutions", "transpose its input first")
    padded = np.pad(np.asarray(bias, np.float32), (0, -len(bias) % BLOCK))
    weights = (
        plan.weight(f"{node.name}/kernel", pack(np.asarray(matrix, np.float32))),
        plan.weight(f"{node.name}/bias", padded),
    )
    rows = product(x.shape[:-1])
    call = Call("conv_f32", fields(rows, *matrix.shape), weights, 0)
    operands, name = {"y": y.name, "x": x.name}, plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, call.lines(), int(rows) * matrix.size, call=call)


def fields(rows: int, out: int, inner: int) -> dict[str, int]:
    """Give the shape of a product of (rows, inner) and (out, inner) as that of a convolution."""
    steps = {"x_row": 0, "x_step": inner, "taps_down": 1, "taps_along": 1, "run": inner, "tap_row": 0, "tap_step": 0}
    return {"rows": 1, "places": rows, **steps, "y_row": 0, "y_step": out, "pool": 1, "relu": 0, "channels": out}
