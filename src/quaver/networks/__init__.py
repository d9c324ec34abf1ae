"""Untrained Keras networks, one builder a file."""

from typing import Any

import numpy as np

from quaver.errors import SpecError

NAMES = ("article",)


def build(
    name: str,
    shape: tuple[int, ...],
    labels: int,
    *,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    seed: int = 0,
) -> Any:
    """Build a network by name; see the builder of that name for what comes back.

    Args:
        name: one of `NAMES`.
        shape: shape of one clip's features, without the batch.
        labels: number of classes.
        mean: mean of each feature over the training clips.
        variance: variance of each feature over the training clips.
        seed: of the initial weights and of dropout.

    Raises:
        SpecError: no network has that name.
    """
    check(name)
    from quaver.networks import article

    return article.build(shape, labels, mean=mean, variance=variance, seed=seed)


def check(name: str) -> None:
    """Refuse a name that no network has.

    Raises:
        SpecError: no network has that name.
    """
    if name not in NAMES:
        raise SpecError(f"no network is called {name!r}; there are: {', '.join(NAMES)}.")
