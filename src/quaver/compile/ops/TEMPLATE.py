"""Copy this file for an operator, answer the four questions, add its name to `_MODULES` and a case to the tests.

An operator on single values needs none of this: see relu.py (one tensor) and add.py (two, broadcast). The example is
Softsign, written out in full.
"""


# ruff: noqa: N999

from quaver.compile.elementwise import about
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    # 1. Which shape comes out? `shapes` has those of the inputs, constants too, and `graph.constant(node, 1)` gives the
    #    second input's values if they are constant. Refuse here what has no C: say what came and what would help.
    if len(shapes[node.inputs[0]]) > 4:
        raise node.refuse("its input has more than four axes", "reshape it before")
    return shapes[node.inputs[0]]


def _emit(node: Node, plan: Plan) -> Step:
    # 2. Which C computes it? Index by strides alone, never by shapes: tensors between convolutions have their channels
    #    innermost and zeros around them. `nest` writes the loops; {y} and {x} become the indices.
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    line = "y[{y}] = x[{x}] / (1.0f + (x[{x}] < 0.0f ? -x[{x}] : x[{x}]));"
    body = nest(y.shape, {"y": y.strides, "x": x.strides}, line)
    # A kernel of more than a few lines goes to kit/, under the name by which the body calls it. Constants are kept by
    # `plan.weight(name, values)`, which gives their C name. "y" is what is written; all other operands are read.
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, body)


# 3. Does it want channels innermost (`channels_last`), or does it take them as they come (`follows`)?
# 4. Does it need zeros around its input, or write bytes (`prepare`)? See conv.py and max_pool.py.
RULE = Rule(("Softsign",), _shape, _emit, follows=True)
