"""Compare quaver's compiled programs with ONNX Runtime on one thread, in turns in one run.

python benchmarks/compile.py [--rounds 60] [--only small|nano]

Networks: `article` in float32 with drawn weights, and the shipped bundles `article`, `small` and `nano` in eight bits.
Whole path: from samples to probabilities, against librosa's features (for `small` and `nano` quaver's own in NumPy)
followed by ONNX Runtime. Times are processor time of this process; the order of the contestants is drawn anew in every
round. Writes benchmarks/results/compile.json; `--only` brings one part of it up to date.
"""

import argparse
import ctypes
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from librosa_features import article as reference

from quaver import audio, frontend, zoo
from quaver.compile import build, toolchain
from quaver.compile.graph import Array
from quaver.compile.program import Contract, Program
from quaver.compile.source import plan_of, program_of
from quaver.compile.targets import find
from quaver.onnx_graph import Graph

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "compile.json"
CLIPS = 20
FRAMED = ("small", "nano")  # their features come in frames
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", choices=FRAMED)
    given = parser.parse_args()
    rounds = given.rounds
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # it is read when NumPy is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(ONE_THREAD, "1"))
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        names = [given.only] if given.only else FRAMED
        part = {name: {"machine": machine(), **framed(Path(folder), name, rounds, rng)} for name in names}
        told = json.loads(RESULT.read_text())  # what benchmarks/peers.py found stays
        whole = {} if given.only else {"machine": machine(), "rounds": rounds, **measured(Path(folder), rounds, rng)}
        told |= {**whole, **part}
    RESULT.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told, indent=2))


def measured(folder: Path, rounds: int, rng: np.random.Generator) -> dict[str, Any]:
    """Build everything, then run the contestants of each race in turns."""
    drawn = network(rng).SerializeToString()
    shipped = zoo.load("article")
    x = rng.normal(size=(1, 162)).astype(np.float32)
    whole = program_of(shipped, "a benchmark")
    programs = {
        "float32": Program(plan_of(drawn, roomy=True), Contract("article", "a benchmark")),
        "int8": Program(plan_of(shipped.model), Contract("article", "a benchmark")),
        "whole": whole,
    }
    libraries, sizes = {}, {}
    for name, program in programs.items():
        (folder / name).mkdir()
        libraries[name], sizes[name] = library(folder / name, program)
    sessions = {"float32": session(drawn), "int8": session(shipped.model.read_bytes())}
    told: dict[str, Any] = {"sizes": sizes}
    for name, each in sessions.items():
        run, out = network_of(libraries[name], programs[name], x)
        race = {"quaver": run, "onnxruntime": lambda each=each: each.run(None, {"features": x})}
        run()
        off = float(np.abs(out - each.run(None, {"features": x})[0]).max())
        told[name] = {**times(race, rounds, rng), "largest_difference": off}
    told["features"], told["whole"] = paths(libraries["whole"], whole, sessions["int8"], rng)
    return told


