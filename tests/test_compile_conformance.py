"""The official test cases of ONNX for the operators that are supported, all inputs but the first as constants."""

import warnings

import numpy as np
import onnx
import pytest
from c_programs import SANITIZED, Programs
from onnx import numpy_helper

from quaver.compile.ops import rules
from quaver.compile.rephrase import OPERATORS
from quaver.compile.source import plan_of
from quaver.errors import CompileError

pytestmark = pytest.mark.slow
SUPPORTED = {*rules(), *OPERATORS, "BatchNormalization", "Constant", "Shape"}
# What is refused, each with its reason in the message.
REFUSED = (
    *("_ceil", "_3d", "averagepool_2d_dilations", "argmax", "mask", "layer_normalization", "gemm_transposeA"),
    *("gemm_all_attributes", "gemm_default_matrix_bias", "matmul_3d", "matmul_4d", "matmul_bcast", "matmul_1d_3d"),
    *("test_pow", "reshape_allowzero", "slice_start_out_of_bounds", "gather_2d"),
    *("test_gru_", "test_lstm_", "image_3"),  # of several sequences at once
)


def cases():
    """Yield name, model with one input and the first output, and their values."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    for case in collected:
        used = {node.op_type for node in case.model.graph.node}
        foreign = any(node.domain not in ("", "ai.onnx") for node in case.model.graph.node)
        if not used <= SUPPORTED or foreign or "training" in case.name or "_expanded" in case.name:
            continue
        inputs, outputs = case.data_sets[0]
        ends = [*inputs[:1], *outputs[:1]]
        if len(ends) < 2 or any(not isinstance(v, np.ndarray) or v.dtype != np.float32 or not v.size for v in ends):
            continue
        made = onnx.ModelProto()
        made.CopyFrom(case.model)
        for described, value in list(zip(made.graph.input, inputs, strict=True))[1:]:
            made.graph.initializer.append(numpy_helper.from_array(np.asarray(value), described.name))
        del made.graph.input[1:], made.graph.output[1:]
        yield case.name, made, inputs[0], outputs[0]


def test_official_cases_pass_or_are_refused_for_a_reason(tmp_path):
    models, values = {}, {}
    for name, made, x, y in cases():
        try:
            plan_of(made.SerializeToString())
            models[name], values[name] = made, (x, y)
        except CompileError:
            assert any(part in name for part in REFUSED), name
    assert len(models) > 100
    programs = Programs(tmp_path, models, SANITIZED)
    for name, (x, y) in values.items():
        assert np.allclose(programs(name, x).reshape(y.shape), y, rtol=1e-4, atol=1e-5), name
