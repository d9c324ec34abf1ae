"""A dense layer on bytes, found by `quantised.rewrite`."""

from quaver.compile import bytewise
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan, Step
from quaver.compile.product import fields
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import product


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    rows, matrix = shapes[node.inputs[0]], graph.constants[node.inputs[1]]
    if rows[-1] != matrix.shape[1]:
        raise node.refuse(f"its input {rows} does not fit the matrix {matrix.shape[::-1]}", "correct the network")
    return (*rows[:-1], len(matrix))


def _emit(node: Node, plan: Plan) -> Step:
    matrix, rows = plan.graph.constants[node.inputs[1]], product(plan.tensors[node.inputs[0]].shape[:-1])
    if plan.tensors[node.inputs[0]].last or plan.tensors[node.output].last:
        raise node.refuse("it stands directly between convolutions", "transpose its input first")
    return bytewise.call(node, plan, matrix[:, None], fields(rows, *matrix.shape), 0, int(rows) * matrix.size)


RULE = Rule(("QuantisedGemm",), _shape, _emit, prepare=bytewise.settle, opens=True)
