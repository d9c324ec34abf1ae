"""An ONNX file as plain nodes, constants and shapes, with the batch fixed to one."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from quaver.compile.sizes import Open
from quaver.errors import CompileError
from quaver.onnx_graph import VOICE, VOICE_DEVIATION, VOICE_MEAN

FRAMES = "frames"  # what C calls the open size of the input
OPSET = 20  # in which operators are understood; older files are brought to it
WHOLE = "quaver_whole"  # an attribute of ours: a division of whole numbers
OLDEST = 13  # from which on what counts is told in the same places
Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One operation of the graph; `inputs` holds "" where an optional one is left out."""

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """Name the first output, the only one that is computed."""
        return self.outputs[0]

    def changed(self, **attributes: Any) -> "Node":
        """Give the node with further attributes."""
        return replace(self, attributes={**self.attributes, **attributes})

    def refuse(self, what: str, remedy: str) -> CompileError:
        """Say why the node cannot be compiled, and what would help."""
        return CompileError(f"the node {self.name!r} ({self.operator}) cannot be compiled: {what}; {remedy}.")


@dataclass
class Graph:
    """Nodes in the order in which they run, and every constant by its name."""

    nodes: list[Node]
    constants: dict[str, Array]
    inputs: dict[str, Shape]  # by name, batch 1
    outputs: list[str]
    measured: dict[str, Shape] = field(default_factory=dict)  # constants that hold sizes some of which are open
    cut: dict[str, Shape] = field(default_factory=dict)  # the shapes of constants of which an open part is used

    def knows(self, tensor: str) -> bool:
        """Tell whether a tensor comes in or is computed."""
        return tensor in self.inputs or self.producer(tensor) is not None

    def producer(self, tensor: str) -> Node | None:
        """Find the node that computes a tensor."""
        return next((node for node in self.nodes if tensor in node.outputs), None)

    def consumers(self, tensor: str) -> list[Node]:
        """List the nodes that read a tensor."""
        return [node for node in self.nodes if tensor in node.inputs]

    def only_consumer(self, tensor: str) -> Node | None:
        """Give the node that alone reads a tensor; None if several do, or if it leaves the network."""
        readers = self.consumers(tensor)
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    def constant(self, node: Node, index: int) -> Array | None:
        """Give the constant that a node has as its input of that index; None if it has none or computes it."""
        return self.constants.get(node.inputs[index]) if index < len(node.inputs) else None

    def replace(self, old: Node, new: Node) -> None:
        """Put one node in the place of another."""
        self.nodes[self.nodes.index(old)] = new

    def prune(self) -> None:
        """Drop nodes whose results nobody needs, and constants likewise."""
        needed, kept = set(self.outputs), []
        for node in reversed(self.nodes):
            if needed & set(node.outputs):
                kept.append(node)
                needed |= set(node.inputs)
        self.nodes = kept[::-1]
        self.constants = {name: values for name, values in self.constants.items() if name in needed}


def read(source: Path | bytes, name: str = "the network", longest: int | None = None) -> Graph:
    """Read an ONNX model of one input and one output.

    Args:
        source: a file, or its bytes.
        name: stands for bytes in messages.
        longest: how long the time of the features of a bundle may be, if it is open. A bundle may have more inputs,
            with defaults, and outputs, if they are those of speaker profiles.

    Raises:
        CompileError: no ONNX model, unknown sizes besides the batch, or operators of another domain.
    """
    model = _parse(source, name)
    constants = _constants(model)
    outputs = [o.name for o in model.graph.output]
    known = [name for name in (VOICE_MEAN, VOICE_DEVIATION) if longest is not None and VOICE in outputs]
    for name in known:
        constants.pop(name, None)
    inputs = {i.name: _shape(i, longest) for i in model.graph.input if i.name not in constants}
    if len(inputs) != 1 + len(known) or len(outputs) != (2 if known else 1):
        raise CompileError(
            f"{name} has {len(inputs)} inputs and {len(outputs)} outputs; one of each is supported. Export it again "
            "with a single input and output."
        )
    _floats_in(model, set(inputs))
    return Graph(_nodes(model), constants, inputs, outputs)


