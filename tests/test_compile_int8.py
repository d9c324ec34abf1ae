"""Networks of eight bits in C: bytes as in ONNX Runtime or one step beside them, on every path of the kernels."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import onnx
import pytest
from c_programs import SANITIZED, Programs, model, paths, reference
from onnx.reference import ReferenceEvaluator

from quaver.compile.source import plan_of
from quaver.errors import CompileError
from quaver.onnx_graph import Graph
from quaver.quantise import quantise

R = np.random.default_rng(5)


def network(channels: int = 20, stride: int = 1, pool: int = 4) -> onnx.ModelProto:
    """Three convolutions of odd sizes with ReLU, one of them pooled, and a dense layer, in float32."""
    graph = Graph((40,))
    graph.shape = (40, 1)
    graph.lay_out("steps")
    for number, (width, inner, out) in enumerate([(5, 1, channels), (4, channels, 18), (3, 18, 35)]):
        kernel = R.normal(size=(width, inner, out)) / np.sqrt(width * inner)
        config = {"strides": [stride], "dilation_rate": [1], "padding": "same"}
        graph.convolve(f"conv{number}", kernel, R.normal(size=out) / 4, config)
        graph.add("Relu", f"relu{number}")
        if number == 1:
            graph.add("MaxPool", "pool", kernel_shape=[1, pool], strides=[1, pool], pads=[0, 0, 0, 0])
            graph.shape = (graph.shape[0] // pool, out)
    graph.flatten("flatten")
    values = graph.shape[0]
    graph.add("Gemm", "dense", ("kernel", R.normal(size=(6, values)) / 4), ("bias", R.normal(size=6)), transB=1)
    graph.shape, graph.unrolled = (6,), None
    graph.add("Softmax", "probabilities", axis=1)
    return graph.finish()


def separable() -> onnx.ModelProto:
    """Depthwise and pointwise convolutions by turns over height and width, one in two groups, in float32."""
    layers = (("first", 12, 1, 3, 1), ("depthwise", 12, 12, 3, 12), ("pointwise", 20, 12, 1, 1))
    layers = (*layers, ("grouped", 18, 20, 3, 2), ("last", 18, 18, 3, 18))
    nodes, constants, tensor = [("Reshape", ["x", "shape"], "image", {})], {"shape": np.array([-1, 1, 10, 9])}, "image"
    for name, out, inner, width, groups in layers:
        constants[f"{name}/kernel"] = R.normal(size=(out, inner // groups, width, width)) / width
        constants[f"{name}/bias"] = R.normal(size=out) / 4
        attributes = {"group": groups, "pads": [width // 2] * 4, "kernel_shape": [width] * 2}
        nodes.append(("Conv", [tensor, f"{name}/kernel", f"{name}/bias"], name, attributes))
        nodes.append(("Relu", [name], f"{name}/relu", {}))
        tensor = f"{name}/relu"
    constants |= {"dense/kernel": R.normal(size=(5, 18 * 90)) / 40, "dense/bias": R.normal(size=5)}
    nodes.append(("Flatten", [tensor], "flat", {}))
    nodes.append(("Gemm", ["flat", "dense/kernel", "dense/bias"], "logits", {"transB": 1}))
    return model([*nodes, ("Softmax", ["logits"], "y", {"axis": 1})], ("batch", 90), constants)


def wide(made: onnx.ModelProto) -> onnx.ModelProto:
    """Store the same weights in all of their eight bits, which two products do not survive in sixteen."""
    changed = onnx.ModelProto()
    changed.CopyFrom(made)
    for tensor in changed.graph.initializer:
        if tensor.data_type == onnx.TensorProto.INT8 and tensor.name.endswith("kernel_quantized"):
            values = onnx.numpy_helper.to_array(tensor)
            doubled = np.clip(values.astype(int) * 2, -128, 127).astype(np.int8)
            tensor.CopyFrom(onnx.numpy_helper.from_array(doubled, tensor.name))
        elif tensor.name.endswith("kernel_scale"):
            halved = onnx.numpy_helper.to_array(tensor) / np.float32(2)
            tensor.CopyFrom(onnx.numpy_helper.from_array(halved, tensor.name))
    return changed


def exact(made: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """Run ONNX's own reference, which computes the bytes' values in floats."""
    return ReferenceEvaluator(made).run(None, {made.graph.input[0].name: x})[0]


@pytest.fixture(scope="module")
def models():
    rows = R.normal(size=(200, 40)).astype(np.float32)
    made = {"odd": quantise(network(), rows), "strided": quantise(network(16, 2, 2), rows)}
    return {**made, "wide": wide(made["odd"])}


@pytest.mark.parametrize("path", paths())
def test_probabilities_are_those_of_onnx_runtime(models, path, tmp_path):
    programs = Programs(tmp_path, models, [*SANITIZED, *paths()[path]])
    for name, made in models.items():
        called = {step.body[-1].split("(")[0] for step in programs.plans[name].steps}
        assert {"conv_f32_u8", "conv_u8", "conv_u8_f32"} <= called, "a convolution was left in float32"
        x = np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32)
        got = np.concatenate([programs(name, row) for row in x])
        # Where two products do not fit sixteen bits, ONNX Runtime cuts them off on some processors.
        wanted = reference(made, x) if name != "wide" else exact(made, x)
        off = np.abs(got - wanted)
        assert np.median(off) < 1e-6
        assert off.max() < 0.02, name


def test_all_paths_give_the_same_bytes(models, tmp_path):
    """Sums of bytes are exact, so the paths may differ by the floats around them alone."""
    answers = []
    for name, flags in paths().items():
        folder = tmp_path / name
        folder.mkdir()
        programs = Programs(folder, {"odd": models["odd"]}, ["-O1", "-ffp-contract=off", *flags])
        answers.append(programs("odd", np.random.default_rng(2).normal(size=40)))
    assert max(np.abs(answer - answers[0]).max() for answer in answers) < 1e-6


@pytest.mark.parametrize("path", paths())
def test_separable_convolutions_stay_in_bytes(path, tmp_path):
    rows = np.random.default_rng(3).normal(size=(230, 90)).astype(np.float32)
    made = quantise(separable(), rows[:200])
    programs = Programs(tmp_path, {"separable": made}, [*SANITIZED, *paths()[path]])
    written = (tmp_path / "separable.c").read_text()
    assert all(f"{kernel}(&shape" in written for kernel in ("depthwise_u8", "conv_u8", "conv_f32_u8"))
    assert "g < 2" in written
    got = np.concatenate([programs("separable", row) for row in rows[200:]])
    off = np.abs(got - reference(made, rows[200:]))
    assert np.median(off) < 1e-6
    assert off.max() < 0.02


@pytest.mark.parametrize(
    ("operator", "domain", "inputs"),
    [("MatMulInteger", "", "xw"), ("QLinearConv", "", "xszwszsz"), ("QGemm", "com.microsoft", "xw")],
)
def test_the_other_format_of_eight_bits_is_refused_with_what_to_do(operator, domain, inputs):
    node = onnx.helper.make_node(operator, list(inputs), ["y"], name="layer", domain=domain)
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, 4)) for name in "xy"]
    values = {"w": np.zeros((4, 4), np.int8), "s": np.float32(1), "z": np.int8(0)}
    constants = [onnx.numpy_helper.from_array(np.asarray(values[name]), name) for name in set(inputs) - {"x"}]
    graph = onnx.helper.make_graph([node], "g", ends[:1], ends[1:], constants)
    known = [onnx.helper.make_opsetid(name, version) for name, version in (("", 20), ("com.microsoft", 1))]
    with pytest.raises(CompileError, match=r"'layer'.*QuantFormat\.QDQ"):
        plan_of(onnx.helper.make_model(graph, opset_imports=known).SerializeToString(), "a test")


def compiled(made, target, folder):
    """Compile a bare network with the program, which compares the artifact with ONNX Runtime; give what it found."""
    onnx.save(made, folder / "network.onnx")
    words = [str(folder / "network.onnx"), "--target", target, "-o", str(folder / "out"), "--json"]
    done = subprocess.run([sys.executable, "-m", "quaver", "compile", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["verified"]


def test_weights_of_all_eight_bits_pass_the_comparison(models, tmp_path):
    """ONNX Runtime itself cuts their products off on some processors, if it is let."""
    assert compiled(models["wide"], "native", tmp_path)["largest_difference"] < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", ["odd", "strided", "wide", "separable"])
def test_webassembly_sums_the_same_bytes(models, name, tmp_path):
    if not (find_spec("ziglang") and shutil.which("node")):
        pytest.skip("zig or node is not here")
    rows = np.random.default_rng(3).normal(size=(200, 90)).astype(np.float32)
    made = models.get(name) or quantise(separable(), rows)
    assert compiled(made, "wasm", tmp_path)["largest_difference"] < (0.02 if name == "wide" else 1e-6)
