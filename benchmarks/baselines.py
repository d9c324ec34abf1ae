"""What hand-made features and a linear support vector machine reach on the protocols of `accuracy.py`.

openSMILE's eGeMAPSv02 (88 values) and ComParE_2016 (6,373), and the article's 162: standardised, a linear machine with
classes of equal weight, its C chosen on each fold's validation speakers and then fitted again on those too. *Adapted*
standardises every speaker by all of their clips, without labels, in training as in testing. openSMILE lives in an
environment of its own, `.venv-opensmile` (`make benchmark-baselines` makes it): its licence allows research only.

    QUAVER_CORPORA=… python benchmarks/baselines.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import KEEP, OWN, RESULTS, read, say
from sklearn.svm import LinearSVC

from quaver import __version__, dataset, evaluate
from quaver.files import write_json
from quaver.fit import uar
from quaver.frontend import spec
from quaver.manifest import Manifest
from quaver.scores import Predictions
from quaver.splits import Fold, protocol

HERE = Path(__file__).resolve().parent
RUNS = Path(os.environ.get("QUAVER_RUNS", HERE.parent / "runs")) / "baselines"
SMILE = HERE.parent / ".venv-opensmile" / "bin" / "python"
SETS = ("eGeMAPSv02", "article", "ComParE_2016")
STRENGTHS = {"eGeMAPSv02": (1e-3, 1e-2, 1e-1), "article": (1e-3, 1e-2, 1e-1), "ComParE_2016": (1e-5, 1e-4, 1e-3)}
TINY = 1e-9


def main() -> None:
    """Make the rows that are missing."""
    out = RESULTS.with_name("baselines.json")
    done = json.loads(out.read_text())["rows"] if out.exists() else {}
    for kind in SETS:
        for name, corpus in OWN.items():
            clips = read(corpus)
            if clips and f"{kind} {corpus} {name}" not in done:
                done[f"{kind} {corpus} {name}"] = row(kind, name, clips)
                write_json(out, {"script": "benchmarks/baselines.py", "quaver": __version__, "rows": done})


def row(kind: str, name: str, clips: Manifest) -> dict[str, Any]:
    """Score one set of features on one protocol, as it is and with every speaker standardised."""
    rows, told, labels = rows_of(kind, clips), {}, protocol(name).labels_of(clips)
    for what, values in (("scores", rows), ("adapted", by_speaker(rows, clips))):
        heard = dict(zip((clip.path for clip in clips), values, strict=True))
        parts = [part(kind, heard, fold, labels) for fold in protocol(name).folds(clips, 0)]
        found = evaluate.pooled(parts).to_dict()
        told[what] = {key: found[key] for key in KEEP if key != "ece"}  # a machine that gives no probabilities
        say(f"{kind} {name} {what}: UAR {100 * found['uar']:.1f}")
    return told


def rows_of(kind: str, clips: Manifest) -> np.ndarray:
    """Give the features of clips (n, k), computed once."""
    if kind == "article":
        return np.asarray(dataset.extract(clips, spec("article")).values)
    path = RUNS / f"{clips.corpora[0]}-{kind}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        listed = path.with_suffix(".txt")
        listed.write_text("".join(f"{clip.path}\n" for clip in clips))
        subprocess.run([SMILE, HERE / "opensmile_rows.py", kind, listed, path], check=True)
    return np.asarray(np.load(path)["rows"])


def by_speaker(values: np.ndarray, clips: Manifest) -> np.ndarray:
    """Standardise the clips of every speaker."""
    result, groups = np.empty_like(values), np.array([clip.group for clip in clips])
    for group in np.unique(groups):
        own = groups == group
        result[own] = (values[own] - values[own].mean(axis=0)) / (values[own].std(axis=0) + TINY)
    return result


def part(kind: str, heard: dict[Path, np.ndarray], fold: Fold, labels: tuple[str, ...]) -> Predictions:
    """Answer the test side of a fold."""
    (x, y), (vx, vy), (tx, ty) = (
        (np.array([heard[clip.path] for clip in side]), np.array([labels.index(clip.emotion) for clip in side]))
        for side in (fold.train, fold.validation, fold.test)
    )
    found = {strength: uar(answers(x, y, vx, strength, len(labels)), vy) for strength in STRENGTHS[kind]}
    strength = max(found, key=lambda each: found[each])
    given = answers(np.concatenate([x, vx]), np.concatenate([y, vy]), tx, strength, len(labels))
    return Predictions.of(given, ty, fold.test.clips, labels)


def answers(x: np.ndarray, y: np.ndarray, asked: np.ndarray, strength: float, labels: int) -> np.ndarray:
    """Fit a machine and give its answers, 1 at the label (n, labels)."""
    mean, deviation = x.mean(axis=0), x.std(axis=0) + TINY
    machine = LinearSVC(C=strength, class_weight="balanced", max_iter=5000, random_state=0)
    machine.fit((x - mean) / deviation, y)
    return np.eye(labels, dtype=np.float32)[machine.predict((asked - mean) / deviation)]


if __name__ == "__main__":
    sys.exit(main())
