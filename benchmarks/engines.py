"""Run the same networks in several engines, in turns, in one process on one thread; then everything from samples on.

    python benchmarks/engines.py FOLDER                         race all; prints JSON
    python benchmarks/engines.py FOLDER --alone NETWORK ENGINE  open one; prints what it loads and keeps

Runs in the environment of the peers (`make benchmark-compile` makes it). `benchmarks/peers.py` prepares the folder and
says in its race.json what there is to run. Of an engine that is missing or refuses a network, its words are told.
"""

import argparse
import ctypes
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import librosa_features
import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Run = Callable[[], Array]
SLOW, FEW = 0.05, 7  # seconds of a run, beyond which an engine joins in so few rounds alone
PEAK = 200_000  # turns of the loop that measures the peak, about half a millisecond
CFLAGS = ("-O3", "-march=native", "-ffast-math", "-fPIC", "-shared")


def quaver(folder: Path, told: dict[str, Any], x: Array, which: str = "quaver") -> Run:
    """Call a compiled network; its time is open for bundles whose features come in frames."""
    if which not in told:
        raise LookupError("the same program as quaver")
    given = told[which]
    library = ctypes.CDLL(str(folder / given["library"]))
    arena, out = np.zeros(given["arena"] // 4 + 16, np.float32), np.zeros((1, 7), np.float32)
    frames = [x.shape[1]] if given["frames"] else []
    places = [ctypes.c_void_p(values.ctypes.data) for values in (arena, x, out)]

    def run() -> Array:
        library.quaver_network(*places[:2], *frames, places[2])
        return out

    run.kept = (arena, x)  # type: ignore[attr-defined]
    return run


def direct(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Call quaver's program without minimal filtering, where that makes a difference."""
    return quaver(folder, told, x, "direct")


def onnxruntime(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Open ONNX Runtime, sizes left open: where they are fixed, it computes products of `small` in floats, slower."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / told["open"], options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: np.asarray(session.run(None, {name: x})[0])


def litert(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Open LiteRT, whose convolutions are XNNPACK's."""
    from ai_edge_litert.interpreter import Interpreter

    made = Interpreter(model_content=_tflite(folder, told), num_threads=1)
    made.allocate_tensors()
    place, answer = made.get_input_details()[0]["index"], made.get_output_details()[0]["index"]

    def run() -> Array:
        made.set_tensor(place, x)
        made.invoke()
        return np.asarray(made.get_tensor(answer))

    return run


def tflite_micro(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Open TensorFlow Lite Micro with the kernels of its package, those for reference."""
    from tflite_micro import runtime

    made = runtime.Interpreter.from_bytes(_tflite(folder, told), arena_size=1 << 20)

    def run() -> Array:
        made.set_input(x, 0)
        made.invoke()
        return np.asarray(made.get_output(0))

    return run


def _tflite(folder: Path, told: dict[str, Any]) -> bytes:
    """Write the network as LiteRT reads it, once."""
    file = folder / Path(told["onnx"]).with_suffix(".tflite")
    if not file.is_file():
        import litert as writer

        file.write_bytes(writer.write((folder / told["onnx"]).read_bytes()))
    return file.read_bytes()


def openvino(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Open OpenVINO, in float32 where the network is."""
    import openvino

    hints = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().read_model(folder / told["onnx"])
    model.reshape(list(x.shape))
    request = openvino.Core().compile_model(model, "CPU", hints).create_infer_request()
    return lambda: np.asarray(request.infer({0: x})[0])


def emx(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Generate C with emx-onnx-cgen and compile it for this machine."""
    made = folder / f"emx-{Path(told['folded']).stem}"
    if not (made / "model.so").is_file():
        made.mkdir(exist_ok=True)
        _said([Path(sys.executable).parent / "emx-onnx-cgen", "compile", folder / told["folded"], made / "model.c"])
        _said([*shlex.split(os.environ.get("CC", "cc")), *CFLAGS, made / "model.c", "-o", made / "model.so", "-lm"])
    library = ctypes.CDLL(str(made / "model.so"))
    if (made / "model.bin").is_file() and not library.model_load(str(made / "model.bin").encode()):
        raise RuntimeError("its weights cannot be read")
    out = np.zeros((1, 7), np.float32)
    places = [ctypes.c_void_p(values.ctypes.data) for values in (x, out)]

    def run() -> Array:
        library.model(*places)
        return out

    run.kept = x  # type: ignore[attr-defined]
    return run


def onnx2c(folder: Path, told: dict[str, Any], x: Array) -> Run:
    """Say that it is not here: nobody packages it."""
    raise LookupError("missing: it comes neither from PyPI nor from Debian")


ENGINES: dict[str, Callable[[Path, dict[str, Any], Array], Run]] = {
    "quaver": quaver,
    "quaver, direct": direct,
    "onnxruntime": onnxruntime,
    "litert": litert,
    "openvino": openvino,
    "emx-onnx-cgen": emx,
    "tflite-micro": tflite_micro,
    "onnx2c": onnx2c,
}
PACKAGES = ("onnxruntime", "ai-edge-litert", "openvino", "emx-onnx-cgen", "tflite-micro")


def _said(command: list[Any]) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise RuntimeError(lines[-1] if lines else "it said nothing")


def opened(folder: Path, told: dict[str, Any], engines: list[str], x: Array) -> tuple[dict[str, Run], dict[str, str]]:
    """Open a network in all of some engines that take it; gives what runs on `x`, and why the others do not."""
    runs, refused = {}, {}
    for name in engines:
        try:
            run = ENGINES[name](folder, told, x)
            if (shape := run().shape) != (1, 7):
                raise ValueError(f"its answer has the shape {shape}")
            runs[name] = run
        except LookupError as error:
            refused[name] = str(error.args[0])
        except ImportError as error:
            refused[name] = f"missing: {error}"
        except Exception as error:  # whatever a peer raises is told, not raised
            refused[name] = " ".join(str(error).split())[:300] or type(error).__name__
    return runs, refused


def race(
    folder: Path, told: dict[str, Any], engines: list[str], rounds: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Run all in turns, with the machine's peak among them; then each behind librosa against quaver's whole path."""
    x = np.load(folder / told["x"])
    runs, refused = opened(folder, told, engines, x)
    off = _apart(runs)
    peaks = _peaks(folder)
    spent = _turns({**runs, **peaks}, rounds, rng)
    counts = {name: float(run()) for name, run in peaks.items()}  # type: ignore[arg-type]
    peak, in_bytes = (count / min(spent.pop(name)) for name, count in counts.items())  # nothing may disturb them
    rows = {name: {"refused": words} for name, words in refused.items()} | _rows(spent, off)
    floor, lower = (1000 * told["macs"] / each if each else None for each in (peak, in_bytes if told["int8"] else 0))
    for row in rows.values():
        if "ms" in row:  # the floor knows no neighbours, so it is compared with the least disturbed runs
            row["times_the_floor"] = round(row["p10"] / floor, 3)
            row["times_the_floor_in_bytes"] = round(row["p10"] / lower, 3) if lower else None
    known = {"peak_gmacs": round(peak / 1e9, 2), "peak_gmacs_in_bytes": round(in_bytes / 1e9, 2)}
    floors = {"floor_ms": round(floor, 4), "floor_ms_in_bytes": round(lower, 4) if lower else None}
    made = {"macs": told["macs"], **known, **floors, "rows": {name: rows[name] for name in engines}}
    return made | ({"whole": whole(folder, told["whole"], runs, x, rounds, rng)} if "whole" in told else {})


def whole(
    folder: Path, told: dict[str, Any], runs: dict[str, Run], x: Array, rounds: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Race everything from samples to probabilities: quaver's program against librosa and each engine.

    Args:
        folder: of the race.
        told: of quaver's program that hears sound, the sound and the numbers of its features.
        runs: the engines, which read `x`.
        x: where librosa's features are put for them.
        rounds: of the race.
        rng: draws the order of each.
    """
    sound, library = np.load(folder / told["sound"]), ctypes.CDLL(str(folder / told["library"]))
    arena, out = np.zeros(told["arena"] // 4 + 16, np.float32), np.zeros((1, 7), np.float32)
    places = [ctypes.c_void_p(values.ctypes.data) for values in (arena, sound, out)]

    def hear() -> Array:
        if library.quaver_classify(*places[:2], len(sound), places[2]):
            raise RuntimeError("quaver refuses the sound")
        return out

    def behind(run: Run) -> Run:
        def both() -> Array:
            x[...] = librosa_features.features(sound, told["spec"])
            return run()

        return both

    turns = {"quaver": hear} | {name: behind(run) for name, run in runs.items() if not name.startswith("quaver")}
    off = _apart(turns)
    alone = {"librosa": lambda: librosa_features.features(sound, told["spec"])}
    rows = _rows(_turns({**turns, **alone}, rounds, rng), off)
    return {"seconds": len(sound) / told["spec"]["sample_rate"], "rows": rows}


def _turns(runs: Mapping[str, Callable[[], object]], rounds: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """Run all in every round, in an order drawn anew; gives the seconds of each run. What is slow runs less often."""
    slow = {name for name, run in runs.items() if _spent(run) > SLOW}
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in rng.permutation(list(runs)):
            if name not in slow or number < FEW:
                spent[name].append(_spent(runs[name]))
    return spent


def _apart(runs: dict[str, Run]) -> dict[str, float]:
    """Say how far everybody's answer is from that of ONNX Runtime, or of quaver where that is not among them."""
    wanted = runs["onnxruntime" if "onnxruntime" in runs else "quaver"]().copy()
    return {name: float(np.abs(run() - wanted).max()) for name, run in runs.items()}


def _rows(spent: dict[str, list[float]], off: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Sum up the times of all, and what quaver takes of each."""
    rows: dict[str, dict[str, Any]] = {}
    for name, values in spent.items():
        low, high = np.percentile(values, [10, 90]) * 1000
        middle = {"ms": round(1000 * median(values), 4), "p10": round(low, 4), "p90": round(high, 4)}
        rows[name] = {**middle, "runs": len(values), "off": off.get(name)}
    for row in rows.values():
        row["quaver_takes"] = round(rows["quaver"]["ms"] / row["ms"], 4)
        row["quaver_takes_p10"] = round(rows["quaver"]["p10"] / row["p10"], 4)
    return rows


def _peaks(folder: Path) -> dict[str, Callable[[], object]]:
    """Open what measures the machine's peaks, of floats and of bytes; gives how many multiply-accumulates it does."""
    library, out = ctypes.CDLL(str(folder / "peak.so")), np.ones(4, np.float32)
    runs: dict[str, Callable[[], object]] = {}
    for name in ("peak", "peak_bytes"):
        run = getattr(library, name)
        run.restype, run.argtypes = ctypes.c_double, [ctypes.c_long, ctypes.c_void_p]
        runs[name] = lambda run=run: run(PEAK, out.ctypes.data)
    return runs


def _spent(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def alone(folder: Path, told: dict[str, Any], engine: str) -> dict[str, int]:
    """Open one network in one engine; gives the memory it came to keep and the bytes of the libraries it loaded."""
    x = np.load(folder / told["x"])
    before, loaded = _resident(), _mapped()
    run = ENGINES[engine](folder, told, x)
    for _ in range(3):
        run()
    kept = _resident() - before
    if (folder / "count.so").is_file():
        counter = ctypes.CDLL(str(folder / "count.so"))
        counter.begin()
        run()
        counter.end()
    return {"memory": kept, "libraries": sum(path.stat().st_size for path in _mapped() - loaded)}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _mapped() -> set[Path]:
    """List the shared libraries in memory, but those of the system."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    files = {Path(line.split(maxsplit=5)[5]) for line in lines if ".so" in line}
    return {file for file in files if file.is_file() and not str(file).startswith(("/lib", "/usr/lib"))}


def main() -> None:
    """Race, or open one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--alone", nargs=2, metavar=("NETWORK", "ENGINE"))
    given = parser.parse_args()
    told = json.loads((given.folder / "race.json").read_text())
    if given.alone:
        network, engine = given.alone
        made: dict[str, Any] = alone(given.folder, told["networks"][network], engine)
    else:
        rng = np.random.default_rng(0)
        made = {"versions": {name: _version(name) for name in PACKAGES}}
        made["networks"] = {
            name: race(given.folder, each, told.get("engines", list(ENGINES)), told["rounds"], rng)
            for name, each in told["networks"].items()
        }
    print("\n" + json.dumps(made))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    main()
