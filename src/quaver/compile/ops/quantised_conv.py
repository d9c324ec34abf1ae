"""A convolution of bytes, found by `quantised.rewrite`; what was fused: ReLU, pooling, requantisation."""

import numpy as np

from quaver.compile import bytewise
from quaver.compile.graph import Node
from quaver.compile.ops import conv
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule


def _prepare(node: Node, plan: Plan) -> None:
    conv.RULE.prepare(node, plan)
    bytewise.settle(node, plan)


def _emit(node: Node, plan: Plan) -> Step:
    made, kernel = conv.read(node, plan)
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    groups, macs = node.attributes.get("group", 1), int(np.prod(made.out)) * kernel.size
    fields, start = {**conv.sizes(made, x, y, node), "channels": len(kernel) // groups}, conv.start(made, x)
    if groups == len(kernel) == x.shape[1] and groups > 1:
        return bytewise.depthwise(node, plan, kernel, {**fields, "channels": len(kernel)}, start, macs)
    runs = fields["taps_down"] * fields["taps_along"]
    ordered = kernel.transpose(0, 2, 3, 1).reshape(len(kernel), runs, fields["run"])
    return bytewise.call(node, plan, ordered, fields, start, macs)


RULE = Rule(("QuantisedConv",), conv.RULE.shape, _emit, channels_last=True, opens=True, prepare=_prepare)
