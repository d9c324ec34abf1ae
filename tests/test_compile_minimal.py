"""Convolutions by minimal filtering give what direct ones give, where there is room for them."""

import json

import numpy as np
import pytest
from c_programs import SANITIZED, Programs, compiler, model, paths, reference, vectors

from quaver.cli.compile import compile_
from quaver.compile.source import plan_of
from quaver.compile.targets import targets

R = np.random.default_rng(5)


def network(taps=8, inner=32, outer=32, length=96, pool=0, groups=1, **attributes):
    """One convolution over time whose output keeps about the deviation of its input, and what may follow it."""
    constants = {"k": R.normal(size=(outer, inner // groups, taps)) / np.sqrt(taps * inner), "b": R.normal(size=outer)}
    nodes = [
        ("Conv", ["x", "k", "b"], "c", {"pads": [(taps - 1) // 2, taps // 2], "group": groups, **attributes}),
        ("Relu", ["c"], "r" if pool else "y", {}),
    ]
    if pool:
        nodes.append(("MaxPool", ["r"], "y", {"kernel_shape": [pool], "strides": [pool]}))
    return model(nodes, (1, inner, length), constants)


CASES = {
    "eight_taps": network(),
    "pooled": network(length=162, pool=8),
    "pooled_by_three": network(length=101, pool=3),
    "three_taps": network(taps=3, length=97),
    "seven_taps": network(taps=7, length=99),
    "thirteen_taps": network(taps=13, length=70),
    "odd_channels": network(inner=37, outer=29),
    "few_outputs": network(inner=129, outer=21, length=75),
    "zeros_on_one_side": network(length=90, pads=[7, 0]),
}
DIRECT = {
    "strided": network(length=200, strides=[2]),
    "dilated": network(dilations=[2], pads=[7, 7]),
    "grouped": network(groups=2),
    "two_taps": network(taps=2),
    "short": network(length=20),
    "few_inputs": network(inner=8),
}


@pytest.mark.parametrize("path", [*paths(), pytest.param("narrow", marks=pytest.mark.slow)])
def test_minimal_filtering_gives_what_direct_sums_give(tmp_path, path):
    flags = {"narrow": [], **paths()}[path]
    programs = Programs(tmp_path, CASES, [*SANITIZED, *flags], roomy=True)
    for name, made in CASES.items():
        assert "by minimal filtering" in programs.plans[name].steps[0].about, name
        x = np.random.default_rng(1).normal(size=programs.plans[name].input.shape)
        wanted = reference(made, x)
        assert np.abs(programs(name, x) - wanted).max() <= 2e-5 * np.abs(wanted).max(), name


def test_probabilities_differ_by_less_than_a_hundred_thousandth(tmp_path):
    weights = {"k1": R.normal(size=(64, 64, 8)) / 16, "k2": R.normal(size=(64, 64, 7)) / 15}
    weights |= {"w": R.normal(size=(64 * 12, 7)) / 20, "b": np.zeros(7)}
    nodes = [
        ("Conv", ["x", "k1"], "a", {"pads": [3, 4]}),
        ("Relu", ["a"], "r", {}),
        ("Conv", ["r", "k2"], "c", {"pads": [3, 3]}),
        ("Relu", ["c"], "s", {}),
        ("MaxPool", ["s"], "p", {"kernel_shape": [8], "strides": [8]}),
        ("Flatten", ["p"], "f", {}),
        ("Gemm", ["f", "w", "b"], "g", {}),
        ("Softmax", ["g"], "y", {"axis": 1}),
    ]
    made = model(nodes, (1, 64, 99), weights)
    programs = Programs(tmp_path, {"two": made}, ["-O2", *vectors()], roomy=True)
    assert sum("minimal" in step.about for step in programs.plans["two"].steps) == 2
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=(1, 64, 99))
        assert np.abs(programs("two", x) - reference(made, x)).max() <= 1e-5


def test_only_what_gains_and_has_room_is_computed_so():
    for name, made in DIRECT.items():
        plan = plan_of(made.SerializeToString(), roomy=True)
        assert not any("minimal" in step.about for step in plan.steps), name
    made = CASES["eight_taps"].SerializeToString()
    direct, lean, roomy = plan_of(made), plan_of(made, lean=True), plan_of(made, roomy=True)
    assert roomy.arena > direct.arena >= lean.arena
    assert {name: v.nbytes for name, v in direct.weights.items()} == {
        name: v.nbytes for name, v in lean.weights.items()
    }
    assert sum(v.nbytes for v in roomy.weights.values()) > sum(v.nbytes for v in direct.weights.values())


def test_microcontrollers_pages_and_synthesis_keep_direct_sums():
    roomy = {name for name, target in targets().items() if target.roomy}
    assert {"native", "x86_64", "aarch64"} <= roomy
    assert not roomy & {"c", "hls", "wasm", "web", "android", "cortex-m4", "cortex-m7", "cortex-m55", "riscv32"}


def test_a_budget_keeps_direct_sums(tmp_path):
    compiler()
    (tmp_path / "network.onnx").write_bytes(CASES["pooled_by_three"].SerializeToString())
    taken = {}
    for name, flash in (("free", None), ("short", 1 << 20)):
        compile_(str(tmp_path / "network.onnx"), output=tmp_path / name, verify=False, flash=flash)
        taken[name] = json.loads((tmp_path / name / "footprint.json").read_text())["flash"]["constants"]
    assert taken["short"] < taken["free"]
