"""AveragePool: the mean of the values under a window; padding counts only if asked for."""

from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.pooling import pool_call, pool_shape
from quaver.compile.rule import Rule


def _emit(node: Node, plan: Plan) -> Step:
    counted = node.attributes.get("count_include_pad", 0)
    size = 1
    for taps in node.attributes["kernel_shape"]:
        size *= taps
    return pool_call(node, plan, "average_pool_f32", divisor=size if counted else 0)


RULE = Rule(("AveragePool",), pool_shape, _emit, channels_last=True, opens=True)
