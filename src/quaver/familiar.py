"""Whether a sound is like the voices that a network learnt from, or music, a tone, noise."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quaver.bundle import Card
from quaver.prediction import Segment

Array = np.ndarray[Any, np.dtype[Any]]
TOLD_FROM = 1.0  # seconds, without pauses: what is shorter lies far from everything, and tells no distance


def distance(voices: Array) -> Array:
    """Tell how far voices (..., m) lie from those that a network learnt from: about 1 for such, more for others (...).

    It is the root of the mean square of the values that describe a voice, each of which has mean 0 and variance 1 over
    the training clips: Mahalanobis' distance as if they were independent (Lee et al., 2018, with all of it).
    """
    return np.asarray(np.sqrt(np.square(voices, dtype=np.float64).mean(axis=-1)))


def told(voice: Array | None, features: Array, card: Card) -> float | None:
    """Give the distance of what was heard; None where the network tells none, or heard too little.

    Args:
        voice: (m,) from the network.
        features: (frames, bands) that it heard.
        card: of the bundle.
    """
    if voice is None or len(features) * card.frontend["hop"] < TOLD_FROM * card.spec.sample_rate:
        return None
    return float(distance(voice))


def like_voices(segments: Sequence[Segment], card: Card) -> list[bool]:
    """Tell which segments are like voices; one that tells no distance is, unless all that do are not.

    Where none tells a distance, or the card draws no line, all are.
    """
    known = [segment.distance < card.unfamiliar for segment in segments if segment.distance is not None]
    untold = not known or any(known)
    return [untold if each.distance is None else each.distance < card.unfamiliar for each in segments]
