"""MaxPool: the largest value under a window; padding never counts."""

from quaver.compile.graph import Node
from quaver.compile.plan import Plan, Step
from quaver.compile.pooling import pool_call, pool_shape
from quaver.compile.rule import Rule
from quaver.compile.tensor import BYTE


def _prepare(node: Node, plan: Plan) -> None:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    y.kind, y.scale, y.zero = x.kind, x.scale, x.zero  # the largest byte stands for the largest value


def _emit(node: Node, plan: Plan) -> Step:
    width = "u8" if plan.tensors[node.inputs[0]].kind == BYTE else "f32"
    return pool_call(node, plan, f"max_pool_{width}")


RULE = Rule(("MaxPool",), pool_shape, _emit, channels_last=True, opens=True, prepare=_prepare)
