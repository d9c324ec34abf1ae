"""What eight bits cost a float bundle, with the sample clips and with real ones for calibration.

    python benchmarks/calibration.py runs/bundles/article/final

Compares the labels of 200 clips of data/emodb, the two speakers first whom no bundle has heard, with those of the
float network. The hundred clips for calibration are others. Writes results/calibration.json.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from quaver import audio, frontend, zoo
from quaver.bundle import Bundle
from quaver.compile import adopt
from quaver.manifest import Clip, Manifest
from quaver.predict import Predictor

RESULTS = Path(__file__).parent / "results" / "calibration.json"
CORPUS = Path(__file__).parent.parent / "data" / "emodb" / "manifest.csv"
HELD_OUT = ("03", "08")


def clips() -> tuple[list[Clip], list[Path]]:
    """Give the clips that are compared, and those for calibration."""
    everything = list(Manifest.read(CORPUS))
    held = [clip for clip in everything if clip.speaker in HELD_OUT]
    rest = [clip for clip in everything if clip.speaker not in HELD_OUT]
    compared = (held + rest[::3])[:200]
    others = [clip for clip in rest if clip not in compared]
    return compared, [Path(clip.path) for clip in random.Random(0).sample(others, 100)]


def uar(labels: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    """Give the mean of the recalls."""
    return float(np.mean([np.mean(labels[truth == each] == each) for each in np.unique(truth)]))


def main(path: str) -> None:
    """Compare."""
    bundle: Bundle = zoo.load(path)
    compared, real = clips()
    rate, known = bundle.card.spec.sample_rate, np.array(bundle.card.emotions)
    compared = [clip for clip in compared if clip.emotion in bundle.card.emotions]
    truth = np.array([clip.emotion for clip in compared])
    heard = np.stack([frontend.features(audio.load(clip.path, rate)[0], bundle.card.spec) for clip in compared])
    whole = known[Predictor(bundle).probabilities(heard).argmax(axis=1)]
    found: dict[str, Any] = {"bundle": bundle.card.name, "clips": len(compared), "float32": {"uar": uar(whole, truth)}}
    for name, given in (("sample clips", []), ("100 clips", real)):
        made = adopt.in_eight_bits(bundle, given)
        labels = known[Predictor(made).probabilities(heard).argmax(axis=1)]
        found[name] = {"same_label": float(np.mean(labels == whole)), "uar": uar(labels, truth)}
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(RESULTS.read_text())


if __name__ == "__main__":
    main(sys.argv[1])
