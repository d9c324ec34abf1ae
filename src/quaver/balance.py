"""What is learnt from, and how much each clip counts: rare emotions, and corpora that lack some."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quaver.errors import TrainingError

Array = np.ndarray[Any, np.dtype[Any]]
BALANCES = ("emotion", "corpus")


@dataclass(frozen=True)
class Data:
    """Features (n, ...) float32, class numbers (n,) and, where it matters, corpus numbers (n,)."""

    features: Array
    truth: Array
    corpus: Array | None = None


def targets(data: Data, labels: int, balance: str) -> Array:
    """Give one row a clip, 1 at its class, (n, labels) float32.

    With the balance "corpus" a class that occurs nowhere in a clip's corpus is -1: the clip says nothing about it, or
    else the network would learn by the sound of a corpus which emotions cannot occur.
    """
    rows = np.eye(labels, dtype=np.float32)[data.truth]
    if balance == "corpus" and data.corpus is not None:
        for corpus in np.unique(data.corpus):
            inside = data.corpus == corpus
            absent = np.setdiff1d(np.arange(labels), data.truth[inside])
            rows[np.ix_(inside, absent)] = -1
    return rows


def weights(data: Data, balance: str) -> Array:
    """Give each clip a weight (n,) float32, 1 on average, so that groups of clips weigh the same.

    Args:
        data: the clips.
        balance: groups are classes for "emotion", the classes of each corpus for "corpus".

    Raises:
        TrainingError: no balance is called so.
    """
    if balance not in BALANCES:
        raise TrainingError(f"no balance is called {balance!r}; there are: {', '.join(BALANCES)}.")
    corpus = data.corpus if balance == "corpus" and data.corpus is not None else 0
    _, group, counts = np.unique(data.truth + 10_000 * corpus, return_inverse=True, return_counts=True)
    of_group: Array = len(data.truth) / (len(counts) * counts)
    return of_group[group].astype(np.float32)
