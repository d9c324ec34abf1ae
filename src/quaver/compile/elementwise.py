"""Rules of operators that treat every value alone, of one or of two tensors."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, broadcast_shapes, nest, plain_strides
from quaver.compile.plan import Plan, Step, title
from quaver.compile.rule import Rule, Shapes
from quaver.compile.tensor import Tensor

Value = Callable[[Node, Plan], str]
Prepare = Callable[[Node, Plan], None]


def unary(operator: str, expression: str) -> Rule:
    """Make the rule of an operator on one tensor.

    Args:
        operator: its name in ONNX.
        expression: C in which `v` stands for the value, and `{name}` for the attribute of that name.
    """

    def value(node: Node, plan: Plan) -> str:
        given = {key: constant(value) for key, value in node.attributes.items() if isinstance(value, int | float)}
        return expression.format_map({**_DEFAULTS.get(operator, {}), **given})

    return alone((operator,), value)


def alone(operators: tuple[str, ...], value: Value, prepare: Prepare | None = None) -> Rule:
    """Make the rule of operators on one tensor from the C of a value; see `Rule.value`."""
    rule = Rule(operators, same_shape, mapped, follows=True, opens=True, value=value)
    return rule if prepare is None else replace(rule, prepare=prepare)


def same_shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    """Give the shape of the first input."""
    return shapes[node.inputs[0]]


def binary(operator: str, expression: str) -> Rule:
    """Make the rule of an operator between two tensors, either of which may be constant.

    Args:
        operator: its name in ONNX.
        expression: C in which `a` and `b` stand for the values.
    """
    return among({operator: expression})


def among(expressions: Mapping[str, str]) -> Rule:
    """Make the rule of operators among several tensors, any of which may be constant.

    Args:
        expressions: by the operator's name in ONNX, C in which `a`, `b` and `c` stand for the values.
    """
    value: Value = lambda node, plan: expressions[node.operator]  # noqa: E731
    return Rule(tuple(expressions), broadcast_shape, mapped, follows=True, opens=True, value=value)


def broadcast_shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    """Give the shape to which all tensors are broadcast."""
    made, *others = (_aligned(node, shapes[name], shapes) for name in node.inputs)
    for other in others:
        both = broadcast_shapes(made, other)
        if both is None:
            raise node.refuse(f"{made} and {other} do not fit each other", "correct the network")
        made = both
    return made


def mapped(node: Node, plan: Plan) -> Step:
    """Write a loop over all values of an operator that treats every value alone."""
    return chained(node, plan, (node,))


def chained(node: Node, plan: Plan, links: Sequence[Node]) -> Step:
    """Write one loop that takes every value through several such operators.

    Args:
        node: that stands for all of them.
        plan: of the program.
        links: in their order; each takes what the one before gives.
    """
    y, reader = plan.tensors[node.output], _Reader(plan, plan.tensors[node.output])
    lines, before = [], ""
    for number, link in enumerate(links):
        text = rule_value(link)(link, plan)
        for letter, name in zip("abc" if re.search(r"\ba\b", text) else "v", link.inputs, strict=False):
            given = f"v{number}" if name == before else reader.read(link, name)
            text = re.sub(rf"\b{letter}\b", given, text)
        kind = "unsigned char" if link.operator == "QuantizeLinear" else "float"
        lines.append(f"    const {kind} v{number + 1} = {text};")
        before = link.output
    lines[-1] = "    " + lines[-1].replace(lines[-1].partition(" = ")[0], "y[{y}]").strip()
    body = ["{", *lines, "}"] if len(links) > 1 else [lines[0].strip()]
    loops = nest(y.shape, {"y": y.strides, **reader.strides}, *body)
    return Step(plan.names.make(node.name, "run"), about(node, plan), {"y": y.name, **reader.operands}, loops)


def rule_value(node: Node) -> Value:
    """Give what writes the C of a node's value; the node treats every value alone."""
    from quaver.compile import ops

    found = ops.find(node).value
    assert found is not None, node  # noqa: S101 - the caller has asked for it
    return found


class _Reader:
    """What a loop over a tensor reads besides: other tensors, and constants laid out as that one."""

    def __init__(self, plan: Plan, y: Tensor) -> None:
        self.plan, self.y = plan, y
        self.operands: dict[str, str] = {}
        self.strides: dict[str, Sequence[int]] = {}

    def read(self, node: Node, name: str) -> str:
        """Write the value of a tensor or constant, `{x}` standing for the index."""
        letter = f"x{len(self.strides)}" if self.strides else "x"
        if name in self.plan.graph.constants:
            return self._constant(node, name, letter)
        tensor = self.plan.tensors[name]
        self.operands[letter] = name
        self.strides[letter] = broadcast(tensor.shape, tensor.strides, self.y.shape)
        return f"{letter}[{{{letter}}}]"

    def _constant(self, node: Node, name: str, letter: str) -> str:
        number, y = np.asarray(self.plan.graph.constants[name], np.float32), self.y
        if number.size == 1:
            return constant(float(number.reshape(())))
        shape = _aligned(node, number.shape, {**{n: t.shape for n, t in self.plan.tensors.items()}, name: number.shape})
        # In the order of the output's memory, so that the loop runs straight through it.
        order = [axis - len(y.shape) + len(shape) for axis in y.order if axis - len(y.shape) + len(shape) >= 0]
        stored = number.reshape(shape).transpose(order)
        steps = dict(zip(order, plain_strides(stored.shape), strict=True))
        self.strides[letter] = broadcast(shape, [steps[axis] for axis in range(len(shape))], y.shape)
        return f"{self.plan.weight(name, stored)}[{{{letter}}}]"


def about(node: Node, plan: Plan) -> str:
    """Describe a step in one line: its names, operator and shapes."""
    x, y = plan.tensors.get(node.inputs[0]), plan.tensors[node.output]
    return f"{title(node)}: {node.operator}, ({x.drawn if x else 'constant'}) -> ({y.drawn})"


def constant(value: float) -> str:
    """Write a number as a C float, exactly."""
    single = float(np.float32(value))
    if np.isnan(single):
        return "NAN"
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


_DEFAULTS = {
    "LeakyRelu": {"alpha": constant(0.01)},
    "Elu": {"alpha": constant(1.0)},
    "Celu": {"alpha": constant(1.0)},
    "ThresholdedRelu": {"alpha": constant(1.0)},
    "Swish": {"alpha": constant(1.0)},
    "HardSigmoid": {"alpha": constant(0.2), "beta": constant(0.5)},
    "Selu": {"alpha": constant(1.6732632), "gamma": constant(1.0507010)},
}
