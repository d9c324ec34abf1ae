"""What a person should take from a run: a few sentences, each with a tone."""

from collections.abc import Iterator

import numpy as np

from quaver.report.runs import Run

OFF = 0.05  # between confidence and accuracy: more is worth a word
APART = 15.0  # points of accuracy between training and validation: more is learning by heart


def summary(run: Run) -> Iterator[tuple[str, str]]:
    """List what to know and what to look at, as (tone, sentence)."""
    s = run.scores
    yield "know", f"Guessing would reach {100 / max(len(s.recall), 1):.1f} % UAR; this run reaches {100 * s.uar:.1f} %."
    yield from _emotions(run)
    if len(s.speakers) > 1:
        name = min(s.speakers, key=lambda who: (s.speakers[who]["uar"], who))
        low, middle = (100 * s.spread["uar"][part] for part in ("min", "median"))
        yield (
            "look",
            f"The weakest of {len(s.speakers)} voices, {name}, has {low:.0f} %, the middle one {middle:.0f} %.",
        )
    yield from _confidence(run)
    yield from _learning(run)


def _emotions(run: Run) -> Iterator[tuple[str, str]]:
    """Name the emotion that is recognised least, and what it is taken for."""
    s = run.scores
    if len(s.recall) < 2:
        return
    worst = min(s.recall, key=lambda label: s.recall[label])
    row = np.array(s.confusion[s.labels.index(worst)])
    row[s.labels.index(worst)] = 0
    words = f"Of {worst} only {100 * s.recall[worst]:.0f} % is recognised"
    if row.any():
        share = row.max() / s.support[worst]
        words += f"; {100 * share:.0f} % is taken for {s.labels[int(row.argmax())]}"
    yield "look", f"{words}."


def _confidence(run: Run) -> Iterator[tuple[str, str]]:
    clips = np.array([part["clips"] for part in run.scores.reliability], float)
    off = np.array([part["confidence"] - part["accuracy"] for part in run.scores.reliability])
    mean = float((clips * off).sum() / max(clips.sum(), 1))
    if abs(mean) > OFF:
        what = "surer than it may be" if mean > 0 else "less sure than it could be"
        yield "look", f"It is {what}: on average {100 * abs(mean):.0f} points between confidence and right answers."


def _learning(run: Run) -> Iterator[tuple[str, str]]:
    ends = [history[-1] for history in run.histories.values() if history]
    gaps = [100 * (row["accuracy"] - row["val_accuracy"]) for row in ends if {"accuracy", "val_accuracy"} <= set(row)]
    if gaps and float(np.mean(gaps)) > APART:
        words = f"At the end of training it answers {np.mean(gaps):.0f} points more of what it learnt from than of"
        yield "look", f"{words} validation: it learns by heart. Fewer parameters, more voices or more variants help."
