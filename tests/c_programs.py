"""Networks as C programs under the address and undefined-behaviour sanitizers, many of them in one executable."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from quaver.compile import emit, weights
from quaver.compile.source import plan_of

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-fno-math-errno", "-fno-trapping-math"]
SANITIZED = ["-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
MAIN = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
%s
int main(int count, char **arguments)
{
    (void)count;
%s    return 2;
}
"""
CASE = """    if (strcmp(arguments[1], "{name}") == 0) {{
        float *arena = malloc({arena}), *input = malloc({inputs} * 4), *output = malloc({outputs} * 4);
        memset(arena, 0xff, {arena}); /* NaN: nothing may be taken for zero */
        while (fread(input, 4, {inputs}, stdin) == {inputs}) {{
            {name}_go(arena, input, output);
            fwrite(output, 4, {outputs}, stdout);
        }}
        free(arena), free(input), free(output);
        return 0;
    }}
"""


def compiler() -> str:
    """Give the C compiler, or skip; where the checks are run there must be one."""
    found = shutil.which("gcc") or shutil.which("clang")
    if not found:
        assert not os.environ.get("CI"), "a C compiler is needed"
        pytest.skip("no C compiler is here")
    return found


def paths() -> dict[str, list[str]]:
    """Give the flags of every way that kernels are written, as far as this machine runs it: the widest last."""
    flags = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    wide, wider = ["-mavx2", "-mfma"], [f"-mavx512{kind}" for kind in ("f", "bw", "dq", "vl", "vnni")]
    found = {"plain": ["-DQUAVER_PLAIN"]}
    if {"avx2", "fma"} <= set(flags):
        found["avx2"] = wide
    if {"avx2", "fma", *(kind.removeprefix("-m").replace("512vnni", "512_vnni") for kind in wider)} <= set(flags):
        found["avx512"] = [*wide, *wider]
    return found


def vectors() -> list[str]:
    """Give the flags for the widest vectors that this machine has."""
    name, flags = list(paths().items())[-1]
    return flags if name != "plain" else []


class Programs:
    """Compiles ONNX models together; calling it runs one of them."""

    def __init__(self, folder: Path, models: dict[str, onnx.ModelProto], flags: list[str], **how) -> None:
        self.program, self.plans = folder / "programs", {}
        declared, cases = "", ""
        for name, model in models.items():
            plan = self.plans[name] = plan_of(model.SerializeToString(), **how)
            text = f"#include <math.h>\n#include <string.h>\n\n{weights.as_text(plan.weights)}\n{emit.network(plan)}"
            text += f"void {name}_go(float *a, const float *x, float *y);\n"
            text += f"void {name}_go(float *a, const float *x, float *y)\n{{\n    run_network(a, x, y);\n}}\n"
            (folder / f"{name}.c").write_text(text.replace("quaver_", f"{name}_"))
            sizes = {"inputs": int(np.prod(plan.input.shape)), "outputs": int(np.prod(plan.output.shape))}
            declared += f"void {name}_go(float *a, const float *x, float *y);\n"
            cases += CASE.format(name=name, arena=plan.arena, **sizes)
        (folder / "main.c").write_text(MAIN % (declared, cases))
        sources = ["main.c", *(f"{name}.c" for name in models)]
        command = [compiler(), *STRICT, *flags, *sources, "-o", self.program.name, "-lm"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]

    def __call__(self, name: str, x: np.ndarray) -> np.ndarray:
        done = subprocess.run([self.program, name], input=np.asarray(x, "<f4").tobytes(), capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        return np.frombuffer(done.stdout, "<f4").reshape(self.plans[name].output.shape)


def model(nodes, shape, constants=None, outputs=("y",), opset=20) -> onnx.ModelProto:
    """Make a model of nodes given as (operator, inputs, output, attributes); it reads `x` and gives the last output."""
    made = [
        helper.make_node(op, inputs, [out] if isinstance(out, str) else out, name=f"{op.lower()}{i}", **attributes)
        for i, (op, inputs, out, attributes) in enumerate(nodes)
    ]
    values = {name: np.asarray(v) for name, v in (constants or {}).items()}
    graph = helper.make_graph(
        made,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(outputs[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v if v.dtype != np.float64 else v.astype(np.float32), k) for k, v in values.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return onnx.shape_inference.infer_shapes(made)


def reference(made: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """Run ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: np.asarray(x, np.float32)})[0]
