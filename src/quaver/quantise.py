"""A network in eight bits: static post-training quantisation, told by QuantizeLinear and DequantizeLinear."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import nibbles

if TYPE_CHECKING:
    import onnx

Array = np.ndarray[Any, np.dtype[Any]]


def quantise(model: "onnx.ModelProto", calibration: Array) -> "onnx.ModelProto":
    """Store weights and activations in eight bits: static, symmetric for each output channel of the weights.

    The input, its normalisation, the first layer with weights and the last one's sums stay float32: features have long
    tails, of which eight bits leave little (for the article's network that alone is two thirds of the error, and its
    first layer 2 kB), and logits in eight bits would blur the probabilities. So do the sums of dense layers over time,
    which go on in float32 anyway, and attention's own products, which have no weights to save: it is there that eight
    bits cost most. Weights keep seven of their eight bits: processors without VNNI add two products in 16 bits, with
    saturation. So every machine gives the same answer. Weights of matrix products that were rounded to four bits before
    (`nibbles`) are stored in four, kernels in float32 that are exact in half precision in that; both mean the same.

    Args:
        model: from `to_onnx`; it is not changed.
        calibration: (n, ...) features as the network will meet them, at least some hundred clips of real sound; (n,)
            arrays where clips differ in length.

    Returns:
        A checked model of the same inputs and outputs, whose graph tells the eight bits by QuantizeLinear and
        DequantizeLinear.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static

    prepared = onnx.ModelProto()
    prepared.CopyFrom(model)
    # Says that the graph needs no preparation, which is so, and keeps a warning off the root logger.
    onnx.helper.set_model_props(prepared, {"onnx.quant.pre_process": "onnxruntime.quant"})
    first = next((node.name for node in model.graph.node if node.op_type in ("Conv", "Gemm")), "")
    weights = {tensor.name for tensor in model.graph.initializer}
    inner = [n.name for n in model.graph.node if n.op_type == "MatMul" and not weights & set(n.input)]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder, "model.onnx")
        quantize_static(
            prepared,
            path,
            _Calibration(calibration, model.graph.input[0]),
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Relu", "MaxPool", "Flatten", "GlobalAveragePool"],
            nodes_to_exclude=[first, *inner],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            extra_options={
                "OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"],
                "WeightSymmetric": True,
            },
        )
        quantised = onnx.load(path)
    _shrink(model, quantised)
    del quantised.metadata_props[:]
    quantised.producer_name, quantised.producer_version = model.producer_name, model.producer_version
    onnx.checker.check_model(quantised, full_check=True)
    return quantised


def _shrink(model: "onnx.ModelProto", quantised: "onnx.ModelProto") -> None:
    """Store what takes less room without changing: weights rounded to four bits, and floats that half precision holds.

    Whoever loads the network makes the rest of them once, by operators that are put in front.
    """
    from onnx import TensorProto, helper, numpy_helper

    products = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    kernels = {node.input[1] for node in model.graph.node if node.op_type == "Conv"}
    there = {tensor.name: tensor for tensor in quantised.graph.initializer}
    constants: dict[str, Array] = {}
    nodes, gone = [], set()
    for tensor in model.graph.initializer:
        name, values = tensor.name, numpy_helper.to_array(tensor)
        bytes_, half = f"{name}_quantized", values.astype(np.float16)
        if name in products and bytes_ in there and (parts := nibbles.found(values)) is not None:
            made, unpacking = nibbles.unpacking(bytes_, *parts[:2])
            constants |= {**made, f"{name}_scale": parts[2]}
            nodes += unpacking
            gone |= {bytes_, f"{name}_scale"}
        elif name in kernels and name in there and np.array_equal(half, values):
            constants[f"{name}/half"] = half
            nodes.append(helper.make_node("Cast", [f"{name}/half"], [name], name, to=TensorProto.FLOAT))
            gone.add(name)
    kept = [tensor for name, tensor in there.items() if name not in gone]
    kept += [numpy_helper.from_array(values, name) for name, values in constants.items()]
    rest = [*nodes, *quantised.graph.node]
    del quantised.graph.initializer[:], quantised.graph.node[:]
    quantised.graph.initializer.extend(kept)
    quantised.graph.node.extend(rest)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep ONNX Runtime from warning of inputs that may be left out, which is how speakers are adapted to."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(2)  # ONNX Runtime's own default


class _Calibration:
    """The features in batches, as the quantiser asks for them; one by one where the network takes no more."""

    def __init__(self, features: Array, taken: Any) -> None:
        one = features.dtype == object or taken.type.tensor_type.shape.dim[0].dim_value == 1
        self.name = taken.name
        self.batches = iter([row[None] for row in features] if one else _split(features.astype(np.float32)))

    def get_next(self) -> dict[str, Array] | None:
        batch = next(self.batches, None)
        return None if batch is None else {self.name: batch}


def _split(features: Array) -> list[Array]:
    return np.array_split(features, -(-len(features) // 64))
