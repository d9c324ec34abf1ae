"""Measure the leak guard: copies planted in real corpora that it finds, and pairs that it reports in clean ones.

    python benchmarks/leaks.py                   # data/emodb
    QUAVER_CORPORA=DIR python benchmarks/leaks.py

A corpus whose folder is missing is left out. Results go to benchmarks/results/leaks.json.
"""

import csv
import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from quaver import audio, leaks
from quaver.augment import vary
from quaver.files import write_json
from quaver.manifest import Clip, Manifest

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "leaks.json"
CORPORA = ("emodb", "emovo", "ravdess", "banglaser", "tess", "nemo")
PLANTED = 20  # clips a corpus and kind

Plant = Callable[[np.ndarray, int, str], tuple[np.ndarray, int]]


def augmented(variant: str) -> Plant:
    """Plant what quaver's own augmentation makes of a clip."""
    return lambda x, rate, name: (vary(x, rate, variant, name), rate)


def encoded(container: str, subtype: str, level: float) -> Plant:
    """Plant a copy that was encoded at 16 kHz; level 0.99 is the lowest bit rate."""

    def plant(x: np.ndarray, rate: int, name: str) -> tuple[np.ndarray, int]:
        file = io.BytesIO()
        x16 = audio.resample(x, rate, 16_000)
        soundfile.write(file, x16, 16_000, format=container, subtype=subtype, compression_level=level)
        return audio.resample(*soundfile.read(io.BytesIO(file.getvalue()), dtype="float32"), 16_000), 16_000

    return plant


def cut(begin: float, end: float) -> Plant:
    """Plant a part of a clip, from and to these fractions of it."""
    return lambda x, rate, name: (x[int(begin * len(x)) : int(end * len(x))], rate)


OPUS = encoded("OGG", "OPUS", 0.99)
KINDS: dict[str, Plant] = {
    **{f"augment: {v}": augmented(v) for v in ("noise", "snr", "stretch", "pitch", "stretch+pitch", "shift", "speed")},
    **{f"augment: {v}": augmented(v) for v in ("band", "room", "room+snr", "gain")},
    "Opus, lowest rate": OPUS,
    "MP3, lowest rate": encoded("MP3", "MPEG_LAYER_III", 0.99),
    "a tenth as loud": lambda x, rate, name: (0.1 * x, rate),
    "first 30 % cut": cut(0.3, 1),
    "last 30 % cut": cut(0, 0.7),
    "15 % cut at both ends": cut(0.15, 0.85),
    "8 kHz": lambda x, rate, name: (audio.resample(x, rate, 8_000), 8_000),
    "1 s of silence at both ends": lambda x, rate, name: (np.pad(x, rate), rate),
    "cut, a third as loud, Opus": lambda x, rate, name: OPUS(0.3 * cut(0.2, 0.95)(x, rate, name)[0], rate, name),
}


def main() -> None:
    """Measure every corpus that is there."""
    folder = os.environ.get("QUAVER_CORPORA")
    manifests = {"emodb, Opus": Manifest.read(ROOT / "data" / "emodb" / "manifest.csv")}
    for name in CORPORA if folder else ():
        if (Path(folder or "") / "manifests" / f"{name}.csv").exists():
            manifests[name] = listed(Path(folder or "") / "manifests" / f"{name}.csv")
    results = {}
    for name, manifest in manifests.items():
        results[name] = {"clean": clean(manifest), "planted": planted(manifest)}
        print(name, results[name], flush=True)
        write_json(RESULTS, {"clips planted of each kind": PLANTED, "corpora": results, "recall": pooled(results)})


def listed(table: Path) -> Manifest:
    """Read the table of a corpus: path, corpus, speaker, emotion and more columns."""
    with table.open(encoding="utf-8") as lines:
        return Manifest(
            tuple(
                Clip((table.parent / row["path"]).resolve(), row["corpus"], row["speaker"], row["emotion"])
                for row in csv.DictReader(lines)
            )
        )


def clean(manifest: Manifest) -> dict[str, object]:
    """Compare all speakers of a corpus with one another, as the guard does, and list what it reports."""
    begun = time.process_time()
    reported = leaks.repeated(manifest)
    return {
        "clips": len(manifest),
        "pairs": pairs(manifest),
        "reported": [str(leak) for leak in reported],
        "CPU seconds": round(time.process_time() - begun, 1),
    }


def pairs(manifest: Manifest) -> int:
    """Count the pairs of clips by different speakers."""
    sizes = [sum(clip.group == group for clip in manifest) for group in manifest.speakers]
    return (sum(sizes) ** 2 - sum(n * n for n in sizes)) // 2


def planted(manifest: Manifest) -> dict[str, dict[str, int]]:
    """Plant copies as files of another speaker; count those found, and the other clips reported beside them."""
    rng = np.random.default_rng(0)
    chosen = [manifest.clips[i] for i in rng.choice(len(manifest), PLANTED, replace=False)]
    with tempfile.TemporaryDirectory() as folder:
        origin = {
            save(clip, plant, Path(folder) / f"{k}-{i}.wav"): (kind, clip)
            for k, (kind, plant) in enumerate(KINDS.items())
            for i, clip in enumerate(chosen)
        }
        found = leaks.find(manifest, Manifest(tuple(Clip(path, "planted", "nobody", "sad") for path in origin)))
    columns = ("found", "as augmented copy", "other takes by that speaker", "other speakers")
    counts = {kind: dict.fromkeys(columns, 0) for kind in KINDS}
    for leak in found:
        kind, clip = origin[leak.right.path]
        own = leak.left.path == clip.path
        same = leak.left.group == clip.group
        counts[kind]["found" if own else columns[2] if same else columns[3]] += 1
        counts[kind]["as augmented copy"] += own and leak.kind == "augmented copy"
    return counts


def save(clip: Clip, plant: Plant, path: Path) -> Path:
    """Write a copy of a clip under another name."""
    samples, rate = plant(*audio.load(clip.path), clip.path.name)
    soundfile.write(path, samples.clip(-1, 1), rate)
    return path


def pooled(results: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, float]:
    """Give the share found of each kind over all corpora."""
    return {kind: sum(r["planted"][kind]["found"] for r in results.values()) / PLANTED / len(results) for kind in KINDS}


if __name__ == "__main__":
    main()
