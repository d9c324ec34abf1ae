"""LstmSteps and GruSteps (ours, not ONNX's): one direction of a recurrent layer; see `recurrent.py`."""

import numpy as np

from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.struct import struct

_KERNELS = {"LstmSteps": "lstm_f32", "GruSteps": "gru_f32"}
_SCRATCH = {"LstmSteps": 6, "GruSteps": 5}  # values, in units of the width


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    steps, batch, _ = shapes[node.inputs[0]]
    return (steps, batch, graph.constants[node.inputs[1]].shape[0])


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    if x.last or y.last:
        raise node.refuse("it stands directly between convolutions", "transpose its input first")
    names = [plan.weight(name, np.asarray(plan.graph.constants[name], np.float32)) for name in node.inputs[1:]]
    width, steps = y.shape[2], x.shape[0]
    given = {"steps": steps, "width": width, "x_step": x.strides[0], "y_step": y.strides[0]}
    flags = {"back": node.attributes["back"], "later": node.attributes.get("later", 0)}
    kernel = _KERNELS[node.operator]
    recurrent, _, first = (plan.graph.constants[name] for name in node.inputs[1:])
    strides = {"y": y.strides[1:2], "x": x.strides[1:2], "first": (first.shape[1] if len(first) > 1 else 0,)}
    call = f"{kernel}(&shape, {', '.join(names)} + {{first}}, x + {{x}}, y + {{y}}, scratch);"
    calls = [line.replace(" + 0", "") for line in nest(x.shape[1:2], strides, call)]
    body = [*struct("steps_shape", {**given, **flags}), *calls]
    macs, scratch = int(steps) * x.shape[1] * recurrent.size, 4 * width * _SCRATCH[node.operator]
    operands = {"y": y.name, "x": x.name}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body, macs, scratch=scratch)


RULE = Rule(tuple(_KERNELS), _shape, _emit, opens=True)
