"""Read a training run from its folder: scores, histories, cards, and the mistakes it was surest of."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quaver import evaluate
from quaver.scores import Scores

WORST = 12  # mistakes that are listed
OF_ONE = 3  # of these, by one speaker while others have any
History = list[dict[str, float]]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer."""

    file: str
    speaker: str  # corpus/speaker
    truth: str
    answer: str
    confidence: float
    of_truth: float  # the probability that the true label got
    alone: bool  # whether the file holds no other clip: only then its sound is known to be the clip's


@dataclass(frozen=True)
class Run:
    """What a folder says about a training run; whatever is missing is empty."""

    folder: Path
    scores: Scores
    settings: Mapping[str, Any]  # of run.json
    cards: Mapping[str, Mapping[str, Any]]  # card.json of each fold by the name of its folder
    histories: Mapping[str, History]  # epochs of each fold
    mistakes: tuple[Mistake, ...]  # the surest, at first three of each speaker
    wrong: int  # mistakes in all

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return {
            "run": str(self.folder),
            "settings": dict(self.settings),
            "folds": sorted(self.cards),
            "scores": self.scores.to_dict(),
            "corpora": self.corpora,
            "wrong": self.wrong,
            "mistakes": [vars(mistake) for mistake in self.mistakes],
        }

    @property
    def card(self) -> Mapping[str, Any]:
        """Give the card of the first fold, or nothing."""
        return next(iter(self.cards.values()), {})

    @property
    def corpora(self) -> list[Mapping[str, Any]]:
        """List the corpora that any fold learnt from, each once."""
        found = {str(c.get("name")): c for card in self.cards.values() for c in card.get("corpora", ())}
        return [found[name] for name in sorted(found)]


def read(folder: Path | str) -> Run:
    """Read a run that `quaver train` made, or one fold of it.

    Raises:
        QuaverError: there are no predictions in the folder, or they are damaged.
    """
    folder = Path(folder)
    scores = evaluate.run(folder)
    folds = sorted(path.parent for path in folder.glob("fold-*/test.npz")) or [folder]
    mistakes = [mistake for fold in folds for mistake in _mistakes(fold / "test.npz")]
    return Run(
        folder,
        scores,
        _json(folder / "run.json") or _json(folder.parent / "run.json"),
        {fold.name: card for fold in folds if (card := _json(fold / "card.json"))},
        {fold.name: history for fold in folds if (history := _history(fold / "history.csv"))},
        tuple(_worst(mistakes)),
        len(mistakes),
    )


def _worst(mistakes: list[Mistake]) -> list[Mistake]:
    """Choose the surest, the surest first; no voice that the run never understood fills the list alone."""
    ranked = sorted(mistakes, key=lambda one: (-one.confidence, one.of_truth, one.file))
    times, some, more = Counter[str](), list[Mistake](), list[Mistake]()
    for one in ranked:
        times[one.speaker] += 1
        (some if times[one.speaker] <= OF_ONE else more).append(one)
    return sorted((some + more)[:WORST], key=ranked.index)


def _mistakes(path: Path) -> list[Mistake]:
    held = evaluate.load_predictions(path)
    answers, times = held.probabilities.argmax(axis=1), Counter(held.files)
    return [
        Mistake(
            held.files[i],
            held.groups[i],
            held.labels[held.truth[i]],
            held.labels[answers[i]],
            round(float(held.probabilities[i, answers[i]]), 4),
            round(float(held.probabilities[i, held.truth[i]]), 4),
            times[held.files[i]] == 1,
        )
        for i in (answers != held.truth).nonzero()[0]
    ]


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _history(path: Path) -> History:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]
    except (OSError, ValueError, TypeError):
        return []
