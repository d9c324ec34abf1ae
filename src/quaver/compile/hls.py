"""The network for high-level synthesis: an array a tensor, literal bounds in every loop, no pointers to pointers."""

import ast
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from quaver.bundle import Bundle
from quaver.compile import binary, emit, toolchain, voice, weights
from quaver.compile.build import Built
from quaver.compile.convolution import BLOCK
from quaver.compile.foreign import remark
from quaver.compile.graph import FRAMES, Array
from quaver.compile.loops import nest, plain_strides
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.program import Program
from quaver.compile.sizes import opened
from quaver.compile.targets import Target
from quaver.compile.tensor import BYTE, Tensor
from quaver.compile.verify import Answers
from quaver.errors import CompileError
from quaver.onnx_graph import VOICE_DEVIATION

SOURCES = ("quaver_hls.c", "quaver_weights.c", "check.c")
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wvla", "-O2")
_FILL = re.compile(r"fill_(?:f32|u8)\((.+), (\d+), (\S+)\);")
_BOUND = re.compile(r"< ([\d +*/()-]+);")
_SIGNS: dict[type, Callable[[int, int], int]] = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul},
    ast.Div: operator.floordiv,  # of what is never negative
}
_HEAD = """#include "quaver_model.h"

#include <math.h>

#include "quaver_weights.h"

#define INLINE static inline
"""
_BITS = """/* The bits of a float as a whole number, and back. */
typedef union {
    float value;
    int bits;
} float_word;

INLINE int float_bits(float value)
{
    float_word word;
    word.value = value;
    return word.bits;
}

INLINE float bits_float(int bits)
{
    float_word word;
    word.bits = bits;
    return word.value;
}
"""


def reduced(program: Program) -> Program:
    """Give the network alone; its tensors share no memory, so that each can lie in a memory of its own."""
    plan = replace(program.plan, arena=sum(tensor.bytes for tensor in _memories(program.plan)))
    return Program(plan, replace(program.contract, sound=None), program.network)


def files(program: Program) -> dict[str, bytes]:
    """Write the network, its constants, a header and a check that reads features; sound is left to the processor.

    Raises:
        CompileError: a step whose loops have no literal bounds.
    """
    plan = program.plan
    header = emit.kit("hls/model.h")
    for name, shape in (("INPUTS", plan.input.shape), ("OUTPUTS", plan.output.shape)):
        header = header.replace(f"@{name}@", str(prod(shape)))
    declared = f"#ifndef QUAVER_WEIGHTS_H\n#define QUAVER_WEIGHTS_H\n\n{weights.declared(plan.weights)}\n\n#endif\n"
    made = {
        "quaver_hls.c": program.banner("The network, for high-level synthesis.") + source(plan),
        "quaver_model.h": header,
        "quaver_weights.h": declared,
        "quaver_weights.c": '#include "quaver_weights.h"\n\n' + weights.as_text(plan.weights) + "\n",
        "check.c": emit.kit("hls/check.c"),
    }
    return {name: text.encode() for name, text in made.items()}


def source(plan: Plan) -> str:
    """Write the network of a plan that was made without bands."""
    steps = _bounded("\n".join(_function(step, plan) for step in plan.steps), plan)
    parts = [part for part in emit.needed(steps) if not part.startswith("/* ---- Vectors")]
    parts = [_BITS if "float_bits(float value)\n" in part else part for part in parts]
    arrays = [f"static {tensor.kind} {_array(tensor)}[{_size(tensor)}];" for tensor in _memories(plan)]
    return "\n".join([_HEAD, *parts, *arrays, "", steps, _bounded(_top(plan), plan)])


def build(folder: Path, target: Target) -> Built:
    """Compile the check with the host's compiler, strictly: no synthesis tool comes as a package."""
    compiler = toolchain.host()
    toolchain.run([*compiler, *FLAGS, *SOURCES, "-o", target.product, "-lm"], folder)
    toolchain.run([*compiler, *FLAGS, "-c", SOURCES[0]], folder)
    built = Built(binary.code(folder / "quaver_hls.o"), None)
    (folder / "quaver_hls.o").unlink()
    return built


