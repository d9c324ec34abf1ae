"""What log-mel features in whole numbers take and lose against those in floats.

    python benchmarks/fixed.py

On real clips of data/emodb, as loud as they are and a hundred times quieter, against NumPy: how far features in whole
numbers are from those of the same samples of sixteen bits, and what the sixteen bits themselves lose. On a Cortex-M4
under QEMU, with its floating point and without: the instructions for the features of a second of sound, those of a
whole clip less those of the network. Writes results/fixed.json; `python benchmarks/readme.py` makes the table of it.
"""

import ctypes
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from quaver import audio, frontend, zoo
from quaver.compile import adopt, emit, toolchain, weights
from quaver.compile.hearing import hearing
from quaver.compile.logmel_fixed import Sound
from quaver.compile.make import make
from quaver.compile.sound import sampled
from quaver.compile.source import program_of
from quaver.compile.targets import find
from quaver.manifest import Manifest

RESULTS = Path(__file__).parent / "results" / "fixed.json"
CORPUS = Path(__file__).parent.parent / "data" / "emodb" / "manifest.csv"
RATE, SECONDS = 16_000, 3.0
SOFT = ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m4+soft_float")
MAIN = """
int features_of(void *work, const short *samples, int count, float *features);
int features_of(void *work, const short *samples, int count, float *features)
{
    return logmel_features((logmel_work *)work, samples, count, features);
}
"""


def decibels(wanted: list[Any], got: list[Any]) -> float:
    """Give the ratio of the signal to the difference."""
    signal, noise = (sum(float(np.square(each).sum()) for each in values) for values in (wanted, _off(wanted, got)))
    return round(10 * float(np.log10(signal / noise)), 1)


def _off(wanted: list[Any], got: list[Any]) -> list[Any]:
    return [a - b for a, b in zip(wanted, got, strict=True)]


def likeness(name: str, folder: Path) -> dict[str, Any]:
    """Compare a frontend in whole numbers with NumPy."""
    spec = frontend.spec(name)
    sound = Sound(spec, 10 * RATE)
    text = sound.text() + MAIN
    head = "#include <math.h>\n#include <string.h>\n\n"
    (folder / "a.c").write_text(head + "\n".join([weights.as_text(sound.tables()), *emit.needed(text), text]))
    subprocess.run([*toolchain.host(), "-O2", "-shared", "-fPIC", "a.c", "-o", f"{name}.so"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / f"{name}.so"))
    clips = [audio.load(clip.path, RATE)[0][: 10 * RATE] for clip in list(Manifest.read(CORPUS))[::5]]
    found: dict[str, Any] = {"clips": len(clips)}
    for level, gain in (("as they are", 1.0), ("a hundredth", 0.01)):
        got, same, exact = [], [], []
        for clip in clips:
            whole = sampled(gain * clip, 32768)
            made, work = (
                np.empty((spec.frames(len(clip)), spec.n_mels), np.float32),
                np.empty(sound.work // 4 + 2, "i4"),
            )
            library.features_of(
                *(ctypes.c_void_p(each.ctypes.data) for each in (work, whole)),
                len(whole),
                ctypes.c_void_p(made.ctypes.data),
            )
            got.append(made)
            same.append(frontend.features((whole / 32768).astype(np.float32), spec))
            exact.append(frontend.features((gain * clip).astype(np.float32), spec))
        found[level] = {
            "decibels": decibels(same, got),
            "largest": max(float(np.abs(each).max()) for each in _off(same, got)),
            "decibels_with_sixteen_bits": decibels(exact, got),
        }
    return found


def network() -> bytes:
    """Make a dense layer on the mean over time."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(7, 48)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["features", "time"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    taken = helper.make_tensor_value_info("features", TensorProto.FLOAT, ("batch", "frames", 48))
    given = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ("batch", 7))
    constants = {"time": np.array([1]), "weights": weights}
    stored = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    made = helper.make_graph(nodes, "mean", [taken], [given], stored)
    return bytes(
        onnx.ModelProto.SerializeToString(
            helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        )
    )


def instructions(soft: bool, fixed: bool, folder: Path) -> int:
    """Count those of the features of a second of sound, in a program whose network does next to nothing."""
    target, bundle = find("cortex-m4"), hearing(adopt.adopt(network(), "mean", "logmel-nano"), SECONDS)
    if soft:
        target = replace(target, compiler=SOFT)
    told = make(program_of(bundle, "a benchmark", keep=False, fixed=fixed), target, folder / "m4", bundle=bundle)
    sounds = [len(audio.load(clip, RATE)[0]) for clip in zoo.samples()]
    alone = told["measured"]["instructions_per_clip"]
    # The network hears as many seconds as the clip has: it is told apart by its share of the longest sound.
    share = told["measured"]["instructions_of_network"] * np.mean(sounds) / (SECONDS * RATE)
    print(soft, fixed, told["measured"], flush=True)
    return round((alone - share) / np.mean(sounds) * RATE)


def table() -> str:
    """Tabulate what was found."""
    found = json.loads(RESULTS.read_text())
    lines = ["| frontend | same samples | largest | 16 bits | same, a hundredth as loud | 16 bits |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, both in found["likeness"].items():
        loud, quiet = both["as they are"], both["a hundredth"]
        first = f"{loud['decibels']:.0f} dB | {loud['largest']:.1g} | {loud['decibels_with_sixteen_bits']:.0f} dB"
        lines.append(
            f"| `{name}` | {first} | {quiet['decibels']:.0f} dB | {quiet['decibels_with_sixteen_bits']:.0f} dB |"
        )
    lines += ["", "| Cortex-M4 | floats | whole numbers |", "| --- | --- | --- |"]
    for name, row in found["instructions_of_a_second"].items():
        lines.append(f"| {name} | {row['float'] / 1e6:.1f} million | {row['fixed'] / 1e6:.1f} million |")
    return "\n".join(lines)


def main() -> None:
    """Measure both."""
    with TemporaryDirectory() as room:
        folder = Path(room)
        found: dict[str, Any] = {"likeness": {name: likeness(name, folder) for name in ("logmel", "logmel-nano")}}
        print(found, flush=True)
        found["instructions_of_a_second"] = {
            name: {kind: instructions(soft, kind == "fixed", folder) for kind in ("float", "fixed")}
            for name, soft in (("with floating point", False), ("without", True))
        }
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
