"""Spend memory for speed: convolutions along time by minimal filtering, with seven products where sixteen stood.

Worth it where many channels share the sums before and after the products; `kit/minimal_f32.c` says how it is done. The
products are of other numbers than those of the direct sums, so results differ in the last bits.
"""

from dataclasses import replace
from math import ceil

import numpy as np

from quaver.compile.convolution import BLOCK
from quaver.compile.graph import Array
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.sizes import opened
from quaver.compile.tensor import Tensor

POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5)  # and infinity; minimal_f32.c knows them
OUT = TAPS = 4  # places of a tile, taps of a piece
SUMS = (20, 14)  # operations before the products for each input channel of a tile, after them for each output channel
GAIN = 0.7  # of the direct work may be left at most
PLACES = 64  # below, reading the weights takes longer than the products


def use(plan: Plan) -> None:
    """Compute convolutions this way where that pays."""
    for number, step in enumerate(plan.steps):
        if step.call is not None and _possible(step.call, plan.tensors[step.operands["x"]]) and _pays(step.call):
            plan.steps[number] = _filtered(plan, step, step.call)


def _possible(call: Call, x: Tensor) -> bool:
    """Tell whether a kernel slides along time alone, place by place, and its taps are neighbours."""
    given = call.fields
    if call.kernel != "conv_f32" or opened(given.values()):
        return False
    alone = given["rows"] == given["taps_down"] == given["taps_along"] == 1
    return alone and given["x_step"] == x.shape[1] >= BLOCK  # channels: a vector must find as many


def _pays(call: Call) -> bool:
    given = call.fields
    places, inner, outer = given["places"], given["x_step"], ceil(given["channels"] / BLOCK) * BLOCK
    taps, tiles = given["run"] // inner, ceil(places / OUT)
    products = (len(POINTS) + 1) * ceil(taps / TAPS) * tiles * inner * outer
    left = products + tiles * (SUMS[0] * inner + SUMS[1] * outer)
    return places >= PLACES and left <= GAIN * places * taps * inner * outer


def _filtered(plan: Plan, step: Step, call: Call) -> Step:
    """Write the step anew, with scratch for the sums of all inputs and the products of two blocks of channels."""
    given, kernel, inner = call.fields, call.constants[0], call.fields["x_step"]
    taps, tiles = given["run"] // inner, ceil(given["places"] / OUT)
    plan.weights[kernel] = transformed(plan.weights[kernel], taps)
    before = step.body[: -len(call.lines())]  # zeros around the output
    *shape, line = replace(call, kernel="minimal_f32").lines()
    inputs, products = (tiles + ceil(taps / TAPS) - 1) * inner, 2 * tiles * BLOCK
    return replace(
        step,
        about=f"{step.about}, by minimal filtering",
        body=[*before, *shape, line.replace("y);", "y, scratch);")],
        scratch=4 * (len(POINTS) + 1) * (inputs + products),
        call=None,
    )


def transformed(packed: Array, taps: int) -> Array:
    """Evaluate kernels at the points: from (1, blocks, taps * inputs, 16) to (blocks, 7, pieces * inputs, 16)."""
    blocks, pieces = packed.shape[1], ceil(taps / TAPS)
    each = packed.reshape(blocks, taps, -1, BLOCK).astype(float)
    each = np.pad(each, ((0, 0), (0, pieces * TAPS - taps), (0, 0), (0, 0)))
    each = each.reshape(blocks, pieces, TAPS, -1, BLOCK)
    values = np.einsum("nt,bptcw->bnpcw", _evaluation(), each).astype(np.float32)
    return np.asarray(values.reshape(blocks, len(POINTS) + 1, -1, BLOCK))


def _evaluation() -> Array:
    """Give the matrix (points, taps) that evaluates a piece, over what interpolation would divide by."""
    points = np.array(POINTS)
    apart = points[:, None] - points + np.eye(len(points))
    powers = points[:, None] ** np.arange(TAPS) / apart.prod(axis=1)[:, None]
    return np.asarray(np.vstack([powers, np.eye(TAPS)[-1:]]))
