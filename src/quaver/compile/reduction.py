"""Rules of operators that bring some axes of a tensor, or all of them, to one value."""

from collections.abc import Callable
from dataclasses import dataclass

from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import product


@dataclass(frozen=True)
class Reduction:
    """How values become one, in C."""

    start: str  # before the first
    take: str  # a statement in which `{y}` and `{x}` stand for the indices
    finish: Callable[[int], str] | None = None  # the last statement, of the number of values


def reduction(operator: str, how: Reduction) -> Rule:
    """Make the rule of an operator that reduces."""
    return Rule((operator,), _shape, lambda node, plan: _emit(node, plan, how), opens=True)


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


def _emit(node: Node, plan: Plan, how: Reduction) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    gone = _axes(node, len(x.shape), plan.graph)
    kept = y.strides if len(y.shape) == len(x.shape) else _spread(y.strides, gone, len(x.shape))
    into = tuple(0 if i in gone else step for i, step in enumerate(kept))
    body = [
        *nest(y.shape, {"y": y.strides}, f"y[{{y}}] = {how.start};"),
        *nest(x.shape, {"x": x.strides, "y": into}, how.take),
    ]
    if how.finish:
        count = product(size for i, size in enumerate(x.shape) if i in gone)
        body += nest(y.shape, {"y": y.strides}, how.finish(count))
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, body)


def _spread(strides: tuple[int, ...], gone: set[int], rank: int) -> list[int]:
    """Put the strides of the axes that are left where those axes were."""
    rest = iter(strides)
    return [0 if i in gone else next(rest) for i in range(rank)]
