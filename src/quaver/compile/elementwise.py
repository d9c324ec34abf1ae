"""Rules of operators that treat every value alone, of one or of two tensors."""

import re

import numpy as np

from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, nest, plain_strides
from quaver.compile.plan import Plan, Step, title
from quaver.compile.rule import Rule, Shapes


def unary(operator: str, expression: str) -> Rule:
    """Make the rule of an operator on one tensor.

    Args:
        operator: its name in ONNX.
        expression: C in which `v` stands for the value, and `{name}` for the attribute of that name.
    """

    def emit(node: Node, plan: Plan) -> Step:
        given = {key: constant(value) for key, value in node.attributes.items() if isinstance(value, int | float)}
        return mapped(node, plan, expression.format_map({**_DEFAULTS.get(operator, {}), **given}))

    return Rule((operator,), same_shape, emit, follows=True)


def same_shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    """Give the shape of the first input."""
    return shapes[node.inputs[0]]


def mapped(node: Node, plan: Plan, expression: str) -> Step:
    """Write a loop that computes `expression` of every value `v`."""
    x, y = plan.tensors[node.inputs[0]], plan.tensors[node.output]
    body = "y[{y}] = " + re.sub(r"\bv\b", "x[{x}]", expression) + ";"
    loops = nest(y.shape, {"y": y.strides, "x": x.strides}, body)
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, "x": x.name}, loops)


def binary(operator: str, sign: str) -> Rule:
    """Make the rule of an operator between two tensors, either of which may be constant."""

    def emit(node: Node, plan: Plan) -> Step:
        return between(node, plan, f"y[{{y}}] = {{a}} {sign} {{b}};")

    return Rule((operator,), broadcast_shape, emit, follows=True)


def broadcast_shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    """Give the shape to which two tensors are broadcast."""
    left, right = (_aligned(node, shapes[name], shapes) for name in node.inputs[:2])
    try:
        return np.broadcast_shapes(left, right)
    except ValueError:
        raise node.refuse(f"{left} and {right} do not fit each other", "correct the network") from None


def between(node: Node, plan: Plan, body: str) -> Step:
    """Write a loop over two tensors; `{a}` and `{b}` stand for their values in `body`."""
    y = plan.tensors[node.output]
    operands, strides, values = {"y": y.name}, {"y": y.strides}, {}
    shapes = {name: t.shape for name, t in plan.tensors.items()}
    for letter, name in zip("ab", node.inputs[:2], strict=True):
        if name in plan.graph.constants:
            number = np.asarray(plan.graph.constants[name], np.float32)
            shape = _aligned(node, number.shape, {**shapes, name: number.shape})
            if number.size == 1:
                values[letter] = constant(float(number.reshape(())))
                continue
            # In the order of the output's memory, so that the loop runs straight through it.
            order = [axis - len(y.shape) + len(shape) for axis in y.order if axis - len(y.shape) + len(shape) >= 0]
            stored = number.reshape(shape).transpose(order)
            steps = dict(zip(order, plain_strides(stored.shape), strict=True))
            called = plan.weight(name, stored)
            strides[letter] = broadcast(shape, [steps[axis] for axis in range(len(shape))], y.shape)
            values[letter] = f"{called}[{{{letter}}}]"
        else:
            tensor = plan.tensors[name]
            operands[letter], strides[letter] = name, broadcast(tensor.shape, tensor.strides, y.shape)
            values[letter] = f"{letter}[{{{letter}}}]"
    return Step(
        plan.names.make(node.name, "run"),
        about(node, plan),
        operands,
        nest(y.shape, strides, body.replace("{a}", values["a"]).replace("{b}", values["b"])),
    )


def about(node: Node, plan: Plan) -> str:
    """Describe a step in one line: its names, operator and shapes."""
    x, y = plan.tensors.get(node.inputs[0]), plan.tensors[node.output]
    return f"{title(node)}: {node.operator}, ({x.drawn if x else 'constant'}) -> ({y.drawn})"


def constant(value: float) -> str:
    """Write a number as a C float, exactly."""
    single = float(np.float32(value))
    if not np.isfinite(single):
        return "(-INFINITY)" if single < 0 else "INFINITY"
    text = str(np.float32(value))  # the shortest that reads back as the same float
    text = text if any(c in text for c in ".e") else f"{text}.0"
    return f"{text}f" if single >= 0 else f"({text}f)"


def _aligned(node: Node, shape: Shape, shapes: Shapes) -> Shape:
    """Put the channels of a folded batch normalisation on axis 1."""
    if node.attributes.get("along_channels") and len(shape) == 1:
        return (*shape, *[1] * (len(shapes[node.inputs[0]]) - 2))
    return shape


_DEFAULTS = {"LeakyRelu": {"alpha": constant(0.01)}, "Elu": {"alpha": constant(1.0)}}
