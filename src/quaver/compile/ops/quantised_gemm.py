"""A dense layer on bytes, found by `quantised.rewrite`."""

from quaver.compile import bytewise
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan, Step
from quaver.compile.product import fields
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    rows, matrix = shapes[node.inputs[0]], graph.constants[node.inputs[1]]
    if rows[-1] != matrix.shape[1]:
        raise node.refuse(f"its input {rows} does not fit the matrix {matrix.shape[::-1]}", "correct the network")
    return (*rows[:-1], len(matrix))


def _emit(node: Node, plan: Plan) -> Step:
    matrix, rows = plan.graph.constants[node.inputs[1]], plan.tensors[node.inputs[0]].shape[0]
    return bytewise.call(node, plan, matrix[:, None], fields(rows, *matrix.shape), 0, rows * matrix.size)


RULE = Rule(("QuantisedGemm",), _shape, _emit, prepare=bytewise.settle)
