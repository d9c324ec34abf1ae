"""Compare quaver's programs with other engines, with features and without: speed, memory, sizes, instructions.

    python benchmarks/peers.py [--rounds 60]    what `make benchmark-compile` does after benchmarks/compile.py
    python benchmarks/peers.py --count          adds the instructions of an inference, which takes an hour

The peers live in an environment of their own, `.venv-peers`, and run there beside quaver's libraries in one process, in
an order drawn anew every round (`benchmarks/engines.py`). Adds "peers" to benchmarks/results/compile.json, from which
`benchmarks/readme.py` makes the table of docs/compile.md.
"""

import argparse
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from compile import ONE_THREAD, RESULT, ROOT, library, machine, network
from floats import floats

from quaver import audio, zoo
from quaver.bundle import Bundle
from quaver.compile import toolchain
from quaver.compile.plan import Plan
from quaver.compile.program import Contract, Program
from quaver.compile.source import plan_of, program_of, sound_of
from quaver.errors import CompileError
from quaver.frontend import LogmelSpec
from quaver.onnx_graph import VOICE_DEVIATION, VOICE_MEAN

PEERS = Path(os.environ.get("QUAVER_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
SECONDS = 3  # of sound that everybody hears
FRAMES = {"nano": 50, "small": 100}  # of a second
PATIENCE = 1800
SLOW = 50  # ms; what takes longer is not worth counting


def main() -> None:
    """Measure and add to the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--count", action="store_true", help="count the instructions that have not been counted yet")
    given = parser.parse_args()
    if not PEERS.is_file():
        raise SystemExit(f"{PEERS} is missing; `make benchmark-compile` makes it.")
    with TemporaryDirectory() as made:
        folder = Path(made)
        networks = prepared(folder, np.random.default_rng(0))
        (folder / "race.json").write_text(json.dumps({"rounds": given.rounds, "networks": networks}))
        (count if given.count else raced)(folder, networks, given.rounds)


def raced(folder: Path, networks: dict[str, Any], rounds: int) -> None:
    """Race all, then open each alone; counts of instructions are kept where they were made before."""
    before = json.loads(RESULT.read_text()).get("peers", {"networks": {}})["networks"]
    told = {"machine": machine(), "rounds": rounds, **_race(folder)}
    for name, engine, row in _rows(told):
        row |= _asked([PEERS, "benchmarks/engines.py", folder, "--alone", name, engine])
        which = networks[name].get(engine.removeprefix("quaver, "), {})
        row |= {"sizes": which["sizes"]} if which else {"model": (folder / networks[name]["onnx"]).stat().st_size}
        row["instructions"] = before.get(name, {}).get("rows", {}).get(engine, {}).get("instructions")
    told["avx2"] = narrow(rounds)
    _keep(told)
    print(json.dumps(told, indent=2))


def narrow(rounds: int) -> dict[str, Any]:
    """Race quaver's programs for AVX2 with the peak of AVX2; nothing where the processor has none or no more."""
    wider = {"avx2", "avx512f"} <= set(machine()["vectors"])
    if not wider:
        return {}
    before = os.environ.get("CC")
    os.environ["CC"] = shlex.join([*toolchain.host(), "-mno-avx512f"])
    try:
        with TemporaryDirectory() as made:
            networks = prepared(Path(made), np.random.default_rng(0))
            for each in networks.values():
                del each["whole"]
            engines = ["quaver", "quaver, direct"]
            told = {"rounds": rounds, "engines": engines, "networks": networks}
            (Path(made) / "race.json").write_text(json.dumps(told))
            return dict(_race(Path(made))["networks"])
    finally:
        os.environ.pop("CC")
        os.environ |= {"CC": before} if before else {}


def _race(folder: Path) -> dict[str, Any]:
    _tool(folder, "peak", "-march=native", "-ffp-contract=fast")
    return _asked([PEERS, "benchmarks/engines.py", folder])


def count(folder: Path, networks: dict[str, Any], rounds: int) -> None:
    """Count instructions under valgrind, which takes minutes an engine; what is there already stays."""
    told = json.loads(RESULT.read_text())["peers"]
    if not _tool(folder, "count"):
        raise SystemExit("counting needs valgrind and its headers.")
    for name, engine, row in _rows(told):
        if row.get("instructions") is None and row["ms"] < SLOW:
            row["instructions"] = _counted(folder, name, engine)
            _keep(told)


def _rows(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Go through all that ran."""
    for name, each in told["networks"].items():
        yield from ((name, engine, row) for engine, row in each["rows"].items() if "ms" in row)


def _keep(told: dict[str, Any]) -> None:
    RESULT.write_text(json.dumps({**json.loads(RESULT.read_text()), "peers": told}, indent=2) + "\n")


def prepared(folder: Path, rng: np.random.Generator) -> dict[str, Any]:
    """Write the networks with all sizes fixed, an input for each, and quaver's libraries."""
    made = {}
    for name in ("article", "nano", "small"):
        shipped, frames = zoo.load(name), SECONDS * FRAMES.get(name, 0)
        in_bytes = shipped.model.read_bytes()
        in_floats = network(rng).SerializeToString() if name == "article" else floats(alone(in_bytes))
        for kind, model in (("float32", in_floats), ("int8", in_bytes)):
            made[f"{name}, {kind}"] = _written(folder, f"{name}-{kind}", shipped, model, rng, frames)
    return made


def _written(
    folder: Path, name: str, shipped: Bundle, model: bytes, rng: np.random.Generator, frames: int
) -> dict[str, Any]:
    plain = fixed(model, frames)
    (folder / f"{name}.onnx").write_bytes(plain)
    (folder / f"{name}-open.onnx").write_bytes(alone(model))
    _fold(folder, name)
    x = rng.normal(size=sizes(plain)).astype(np.float32)
    np.save(folder / f"{name}.npy", x)
    told: dict[str, Any] = {
        "onnx": f"{name}.onnx",
        "open": f"{name}-open.onnx",
        "folded": f"{name}-folded.onnx",
        "x": f"{name}.npy",
        "frames": frames,
    }
    longest = frames or None
    model = alone(model)
    plans = {"quaver": plan_of(model, name, roomy=True, longest=longest)}
    direct = plan_of(model, name, longest=longest)
    if any(step.scratch for step in plans["quaver"].steps) and direct.arena != plans["quaver"].arena:
        plans["direct"] = direct
    for which, plan in plans.items():
        place = folder / f"{name}-{which}"
        place.mkdir()
        _, taken = library(place, Program(plan, Contract(name, "a benchmark")))
        told[which] = {
            "library": f"{place.name}/libquaver.so",
            "frames": bool(frames),
            "arena": plan.arena,
            "sizes": taken,
        }
    told["whole"] = _whole(folder, name, shipped, plans["quaver"])
    return {**told, "macs": int(plans["quaver"].macs), "int8": name.endswith("int8")}


def _whole(folder: Path, name: str, shipped: Bundle, plan: Plan) -> dict[str, Any]:
    """Build the program that hears sound, as its bundle has it but with pauses, and nothing calibrated behind it.

    Without pauses a clip would be shorter for quaver than for engines whose sizes are fixed.
    """
    spec = shipped.card.spec
    spec = replace(spec, pause=None) if isinstance(spec, LogmelSpec) else spec
    files = sorted((ROOT / "data" / "emodb").rglob("*.opus"))[:2]
    count = SECONDS * spec.sample_rate
    sound = np.concatenate([audio.load(path, spec.sample_rate)[0] for path in files])[:count]
    np.save(folder / f"{name}-sound.npy", sound)
    contract = program_of(shipped, "a benchmark").contract
    heard = replace(contract, sound=sound_of(spec, count), window=(count, count), temperature=1.0)
    place = folder / f"{name}-whole"
    place.mkdir()
    program = Program(plan, heard)
    library(place, program)
    return {
        "library": f"{place.name}/libquaver.so",
        "arena": program.arena,
        "sound": f"{name}-sound.npy",
        "spec": spec.to_dict(),
    }


def alone(model: bytes) -> bytes:
    """Leave the input and the output that everybody has, and nothing that adapts to speakers."""
    import onnx

    made = onnx.load_from_string(model)
    for node in [node for node in made.graph.node if set(node.input) & {VOICE_MEAN, VOICE_DEVIATION}]:
        for other in made.graph.node:
            names = [node.input[0] if name == node.output[0] else name for name in other.input]
            del other.input[:]
            other.input.extend(names)
        made.graph.node.remove(node)
    constants = {tensor.name for tensor in made.graph.initializer}
    inputs = [value for value in made.graph.input if value.name not in constants]
    del made.graph.input[:], made.graph.output[1:]
    made.graph.input.extend(inputs)
    return bytes(made.SerializeToString())


def fixed(model: bytes, frames: int) -> bytes:
    """Fix the batch and the time of a network with one input and one output."""
    import onnx

    made = onnx.load_from_string(alone(model))
    for size, wanted in zip(made.graph.input[0].type.tensor_type.shape.dim, (1, frames), strict=False):
        if not size.dim_value:
            size.dim_value = wanted
    return bytes(made.SerializeToString())


def _fold(folder: Path, name: str) -> None:
    """Let ONNX Runtime compute what is constant, for generators that do not."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folder / f"{name}-folded.onnx")
    onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])


def sizes(model: bytes) -> list[int]:
    """Give the sizes of the input."""
    import onnx

    made = onnx.load_from_string(model)
    return [size.dim_value for size in made.graph.input[0].type.tensor_type.shape.dim]


def _tool(folder: Path, name: str, *flags: str) -> bool:
    """Compile a helper of benchmarks/c as a library; tells whether that went."""
    source = ROOT / "benchmarks" / "c" / f"{name}.c"
    try:
        toolchain.run([*toolchain.host(), "-O3", *flags, "-fPIC", "-shared", str(source), "-o", f"{name}.so"], folder)
    except CompileError as error:
        print(f"benchmarks/c/{name}.c: {error}")
        return False
    return True


def _asked(command: list[Any], before: tuple[str, ...] = ()) -> dict[str, Any]:
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), **dict.fromkeys(ONE_THREAD, "1")}
    words = [*before, *(str(word) for word in command)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _counted(folder: Path, name: str, engine: str) -> int | None:
    """Count the instructions of one inference under valgrind; None where it gives up."""
    out = folder / "callgrind.out"
    tool = ("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}")
    try:
        _asked([PEERS, "benchmarks/engines.py", folder, "--alone", name, engine], tool)
    except (OSError, SystemExit, subprocess.TimeoutExpired) as error:
        print(f"not counted: {name}, {engine}: {str(error)[:300]}")
        return None
    totals = [line for line in out.read_text().splitlines() if line.startswith(("totals:", "summary:"))]
    return max((int(line.split()[1]) for line in totals), default=None)


if __name__ == "__main__":
    main()