def framed(folder: Path, name: str, rounds: int, rng: np.random.Generator) -> dict[str, Any]:
    """Race a bundle's network, then all from samples to probabilities, over real speech of several lengths."""
    shipped = zoo.load(name)
    program, spec, each = program_of(shipped, "a benchmark"), shipped.card.spec, session(shipped.model.read_bytes())
    (folder / name).mkdir()
    lib, sizes = library(folder / name, program)
    files = sorted((ROOT / "data" / "emodb").rglob("*.opus"))
    speech = np.concatenate([audio.load(path, spec.sample_rate)[0] for path in rng.choice(files, 6, replace=False)])
    arena, out = np.zeros(program.arena // 4 + 16, np.float32), np.zeros(7, np.float32)
    told: dict[str, Any] = {"sizes": sizes, "rounds": rounds}
    for seconds in (1.0, 3.0, 4.5):
        clip = np.ascontiguousarray(speech[: round(seconds * spec.sample_rate)])
        x = np.ascontiguousarray(frontend.features(clip, spec)[None])
        race: dict[str, Callable[[], object]] = {
            "quaver": lambda x=x: lib.quaver_network(pointer(arena), pointer(x), x.shape[1], pointer(out)),
            "onnxruntime": lambda x=x: each.run(["probabilities"], {"features": x}),
        }
        whole: dict[str, Callable[[], object]] = {
            "quaver": lambda c=clip: lib.quaver_classify(pointer(arena), pointer(c), len(c), pointer(out)),
            "numpy+onnxruntime": lambda c=clip: each.run(
                ["probabilities"], {"features": frontend.features(c, spec)[None]}
            ),
        }
        told[f"{seconds:g} s"] = {"network": times(race, rounds, rng), "whole": times(whole, rounds, rng)}
    return told


def paths(lib: Any, program: Program, each: Any, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Time features alone, and everything from samples to probabilities, over real clips."""
    longest, spec = program.contract.sound.longest, program.contract.sound.spec  # type: ignore[union-attr]
    files = sorted((ROOT / "data" / "emodb").rglob("*.opus"))
    clips = [audio.load(path, 22_050)[0][:longest] for path in rng.choice(files, CLIPS, replace=False)]
    arena, out = np.zeros(program.arena // 4 + 16, np.float32), np.zeros(162, np.float32)

    def classify(call: str, clip: Array) -> Callable[[], object]:
        return lambda: getattr(lib, call)(pointer(arena), pointer(clip), len(clip), pointer(out))

    def heard(clip: Array) -> object:
        return each.run(None, {"features": reference(clip)[None]})

    features, whole = [], []
    for clip in clips:
        clip = np.ascontiguousarray(clip)
        race = {
            "quaver": classify("quaver_features", clip),
            "librosa": lambda clip=clip: reference(clip),
            "numpy": lambda clip=clip: frontend.features(clip, spec),
        }
        features.append(times(race, 5, rng))
        race = {
            "quaver": classify("quaver_classify", clip),
            "librosa+onnxruntime": lambda clip=clip: heard(clip),
        }
        whole.append(times(race, 5, rng))
    seconds = median(len(clip) / 22_050 for clip in clips)
    return tuple({"clips": CLIPS, "seconds": round(seconds, 2), **joined(rows)} for rows in (features, whole))  # type: ignore[return-value]


def joined(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the median of every value over clips."""
    return {key: {name: round(median(row[key][name] for row in rows), 4) for name in rows[0][key]} for key in rows[0]}


def times(race: dict[str, Callable[[], object]], rounds: int, rng: np.random.Generator) -> dict[str, Any]:
    """Run contestants in drawn order; gives milliseconds, and what quaver takes of each other's."""
    spent: dict[str, list[float]] = {name: [] for name in race}
    for run in race.values():
        run()
    for _ in range(rounds):
        for name in rng.permutation(list(race)):
            begin = time.process_time()
            race[name]()
            spent[name].append(1000 * (time.process_time() - begin))
    middle = {name: round(median(values), 4) for name, values in spent.items()}
    ratio = {name: round(middle["quaver"] / value, 4) for name, value in middle.items() if name != "quaver"}
    return {"ms": middle, "quaver_takes": ratio}


def library(folder: Path, program: Program) -> tuple[Any, dict[str, int]]:
    """Build for this machine; gives the library and what it takes."""
    for name, content in program.files("binary").items():
        (folder / name).write_bytes(content)
    built = build.build(folder, find("native"))
    sizes = {"constants": program.constant_bytes, "code": built.code or 0, "arena": program.arena}
    return ctypes.CDLL(str(folder / "libquaver.so")), sizes


def network_of(lib: Any, program: Program, x: Array) -> tuple[Callable[[], object], Array]:
    """Give a function that runs the network, and where its answer appears."""
    arena, out = np.zeros(program.arena // 4 + 16, np.float32), np.zeros((1, 7), np.float32)
    return lambda: lib.quaver_network(pointer(arena), pointer(x), pointer(out)), out


def pointer(values: Array) -> ctypes.c_void_p:
    """Show C where values lie."""
    return ctypes.c_void_p(values.ctypes.data)


def network(rng: np.random.Generator) -> Any:
    """Draw the article's network, as quaver exports it."""
    graph = Graph((162,))
    graph.shape = (162, 1)
    graph.lay_out("steps")
    inner = 1
    for number, (out, pool) in enumerate([(256, 0), (256, 8), *[(128, 0)] * 3, (128, 8), (64, 0), (64, 0)], 1):
        kernel = rng.normal(size=(8, inner, out)) * np.sqrt(2 / (8 * inner))
        graph.convolve(f"conv{number}", kernel, None, {"strides": [1], "dilation_rate": [1], "padding": "same"})
        graph.add("Relu", f"relu{number}")
        if pool:
            graph.add("MaxPool", f"pool{number}", kernel_shape=[1, 8], strides=[1, 8], pads=[0, 0, 0, 0])
            graph.shape = (graph.shape[0] // 8, out)
        inner = out
    graph.flatten("flatten")
    graph.add("Gemm", "dense", ("kernel", rng.normal(size=(7, 128)) / 12), ("bias", np.zeros(7)), transB=1)
    graph.shape, graph.unrolled = (7,), None
    graph.add("Softmax", "probabilities", axis=1)
    return graph.finish()


def session(model: bytes) -> Any:
    """Open a network in ONNX Runtime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def machine() -> dict[str, Any]:
    """Say on what it was measured."""
    words = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    vectors = [name for name in ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni") if name in words]
    said = subprocess.run([*toolchain.host(), "--version"], capture_output=True, text=True).stdout.splitlines()
    return {
        "processor": platform.machine(),
        "vectors": vectors,
        "compiler": said[0] if said else "",
        "load": [round(value, 1) for value in os.getloadavg()],
    }


if __name__ == "__main__":
    main()
