"""Two and a half blocks of Whisper base's encoder in four bits, mean and deviation over time, and a head.

The encoder has learnt to hear speech in 99 languages from 680,000 hours of it (Radford et al., 2022). Its middle blocks
tell emotions better than its last ones, which have turned to words.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quaver.backend import keras
from quaver.nibbles import rounded

Array = np.ndarray[Any, np.dtype[Any]]

TEACHER = "whisper-base"
WIDTH = 512
DEPTHS = (4, 5)  # after the second block, and after the attention of the third
POOLED = (2 * WIDTH * len(DEPTHS),)  # mean and deviation over time at each depth
_AT = " and ".join(map(str, DEPTHS))
DESCRIBED = f"{TEACHER} in four bits, mean and deviation at depths {_AT}, 1"  # raise it when words do not tell
HIDDEN = 256  # values between the head's two layers
MEMBERS = 4  # that share them out, learn side by side and answer together
DROPOUT = 0.5  # of them; half as much of what comes in
DECAY = 1e-3  # of the squares of the head's weights, in the loss; see docs/small.md


def stem(weights: Mapping[str, Array]) -> Any:
    """Build the part that training leaves as it is.

    Args:
        weights: of the teacher, from `teachers.load`.

    Returns:
        A keras.Model from the `logmel` frontend (batch, frames, 80) to (batch, 2048). Matrices are rounded to what four
        bits hold, so that the head learns from what it will hear on a device.
    """
    from quaver.networks.whisper import by_depth

    used = tuple(f"blocks.{number}." for number in range((max(DEPTHS) + 1) // 2))
    matrices = {name: values for name, values in weights.items() if name.startswith(used) and values.ndim == 2}
    model = by_depth({**weights, **{name: rounded(values.T).T for name, values in matrices.items()}}, DEPTHS)
    model.trainable = False
    return model


def build(
    shape: tuple[int, ...] = POOLED,
    labels: int = 7,
    *,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    seed: int = 0,
    members: int = MEMBERS,
) -> Any:
    """Build the head, the part that is trained: members that share nothing but what they hear.

    Trained networks differ by chance where they have learnt little, and the mean of several varies less (Hansen and
    Salamon, 1990). `merged` makes one of them.

    Args:
        shape: of what the stem gives.
        labels: number of classes.
        mean: (2048,) mean of each value over the training clips; None leaves the values as they are.
        variance: (2048,) variance of each value over the training clips.
        seed: of the initial weights and of dropout.
        members: how many.

    Returns:
        An uncompiled keras.Model from (batch, 2048) to probabilities (batch, members, labels).
    """
    from quaver.networks.layers import Members, Speaker

    layers, decay = keras().layers, keras().regularizers.L2(DECAY / members)  # the loss is the mean over members
    if mean is None or variance is None:
        mean, variance = np.zeros(shape, "f"), np.ones(shape, "f")
    pooled = keras().Input(shape, name="pooled")
    x = layers.Normalization(mean=np.asarray(mean), variance=np.asarray(variance), name="normaliser")(pooled)
    x = Speaker(name="speaker")(x)
    x = layers.Dropout(DROPOUT / 2, seed=1000 * seed + 1, name="drop")(x)
    start = keras().initializers.GlorotUniform(seed=1000 * seed + 2)
    x = layers.Dense(HIDDEN, "relu", kernel_initializer=start, kernel_regularizer=decay, name="hidden")(x)
    x = layers.Dropout(DROPOUT, seed=1000 * seed + 4, name="hidden_drop")(x)
    x = Members(members, labels, kernel_regularizer=decay, seed=1000 * seed + 3, name="members")(x)
    return keras().Model(pooled, layers.Softmax(name="probabilities")(x), name="small")


def merged(trained: Any) -> Any:
    """Give a chain of plain layers that answers as the members of a trained head do together.

    Their logits are averaged, so one dense layer stands for all.

    Args:
        trained: from `build`.

    Returns:
        A keras.Model from (batch, 2048) to probabilities (batch, labels).
    """
    layers, members = keras().layers, trained.get_layer("members")
    kernel, bias = members.get_weights()
    dense = layers.Dense(len(bias[0]), name="dense")
    x = dense(trained.get_layer("hidden_drop").output)
    dense.set_weights([kernel.reshape(-1, len(bias[0])) / len(bias), bias.mean(axis=0)])
    return keras().Model(trained.input, layers.Softmax(name="probabilities")(x), name="small")
