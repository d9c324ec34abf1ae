"""MatMul: rows times a constant matrix, or two computed tensors, batch by batch."""

from math import prod

import numpy as np

from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, broadcast_shapes, nest
from quaver.compile.plan import Plan, Step
from quaver.compile.product import times_constant
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import same


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    left, right = (shapes[name] for name in node.inputs)
    if min(len(left), len(right)) < 2 or not same(left[-1], right[-2]):
        raise node.refuse(f"{left} and {right} do not fit each other", "give it matrices that do")
    batch = broadcast_shapes(left[:-2], right[:-2])
    if batch is None:
        raise node.refuse(f"{left} and {right} do not fit each other", "give it matrices that do")
    return (*batch, left[-2], right[-1])


def _emit(node: Node, plan: Plan) -> Step:
    matrix = plan.graph.constant(node, 1)
    if node.inputs[0] in plan.graph.constants:
        raise node.refuse("its left side is constant", "transpose the product")
    if matrix is not None:
        if matrix.ndim != 2:
            raise node.refuse(f"its constant has {matrix.ndim} axes", "give it a single matrix")
        return times_constant(node, plan, matrix.T, np.zeros(matrix.shape[1]))
    a, b, y = (plan.tensors[name] for name in (*node.inputs, node.output))
    if a.last or b.last or y.last:
        raise node.refuse("it stands directly between convolutions", "transpose its inputs first")
    batch = y.shape[:-2]
    strides = {
        "y": y.strides[:-2],
        "a": broadcast(a.shape[:-2], a.strides[:-2], batch),
        "b": broadcast(b.shape[:-2], b.strides[:-2], batch),
    }
    sizes = y.shape[-2], a.shape[-1], y.shape[-1]
    sides = ", ".join(f"{each} + {{{each}}}, {t.strides[-2]}" for each, t in zip("aby", (a, b, y), strict=True))
    call = f"matmul_f32({', '.join(map(str, sizes))}, {sides});"
    macs = prod(map(int, (*batch, *sizes)))
    operands = {"y": y.name, "a": a.name, "b": b.name}
    name = plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, nest(batch, strides, call), macs)


RULE = Rule(("MatMul",), _shape, _emit, opens=True)
