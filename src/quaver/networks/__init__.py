"""Untrained Keras networks, one builder a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quaver.backend import keras
from quaver.errors import SpecError, TrainingError

NAMES = ("article", "nano", "small")


@dataclass(frozen=True)
class FrozenPart:
    """The beginning of a network that training leaves as it is."""

    described: str  # tells it from every other
    shape: tuple[int, ...]  # of what it gives
    build: Callable[[], Any]  # makes the keras.Model


def build(
    name: str,
    shape: tuple[int | None, ...],
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
    from quaver.networks import article, nano, small

    builder: Callable[..., Any] = {"article": article.build, "nano": nano.build, "small": small.build}[name]
    return builder(shape, labels, mean=mean, variance=variance, seed=seed)


def stem(name: str) -> FrozenPart | None:
    """Give the frozen beginning of a network, of which `build` makes only the rest; None where all is trained.

    Raises:
        SpecError: no network has that name.
    """
    check(name)
    if name != "small":
        return None
    from quaver import teachers
    from quaver.networks import small

    return FrozenPart(small.DESCRIBED, small.POOLED, lambda: small.stem(teachers.load(small.TEACHER)))


def whole(name: str, trained: Any, features: np.ndarray) -> Any:
    """Finish a network that was trained: join it with its frozen beginning, and let it adapt to voices if it can.

    Args:
        name: one of `NAMES`.
        trained: a chain of layers, which are copied.
        features: (n, ...) of training clips, in excerpts where they differ in length.
    """
    if name == "nano":
        from quaver.networks import nano

        known = any(layer.name == "speaker" for layer in trained.layers)
        return trained if known else nano.adaptable(trained, features)
    part = stem(name)
    if part is None:
        return trained
    from quaver.networks import small
    from quaver.networks.layers import continued

    beginning = part.build()
    x = continued(beginning.output, small.merged(trained))
    return keras().Model(beginning.input, x, name=name)


def trainable(name: str, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Give the shape that a network is built for, where clips come in this one.

    Raises:
        TrainingError: clips differ in length, and the network needs them all alike.
    """
    if None in shape and not excerpt(name):
        raise TrainingError(
            f"the network {name!r} needs clips of one length; the frontend gives as many frames as a clip has."
        )
    return shape


def load(path: Path) -> Any:
    """Load a network that was saved, with the layers that quaver adds to Keras's.

    Raises:
        ValueError: the file holds no network.
    """
    models = keras().models
    import quaver.networks.layers  # noqa: F401 - registers them

    return models.load_model(path)


def made_for(name: str) -> str:
    """Name the frontend that a network is made for.

    Raises:
        SpecError: no network has that name.
    """
    check(name)
    return {"article": "article", "nano": "logmel-nano", "small": "logmel"}[name]


def excerpt(name: str) -> int:
    """Give how many frames of a clip a network trains on at once; 0 where clips are of one size.

    Raises:
        SpecError: no network has that name.
    """
    check(name)
    from quaver.networks import nano

    return nano.FRAMES if name == "nano" else 0


def check(name: str) -> None:
    """Refuse a name that no network has.

    Raises:
        SpecError: no network has that name.
    """
    if name not in NAMES:
        raise SpecError(f"no network is called {name!r}; there are: {', '.join(NAMES)}.")
