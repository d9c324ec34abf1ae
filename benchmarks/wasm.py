"""Compare quaver's WebAssembly with onnxruntime-web in one headless Chromium, in turns, one thread each.

    python benchmarks/wasm.py ONNXRUNTIME_WEB [--rounds 40]    what `make benchmark-wasm` does

ONNXRUNTIME_WEB is the folder that npm makes of that package. Networks alone: `article` in float32 with drawn weights,
the bundles in eight bits, `nano` and `small` over 3 s of sound. A browser tells no processor time, so the clock does,
and the tenth percentile says more than the median where the machine is busy. Writes results/wasm.json.
"""

import argparse
import json
import os
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from compile import ROOT
from compile import network as article
from peers import FRAMES, SECONDS, alone, fixed, sizes

from quaver import zoo
from quaver.compile import toolchain
from quaver.compile.program import Contract, Program
from quaver.compile.source import plan_of
from quaver.compile.targets import find

sys.path.insert(0, str(ROOT / "tests"))
from browser import Browser  # noqa: E402 - the tests' own, through a pipe

RESULT = ROOT / "benchmarks" / "results" / "wasm.json"
LOADED = ("ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs", "ort.wasm.min.js")
PAGE = '<!doctype html><script src="ort.wasm.min.js"></script><script src="browser_race.js"></script>'


def main() -> None:
    """Build, race, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with TemporaryDirectory() as made:
        folder = Path(made)
        networks = prepared(folder)
        for name in LOADED:
            copyfile(given.package / "dist" / name, folder / name)
        copyfile(ROOT / "benchmarks" / "browser_race.js", folder / "browser_race.js")
        (folder / "index.html").write_text(PAGE)
        told = {
            "onnxruntime_web": json.loads((given.package / "package.json").read_text())["version"],
            "rounds": given.rounds,
            "load": round(os.getloadavg()[0], 1),
            **raced(folder, networks, given.rounds),
        }
    RESULT.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told, indent=2))


def prepared(folder: Path) -> dict[str, tuple[list[int], int]]:
    """Write every network for both, and an input; gives the shape of the input, and its frames."""
    rng, made = np.random.default_rng(0), {}
    drawn = article(rng).SerializeToString()
    models = {"article, float32": (drawn, 0)}
    for name in ("article", "nano", "small"):
        models[f"{name}, int8"] = (zoo.load(name).model.read_bytes(), SECONDS * FRAMES.get(name, 0))
    for name, (model, frames) in models.items():
        model, shape = alone(model), sizes(fixed(model, frames))
        (folder / f"{name}.onnx").write_bytes(model)
        (folder / f"{name}.f32").write_bytes(rng.normal(size=shape).astype("<f4").tobytes())
        _compile(folder, name, model, frames)
        made[name] = (shape, frames)
    return made


def _compile(folder: Path, name: str, model: bytes, frames: int) -> None:
    """Compile a network as the target `wasm` does, with exports for the page."""
    place, target = folder / f"{name}-sources", find("wasm")
    place.mkdir()
    plan = plan_of(model, name, roomy=target.roomy, longest=frames or None)
    for file, content in Program(plan, Contract(name, "a benchmark")).files(target.constants).items():
        (place / file).write_bytes(content)
    copyfile(ROOT / "benchmarks" / "c" / "web_network.c", place / "web_network.c")
    compiler = [*toolchain.zig(), *target.compiler]
    opened = ["-DOPEN"] if frames else []
    toolchain.run([*compiler, *toolchain.FLAGS, "-c", "quaver_model.c", "-o", "model.o"], place)
    toolchain.run([*compiler, "-std=c23", "-c", "quaver_weights.c", "-o", "weights.o"], place)
    linked = ["web_network.c", "model.o", "weights.o", "-o", f"../{name}.wasm"]
    toolchain.run([*compiler, *toolchain.FLAGS, *opened, "-mexec-model=reactor", "-s", *linked], place)


def raced(folder: Path, networks: dict[str, tuple[list[int], int]], rounds: int) -> dict[str, Any]:
    """Race all networks in one browser."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser()
    rows: dict[str, Any] = {}
    try:
        product = browser.call("Browser.getVersion")["product"]
        browser.open(f"http://localhost:{server.server_port}/index.html")
        for name, (shape, frames) in networks.items():
            told = browser.evaluate(f"race({json.dumps(name)}, {shape}, {frames}, {rounds})")
            rows[name] = _row(folder, name, told)
    finally:
        browser.close()
        server.shutdown()
    return {"browser": product, "networks": rows}


def _row(folder: Path, name: str, told: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for engine, spent in told["spent"].items():
        low, middle = np.percentile(spent, [10, 50])
        row |= {engine: round(middle, 4), f"{engine} p10": round(low, 4)}
    row["quaver_takes"] = round(row["quaver"] / row["onnxruntime-web"], 3)
    row["quaver_takes_p10"] = round(row["quaver p10"] / row["onnxruntime-web p10"], 3)
    row["off"] = float(np.abs(np.subtract(*told["outputs"].values())).max())
    theirs = sum((folder / file).stat().st_size for file in (f"{name}.onnx", *LOADED))
    row["bytes"] = {"quaver": (folder / f"{name}.wasm").stat().st_size, "onnxruntime-web": theirs}
    return row


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    main()
