"""Gather: one part of a tensor along an axis, or several in a row."""

from quaver.compile.bytewise import settle_like_input
from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import Open


def _axis(node: Node, rank: int) -> int:
    return int(node.attributes.get("axis", 0)) % rank


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    before, index = shapes[node.inputs[0]], graph.constant(node, 1)
    axis = _axis(node, len(before))
    if index is None or node.inputs[0] in graph.constants:
        raise node.refuse("its indices are computed", "give it constant indices")
    if index.ndim > 1 or isinstance(before[axis], Open):
        raise node.refuse("it takes more than a row of indices, or along a time that is open", "use Slice instead")
    if index.size and not -before[axis] <= index.min() <= index.max() < before[axis]:
        raise node.refuse(f"its indices lie outside of {before}", "correct the network")
    return (*before[:axis], *index.shape, *before[axis + 1 :])


def _emit(node: Node, plan: Plan) -> Step:
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    index = plan.graph.constants[node.inputs[1]]
    axis = _axis(node, len(x.shape))
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    to = [step for i, step in enumerate(y.strides) if not (index.ndim and i == axis)]
    steps = [step for i, step in enumerate(x.strides) if i != axis]
    body = []
    for place, at in enumerate(index.reshape(-1).tolist()):
        into = place * y.strides[axis] if index.ndim else 0
        line = f"y[{into} + {{y}}] = x[{at % x.shape[axis] * x.strides[axis]} + {{x}}];"
        body += nest(shape, {"y": to, "x": steps}, line.replace("[0 + ", "["))
    operands = {"y": y.name, "x": x.name}
    return Step(plan.names.make(node.name, "run"), about(node, plan), operands, body)


RULE = Rule(("Gather",), _shape, _emit, opens=True, prepare=settle_like_input)
