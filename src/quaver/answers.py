"""What a Keras network answers to many clips."""

from typing import Any

import numpy as np

from quaver import excerpts

Array = np.ndarray[Any, np.dtype[Any]]
BATCH = 64
_TINY = 1e-12


def predict(model: Any, features: Array, frames: int = 0) -> Array:
    """Run a network on (n, ...) features in batches of one shape, which is compiled once; gives (n, labels).

    Clips that differ in length are heard in excerpts of `frames`, of whose answers the mean is given. Members of a
    network answer together, by the mean of their logits.
    """
    if features.dtype == object:
        parts, owners = excerpts.covering(features, frames)
        sums = np.add.reduceat(predict(model, parts), np.searchsorted(owners, np.arange(len(features))))
        return np.asarray(sums / np.bincount(owners)[:, None])
    rows = -len(features) % BATCH
    padded = np.concatenate([features, np.zeros((rows, *features.shape[1:]), features.dtype)])
    answers: Array = np.asarray(model.predict(padded, batch_size=BATCH, verbose=0))
    answers = answers[: len(features)]
    if answers.ndim == 3:
        answers = np.exp(np.log(np.maximum(answers, _TINY)).mean(axis=1))
        answers /= answers.sum(axis=1, keepdims=True)
    return answers
