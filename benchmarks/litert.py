"""Write networks as LiteRT files, without TensorFlow: for comparing, not for use.

The file says what quaver's own plan says: batch normalisation folded, ReLU within convolutions, channels innermost, the
same bytes and scales in eight bits (LiteRT's bytes have a sign, so zero points are 128 less). Dense layers behind
convolutions that write floats are written in floats; those of attention (`litert_attention.py`) keep their weights in
bytes, and LiteRT makes bytes of what comes in when it runs. Runs where `ai-edge-litert` is installed, which brings the
schema.
"""

from collections.abc import Callable
from typing import Any

import flatbuffers
import litert_attention as attention
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from quaver.compile import fold, fuse, graph, lower, quantised
from quaver.compile.graph import Array, Graph, Node, Shape

KINDS = {"float32": "FLOAT32", "int8": "INT8", "int32": "INT32"}
FLOAT = np.dtype("float32")
BYTE = np.dtype("int8")


def write(model: bytes) -> bytes:
    """Write an ONNX network whose sizes are all fixed.

    Raises:
        ValueError: an operator that this writer does not know.
    """
    read = graph.read(model)
    quantised.rewrite(read)
    fold.fold_constants(read)
    fold.fold_batch_norm(read)
    fuse.fuse(read)
    shapes = lower.infer(read)
    attention.join(read)
    if strange := sorted({node.operator for node in read.nodes} - {*_WRITERS}):
        raise ValueError(f"benchmarks/litert.py writes no {', '.join(strange)}")
    return Writer(read, shapes).finish()


class Writer:
    """Collects tensors, buffers and operators."""

    def __init__(self, read: Graph, shapes: dict[str, Shape]) -> None:
        self.graph, self.shapes, self.last = read, shapes, _beside_convolutions(read)
        self.tensors: list[Any] = []
        self.buffers: list[Any] = [schema.BufferT()]
        self.operators: list[Any] = []
        self.codes: list[int] = []
        self.known: dict[str, int] = {}
        (name,) = read.inputs
        self.tensor(name, read.inputs[name])
        for node in read.nodes:
            _WRITERS[node.operator](self, node)

    def tensor(self, name: str, shape: Shape, kind: Any = FLOAT, scale: Any = None, zero: int = 0) -> int:
        """Add a tensor that is computed; gives its number."""
        made = schema.TensorT()
        made.name, made.shape, made.buffer = name, [int(size) for size in shape], 0
        made.type = getattr(schema.TensorType, KINDS[np.dtype(kind).name])
        if scale is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = np.asarray(scale, np.float32).reshape(-1)
            made.quantization.zeroPoint = np.full(np.size(scale), zero, np.int64)
        self.tensors.append(made)
        self.known[name] = len(self.tensors) - 1
        return self.known[name]

    def constant(self, name: str, values: Array, scale: Any = None) -> int:
        """Add a constant; gives its number."""
        number = self.tensor(name, values.shape, values.dtype, scale)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self.buffers.append(buffer)
        self.tensors[number].buffer = len(self.buffers) - 1
        return number

    def operator(self, name: str, inputs: list[int], output: int, **options: Any) -> None:
        """Add an operator; options become the table of that name."""
        code = getattr(schema.BuiltinOperator, name)
        if code not in self.codes:
            self.codes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = self.codes.index(code), inputs, [output]
        if kind := options.pop("kind", None):
            made.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            made.builtinOptions = getattr(schema, f"{kind}T")()
            for key, value in options.items():
                setattr(made.builtinOptions, key, value)
        self.operators.append(made)

    def shape(self, name: str) -> Shape:
        """Give the shape that a tensor has in the file: channels innermost beside convolutions."""
        return _innermost(self.shapes[name]) if name in self.last else self.shapes[name]

    def reshape(self, source: int, name: str, shape: Shape) -> int:
        """Give the values another shape."""
        like = self.tensors[source]
        given = (like.quantization.scale, int(like.quantization.zeroPoint[0])) if like.quantization else (None, 0)
        made = self.tensor(name, shape, BYTE if like.type == schema.TensorType.INT8 else FLOAT, *given)
        sizes = self.constant(f"{name}/sizes", np.array(self.tensors[made].shape, np.int32))
        self.operator("RESHAPE", [source, sizes], made, kind="ReshapeOptions", newShape=self.tensors[made].shape)
        return made

    def turned(self, source: int, name: str, shape: Shape, order: list[int]) -> int:
        """Put the axes into another order; `shape` is what comes out."""
        like = self.tensors[source]
        given = (BYTE, like.quantization.scale, int(like.quantization.zeroPoint[0])) if like.quantization else (FLOAT,)
        made = self.tensor(name, shape, *given)
        by = self.constant(f"{name}/order", np.array(order, np.int32))
        self.operator("TRANSPOSE", [source, by], made, kind="TransposeOptions")
        return made

    def finish(self) -> bytes:
        """Put the file together."""
        model, part = schema.ModelT(), schema.SubGraphT()
        part.tensors, part.operators, part.name = self.tensors, self.operators, "network"
        part.inputs = [self.known[name] for name in self.graph.inputs]
        part.outputs = [self.known[name] for name in self.graph.outputs]
        model.version, model.description = 3, "written by quaver's benchmarks"
        model.subgraphs, model.buffers, model.operatorCodes = [part], self.buffers, []
        for code in self.codes:
            made = schema.OperatorCodeT()
            made.builtinCode, made.deprecatedBuiltinCode, made.version = code, min(code, 127), 1
            model.operatorCodes.append(made)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _beside_convolutions(read: Graph) -> set[str]:
    """Name the tensors whose channels lie innermost: around convolutions, and beside those, value by value."""
    found: set[str] = set()
    before = -1
    while len(found) > before:
        before = len(found)
        for node in read.nodes:
            names = {name for name in (*node.inputs[: None if node.operator in _ALONE else 1], node.output) if name}
            if node.operator.endswith("Conv") or (node.operator in _ALONE and names & found):
                found |= names
    return found


