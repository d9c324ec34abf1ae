"""Weights in four bits: what rounding costs, that a file gives back exactly what was rounded, and what it takes."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from quaver import nibbles
from quaver.quantise import quantise


def kernel(rng, rows=64, columns=24):
    return (rng.normal(size=(rows, columns)) * rng.uniform(0.01, 3, size=columns)).astype(np.float32)


def test_what_was_rounded_is_read_again_exactly(rng):
    exact = nibbles.rounded(kernel(rng))
    numbers, factors, scales = nibbles.found(exact)
    assert numbers.dtype == np.int8
    assert numbers.min() == -8
    assert numbers.max() == 7
    steps = numbers * np.repeat(factors, nibbles.GROUP, axis=0).astype(int)
    assert steps.min() >= -64
    assert steps.max() <= 63
    assert np.array_equal((steps * scales).astype(np.float32), exact)


def test_a_power_of_two_does_not_hide_it(rng):
    """Attention's queries are divided by the root of their width, which is eight."""
    exact = nibbles.rounded(kernel(rng))
    numbers, _, scales = nibbles.found(exact)
    again, _, eighth = nibbles.found(exact.astype(np.float64) / 8)
    assert np.array_equal(again, numbers)
    assert np.array_equal(eighth, scales / 8)


def test_rounding_is_near_and_finer_than_one_scale_a_column(rng):
    values = kernel(rng, 512)
    values[::7] *= 4  # groups of a column differ little in reach, numbers much
    error = np.square(nibbles.rounded(values) - values).sum()
    scale = np.abs(values).max(axis=0) / 7
    plain = np.square(np.round(values / scale) * scale - values).sum()
    assert error < 0.75 * plain
    assert error < 0.02 * np.square(values).sum()


def test_columns_of_zeros_stay(rng):
    values = kernel(rng)
    values[:, 3] = 0
    exact = nibbles.rounded(values)
    assert not exact[:, 3].any()
    assert nibbles.found(exact) is not None


@pytest.mark.parametrize("rows", [64, 33])
def test_other_weights_are_told_apart(rng, rows):
    assert nibbles.found(kernel(rng, rows)) is None


def test_a_single_weight_that_is_off_is_noticed(rng):
    exact = nibbles.rounded(kernel(rng))
    exact[5, 5] = np.nextafter(exact[5, 5], np.float32(9))
    assert nibbles.found(exact) is None


def product(weights) -> onnx.ModelProto:
    rows, columns = weights.shape
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], "product")],
        "product",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["batch", "time", rows])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["batch", "time", columns])],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def answers(model, x):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def test_a_network_in_eight_bits_stores_them_in_four(rng):
    """Half the room, and the only difference left is that of the eight bits of what comes in."""
    exact = nibbles.rounded(kernel(rng, 256, 256))
    x = rng.normal(size=(6, 9, 256)).astype(np.float32)
    small = quantise(product(exact), x)
    large = quantise(product(kernel(rng, 256, 256)), x)
    assert small.ByteSize() < 0.65 * large.ByteSize()
    scale = next(numpy_helper.to_array(t) for t in small.graph.initializer if t.name == "x_scale")
    seen = np.round(x / scale) * scale  # zero point or not, to a step
    wanted = x @ exact
    assert np.abs(answers(small, x) - wanted).max() < np.abs(exact).sum(axis=0).max() * scale
    assert np.corrcoef(answers(small, x).ravel(), (seen @ exact).ravel())[0, 1] > 0.9999
