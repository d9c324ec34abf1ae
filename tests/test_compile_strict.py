"""Networks from elsewhere: what their names may not do, and what would be computed wrongly is refused."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from c_programs import SANITIZED, STRICT, Programs, compiler, model, reference

from quaver import zoo
from quaver.compile import verify
from quaver.compile.foreign import quoted, remark
from quaver.compile.program import Contract, Program
from quaver.compile.source import plan_of, program_of
from quaver.errors import CompileError

CALL = "__attribute__((constructor)) static void p(void){ __builtin_trap(); }"
NAMES = (f"*/ {CALL} /*", f"*\\\n/ {CALL} /*", f"*??/\n/ {CALL} /*", "a */ b", "// \\", "ends in \\", "\x1b[31m")


def quantised(kind, scale=0.1, axis=None):
    """A tensor that is made numbers of some kind, and floats again."""
    options = {} if axis is None else {"axis": axis}
    constants = {"s": np.float32(scale), "z": np.zeros(np.shape(scale), kind)}
    nodes = [("QuantizeLinear", ["x", "s", "z"], "q", options), ("DequantizeLinear", ["q", "s", "z"], "y", options)]
    return model(nodes, (1, 3, 4), constants, opset=21)


def trained(operator, *inputs, **attributes):
    names = {f"c{number}": value for number, value in enumerate(inputs)}
    return model([(operator, ["x", *names], "y", attributes)], (1, 3, 4), names)


ONES = np.ones(3, np.float32)
REFUSED = {
    "numbers of 16 bits": (quantised(np.uint16), "eight bits"),
    "a scale for every channel": (quantised(np.int8, [0.1, 0.2, 0.3], axis=1), "one scale"),
    "training normalisation": (trained("BatchNormalization", ONES, ONES, ONES, ONES, training_mode=1), "for inference"),
    "training dropout": (trained("Dropout", np.float32(0.5), np.array(True)), "for inference"),
    "the mean of a normalisation": (
        model([("LayerNormalization", ["x", "c"], ["n", "m"], {}), ("Neg", ["m"], "y", {})], (1, 3), {"c": ONES}),
        "first output alone",
    ),
    "no dependence": (model([("Neg", ["c"], "y", {}), ("Neg", ["x"], "z", {})], (1, 3), {"c": ONES}), "leave it out"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_computed_wrongly_is_refused(case):
    made, remedy = REFUSED[case]
    with pytest.raises(CompileError, match=remedy) as caught:
        plan_of(made.SerializeToString())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [2, 7, 10, 11])  # uint8, int64, float16, double
def test_inputs_of_other_numbers_are_refused(kind):
    made = model([("Cast", ["x"], "y", {"to": 1})], (1, 3))
    made.graph.input[0].type.tensor_type.elem_type = kind
    with pytest.raises(CompileError, match="float is expected"):
        plan_of(made.SerializeToString())


@pytest.mark.parametrize("opset", [11, 20])
def test_an_output_may_leave_its_shape_out(tmp_path, opset):
    made = model([("Neg", ["x"], "y", {})], (1, 3), opset=opset)
    made.graph.output[0].type.tensor_type.ClearField("shape")
    x = np.ones((1, 3), np.float32)
    assert np.array_equal(Programs(tmp_path, {"shapeless": made}, SANITIZED)("shapeless", x), -x)


def test_a_dropout_that_drops_nothing_is_taken():
    for inputs in ((), (np.float32(0.5),), (np.float32(0.5), np.array(False)), (np.float32(0), np.array(True))):
        assert plan_of(trained("Dropout", *inputs).SerializeToString())


def test_bytes_whose_kind_is_told_by_a_type_are_understood(tmp_path):
    nodes = [("QuantizeLinear", ["x", "s"], "q", {"output_dtype": 3}), ("DequantizeLinear", ["q", "s"], "y", {})]
    made = model(nodes, (1, 3, 4), {"s": np.float32(0.02)}, opset=21)
    x = np.random.default_rng(0).normal(size=(1, 3, 4)).astype(np.float32)
    assert np.array_equal(Programs(tmp_path, {"told": made}, SANITIZED)("told", x), reference(made, x))


def test_whole_numbers_are_divided_as_such(tmp_path):
    nodes = [("Cast", ["x"], "i", {"to": 7}), ("Div", ["i", "two"], "h", {}), ("Cast", ["h"], "y", {"to": 1})]
    made = model(nodes, (1, 8), {"two": np.array(2, np.int64)})
    x = np.array([[-5, -4, -3, -1, 1, 3, 4, 5]], np.float32)
    assert np.array_equal(Programs(tmp_path, {"halves": made}, SANITIZED)("halves", x), reference(made, x))


def test_names_cannot_leave_their_comments(tmp_path):
    """The program runs, so what is smuggled into it would stop it."""
    made = model([("Relu", ["x"], "r", {}), *[("Neg", ["r"], f"n{i}", {}) for i in range(1, len(NAMES))],
                  ("Sum", [f"n{i}" for i in range(1, len(NAMES))], "y", {})], (1, 5))  # fmt: skip
    for node, name in zip(made.graph.node, NAMES, strict=False):
        node.name = name
    x = np.random.default_rng(0).normal(size=(1, 5)).astype(np.float32)
    for name, flags in (("c99", SANITIZED), ("gnu99", [*SANITIZED, "-std=gnu99", "-trigraphs", "-Wno-trigraphs"])):
        (tmp_path / name).mkdir()
        got = Programs(tmp_path / name, {"named": made}, flags)("named", x)
        assert np.abs(got - reference(made, x)).max() < 1e-6


def test_labels_names_and_commands_cannot_leave_their_places(tmp_path):
    bundle = zoo.load("nano")
    program = program_of(bundle, f"quaver compile */{CALL}/* \\")
    hostile = ('an"gry', 'x"; int system(const char *); //', "trauer\\", "中性 ??/", *program.contract.labels[4:])
    contract = replace(program.contract, labels=hostile, notes=(f"Licence: */ {CALL} /*",))
    for name, content in Program(program.plan, contract).files("text").items():
        (tmp_path / name).write_bytes(content)
    command = [compiler(), *STRICT, "-O0", "-c", "quaver_model.c", "-o", "model.o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]
    assert b".init_array" not in (tmp_path / "model.o").read_bytes()
    assert b'an"gry' in (tmp_path / "model.o").read_bytes()
    assert "中性 ??/".encode() in (tmp_path / "model.o").read_bytes()
    bare = Program(program.plan, Contract('a "b', "c"))  # the name of a file
    assert r'#define QUAVER_NAME "a \042b"' in bare.header()


def test_foreign_texts_are_harmless():
    assert remark("*/ /* *\\") == "* / / * *|"
    assert remark("*??/") == "*?"
    assert remark("a\tb\x1b") == "a b "
    assert quoted('a"b\\?\n') == '"a\\042b\\134\\077\\012"'


@pytest.mark.parametrize("operator", ["Sqrt", "Log"])
def test_a_network_that_takes_nothing_negative_is_compared(operator, tmp_path):
    """Of half the normal inputs ONNX Runtime makes no number."""
    from quaver.compile.make import make
    from quaver.compile.targets import find

    compiler()
    network = model([(operator, ["x"], "y", {})], (1, 6)).SerializeToString()
    told = make(Program(plan_of(network), Contract("roots", "a test"), network), find("native"), tmp_path / "out")
    assert told["verified"]["clips"] == verify.DRAWN
    assert told["verified"]["largest_difference"] < 1e-6
