"""GlobalAveragePool: the mean of every channel."""

from quaver.compile.elementwise import about, constant
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import Open, product


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before = shapes[node.inputs[0]]
    return (*before[:2], *[1] * (len(before) - 2))


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    count = product(x.shape[2:])
    share = f"1.0f / (float)({count})" if isinstance(count, Open) else constant(1 / count)
    sums = (*y.strides[:2], *[0] * (len(x.shape) - 2))
    body = [
        *nest(y.shape, {"y": y.strides}, "y[{y}] = 0.0f;"),
        *nest(x.shape, {"x": x.strides, "y": sums}, "y[{y}] += x[{x}];"),
        *nest(y.shape, {"y": y.strides}, f"y[{{y}}] *= {share};"),
    ]
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, body)


RULE = Rule(("GlobalAveragePool",), _shape, _emit, channels_last=True, opens=True)
