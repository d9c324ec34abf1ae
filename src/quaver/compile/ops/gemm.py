"""Gemm: rows times a constant matrix, plus a bias."""

import numpy as np

from quaver.compile.graph import Array, Graph, Node, Shape
from quaver.compile.plan import Plan, Step
from quaver.compile.product import times_constant
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    matrix = _matrix(node, graph)
    rows = shapes[node.inputs[0]]
    if node.attributes.get("transA") or len(rows) != 2 or rows[1] != matrix.shape[1]:
        raise node.refuse(f"its input {rows} does not fit the matrix {matrix.shape[::-1]}", "transpose it before")
    return rows[0], len(matrix)


def _matrix(node: Node, graph: Graph) -> Array:
    """Give the matrix (out, in), with the factor of the product."""
    values = graph.constant(node, 1)
    if values is None:
        raise node.refuse("its matrix is computed", "use MatMul for two computed matrices")
    return (values if node.attributes.get("transB") else values.T) * np.float32(node.attributes.get("alpha", 1.0))


def _emit(node: Node, plan: Plan) -> Step:
    matrix, bias = _matrix(node, plan.graph), plan.graph.constant(node, 2)
    if bias is None and len(node.inputs) > 2 and node.inputs[2]:
        raise node.refuse("its bias is computed", "add it as a node of its own")
    offset = np.zeros(len(matrix)) if bias is None else bias * np.float32(node.attributes.get("beta", 1.0))
    if offset.size > max(offset.shape[-1:], default=1):
        raise node.refuse("its bias has several rows", "add it as a node of its own")
    return times_constant(node, plan, matrix, np.broadcast_to(offset.reshape(-1), len(matrix)))


RULE = Rule(("Gemm",), _shape, _emit)
