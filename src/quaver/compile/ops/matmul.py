"""MatMul: rows times a constant matrix, or any two of tensors and constants, batch by batch."""

from math import prod

import numpy as np

from quaver.compile.convolution import BLOCK
from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, broadcast_shapes, nest, plain_strides
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
    if matrix is not None and matrix.ndim == 2:
        return times_constant(node, plan, matrix.T, np.zeros(matrix.shape[1]))
    y = plan.tensors[node.output]
    a, b = (_Side(name, node, plan) for name in node.inputs)
    if any(plan.tensors[name].last for name in (*node.inputs, node.output) if name in plan.tensors):
        raise node.refuse("it stands directly between convolutions", "transpose its inputs first")
    batch = y.shape[:-2]
    strides = {"y": y.strides[:-2], "a": a.along(batch), "b": b.along(batch)}
    sizes = y.shape[-2], a.shape[-1], y.shape[-1]
    sides = f"{a.name or 'a'} + {{a}}, {a.strides[-2]}, {b.name or 'b'} + {{b}}, {b.strides[-2]}"
    call = f"matmul_f32({', '.join(map(str, sizes))}, {sides}, y + {{y}}, {y.strides[-2]});"
    macs = prod(map(int, (*batch, *sizes)))
    operands = {"y": y.name} | {letter: side.tensor for letter, side in (("a", a), ("b", b)) if side.tensor}
    name = plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, nest(batch, strides, call), macs)


class _Side:
    """What is multiplied: a tensor, or a constant of several matrices or on the left."""

    def __init__(self, source: str, node: Node, plan: Plan) -> None:
        tensor, values = plan.tensors.get(source), plan.graph.constants.get(source)
        self.tensor, self.name = (source, "") if values is None else ("", "")
        if values is not None:
            self.shape, self.strides = values.shape, plain_strides(values.shape)
            beyond = np.zeros(BLOCK, np.float32)  # which the last row's vector reads too
            self.name = plan.weight(f"{node.name}/{source}", np.append(np.float32(values), beyond))
        elif tensor is not None:
            self.shape, self.strides = tensor.shape, tensor.strides

    def along(self, batch: Shape) -> tuple[int, ...]:
        return broadcast(self.shape[:-2], self.strides[:-2], batch)


RULE = Rule(("MatMul",), _shape, _emit, opens=True)