def _innermost(shape: Shape) -> Shape:
    """Give a shape with its channels innermost, if it has height and width."""
    return (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape


def _conv(to: Writer, node: Node) -> None:
    shape, out, given = to.shapes[node.inputs[0]], to.shapes[node.output], node.attributes
    stride, dilation = given.get("strides", [1, 1]), given.get("dilations", [1, 1])
    kernel = to.graph.constants[node.inputs[1]].transpose(0, 2, 3, 1)
    scales: Any = given.get("kernel_scale")
    bias = to.graph.constant(node, 2)
    x = _padded(to, node, to.known[node.inputs[0]], kernel.shape[1:3], shape)
    weights = to.constant(f"{node.name}/weights", kernel, scales)
    if bias is None:
        bias = np.zeros(len(kernel), np.float32 if scales is None else np.int32)
    biases = to.constant(f"{node.name}/biases", bias, None if scales is None else scales * given["x_scale"])
    pool = given.get("pool", 1)
    reach = [size + sum(given["pads"][axis::2]) for axis, size in enumerate(shape[2:])]
    places = [
        (size - (taps - 1) * apart - 1) // step + 1
        for size, taps, apart, step in zip(reach, kernel.shape[1:3], dilation, stride, strict=True)
    ]
    whole = (*out[:2], *places)
    quantised = {} if scales is None else {"kind": BYTE, "scale": given["y_scale"], "zero": given["y_zero"] - 128}
    made = to.tensor(node.output if pool == 1 else f"{node.output}/all", _innermost(whole), **quantised)
    to.operator(
        "CONV_2D",
        [x, weights, biases],
        made,
        kind="Conv2DOptions",
        padding=schema.Padding.SAME if x == to.known[node.inputs[0]] else schema.Padding.VALID,
        strideH=stride[0],
        strideW=stride[1],
        dilationHFactor=dilation[0],
        dilationWFactor=dilation[1],
        fusedActivationFunction=_activation(node),
    )
    if pool > 1:
        pooled = to.tensor(node.output, _innermost(out), **quantised)
        sizes = {"strideH": 1, "strideW": pool, "filterHeight": 1, "filterWidth": pool}
        valid = schema.Padding.VALID
        to.operator("MAX_POOL_2D", [made], pooled, kind="Pool2DOptions", padding=valid, **sizes)
        made = pooled
    if scales is None and "y_scale" in given:
        floats = f"{node.output}/floats"
        to.tensors[made].name = floats
        quantised_out = to.tensor(node.output, _innermost(out), BYTE, given["y_scale"], given["y_zero"] - 128)
        to.operator("QUANTIZE", [made], quantised_out, kind="QuantizeOptions")


def _padded(to: Writer, node: Node, x: int, taps: tuple[int, int], shape: Shape) -> int:
    """Write zeros around the input, unless LiteRT's own rule of where they lie gives the same."""
    given = node.attributes
    pads = [(given["pads"][axis], given["pads"][axis + 2]) for axis in (0, 1)]
    own = []
    for size, kernel, stride, dilation in zip(
        shape[2:], taps, given.get("strides", [1, 1]), given.get("dilations", [1, 1]), strict=True
    ):
        more = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        own.append((more // 2, more - more // 2))
    if pads == own:
        return x
    like = to.tensors[x]
    quantised = (BYTE, like.quantization.scale, int(like.quantization.zeroPoint[0])) if like.quantization else (FLOAT,)
    sizes = (1, *(size + sum(pair) for size, pair in zip(shape[2:], pads, strict=True)), shape[1])
    made = to.tensor(f"{node.name}/padded", sizes, *quantised)
    around = to.constant(f"{node.name}/around", np.array([(0, 0), *pads, (0, 0)], np.int32))
    to.operator("PAD", [x, around], made, kind="PadOptions")
    return made


def _dense(to: Writer, node: Node) -> None:
    """Write a dense layer; one on bytes that gives floats takes its bytes as floats."""
    given, x = node.attributes, to.known[node.inputs[0]]
    kernel, bias = (to.graph.constants[name] for name in node.inputs[1:3])
    kernel = kernel if given.get("transB") else kernel.T
    scales: tuple[Any, Any] = (None, None)
    quantised: dict[str, Any] = {}
    if "y_scale" in given:
        scales = given["kernel_scale"], given["kernel_scale"] * given["x_scale"]
        quantised = {"kind": BYTE, "scale": given["y_scale"], "zero": given["y_zero"] - 128}
    elif "kernel_scale" in given:
        kernel = (kernel * given["kernel_scale"][:, None]).astype(np.float32)
        bias = (bias * given["bias_scale"]).astype(np.float32)
        floats = to.tensor(f"{node.name}/floats", to.shapes[node.inputs[0]])
        to.operator("DEQUANTIZE", [x], floats, kind="DequantizeOptions")
        x = floats
    inputs = [x, to.constant(f"{node.name}/weights", kernel, scales[0])]
    inputs.append(to.constant(f"{node.name}/biases", bias, scales[1]))
    made = to.tensor(node.output, to.shapes[node.output], **quantised)
    kind, activation = "FullyConnectedOptions", _activation(node)
    to.operator("FULLY_CONNECTED", inputs, made, kind=kind, fusedActivationFunction=activation)


def _activation(node: Node) -> int:
    return int(getattr(schema.ActivationFunctionType, node.attributes.get("activation", "None").upper(), 0))


def _reshaped(to: Writer, node: Node) -> None:
    """Write what only renames places, or turn the channels to where the values are taken in order."""
    x, shape, out = to.known[node.inputs[0]], to.shapes[node.inputs[0]], to.shapes[node.output]
    if node.inputs[0] in to.last and shape[1] > 1 and shape[2] * shape[3] > 1:
        x = to.turned(x, f"{node.name}/turned", shape, [0, 3, 1, 2])
    if node.output in to.last and out[1] > 1 and out[2] * out[3] > 1:
        raise ValueError("benchmarks/litert.py does not turn channels inwards except behind a Transpose")
    to.reshape(x, node.output, to.shape(node.output))


def _turned(to: Writer, node: Node) -> None:
    """Write (1, time, channels) and (1, channels, 1, time) as each other: both lie in memory alike."""
    before, after = to.graph.producer(node.inputs[0]), to.graph.only_consumer(node.output)
    if node.attributes["perm"] == [0, 2, 1, 3] and node.inputs[0] in to.last:  # a picture's bands and channels
        _, channels, bands, time = to.shapes[node.inputs[0]]
        to.turned(to.known[node.inputs[0]], node.output, (1, time, bands, channels), [0, 2, 1, 3])
    elif before is not None and before.operator == "Squeeze" and before.inputs[0] in to.last:
        to.reshape(to.known[before.inputs[0]], node.output, to.shapes[node.output])
    elif after is None or after.operator != "Reshape" or after.output not in to.last:
        to.turned(to.known[node.inputs[0]], node.output, to.shapes[node.output], node.attributes["perm"])


def _into_sequence(to: Writer, node: Node) -> None:
    before = to.graph.producer(node.inputs[0])
    if before is not None and before.operator == "Transpose" and node.output in to.last:
        turned = before.output if before.output in to.known else before.inputs[0]
        to.reshape(to.known[turned], node.output, to.shape(node.output))
    else:
        _reshaped(to, node)


def _squeezed(to: Writer, node: Node) -> None:
    after = to.graph.only_consumer(node.output)
    if after is None or after.operator != "Transpose":
        _reshaped(to, node)


def _plain(name: str, **options: Any) -> Callable[[Writer, Node], None]:
    """Write an operator on single values, or one along the last axis."""

    def write(to: Writer, node: Node) -> None:
        inputs = []
        for i in node.inputs:
            if i in to.graph.constants and i not in to.known:
                values = to.graph.constants[i]
                to.constant(i, values.transpose(0, 2, 3, 1) if i in to.last and values.ndim == 4 else values)
            inputs.append(to.known[i])
        made = to.tensor(node.output, to.shape(node.output))
        axis = {"axis": node.attributes["axis"]} if name == "CONCATENATION" else {}
        to.operator(name, inputs, made, **options, **axis)

    return write


def _mean(to: Writer, node: Node) -> None:
    made = to.tensor(node.output, to.shapes[node.output])
    axes = to.constant(f"{node.name}/axes", to.graph.constants[node.inputs[1]].astype(np.int32))
    keep = bool(node.attributes.get("keepdims", 1))
    to.operator("MEAN", [to.known[node.inputs[0]], axes], made, kind="ReducerOptions", keepDims=keep)


def _recoded(to: Writer, node: Node) -> None:
    """Write a step from bytes to floats or back."""
    shape = to.shape(node.output)
    if node.operator == "DequantizeLinear":
        made = to.tensor(node.output, shape)
        to.operator("DEQUANTIZE", [to.known[node.inputs[0]]], made, kind="DequantizeOptions")
    else:
        scale, zero = quantised.numbers(to.graph, node)
        made = to.tensor(node.output, shape, BYTE, scale, int(zero) - 128)
        to.operator("QUANTIZE", [to.known[node.inputs[0]]], made, kind="QuantizeOptions")


_ALONE = ("QuantizeLinear", "DequantizeLinear", "Gelu", "Relu", "Add", "Sub", "Mul", "Sqrt")  # treat every value alone

_WRITERS: dict[str, Callable[[Writer, Node], None]] = {
    "Conv": _conv,
    "QuantisedConv": _conv,
    "Gemm": _dense,
    "QuantisedGemm": _dense,
    "Reshape": _into_sequence,
    "Flatten": _reshaped,
    "Squeeze": _squeezed,
    "Transpose": _turned,
    "ReduceMean": _mean,
    "DequantizeLinear": _recoded,
    "QuantizeLinear": _recoded,
    "Add": _plain("ADD", kind="AddOptions"),
    "Sub": _plain("SUB", kind="SubOptions"),
    "Mul": _plain("MUL", kind="MulOptions"),
    "Relu": _plain("RELU"),
    "Sqrt": _plain("SQRT"),
    "Concat": _plain("CONCATENATION", kind="ConcatenationOptions"),
    "Softmax": _plain("SOFTMAX", kind="SoftmaxOptions", beta=1.0),
    "Gelu": _plain("GELU", kind="GeluOptions", approximate=False),
    **attention.WRITERS,
}
