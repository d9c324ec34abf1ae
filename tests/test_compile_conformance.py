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
    *("_3d", "last_window_starts_on_pad", "argmax", "antialias", "tf_crop", "not_larger", "not_smaller"),
    *("lstm_with_peepholes", "image_3"),
)

# ONNX Runtime rounds the size before it divides by it, and so does quaver.
OTHERWISE = ("resize_downsample_scales_linear_align_corners", "resize_downsample_scales_cubic_align_corners")


def cases():
    """Yield name, model with one input and the first output, and their values."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    for case in collected:
        used = {node.op_type for node in case.model.graph.node}
        foreign = any(node.domain not in ("", "ai.onnx") for node in case.model.graph.node)
        left_out = "training" in case.name or "_expanded" in case.name or case.name.endswith(OTHERWISE)
        if not used <= SUPPORTED or foreign or left_out:
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
    assert len(models) > 350
    programs = Programs(tmp_path, models, SANITIZED)
    for name, (x, y) in values.items():
        assert np.allclose(programs(name, x).reshape(y.shape), y, rtol=1e-4, atol=1e-5), name
