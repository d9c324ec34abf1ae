"""ReduceMean: the mean over some axes, or over all of them."""

from quaver.compile.elementwise import about, constant
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import Open, product


def _axes(node: Node, rank: int, graph: Graph) -> set[int]:
    given = graph.constant(node, 1)
    axes = node.attributes.get("axes") if given is None else [int(axis) for axis in given.reshape(-1)]
    if not axes and node.attributes.get("noop_with_empty_axes"):
        return set()
    return {axis % rank for axis in axes} if axes else set(range(rank))


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before = shapes[node.inputs[0]]
    gone, keep = _axes(node, len(before), graph), node.attributes.get("keepdims", 1)
    return tuple(1 if i in gone else size for i, size in enumerate(before) if keep or i not in gone)


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    gone = _axes(node, len(x.shape), plan.graph)
    kept = y.strides if len(y.shape) == len(x.shape) else _spread(y.strides, gone, len(x.shape))
    sums = tuple(0 if i in gone else step for i, step in enumerate(kept))
    count = product(size for i, size in enumerate(x.shape) if i in gone)
    share = f"1.0f / (float)({count})" if isinstance(count, Open) else constant(1 / count)
    body = [
        *nest(y.shape, {"y": y.strides}, "y[{y}] = 0.0f;"),
        *nest(x.shape, {"x": x.strides, "y": sums}, "y[{y}] += x[{x}];"),
        *nest(y.shape, {"y": y.strides}, f"y[{{y}}] *= {share};"),
    ]
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, body)


def _spread(strides: tuple[int, ...], gone: set[int], rank: int) -> list[int]:
    """Put the strides of the axes that are left where those axes were."""
    rest = iter(strides)
    return [0 if i in gone else next(rest) for i in range(rank)]


RULE = Rule(("ReduceMean",), _shape, _emit, opens=True)
