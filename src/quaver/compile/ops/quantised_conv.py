"""A convolution of bytes, found by `quantised.rewrite`; what was fused: ReLU, pooling, requantisation."""

import numpy as np

from quaver.compile import bytewise
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.ops import conv
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    if node.attributes.get("group", 1) != 1:
        raise node.refuse("it has groups of channels in eight bits", "leave grouped convolutions in float32")
    return conv.RULE.shape(node, shapes, graph)


def _prepare(node: Node, plan: Plan) -> None:
    conv.RULE.prepare(node, plan)
    bytewise.settle(node, plan)


def _emit(node: Node, plan: Plan) -> Step:
    made, kernel = conv.read(node, plan)
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    fields = {**conv.sizes(made, x, y, node), "channels": len(kernel)}
    runs = fields["taps_down"] * fields["taps_along"]
    ordered = kernel.transpose(0, 2, 3, 1).reshape(len(kernel), runs, fields["run"])
    macs = int(np.prod(made.out)) * kernel.size
    return bytewise.call(node, plan, ordered, fields, conv.start(made, x), macs)


RULE = Rule(("QuantisedConv",), _shape, _emit, channels_last=True, opens=True, prepare=_prepare)
