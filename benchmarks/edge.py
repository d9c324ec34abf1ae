"""Hear 200 clips with the artifact of every target that runs here, and compare with ONNX Runtime.

    python benchmarks/edge.py [BUNDLE[@SECONDS][+fixed] ...] [--targets cortex-m4,wasm]

The clips are those of data/emodb whose emotion the bundle knows, every other one in the order of the manifest. Told are
the clips with the same likeliest label, how far a probability is off, and the UAR on both sides. The corpus was among
those that `small` and `nano` were trained on: the UAR tells how much is lost, not how good they are. Adds to
results/edge.json; `python benchmarks/readme.py` makes the table of it.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from quaver import audio
from quaver.bundle import Bundle
from quaver.compile import verify
from quaver.compile.make import make
from quaver.compile.source import Wishes, read
from quaver.compile.targets import Target, find
from quaver.errors import CompileError
from quaver.manifest import Clip, Manifest
from quaver.predict import Predictor

RESULTS = Path(__file__).parent / "results" / "edge.json"
CORPUS = Path(__file__).parent.parent / "data" / "emodb" / "manifest.csv"
CLIPS, PART, SOME = 200, 20, 40  # in all; in the image of a board; at once elsewhere, as emulators have a time limit
BUNDLES = ("nano@3", "nano@3+fixed", "article", "small")
BOARDS = ("cortex-m4", "cortex-m7", "cortex-m55", "riscv32")
OTHERS = ("native", "x86_64", "aarch64", "armv7", "riscv64", "android", "wasm", "web")


def clips(bundle: Bundle) -> list[Clip]:
    """Give the clips that are heard."""
    return [clip for clip in Manifest.read(CORPUS) if clip.emotion in bundle.card.emotions][::2][:CLIPS]


def uar(labels: Any, truth: Any) -> float:
    """Give the mean of the recalls, in percent."""
    return round(100 * float(np.mean([np.mean(labels[truth == each] == each) for each in np.unique(truth)])), 2)


def compare(what: str, target: Target, room: Path) -> dict[str, Any]:
    """Build an artifact, have it hear the clips, and compare."""
    name, _, seconds = what.removesuffix("+fixed").partition("@")
    fixed = what.endswith("+fixed")
    wishes = Wishes(target.lean, seconds=float(seconds) if seconds else None, fixed=fixed, roomy=target.roomy)
    program, bundle = read(name, "benchmarks/edge.py", wishes)
    if bundle is None:
        raise CompileError(f"{name} is no bundle.")
    heard, rate = clips(bundle), bundle.card.spec.sample_rate
    make(program, target, room / "built", bundle=bundle, check=False)
    sounds = [audio.load(clip.path, rate)[0] for clip in heard]
    paths = [room / f"{number}.wav" for number in range(len(sounds))]
    for path, sound in zip(paths, sounds, strict=True):
        soundfile.write(path, sound, rate, subtype="FLOAT")
    part = PART if target.board else SOME
    ways = [
        np.atleast_3d((target.answers or verify.run)(room / "built", target, paths[i : i + part], bundle).probabilities)
        for i in range(0, len(paths), part)
    ]
    got = np.concatenate([w.reshape(-1, *w.shape[-2:]) if w.shape[-1] > 1 else w[None, :, :, 0] for w in ways], axis=1)
    return told(got, sounds, heard, bundle, wishes.fixed)


def told(got: Any, sounds: list[Any], heard: list[Clip], bundle: Bundle, fixed: bool) -> dict[str, Any]:
    """Compare (ways, clips, labels) with ONNX Runtime; of several ways of running it the worst counts."""
    predictor, rate, labels = Predictor(bundle), bundle.card.spec.sample_rate, bundle.card.emotions
    wanted = np.array([list(predictor.predict(sound, rate).probabilities.values()) for sound in sounds])
    truth = np.array([labels.index(clip.emotion) for clip in heard])
    off, theirs = np.abs(got - wanted).max(axis=(0, 2)), uar(wanted.argmax(axis=1), truth)
    ours = [uar(way.argmax(axis=1), truth) for way in got]
    return {
        "clips": len(heard),
        "same_label": int((got.argmax(axis=2) == wanted.argmax(axis=1)).all(axis=0).sum()),
        "largest_difference": float(off.max()),
        "median_difference": float(np.median(off)),
        "uar": max(ours, key=lambda each: abs(each - theirs)),
        "uar_onnxruntime": theirs,
        "bar": verify.bar(bundle, fixed),
    }


def table() -> str:
    """Tabulate what was found."""
    lines = ["| bundle | target | same label | furthest | half within | UAR: ONNX Runtime, it |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, targets in json.loads(RESULTS.read_text()).items():
        for target, found in targets.items():
            same = f"{100 * found['same_label'] / found['clips']:.1f} %"
            far, middle = (f"{found[f'{key}_difference']:.1g}" for key in ("largest", "median"))
            scores = f"{found['uar_onnxruntime']:.1f}, {found['uar']:.1f}"
            lines.append(f"| `{name}` | `{target}` | {same} | {far} | {middle} | {scores} |")
    return "\n".join(lines)


def main() -> None:
    """Compare all, and keep what is found after each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundles", nargs="*", default=BUNDLES)
    parser.add_argument("--targets", type=lambda text: text.split(","), default=[*OTHERS, *BOARDS])
    asked = parser.parse_args()
    for target in asked.targets:
        for what in asked.bundles:
            if target in BOARDS and what.startswith("small"):
                continue  # 5 MB of constants and 2.6 MB of RAM
            with TemporaryDirectory() as room:
                try:
                    found = compare(what, find(target), Path(room))
                except CompileError as error:
                    found = {}
                    print(f"{what} for {target}: {error}", flush=True)
            if found:
                keep(what, target, found)


def keep(what: str, target: str, found: dict[str, Any]) -> None:
    """Write down what was found, in a fixed order."""
    print(what, target, found, flush=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    known.setdefault(what, {})[target] = found
    order = {name: number for number, name in enumerate((*OTHERS, *BOARDS))}
    known = {name: dict(sorted(rows.items(), key=lambda row: order[row[0]])) for name, rows in sorted(known.items())}
    RESULTS.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    main()
