"""The classic Conv1D network over the 162 values: 1,283,591 parameters for seven emotions."""

from typing import Any

import numpy as np

from quaver.backend import keras

KERNEL = 8
DROPOUT = 0.25
POOL = 8
MOMENTUM = 0.9  # of batch normalisation; the usual 0.99 lags hundreds of steps behind on a small corpus


def build(
    shape: tuple[int, ...] = (162,),
    labels: int = 7,
    *,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    seed: int = 0,
) -> Any:
    """Build the article's network: eight convolutions in three stages, then one dense layer.

    256·256–BN–drop–pool – 128·128–drop–128·128–BN–drop–pool – 64·64 – flatten – dense, kernel 8, "same"; batch
    normalisation stands before its ReLU. The normaliser is part of the network, as constants, not weights.

    Args:
        shape: shape of one clip's features.
        labels: number of classes.
        mean: (162,) mean of each feature over the training clips; None leaves the features as they are.
        variance: (162,) variance of each feature over the training clips.
        seed: of the initial weights and of dropout.

    Returns:
        An uncompiled keras.Model from features (batch, 162) to probabilities (batch, labels).

    Example:
        >>> build().count_params()
        1283591
    """
    features = keras().Input(shape, name="features")
    x = _stages(_normalised(features, mean, variance), seed)
    return keras().Model(features, _head(x, labels, seed), name="article")


def _normalised(features: Any, mean: np.ndarray | None, variance: np.ndarray | None) -> Any:
    layers = keras().layers
    if mean is None or variance is None:
        mean, variance = np.zeros(features.shape[1:], "f"), np.ones(features.shape[1:], "f")
    x = layers.Normalization(mean=np.asarray(mean), variance=np.asarray(variance), name="normaliser")(features)
    return layers.Reshape((-1, 1), name="steps")(x)


def _stages(x: Any, seed: int) -> Any:
    layers = keras().layers
    # filters, batch norm after it, dropout after it, pooling after it
    plan = (
        (256, False, False, False),
        (256, True, True, True),
        (128, False, False, False),
        (128, False, True, False),
        (128, False, False, False),
        (128, True, True, True),
        (64, False, False, False),
        (64, False, False, False),
    )
    for number, (filters, norm, drop, pool) in enumerate(plan, start=1):
        x = layers.Conv1D(
            filters, KERNEL, padding="same", kernel_initializer=_glorot(seed, number), name=f"conv{number}"
        )(x)
        if norm:
            x = layers.BatchNormalization(momentum=MOMENTUM, name=f"norm{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
        if drop:
            x = layers.Dropout(DROPOUT, seed=1000 * seed + number, name=f"drop{number}")(x)
        if pool:
            x = layers.MaxPooling1D(POOL, name=f"pool{number}")(x)
    return x


def _head(x: Any, labels: int, seed: int) -> Any:
    layers = keras().layers
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(labels, kernel_initializer=_glorot(seed, 9), name="dense")(x)
    return layers.Softmax(name="probabilities")(x)


def _glorot(seed: int, number: int) -> Any:
    return keras().initializers.GlorotUniform(seed=1000 * seed + number)
