"""A network for microcontrollers: convolutions over time and bands, then over time, pooled by mean and deviation.

The first convolutions see the mel spectrogram as a picture, so that what they learn holds for low voices as for high
ones. After them bands and channels are one, so that the others are products of large matrices. Nothing depends on the
length of the clip.
"""

from typing import Any

import numpy as np

from quaver.backend import keras

FRAMES = 150  # of an excerpt in training; 3 s
PICTURE = (  # filters, kernel in time and bands, stride in time, in bands
    (16, 5, 2, 2),
    (32, 3, 2, 2),
    (64, 3, 1, 2),
)
STAGES = (  # filters, kernel, stride, dilation
    (128, 1, 1, 1),
    (128, 3, 1, 2),
    (128, 3, 1, 1),
)
DROPOUT = 0.3
MOMENTUM = 0.9  # of batch normalisation, as in `article`
SILENT = 1e-5  # of a variance


def build(
    shape: tuple[int | None, ...] = (None, 48),
    labels: int = 7,
    *,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    seed: int = 0,
) -> Any:
    """Build the network.

    Args:
        shape: (frames, bands) of one clip's features; the frames may be None.
        labels: number of classes.
        mean: (bands,) mean of each band over the training clips; None leaves the features as they are.
        variance: (bands,) variance of each band over the training clips.
        seed: of the initial weights and of dropout.

    Returns:
        An uncompiled keras.Model from features (batch, frames, bands) to probabilities (batch, labels).

    Example:
        >>> build().count_params() <= 220_000
        True
    """
    from quaver.networks.layers import Statistics

    layers = keras().layers
    features, bands = keras().Input(shape, name="features"), int(shape[-1] or 0)
    if mean is None or variance is None:
        mean, variance = np.zeros(bands, "f"), np.ones(bands, "f")
    x = layers.Normalization(mean=np.asarray(mean), variance=np.asarray(variance), name="normaliser")(features)
    if PICTURE:
        x = layers.Reshape((-1, bands, 1), name="picture")(x)
        for number, seen in enumerate(PICTURE, start=1):
            x = _seen(x, number, *seen, seed)
        x = layers.Reshape((-1, x.shape[2] * x.shape[3]), name="sequence")(x)
    for number, stage in enumerate(STAGES, start=len(PICTURE) + 1):
        x = _stage(x, number, *stage, seed)
    x = Statistics(name="pooled")(x)
    x = layers.Dropout(DROPOUT, seed=1000 * seed, name="drop")(x)
    start = keras().initializers.GlorotUniform(seed=1000 * seed + len(PICTURE) + len(STAGES) + 1)
    x = layers.Dense(labels, kernel_initializer=start, name="dense")(x)
    return keras().Model(features, layers.Softmax(name="probabilities")(x), name="nano")


def adaptable(trained: Any, features: np.ndarray) -> Any:
    """Let a trained network be told whose voice it hears: what pooling gives is standardised on its way to the end.

    The dense layer takes that back, so that the answers stay.

    Args:
        trained: from `build`.
        features: (n, frames, bands) excerpts of training clips, which fix the scale.

    Returns:
        A keras.Model with a layer `Speaker` in front of the dense layer.
    """
    from quaver.networks.layers import Speaker

    layers, pooled, dense = keras().layers, trained.get_layer("pooled").output, trained.get_layer("dense")
    values = keras().Model(trained.input, pooled).predict(features, verbose=0)
    mean, variance = values.mean(axis=0), values.var(axis=0)
    variance[variance < SILENT] = 1.0  # a channel that never speaks
    kernel, bias = dense.get_weights()
    x = layers.Normalization(mean=mean, variance=variance, name="standardised")(pooled)
    x = layers.Dense(dense.units, name="dense")(Speaker(name="speaker")(x))
    model = keras().Model(trained.input, layers.Softmax(name="probabilities")(x), name="nano")
    model.get_layer("dense").set_weights([kernel * np.sqrt(variance)[:, None], bias + mean @ kernel])
    return model


def backbone(trained: Any) -> Any:
    """Give the part of a trained network that ends in what pooling gives: (batch, frames, bands) to (batch, 256)."""
    return keras().Model(trained.input, trained.get_layer("pooled").output, name="backbone")


def head(labels: int, mean: np.ndarray, variance: np.ndarray, seed: int = 0) -> Any:
    """Build the end of the network alone, to be trained on what pooling gives.

    Args:
        labels: number of classes.
        mean: (256,) of what pooling gives for the training clips.
        variance: (256,) likewise.
        seed: of the initial weights and of dropout.

    Returns:
        An uncompiled keras.Model from (batch, 256) to probabilities (batch, labels).
    """
    from quaver.networks.layers import Speaker

    layers = keras().layers
    pooled, variance = keras().Input(mean.shape, name="pooled"), np.where(variance < SILENT, 1.0, variance)
    x = layers.Normalization(mean=mean, variance=variance, name="standardised")(pooled)
    x = layers.Dropout(DROPOUT, seed=1000 * seed + 1, name="drop")(Speaker(name="speaker")(x))
    start = keras().initializers.GlorotUniform(seed=1000 * seed + 2)
    x = layers.Dense(labels, kernel_initializer=start, name="dense")(x)
    return keras().Model(pooled, layers.Softmax(name="probabilities")(x), name="head")


def with_head(trained: Any, other: Any) -> Any:
    """Put another `head` at the end of a trained network."""
    from quaver.networks.layers import continued

    x = continued(trained.get_layer("pooled").output, other)
    return keras().Model(trained.input, x, name="nano")


def _seen(x: Any, number: int, filters: int, kernel: int, stride: int, of_bands: int, seed: int) -> Any:
    """Convolve over time and bands, with as many zeros around as the kernel reaches, normalise, and rectify."""
    layers = keras().layers
    x = layers.ZeroPadding2D(kernel // 2, name=f"edge{number}")(x)
    x = layers.Conv2D(filters, kernel, strides=(stride, of_bands), **_options(number, seed))(x)
    return _rectified(x, number)


def _stage(x: Any, number: int, filters: int, kernel: int, stride: int, dilation: int, seed: int) -> Any:
    """Convolve with as many zeros at both ends as the kernel reaches beyond them, normalise, and rectify."""
    layers, edge = keras().layers, (kernel - 1) * dilation // 2
    if edge:
        x = layers.ZeroPadding1D(edge, name=f"edge{number}")(x)
    x = layers.Conv1D(filters, kernel, strides=stride, dilation_rate=dilation, **_options(number, seed))(x)
    return _rectified(x, number)


def _options(number: int, seed: int) -> dict[str, Any]:
    start = keras().initializers.HeUniform(seed=1000 * seed + number)
    return {"use_bias": False, "kernel_initializer": start, "name": f"conv{number}"}


def _rectified(x: Any, number: int) -> Any:
    x = keras().layers.BatchNormalization(momentum=MOMENTUM, name=f"norm{number}")(x)
    return keras().layers.ReLU(name=f"relu{number}")(x)