def answers(folder: Path, target: Target, clips: Sequence[Path], bundle: Bundle) -> Answers:
    """Give the check the features that Python computes."""
    import subprocess

    from quaver.predict import Predictor

    predictor, product = Predictor(bundle), folder.resolve() / target.product

    def run(features: Array, options: Any = None) -> tuple[Array, None]:
        done = subprocess.run([product], input=features.astype("<f4").tobytes(), capture_output=True, check=True)
        return np.frombuffer(done.stdout, "<f4").reshape(len(features), -1), None

    own = predictor.network
    predictor.network = SimpleNamespace(run=run, adapted=own.adapted, features=own.features)  # type: ignore[assignment]
    told = [list(predictor.predict(clip).probabilities.values()) for clip in clips]
    return Answers(np.array(told), {"by": "the compiler of this machine; features from Python, no synthesis"})


def _function(step: Step, plan: Plan) -> str:
    operands = {name: plan.tensors[tensor] for name, tensor in step.operands.items()}
    sizes = {name: _size(plan.memory(tensor)) for name, tensor in step.operands.items()}
    taken = ", ".join(f"{_const(name)}{t.kind} {name}_all[{sizes[name]}]" for name, t in operands.items())
    given = step.call.lines() if step.call else []
    before = [_filled(line) for line in step.body[: len(step.body) - len(given)]]
    body = [*before, *_convolution(step.call, operands)] if step.call else before
    if step.scratch or any("&shape" in line or "shape = {" in line for line in body):
        raise CompileError(
            f"the step '{step.about}' has no form with fixed bounds; for hls a network is made of convolutions, dense "
            "layers, pooling that follows a convolution, and element-wise operators."
        )
    text = "\n".join(body)
    used = {name: tensor for name, tensor in operands.items() if re.search(rf"\b{name}\b", text)}
    pointers = [f"{_const(n)}{t.kind} *{n} = {n}_all + {t.origin};" for n, t in used.items()]
    lines = [f"/* {remark(step.about)} */", f"static void {step.name}({taken})", "{"]
    return "\n".join([*lines, *(f"    {line}" for line in [*pointers, *body]), "}", ""])


def _bounded(text: str, plan: Plan) -> str:
    """Let a time that is open be as long as it may."""
    longest = next((int(size) for size in plan.input.shape if opened((size,))), 0)
    if not longest:
        return text
    text = re.sub(rf"\b{FRAMES}\b", str(longest), text)
    return _BOUND.sub(lambda found: f"< {_value(ast.parse(found[1], mode='eval').body)};", text)


def _value(term: ast.expr) -> int:
    """Compute what a bound comes to."""
    if isinstance(term, ast.BinOp):
        return _SIGNS[type(term.op)](_value(term.left), _value(term.right))
    return int(ast.literal_eval(term))


def _const(name: str) -> str:
    return "" if name == "y" else "const "


def _filled(line: str) -> str:
    """Write the clearing of a halo as a loop."""
    return _FILL.sub(r"for (int i = 0; i < \2; i++) (\1)[i] = \3;", line)


def _convolution(call: Call, operands: dict[str, Tensor]) -> list[str]:
    """Write a convolution as a nest of loops, the sum innermost."""
    if call.kernel not in _SUMS:
        raise CompileError(f"the kernel {call.kernel} has no form with fixed bounds.")
    s, depthwise, whole = call.fields, call.kernel.startswith("depthwise"), "u8" in call.kernel.split("_")[1]
    names = [word for constant in call.constants for word in constant.split(", ")]
    run = 1 if depthwise else s["run"]
    first, begin = operands["x"].origin + call.start, operands["y"].origin
    at = f"{first} + row * {s['x_row']} + place * {s['x_step']} + down * {s['tap_row']} + along * {s['tap_step']}"
    tap = f"(down * {s['taps_along']} + along)"
    where = _weight(tap, s, depthwise, whole)
    return [
        f"for (int row = 0; row < {s['rows']}; row++) {{",
        f"    for (int place = 0; place < {s['places']}; place++) {{",
        f"        for (int c = 0; c < {s['channels']}; c++) {{",
        f"            {'int' if whole else 'float'} sum = {names[1]}[c];",
        f"            for (int down = 0; down < {s['taps_down']}; down++)",
        f"                for (int along = 0; along < {s['taps_along']}; along++)",
        f"                    for (int k = 0; k < {run}; k++)",
        f"                        sum += x_all[{at} + {'c' if depthwise else 'k'}] * {names[0]}[{where}];",
        *(f"            {line}" for line in _SUMS[call.kernel](s, names[2:])),
        f"            const int to = {begin} + row * {s['y_row']} + place / {s['pool']} * {s['y_step']} + c;",
        f"            if (place % {s['pool']} == 0 || kept > y_all[to])",
        "                y_all[to] = kept;",
        *("        }", "    }", "}"),
    ]


