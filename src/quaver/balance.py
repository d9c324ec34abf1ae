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


def mixed(
    features: Array, wanted: Array, heavy: Array, corpus: Array, spread: float, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Mix each clip with another of its corpus (mixup; Zhang et al., 2018).

    Both belong to one corpus, so that they know the same classes; the labels are mixed by share and weight.

    Args:
        features: (n, ...) of the clips.
        wanted: (n, k) from `targets`.
        heavy: (n,) weight of each clip.
        corpus: (n,) corpus numbers.
        spread: both parameters of the Beta distribution of the shares; 1 draws them evenly.
        rng: where partners and shares come from.

    Returns:
        Features, targets and weights of the mixtures, of the same shapes.
    """
    partner = np.arange(len(corpus))
    for number in np.unique(corpus):
        inside = np.flatnonzero(corpus == number)
        partner[inside] = rng.permutation(inside)
    share = rng.beta(spread, spread, len(corpus)).astype(np.float32)
    first, second = share * heavy, (1 - share) * heavy[partner]
    total = first + second
    labels = (first / total)[:, None]
    mixture = np.where(wanted < 0, wanted, labels * wanted + (1 - labels) * wanted[partner])
    share = share.reshape(-1, *[1] * (features.ndim - 1))
    return share * features + (1 - share) * features[partner], mixture.astype(np.float32), total
