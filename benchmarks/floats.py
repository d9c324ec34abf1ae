"""Take a network in eight bits back to floats: the same weights, nothing rounded in between."""

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

ANY = 64  # for sizes that are open: what is computed depends on no input


def floats(model: bytes) -> bytes:
    """Give the network whose weights are what the bytes stand for.

    Where bytes begin at zero, they have cut off what is negative, so ReLU comes back there.
    """
    made = onnx.load_from_string(model)
    steps = {node.output[0]: node for node in made.graph.node if node.op_type == "QuantizeLinear"}
    back = [node for node in made.graph.node if node.op_type == "DequantizeLinear"]
    around = {node.output[0]: steps[node.input[0]].input[0] for node in back if node.input[0] in steps}
    values = _run(made, [node.output[0] for node in back if node.input[0] not in steps])
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in made.graph.initializer}
    for node in made.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = around.get(name, name)
    for step in steps.values():
        if constants[step.input[2]] == np.iinfo(constants[step.input[2]].dtype).min:
            _cut(made.graph, step.input[0])
    made.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in values.items())
    _prune(made.graph, set(values))
    return bytes(made.SerializeToString())


def _cut(graph: Any, name: str) -> None:
    """Put a ReLU behind a tensor."""
    (maker,) = (node for node in graph.node if name in node.output)
    if maker.op_type != "Relu":
        maker.output[0] = f"{name}/before_relu"
        at = list(graph.node).index(maker)
        graph.node.insert(at + 1, onnx.helper.make_node("Relu", [maker.output[0]], [name]))


def _run(model: Any, names: list[str]) -> dict[str, Any]:
    """Compute what depends on no input."""
    import onnxruntime

    asked = onnx.ModelProto.FromString(model.SerializeToString())
    asked.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(asked.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    shape = [size if isinstance(size, int) else ANY for size in given.shape]
    return dict(zip(names, session.run(names, {given.name: np.zeros(shape, np.float32)}), strict=True))


def _prune(graph: Any, known: set[str]) -> None:
    """Drop nodes and constants that nobody needs."""
    needed, kept = {value.name for value in graph.output}, []
    for node in reversed(graph.node):
        if needed & set(node.output) and not known & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
