"""`nano` on the protocols of `accuracy.py`, taught fold by fold by the `small` of the same row.

*Own* rows train on the corpus alone; *joint* ones train on all corpora, with answers among the labels of the tested
corpus, as there. The teachers are the folds of that script where these learn from variants, about which the pupil asks
them; else folds that differ from those in this alone. They are trained here unless they are there. Scored in eight
bits, with a profile of each speaker made of all clips without labels, and before eight bits. Resumable; rows are
written as soon as they are whole.

    QUAVER_CORPORA=… python benchmarks/nano_accuracy.py
    QUAVER_CORPORA=… python benchmarks/nano_accuracy.py --row ravdess-emobox6
    QUAVER_CORPORA=… python benchmarks/nano_accuracy.py --row joint
"""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

from accuracy import KEEP, OWN, everything, read, say, titled  # noqa: E402
from accuracy import settings as of_small  # noqa: E402
from bundles import SETTINGS, predictions, scores  # noqa: E402

from quaver import __version__, evaluate  # noqa: E402
from quaver.bundle import Bundle  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.scores import Predictions, Scores  # noqa: E402
from quaver.splits import protocol  # noqa: E402
from quaver.teaching import Teaching  # noqa: E402
from quaver.train import run  # noqa: E402

RESULTS = HERE / "results" / "nano_accuracy.json"
RUNS = Path(os.environ.get("QUAVER_RUNS", HERE.parent / "runs")) / "accuracy"
SEED = 0
SHOWN = 400_000  # rows in all, about as many as for the bundle
SHOWN_JOINT = 500_000
JOINT = "joint"


def main() -> None:
    """Run what is asked for and write each row when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--row", choices=(*OWN, JOINT), action="append", help="these protocols only")
    parser.add_argument("--fold", type=int, action="append", help="train these folds only; score when all are there")
    asked = parser.parse_args()
    for name in asked.row or (*OWN, JOINT):
        corpus = OWN.get(name, "")
        clips = everything() if name == JOINT else read(corpus)
        folder = RUNS / f"nano-{corpus}-{name}-seed{SEED}".replace("--", "-")
        if clips and trained(name, clips, folder, asked.fold):
            (joint if name == JOINT else own)(name, clips, folder)


def trained(name: str, clips: Manifest, folder: Path, folds: list[int] | None) -> bool:
    """Train the folds of a row; tell whether all are there."""
    alike, heads, teachers = SETTINGS["nano"], of_small(name, SEED), RUNS / folder.name.removeprefix("nano-")
    if heads.variants != alike.variants:
        heads = replace(heads, variants=alike.variants)
        teachers = teachers.with_name(teachers.name.replace("-seed", "-varied-seed"))
    run(clips, heads, teachers, folds=folds, resume=True, say=lambda text: say(f"teacher {name}: {text}"))
    teacher = Teaching(str(teachers), share=1.0)
    shown = SHOWN_JOINT if name == JOINT else SHOWN
    recipe = replace(alike.recipe, epochs=round(shown / len(clips)))
    settings = replace(alike, protocol=name, teaching=teacher, recipe=recipe)
    told = run(clips, settings, folder, folds=folds, resume=True, say=lambda text: say(f"nano {name}: {text}"))
    return told is not None


def own(name: str, clips: Manifest, folder: Path) -> None:
    """Score a row of a corpus alone."""
    keep("rows", name, OWN[name], folder, scores(folder, protocol(name).folds(clips, SEED)))


def joint(name: str, clips: Manifest, folder: Path) -> None:
    """Score the rows of all corpora together."""
    answers = predictions(folder, protocol(name).folds(clips, SEED))
    for corpus in clips.corpora:
        labels = clips.where(lambda clip, c=corpus: clip.corpus == c).emotions
        found = {kind: [among(part, corpus, labels) for part in parts] for kind, parts in answers.items()}
        kept = {kind: [part for part in parts if len(part.truth)] for kind, parts in found.items()}
        keep("joint", titled(corpus), corpus, folder, {kind: evaluate.pooled(parts) for kind, parts in kept.items()})


def among(answers: Predictions, corpus: str, labels: tuple[str, ...]) -> Predictions:
    """Give the answers to the clips of one corpus, among its labels alone."""
    rows = [row for row, group in enumerate(answers.groups) if group.partition("/")[0] == corpus]
    columns = [column for column, label in enumerate(answers.labels) if label in labels]
    chosen = answers.probabilities[np.ix_(rows, columns)]
    truth = np.array([columns.index(answers.truth[row]) for row in rows], np.int64)
    files, groups, genders = (
        tuple(told[row] for row in rows) for told in (answers.files, answers.groups, answers.genders)
    )
    known = tuple(answers.labels[column] for column in columns)
    return Predictions(chosen / chosen.sum(axis=1, keepdims=True), truth, files, groups, genders, known)


def keep(kind: str, name: str, corpus: str, folder: Path, found: dict[str, Scores]) -> None:
    """Put a row into the file."""
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    told = {how: each.to_dict() for how, each in found.items()}
    parameters = Bundle.load(folder / "fold-01").card.network["parameters"]
    row = {"corpus": corpus, "seed": SEED, "quaver": __version__, "parameters": parameters}
    row |= {how: {key: each[key] for key in KEEP} for how, each in told.items()}
    rows = {**done.get(kind, {}), name: row}
    write_json(RESULTS, {**done, "script": "benchmarks/nano_accuracy.py", kind: rows})
    say(f"nano {kind} {name}: UAR " + ", ".join(f"{how} {100 * each.uar:.1f}" for how, each in found.items()))


if __name__ == "__main__":
    main()
