"""Make probabilities mean what they say, and choose when to be unsure: all on validation speakers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quaver.errors import QuaverError

BINS = 15  # of confidence, as in Guo et al. 2017
COVERAGES = (0.8, 0.9, 0.95)
TINY = 1e-30  # stands for a probability of 0 where its logarithm is needed
_COLDEST, _HOTTEST = 0.05, 20.0

Probabilities = np.ndarray[tuple[int, int], np.dtype[Any]]
Truth = np.ndarray[tuple[int], np.dtype[Any]]


def apply(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Give p^(1/T), normalised: the softmax of the logits divided by the temperature T, (n, k) float64."""
    logits = np.log(np.clip(np.asarray(probabilities, np.float64), TINY, None)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def temperature(probabilities: Probabilities, truth: Truth) -> float:
    """Find the temperature between 0.05 and 20 under which the truth is likeliest (Guo et al. 2017).

    The search is a golden section over log T; the mean negative log-likelihood has a single minimum, since
    it is convex in 1/T. Above 1 the network was too confident, below 1 too timid. Accuracy does not change.

    Args:
        probabilities: (n, k) of clips that the network did not learn from.
        truth: (n,) indices of the true labels.

    Raises:
        QuaverError: shapes or values do not fit.
    """
    check(probabilities, truth)
    low, high, ratio = np.log(_COLDEST), np.log(_HOTTEST), (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = (nll(apply(probabilities, np.exp(x)), truth) for x in (left, right))
    while high - low > 1e-4:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = nll(apply(probabilities, np.exp(left)), truth)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = nll(apply(probabilities, np.exp(right)), truth)
    return round(float(np.exp((low + high) / 2)), 4)


def thresholds(
    probabilities: Probabilities, truth: Truth, coverages: Sequence[float] = COVERAGES
) -> dict[str, float | dict[str, float]]:
    """Choose the confidence below which an answer is unsure, and the bars of the prediction sets.

    Args:
        probabilities: (n, k) of validation speakers, calibrated already.
        truth: (n,) indices of the true labels.
        coverages: how often a set is to hold the true label.

    Returns:
        `{"unsure": c, "set": {"0.9": t, ...}}`: see `unsure` and `set_bar`.

    Raises:
        QuaverError: shapes or values do not fit.
    """
    check(probabilities, truth)
    bars = {f"{coverage:g}": set_bar(probabilities, truth, coverage) for coverage in coverages}
    return {"unsure": unsure(probabilities, truth), "set": bars}


def set_bar(probabilities: Probabilities, truth: Truth, coverage: float) -> float:
    """Find t such that the set {label: p >= t} holds the true label in `coverage` of new clips.

    Split conformal prediction with the score 1 - p(true label) (LAC: Sadinle, Lei & Wasserman 2019) and the
    finite-sample quantile (Angelopoulos & Bates 2021): t is the floor((n + 1)(1 - coverage))-th smallest
    probability that a true label got. With too few clips for the coverage asked, t is 0: every label is in the set.
    The promise holds for clips that are exchangeable with the validation clips; a new speaker or room is not.
    """
    of_truth = np.sort(probabilities[np.arange(len(truth)), truth])
    rank = int(np.floor((len(truth) + 1) * (1 - coverage) + 1e-9))  # 0.1 * 20 is 1.9999... in floats
    return float(of_truth[min(rank, len(truth)) - 1]) if rank >= 1 else 0.0


def unsure(probabilities: Probabilities, truth: Truth, accuracy: float = 0.5) -> float:
    """Find the confidence below which answers are right less often than `accuracy`.

    The rule: keep the clips at or above c, count +(1 - accuracy) for each right and -accuracy for each wrong answer,
    and take the c with the largest sum. Just above it answers are right more often than `accuracy`, just below it
    less often; it is where an isotonic regression of right on confidence crosses `accuracy`.
    Where even the least confident clips are right often enough, c is their confidence, at most `accuracy`;
    where none are, c is 1.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = (probabilities.argmax(axis=1) == truth) - accuracy
    levels, place = np.unique(confidence, return_inverse=True)  # clips of equal confidence stay together
    kept = np.cumsum(np.bincount(place, surplus)[::-1])[::-1]  # the sum over this level and all above
    best = int(np.argmax(kept))
    if kept[best] <= 0:
        return 1.0
    if best == 0:
        return round(min(float(levels[0]), accuracy), 4)
    return round(float(levels[best - 1] + levels[best]) / 2, 4)


def nll(probabilities: Probabilities, truth: Truth) -> float:
    """Average the negative log-likelihood of the truth, in nats."""
    return float(-np.log(np.clip(probabilities[np.arange(len(truth)), truth], TINY, None)).mean())


def brier(probabilities: Probabilities, truth: Truth) -> float:
    """Average the squared distance from the truth over clips: 0 is perfect, 2 the worst (Brier 1950)."""
    return float(np.square(probabilities - np.eye(probabilities.shape[1])[truth]).sum(axis=1).mean())


def reliability(probabilities: Probabilities, truth: Truth, bins: int = BINS) -> list[dict[str, float | int]]:
    """Compare confidence with accuracy in bins of equal width; empty bins are left out.

    Returns:
        Bins `{"low", "high", "clips", "confidence", "accuracy"}`, from unsure to sure.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [
        {
            "low": round(i / bins, 6),
            "high": round((i + 1) / bins, 6),
            "clips": int(inside.sum()),
            "confidence": round(float(confidence[inside].mean()), 6),
            "accuracy": round(float(right[inside].mean()), 6),
        }
        for i in range(bins)
        if (inside := place == i).any()
    ]


def ece(probabilities: Probabilities, truth: Truth, bins: int = BINS) -> float:
    """Average |confidence - accuracy| over the clips' bins: the expected calibration error (Naeini et al. 2015)."""
    rows = reliability(probabilities, truth, bins)
    return sum(row["clips"] * abs(row["confidence"] - row["accuracy"]) for row in rows) / len(truth)


def check(probabilities: Probabilities, truth: Truth) -> None:
    """Refuse what cannot be scored.

    Raises:
        QuaverError: no clips, shapes that differ, labels out of range, or rows that are no distribution.
    """
    if probabilities.ndim != 2 or truth.shape != probabilities.shape[:1] or not len(truth):
        raise QuaverError(
            f"got probabilities {probabilities.shape} and truth {truth.shape}; expected (n, labels) and (n,), n > 0."
        )
    if not np.issubdtype(truth.dtype, np.integer) or truth.min() < 0 or truth.max() >= probabilities.shape[1]:
        raise QuaverError(f"the truth must hold label indices from 0 to {probabilities.shape[1] - 1}.")
    if not np.isfinite(probabilities).all() or (probabilities < 0).any():
        raise QuaverError("the probabilities hold values that are negative or not finite; did the training diverge?")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise QuaverError("the probabilities of a clip must sum to 1; are these logits?")
