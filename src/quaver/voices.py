"""What a speaker's own statistics make of features, for many clips at once: how training learns to be adapted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quaver import profiles
from quaver.balance import Data

Array = np.ndarray[Any, np.dtype[Any]]


def adapted(features: Array, voices: Sequence[str], mean: Array, deviation: Array) -> Array:
    """Give features as a network sees them that knows each voice by a profile of all its clips here.

    Args:
        features: (n, k) what a stem gives.
        voices: of each row, who speaks and through which channel: a profile is made of one person's clips.
        mean: (k,) of each value over all training clips, everybody's.
        deviation: (k,) likewise.

    Returns:
        (n, k) float32, on the scale of `features`.
    """
    normal, result = (features - mean) / deviation, np.empty_like(features, np.float32)
    _, groups = np.unique(np.asarray(voices), return_inverse=True)
    for group in range(groups.max(initial=-1) + 1):
        rows = groups == group
        own = normal[rows]
        profile = profiles.Profile("voice", "", len(own), own.mean(axis=0), own.var(axis=0) * len(own))
        if (known := profile.adaptation()) is not None:
            result[rows] = (own - known[0]) / known[1]
    return result * deviation.astype(np.float32) + mean.astype(np.float32)


def with_adapted(data: Data, voices: Sequence[str], mean: Array, deviation: Array) -> Data:
    """Give the clips twice: as they are, and as the profile of their voice makes them."""
    features = adapted(data.features, voices, mean, deviation)
    return data.joined(replace(data, features=features))
