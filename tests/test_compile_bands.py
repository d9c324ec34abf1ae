"""Pairs of convolutions computed band by band give the same in less memory."""

import numpy as np
import pytest
from c_programs import SANITIZED, Programs, model, paths, reference, vectors

from quaver.compile.source import plan_of
from quaver.quantise import quantise

R = np.random.default_rng(3)


def pair(length=90, width=7, pool=0, second=None, first=None):
    """A convolution of one channel, cheap, then one of many, and what is left of them over time."""
    weights = {"k1": R.normal(size=(24, 1, 5)), "b1": R.normal(size=24), "k2": R.normal(size=(40, 24, width)) / 13}
    nodes = [
        ("Conv", ["x", "k1", "b1"], "a", {"pads": [2, 2], **(first or {})}),
        ("Relu", ["a"], "r", {}),
        ("Conv", ["r", "k2"], "b", {"pads": [3, 3], **(second or {})}),
        ("Relu", ["b"], "s" if pool else "y", {}),
    ]
    if pool:
        nodes.append(("MaxPool", ["s"], "y", {"kernel_shape": [pool], "strides": [pool]}))
    return model(nodes, (1, 1, length), weights)


CASES = {
    "plain": pair(),
    "pooled": pair(pool=8),
    "pooled_by_three": pair(length=101, pool=3),
    "strided": pair(second={"strides": [2]}),
    "dilated": pair(second={"dilations": [2], "pads": [6, 6]}),
    "both_strided": pair(length=600, first={"strides": [2]}, second={"strides": [3], "pads": [0, 5]}),
    "uneven": pair(length=97, width=4, second={"pads": [0, 3]}),
}


def test_bands_give_what_whole_tensors_give(tmp_path):
    programs = Programs(tmp_path, CASES, [*SANITIZED, *vectors()], lean=True)
    for name, made in CASES.items():
        x = np.random.default_rng(1).normal(size=programs.plans[name].input.shape)
        wanted = reference(made, x)
        assert np.abs(programs(name, x) - wanted).max() <= 2e-5 * np.abs(wanted).max(), name
        assert any("band by band" in step.about for step in programs.plans[name].steps), name
        assert programs.plans[name].arena < plan_of(made.SerializeToString()).arena, name


@pytest.mark.parametrize("path", paths())
def test_bands_of_bytes(tmp_path, path):
    from test_compile_int8 import network

    made = quantise(network(), R.normal(size=(100, 40)).astype(np.float32))
    programs = Programs(tmp_path, {"bytes": made}, [*SANITIZED, *paths()[path]], lean=True)
    x = np.random.default_rng(4).normal(size=(1, 40)).astype(np.float32)
    assert np.abs(programs("bytes", x) - reference(made, x)).max() < 0.02
