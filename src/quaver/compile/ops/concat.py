"""Concat: tensors one after the other along an axis; constants may be among them."""

import numpy as np

from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest, plain_strides
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import opened


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    parts = [shapes[name] for name in node.inputs]
    axis = node.attributes["axis"] % len(parts[0])
    if opened(part[axis] for part in parts):
        raise node.refuse("it goes along a time that is open", "join tensors along their channels")
    return (*parts[0][:axis], sum(part[axis] for part in parts), *parts[0][axis + 1 :])


def _emit(node: Node, plan: Plan) -> Step:
    y = plan.tensors[node.output]
    axis, at = node.attributes["axis"] % len(y.shape), 0
    operands, body = {"y": y.name}, []
    for number, name in enumerate(node.inputs):
        if name in plan.graph.constants:
            values = np.asarray(plan.graph.constants[name], np.float32)
            source, shape, strides = plan.weight(name, values), values.shape, plain_strides(values.shape)
        else:
            source, tensor = f"x{number}", plan.tensors[name]
            operands[source], shape, strides = name, tensor.shape, tensor.strides
        offset = f"{at * y.strides[axis]} + " if at else ""
        body += nest(shape, {"y": y.strides, "x": strides}, f"y[{offset}{{y}}] = {source}[{{x}}];")
        at += shape[axis]
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body)


RULE = Rule(("Concat",), _shape, _emit, follows=True, opens=True)
