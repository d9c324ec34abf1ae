"""The corpus as points: features made comparable, a map of them, and how well they tell who speaks or where."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from quaver.frontend import ArticleSpec
from quaver.frontend.tables import Array

MOST_DRAWN = 1500  # points of a map
MOST_ASKED = 5000  # clips of a probe
FOLDS = 5
FEW = 12  # clips of a speaker that suffice to know how the speaker sounds on average


@dataclass(frozen=True)
class Probe:
    """How well a linear classifier tells something from the features, on clips it has not learnt from."""

    what: str  # "emotion", "speaker", "corpus"
    how: str  # "unheard speakers" or "random clips": what the classifier was tested on
    uar: float  # 0 to 1
    chance: float
    classes: int
    clips: int


def levels(values: Array, spec: ArticleSpec) -> Array:
    """Give features (n, 162) with powers and amplitudes as decibels, where a difference means the same everywhere."""
    out = np.array(values, np.float32)
    out[:, spec.groups["mel"]] = 10 * np.log10(np.maximum(out[:, spec.groups["mel"]], 1e-8))
    out[:, spec.groups["rms"]] = 20 * np.log10(np.maximum(out[:, spec.groups["rms"]], 1e-5))
    return out


def standard(values: Array) -> Array:
    """Give each column (n, k) mean 0 and deviation 1; a constant one becomes 0."""
    centred = np.asarray(values - values.mean(axis=0))
    deviation = centred.std(axis=0)
    centred /= np.where(deviation > 1e-6, deviation, 1)  # in place: of 50,000 clips these are many
    return centred


def within(values: Array, groups: Sequence[str]) -> Array:
    """Give features (n, k) relative to each speaker's own mean and deviation, so that the voice drops out.

    Speakers with few clips are only moved part of the way: their own mean is not well known.
    """
    out = standard(values)
    names, place = np.unique(np.array(groups, dtype=str), return_inverse=True)
    for i in range(len(names)):
        inside = place == i
        weight = min(1.0, float(inside.sum()) / FEW)
        own = out[inside]
        scale = np.where(own.std(axis=0) > 1e-6, own.std(axis=0), 1)
        out[inside] = (own - weight * own.mean(axis=0)) / (weight * scale + 1 - weight)
    return np.clip(out, -6, 6, out=out)


def sample(n: int, most: int, groups: Sequence[str], seed: int = 0) -> Array:
    """Choose at most `most` of n places, evenly over groups, sorted."""
    rng = np.random.default_rng(seed)
    if n <= most:
        return np.arange(n)
    place = np.unique(np.array(groups, dtype=str), return_inverse=True)[1]
    order = rng.permutation(n)
    rank = np.zeros(n)
    for i in range(int(place.max()) + 1):
        inside = order[place[order] == i]
        rank[inside] = np.arange(len(inside)) / len(inside)
    return np.sort(np.argsort(rank + 1e-6 * rng.random(n), kind="stable")[:most])


def project(points: Array, seed: int = 0) -> Array:
    """Lay points (n, k) out in the plane (n, 2): neighbours stay neighbours, distances mean nothing (t-SNE).

    Few points are laid out by their two main directions instead.
    """
    n = len(points)
    x = standard(points)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    flat = np.zeros((n, 2))
    flat[:, : min(2, u.shape[1])] = (u * s)[:, :2]
    if n < 30 or s[0] <= 1e-6:
        return flat
    from sklearn.manifold import TSNE

    keep = min(30, u.shape[1])
    start = flat / max(float(flat[:, 0].std()), 1e-9) * 1e-4
    tsne = TSNE(perplexity=min(30, n / 4), init=start, learning_rate="auto", random_state=seed, max_iter=600)
    return np.asarray(tsne.fit_transform((u * s)[:, :keep]))


def probe(what: str, points: Array, answers: Sequence[str], groups: Sequence[str] | None = None) -> Probe | None:
    """Measure how well a linear classifier tells `answers` from `points`, cross-validated.

    Args:
        what: the name of what is told.
        points: (n, k) features.
        answers: what is to be told, of each clip.
        groups: speakers; with them, those of the test are never heard in training.

    Returns:
        None where there is nothing to tell apart, or not enough to test it.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import cross_val_predict

    names, counts = np.unique(np.array(answers, dtype=str), return_counts=True)
    keep = np.isin(np.array(answers, dtype=str), names[counts >= 2])
    truth, rest = np.array(answers, dtype=str)[keep], None if groups is None else np.array(groups, dtype=str)[keep]
    folds = _folds(truth, rest)
    if folds is None:
        return None
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2)
    with quiet():
        guessed = cross_val_predict(model, standard(points[keep]), truth, groups=rest, cv=folds)
    kinds = np.unique(truth)
    uar = float(np.mean([(guessed[truth == kind] == kind).mean() for kind in kinds]))
    how = "random clips" if rest is None else "unheard speakers"
    return Probe(what, how, round(uar, 4), round(1 / len(kinds), 4), len(kinds), len(truth))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep scikit-learn's advice to itself: rare classes are expected here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _folds(truth: Array, groups: Array | None) -> Any:
    """Give a splitter, or None where the rarest answer is too rare to be tested."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    counts = np.unique(truth, return_counts=True)[1]
    if len(counts) < 2 or len(truth) < 10:
        return None
    if groups is None:
        return StratifiedKFold(max(2, min(FOLDS, int(counts.min()))), shuffle=True, random_state=0)
    speakers = [len(np.unique(groups[truth == kind])) for kind in np.unique(truth)]
    return StratifiedGroupKFold(min(FOLDS, min(speakers))) if min(speakers) >= 2 else None