def _weight(tap: str, s: dict[str, int], depthwise: bool, whole: bool) -> str:
    """Give the place of a weight, packed as the kernels of other targets have it."""
    if depthwise:
        return f"{tap} * {s['channels']} + c"
    taps = s["taps_down"] * s["taps_along"]
    if whole:
        fours = -(-s["run"] // 4)
        return f"((c / {BLOCK} * {taps * fours} + {tap} * {fours} + k / 4) * {BLOCK} + c % {BLOCK}) * 4 + k % 4"
    return f"(c / {BLOCK} * {taps * s['run']} + {tap} * {s['run']} + k) * {BLOCK} + c % {BLOCK}"


def _kept(s: dict[str, int], value: str) -> list[str]:
    return [f"const float value = {value}, kept = {'value < 0.0f ? 0.0f : value' if s['relu'] else 'value'};"]


def _byte(s: dict[str, int], value: str, scaled: str) -> list[str]:
    above = "value < 0.0f ? 0.0f : value" if s["relu"] else "value"
    return [f"const float value = {value};", f"const unsigned char kept = byte_of(({above}){scaled}, {s['zero']});"]


_SUMS: dict[str, Callable[[dict[str, int], list[str]], list[str]]] = {
    "conv_f32": lambda s, more: _kept(s, "sum"),
    "depthwise_f32": lambda s, more: _kept(s, "sum"),
    "conv_f32_u8": lambda s, more: _byte(s, "sum", f" / {more[0]}"),
    "conv_u8_f32": lambda s, more: _kept(s, f"(float)sum * {more[0]}[c]"),
    "depthwise_u8_f32": lambda s, more: _kept(s, f"(float)sum * {more[0]}[c]"),
    "conv_u8": lambda s, more: _byte(s, f"(float)sum * {more[0]}[c]", ""),
    "depthwise_u8": lambda s, more: _byte(s, f"(float)sum * {more[0]}[c]", ""),
}


def _memories(plan: Plan) -> list[Tensor]:
    return [tensor for tensor in plan.tensors.values() if not tensor.base]


def _array(tensor: Tensor) -> str:
    return "tensor_" + re.sub(r"\W+", "_", tensor.name)


def _size(tensor: Tensor) -> int:
    """Count the values of a tensor with the zeros around it, and what a vector may read beyond."""
    return tensor.bytes // (1 if tensor.kind == BYTE else 4)


def _nobody(plan: Plan) -> list[str]:
    """Tell a network that knows voices that nothing is known of who speaks: the mean is 0 as it is."""
    if not (size := voice.size(plan)):
        return []
    return [f"for (int i = 0; i < {size}; i++)", f"    {_array(plan.tensors[VOICE_DEVIATION])}[i] = 1.0f;"]


def _top(plan: Plan) -> str:
    """Write the function that is synthesised."""
    x, y = plan.input, plan.output
    into = {"to": x.strides, "from": plain_strides(x.shape)}
    out = {"to": plain_strides(y.shape), "from": y.strides}
    lines = [
        *nest(x.shape, into, f"{_array(x)}[{x.origin} + {{to}}] = input[{{from}}];"),
        *_nobody(plan),
        *(
            f"{step.name}({', '.join(_array(plan.memory(tensor)) for tensor in step.operands.values())});"
            for step in plan.steps
        ),
        *nest(y.shape, out, f"output[{{to}}] = {_array(plan.memory(y.name))}[{y.origin} + {{from}}];"),
    ]
    head = "void quaver_network(const float input[QUAVER_INPUTS], float output[QUAVER_OUTPUTS])\n{\n"
    return head + "\n".join(f"    {line}" for line in lines) + "\n}\n"
