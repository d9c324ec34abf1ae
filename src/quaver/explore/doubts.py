"""Clips that sound like another emotion than their label says, and clips that are typical of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quaver.frontend.tables import Array

LARGEST = 2000  # clips that are compared with one another; more are dealt out to several such lots
NARROW = 0.65  # of the kernel, times one over the number of features
SMOOTH = 0.2  # ridge
SURE = 0.3  # by how much another label must win


@dataclass(frozen=True)
class Doubt:
    """A clip, by its place, that its neighbours would call something else."""

    place: int
    given: str
    heard: str
    margin: float  # by how much `heard` wins, roughly a difference of probabilities


def doubts(points: Sequence[Array], labels: Sequence[str]) -> list[Doubt]:
    """Find clips whose label all other clips contradict with confidence, the surest first.

    Each clip is labelled by a classifier that learnt from all the others: kernel ridge regression on the labels, whose
    leave-one-out answers come in closed form (Rifkin and Lippert, 2007). It estimates the probability of each label.
    A clip is doubted where another label leads its own by more than 0.3; confident disagreement of that kind finds
    wrong labels (Northcutt et al., 2021), and honest clips that are merely unlike the rest.

    Args:
        points: one or more kinds of features, each (n, k), in which the voice of the speaker matters little, see
            `space.within`; two clips are as alike as they are on average over the kinds.
        labels: (n,) as given.
    """
    names, truth = np.unique(np.array(labels, dtype=str), return_inverse=True)
    if len(names) < 2:
        return []
    order = np.random.default_rng(0).permutation(len(truth))
    found: list[Doubt] = []
    for lot in np.array_split(order, max(1, -(-len(order) // LARGEST))):
        scores = _left_out([kind[lot] for kind in points], np.eye(len(names))[truth[lot]])
        rows = np.arange(len(lot))
        given = scores[rows, truth[lot]]
        scores[rows, truth[lot]] = -np.inf
        best = scores.argmax(axis=1)
        margin = scores[rows, best] - given
        for row in np.flatnonzero(margin > SURE):
            label, heard = str(names[truth[lot[row]]]), str(names[best[row]])
            found.append(Doubt(int(lot[row]), label, heard, round(float(margin[row]), 3)))
    return sorted(found, key=lambda doubt: (-doubt.margin, doubt.place))


def distances(points: Array, labels: Sequence[str]) -> Array:
    """Give the distance (n,) of each clip from the centre of its class; the median resists the odd ones."""
    kinds = np.array(labels, dtype=str)
    out = np.zeros(len(points))
    for kind in np.unique(kinds):
        inside = kinds == kind
        out[inside] = np.linalg.norm(points[inside] - np.median(points[inside], axis=0), axis=1)
    return out


def _left_out(points: Sequence[Array], answers: Array) -> Array:
    """Answer each row (n, classes) by kernel ridge regression on all the others."""
    if len(answers) < 4:
        return answers.copy()
    alike = sum((_alike(kind) for kind in points), np.zeros(())) / len(points)
    inverse = np.linalg.inv(alike + SMOOTH * np.eye(len(answers)))
    prior = answers.mean(axis=0)
    centred = answers - prior
    return np.asarray(centred - inverse @ centred / np.diag(inverse)[:, None] + prior)


def _alike(points: Array) -> Array:
    """Give the kernel (n, n): 1 for equals, next to nothing for what is far apart."""
    points = points.astype(np.float64)
    squares = (points**2).sum(axis=1)
    far = (squares[:, None] + squares - 2 * points @ points.T).clip(0)
    return np.asarray(np.exp(-NARROW / points.shape[1] * far))