def _parse(source: Path | bytes, name: str) -> Any:
    try:
        import onnx
    except ModuleNotFoundError:
        raise CompileError("compiling needs the package onnx: pip install 'quaver[edge]'.") from None
    try:
        model = onnx.load(source) if isinstance(source, Path) else onnx.load_from_string(source)
        _check(model)
    except OSError as error:
        raise CompileError(
            f"{source if isinstance(source, Path) else name} cannot be read: {error.strerror}."
        ) from error
    except Exception as error:  # protobuf's and the checker's errors share no other base
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CompileError(f"{source if isinstance(source, Path) else name} is no ONNX model: {reason}") from error
    return _modern(model, str(source) if isinstance(source, Path) else name)


def _check(model: Any) -> None:
    """Check a model as onnx does, but let outputs leave their shapes out: they follow from the network."""
    from onnx import checker

    kinds = [value.type.tensor_type for value in model.graph.output if value.type.HasField("tensor_type")]
    untold = [kind for kind in kinds if not kind.HasField("shape")]
    for kind in untold:
        kind.shape.SetInParent()
    checker.check_model(model)
    for kind in untold:
        kind.ClearField("shape")


def _modern(model: Any, name: str) -> Any:
    """Bring a model of an older opset to this one: attributes become inputs, and the axis of a Softmax means itself."""
    from onnx import version_converter

    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), OPSET)
    if opset >= OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except Exception as error:  # the converter's errors share no other base
        if opset >= OLDEST:
            return model
        raise CompileError(
            f"{name} is of opset {opset}, and onnx does not bring it to {OPSET}; export it with {OLDEST} or later."
        ) from error


def _constants(model: Any) -> dict[str, Array]:
    from onnx import numpy_helper

    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _shape(value: Any, longest: int | None) -> Shape:
    """Give the shape of an input; an open batch becomes 1, an open time is told when the program runs."""
    sizes = [dim.dim_value or 0 for dim in value.type.tensor_type.shape.dim]
    if sizes and sizes[0] == 0:
        sizes[0] = 1
    if longest is not None and sizes.count(0) == 1:
        sizes[sizes.index(0)] = Open(longest, FRAMES)
    if 0 in sizes:
        raise CompileError(
            f"the input {value.name!r} has sizes that the file does not tell; only the batch may be open. "
            "Export the network with fixed sizes."
        )
    return tuple(sizes)


def _floats_in(model: Any, inputs: set[str]) -> None:
    """Refuse inputs of other numbers: the program takes floats of 32 bits."""
    from onnx import TensorProto

    for value in model.graph.input:
        kind = value.type.tensor_type.elem_type
        if value.name in inputs and kind != TensorProto.FLOAT:
            raise CompileError(
                f"the input {value.name!r} is of {TensorProto.DataType.Name(kind).lower()}, float is expected; export "
                "the network with inputs in float32."
            )


def _whole(model: Any) -> set[str]:
    """Name the tensors of whole numbers, as far as that can be told."""
    from onnx import TensorProto, shape_inference

    counts = {TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.UINT8, TensorProto.INT8}
    try:
        inferred = shape_inference.infer_shapes(model)
    except Exception:  # it is a help where it works, and its errors share no other base
        return set()
    told = [*inferred.graph.value_info, *inferred.graph.output]
    return {value.name for value in told if value.type.tensor_type.elem_type in counts}


def _nodes(model: Any) -> list[Node]:
    from onnx import helper

    whole = _whole(model) if any(node.op_type == "Div" for node in model.graph.node) else set()
    counts: Counter[str] = Counter()
    nodes = []
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx"):
            quantised = node.op_type.startswith("Q")  # QGemm, QLinearAdd, ...: the other format of eight bits
            raise CompileError(
                f"the node {node.name!r} is a {node.domain}.{node.op_type}; only operators of ONNX itself are "
                f"supported. {'Quantise it with QuantFormat.QDQ.' if quantised else 'Export it without extensions.'}"
            )
        counts[node.op_type] += 1
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        name = node.name or f"{node.op_type}_{counts[node.op_type]}"
        attributes |= {WHOLE: 1} if node.op_type == "Div" and node.output[0] in whole else {}
        nodes.append(Node(node.op_type, name, tuple(node.input), tuple(node.output), attributes))
    return nodes
