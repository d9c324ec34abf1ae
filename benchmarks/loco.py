"""How the default network does on corpora it has never heard: other rooms, languages, actors, and ways of acting.

The recipe of `benchmarks/bundles.py small` is trained four times, each time without one of the four corpora that
shipped weights learn from, and answers that corpus. TESS and EMOVO, from which no shipped weights learn, are answered
by the shipped bundle's network. Each row says how often the prediction sets hold the truth, with bars that were set on
the other corpora left out (`bars`), and with those of the speakers heard in training (`own bars`).

The bars of the shipped bundle are set on all four corpora left out: `bundles.py` takes them from here.

    QUAVER_CORPORA=… python benchmarks/loco.py
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
from accuracy import Part, read, scored  # noqa: E402
from bundles import RUNS, SETTINGS, TWICE, UNHEARD, say  # noqa: E402
from bundles import read as shippable  # noqa: E402

from quaver import EMOTIONS, calibrate, evaluate, train  # noqa: E402
from quaver.bundle import Bundle  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.scores import Predictions  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402

OTHERS = ("tess", "emovo")
KEEP = ("clips", "uar", "wa", "macro_f1", "interval", "recall", "speakers", "ece", "labels", "confusion")
SHARES = tuple(share / 20 for share in range(20, 0, -1))  # of the lowest bar, see `bar_of`
OUT = RUNS / "small" / "loco"


def main() -> None:
    """Train what is missing, and write the table."""
    folds = trained()
    answers = {fold.test.corpora[0]: of_fold(fold) for fold in folds}
    rows = {}
    for name, given in answers.items():
        bars = bars_of([other for corpus, other in answers.items() if corpus != name])
        part = Part(folder(folds[list(answers).index(name)]), given_clips(folds, name), EMOTIONS)
        rows[name] = row(given, bars, own_bars(part.folder), part)
    final = Bundle.load(RUNS / "small" / "final")
    for name in OTHERS:
        if (clips := read(name)) is not None:
            part = Part(final.path, clips.where(lambda clip: clip.emotion in EMOTIONS), EMOTIONS)
            given = Predictions.of(part.answers(part.voice).astype(np.float32), part.truth, part.clips, EMOTIONS)
            rows[name] = row(given, bars_of(list(answers.values())), own_bars(final.path), part)
    told = {"script": "benchmarks/loco.py", "rows": rows, "known": known(bars_of(list(answers.values())))}
    write_json(HERE / "results" / "loco.json", told)
    for name, told in rows.items():
        uars = ", ".join(f"{kind} {100 * told[kind]['uar']:.1f}" for kind in ("scores", "together", "adapted"))
        say(f"{name}: UAR {uars}; coverage of 0.9: {told['sets']['0.9']['coverage']:.3f}")


def trained() -> list[Fold]:
    """Train the networks that have not heard one of the corpora; gives the folds."""
    heard = shippable().where(lambda clip: clip.group not in UNHEARD | TWICE)
    settings = replace(SETTINGS["small"], protocol="corpora-loco")
    train.run(heard, settings, OUT, resume=True, say=say)
    return protocol(settings.protocol).folds(heard, settings.recipe.seed)


def folder(fold: Fold) -> Path:
    """Give the folder of a fold."""
    return OUT / f"fold-{fold.index:02d}"


def of_fold(fold: Fold) -> Predictions:
    """Read the calibrated answers to the corpus left out."""
    return evaluate.load_predictions(folder(fold) / "test.npz")


def given_clips(folds: list[Fold], name: str) -> Manifest:
    """Give the clips of the corpus left out."""
    return next(fold.test for fold in folds if fold.test.corpora[0] == name)


def bars_of(answers: list[Predictions]) -> dict[str, Any]:
    """Choose the thresholds by corpora left out.

    The bar of unsure answers is set on all of them, each of which counts the same.
    """
    probabilities, truth = evenly(answers)
    bars = {f"{wanted:g}": bar_of(answers, wanted) for wanted in calibrate.COVERAGES}
    return {"unsure": calibrate.unsure(probabilities, truth), "set": bars}


def bar_of(answers: list[Predictions], wanted: float) -> float:
    """Choose the bar of sets that are to hold the truth as often as wanted.

    It is the lowest that any of the corpora asks for, so that sets are wide enough where the network does worst, and a
    share of that: the next corpus may be worse than all of them. So the share is made small enough that the sets of
    each corpus would have held the truth as often by the bars of the others.
    """
    bars = np.array([calibrate.set_bar(each.probabilities, each.truth, wanted) for each in answers])
    others = [np.delete(bars, number).min() for number in range(len(bars))]
    share = next(
        (
            share
            for share in SHARES
            if all(coverage(a, share * bar)["coverage"] >= wanted for a, bar in zip(answers, others, strict=True))
        ),
        SHARES[-1],
    )
    return round(float(share * bars.min()), 6)


def evenly(answers: list[Predictions]) -> tuple[np.ndarray, np.ndarray]:
    """Pool corpora of different sizes, each repeated as often as makes them about equal."""
    most = max(len(each.truth) for each in answers)
    parts = [(each, round(most / len(each.truth))) for each in answers]
    probabilities = np.concatenate([np.tile(each.probabilities, (times, 1)) for each, times in parts])
    return probabilities, np.concatenate([np.tile(each.truth, times) for each, times in parts])


def own_bars(path: Path) -> dict[str, Any]:
    """Give the thresholds that the validation speakers set."""
    return dict(Bundle.load(path).card.thresholds)


def row(given: Predictions, bars: dict[str, Any], own: dict[str, Any], part: Part) -> dict[str, Any]:
    """Score one corpus: as it is, taken together, each speaker adapted; and how often its sets hold the truth."""
    told = evaluate.pooled([given]).to_dict()
    adapted = scored([part], lambda each: each.adapted())
    together = scored([part], lambda each: each.adapted(together=True))
    covered = {name: coverage(given, bar) for name, bar in bars["set"].items()}
    own_covered = {name: coverage(given, bar) for name, bar in own["set"].items()}
    return {"scores": {key: told[key] for key in KEEP}, "together": together, "adapted": adapted} | {
        "sets": covered,
        "sets_by_own_bars": own_covered,
        "unsure": told_unsure(given, bars["unsure"]),
    }


def known(bars: dict[str, Any]) -> dict[str, Any]:
    """Say what these bars do to new speakers of the corpora that the network knows: the folds of the bundle, pooled."""
    folds = [evaluate.load_predictions(path) for path in sorted((RUNS / "small").glob("fold-*/test.npz"))]
    probabilities, truth = (np.concatenate([getattr(f, kind) for f in folds]) for kind in ("probabilities", "truth"))
    given = replace(folds[0], probabilities=probabilities, truth=truth)
    covered = {name: coverage(given, bar) for name, bar in bars["set"].items()}
    return {"clips": len(truth), "sets": covered, "unsure": told_unsure(given, bars["unsure"])}


def coverage(given: Predictions, bar: float) -> dict[str, float]:
    """Count how often a set holds the truth, and how many labels it has; the likeliest is always in it."""
    inside = given.probabilities >= bar
    inside[np.arange(len(inside)), given.probabilities.argmax(axis=1)] = True
    held = inside[np.arange(len(inside)), given.truth]
    return {"coverage": round(float(held.mean()), 4), "labels": round(float(inside.sum(axis=1).mean()), 3)}


def told_unsure(given: Predictions, threshold: float) -> dict[str, float]:
    """Count how many answers are unsure, and how often the others are right."""
    sure = given.probabilities.max(axis=1) >= threshold
    right = given.probabilities.argmax(axis=1) == given.truth
    kept = float(right[sure].mean()) if sure.any() else 0.0
    return {"below": threshold, "share": round(float(1 - sure.mean()), 4), "accuracy_of_rest": round(kept, 4)}


def answers() -> Iterator[Predictions]:
    """Give the answers to each corpus left out, trained now if they are missing."""
    return (of_fold(fold) for fold in trained())


if __name__ == "__main__":
    main()
