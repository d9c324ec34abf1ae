"""What is learnt from, and how much each clip counts: rare emotions, and corpora that lack some."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quaver.errors import TrainingError
from quaver.styles import Styles

Array = np.ndarray[Any, np.dtype[Any]]
BALANCES = ("emotion", "corpus", "corpus-root")


@dataclass(frozen=True)
class Data:
    """Features (n, ...) float32, class numbers (n,) and, where it matters, corpus numbers (n,)."""

    features: Array  # (n,) arrays (frames, bands) where clips differ in length
    truth: Array
    corpus: Array | None = None
    frames: int = 0  # of the excerpts in which such clips are heard
    taught: Array | None = None  # (n, k) what a teacher answers
    share: float = 0.0  # of the teacher's answers in what is to be learnt
    styles: Styles | None = None  # whose voices they are, where clips are to be shown with another

    def moments(self) -> tuple[Array, Array]:
        """Give mean and variance of each value; of each band, where clips differ in length or have a time axis."""
        if not self.frames:
            axes = tuple(range(self.features.ndim - 1))
            return self.features.mean(axes), self.features.var(axes)
        count = sum(len(clip) for clip in self.features)
        mean = np.sum([clip.sum(axis=0) for clip in self.features], axis=0) / count
        return mean, np.sum([np.square(clip - mean).sum(axis=0) for clip in self.features], axis=0) / count

    def rows(self, chosen: Array) -> "Data":
        """Give some of the clips: by a mask (n,), or by their numbers."""
        some: dict[str, Any] = {name: held[chosen] for name, held in self._by_clip().items()}
        return replace(self, **some, styles=None)

    def joined(self, other: "Data") -> "Data":
        """Give the clips of both."""
        both: dict[str, Any] = {
            name: np.concatenate([held, getattr(other, name)]) for name, held in self._by_clip().items()
        }
        return replace(self, **both, styles=None)

    def _by_clip(self) -> dict[str, Any]:
        """Give the arrays with one row a clip."""
        names = ("features", "truth", "corpus", "taught")
        return {name: held for name in names if (held := getattr(self, name)) is not None}


def targets(data: Data, labels: int, balance: str) -> Array:
    """Give one row a clip, 1 at its class, (n, labels) float32.

    With a balance by corpus a class that occurs nowhere in a clip's corpus is -1: the clip says nothing about it, or
    else the network would learn by the sound of a corpus which emotions cannot occur.
    """
    rows, hidden = np.eye(labels, dtype=np.float32)[data.truth], _hidden(data, labels, balance)
    if data.taught is not None:
        rows = _shared(rows, np.where(hidden, 0, data.taught), data.share)
    rows[hidden] = -1
    return rows


def _hidden(data: Data, labels: int, balance: str) -> Array:
    """Tell of which classes a clip says nothing (n, labels)."""
    hidden = np.zeros((len(data.truth), labels), bool)
    if balance.startswith("corpus") and data.corpus is not None:
        for corpus in np.unique(data.corpus):
            inside = data.corpus == corpus
            absent = np.setdiff1d(np.arange(labels), data.truth[inside])
            hidden[np.ix_(inside, absent)] = True
    return hidden


def _shared(rows: Array, taught: Array, share: float) -> Array:
    """Mix labels with what a teacher thinks of the classes that are not hidden."""
    whole = taught / np.maximum(taught.sum(axis=1, keepdims=True), 1e-7)
    return np.asarray((1 - share) * rows + share * whole, np.float32)


def weights(data: Data, balance: str) -> Array:
    """Give each clip a weight (n,) float32, 1 on average, so that groups of clips weigh the same.

    Args:
        data: the clips.
        balance: groups are classes for "emotion", the classes of each corpus for "corpus"; with "corpus-root" these
            weigh as the root of their number of clips, so that the few clips of a small corpus are not heard too often.

    Raises:
        TrainingError: no balance is called so.
    """
    if balance not in BALANCES:
        raise TrainingError(f"no balance is called {balance!r}; there are: {', '.join(BALANCES)}.")
    corpus = data.corpus if balance != "emotion" and data.corpus is not None else 0
    _, group, counts = np.unique(data.truth + 10_000 * corpus, return_inverse=True, return_counts=True)
    of_clip = (1 / counts if balance != "corpus-root" else counts**-0.5)[group]
    return np.asarray(of_clip / of_clip.mean(), np.float32)


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
