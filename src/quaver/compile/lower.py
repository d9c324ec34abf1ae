"""From a graph to a plan: shapes known, memory laid out by lifetime, every step written in C."""

import numpy as np

from quaver.compile import arena, bands, chains, follow, minimal, movement, ops, strict
from quaver.compile.fold import fold_constants
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.halo import cleared
from quaver.compile.plan import Plan
from quaver.compile.rephrase import rephrased
from quaver.compile.sizes import opened
from quaver.compile.tensor import Tensor


def make(graph: Graph, lean: bool = False, roomy: bool = False) -> Plan:
    """Plan a network.

    Args:
        graph: rewritten and fused as far as wanted; it is consumed.
        lean: memory matters more than speed: compute pairs of convolutions band by band.
        roomy: speed matters more than memory and constants: compute convolutions by minimal filtering.

    Raises:
        CompileError: an operator without rule, or one used in a way that its rule refuses.
    """
    shapes = infer(graph)
    chains.join(graph, shapes)
    shapes = {name: shape for name, shape in shapes.items() if graph.knows(name)}
    plan = Plan(graph, {})
    last = _channels_last(graph, shapes)
    for name, shape in shapes.items():
        plan.tensors[name] = Tensor(name, shape, last=name in last)
    for node in graph.nodes:
        ops.find(node).prepare(node, plan)
    for node in graph.nodes:
        step = ops.find(node).emit(node, plan)
        step.body = cleared(plan.tensors[node.output], "y") + step.body
        if not movement.shared(step, plan):
            plan.steps.append(step)
    if lean:
        bands.join(plan)
    elif roomy:
        minimal.use(plan)
    arena.place(plan)
    return plan


def infer(graph: Graph) -> dict[str, Shape]:
    """Give the shape of every tensor; what turns out to be constant is computed and leaves the graph."""
    shapes = dict(graph.inputs)
    for given in list(graph.nodes):
        for node in rephrased(graph, given, shapes):
            _settle(graph, node, shapes)
    strict.computed(graph, shapes)
    graph.prune()
    used = {*graph.inputs, *(i for node in graph.nodes for i in (*node.inputs, node.output))}
    return {name: shape for name, shape in shapes.items() if name in used}


def _settle(graph: Graph, node: Node, shapes: dict[str, Shape]) -> None:
    """Add the shape of what a node computes, or compute it now."""
    if node.operator == "Shape" and node.inputs[0] in shapes:
        follow.measure(graph, node, shapes[node.inputs[0]])
        return
    strict.known(graph, node, shapes)
    if all(not i or i in graph.constants for i in node.inputs):
        follow.cut(graph, node)
        fold_constants(graph, only=node)
    else:
        known = {i: shapes.get(i, graph.cut.get(i, np.shape(graph.constants.get(i, 0)))) for i in node.inputs if i}
        rule = ops.find(node)
        if not rule.opens and any(map(opened, known.values())):
            raise node.refuse("it does not know a time that is open", "export the network with fixed sizes")
        shapes[node.output] = rule.shape(node, known, graph)


def _channels_last(graph: Graph, shapes: dict[str, Shape]) -> set[str]:
    """Choose the tensors whose channels lie innermost: around convolutions and pooling, and between them."""
    last = set()
    for node in graph.nodes:
        if ops.find(node).channels_last:
            last |= {node.inputs[0], node.output}
    for node in graph.nodes:
        if (
            ops.find(node).follows
            and node.inputs[0] in last
            and len(shapes[node.output]) == len(shapes[node.inputs[0]])
        ):
            last.add(node.output)
    last |= {name for node in graph.nodes for name in _beside(graph, node, last, shapes)}
    return {name for name in last if len(shapes[name]) > 2}


def _beside(graph: Graph, node: Node, last: set[str], shapes: dict[str, Shape]) -> list[str]:
    """Give what stands between a tensor of convolutions and a sequence (batch, time, channels), which lie alike."""
    before, after = graph.producer(node.inputs[0]), graph.only_consumer(node.output)
    if node.operator not in ("Reshape", "Squeeze", "Unsqueeze"):
        return []
    left, right = ([str(size) for size in shapes[name] if size != 1] for name in (node.inputs[0], node.output))
    if left != right:
        return []
    if node.output in last and before is not None and graph.only_consumer(node.inputs[0]) and _swaps(before):
        return [node.inputs[0]]
    return [node.output] if node.inputs[0] in last and after is not None and _swaps(after) else []


def _swaps(node: Node) -> bool:
    return node.operator == "Transpose" and list(node.attributes.get("perm", ())) == [0, 2, 1]
