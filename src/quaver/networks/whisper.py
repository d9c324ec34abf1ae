"""The first blocks of Whisper's encoder (Radford et al., 2022) in Keras, with the weights of the original."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quaver.backend import keras

Array = np.ndarray[Any, np.dtype[Any]]
HEAD = 64  # channels of one head of attention, in every Whisper
LONGEST = 1500  # frames of the frontend that are heard at once, 15 s; half as many steps have a position


def encoder(weights: Mapping[str, Array], blocks: int) -> Any:
    """Build the encoder up to a block, for sound of up to 15 s.

    Args:
        weights: from `teachers.read`.
        blocks: how many blocks to keep.

    Returns:
        A keras.Model from the `logmel` frontend (batch, frames, 80) to (batch, frames / 2, width), without the layer
        normalisation that follows Whisper's last block.
    """
    from quaver.networks.layers import EncoderBlock, Positions

    layers = keras().layers
    width, mels, _ = weights["conv1.weight"].shape
    x = features = keras().Input((None, mels), name="features")
    for name, stride in (("conv1", 1), ("conv2", 2)):
        x = layers.ZeroPadding1D(1, name=f"{name}_edge")(x)
        x = layers.Conv1D(width, 3, strides=stride, activation="gelu", kernel_initializer="zeros", name=name)(x)
    x = Positions(LONGEST // 2, name="positions")(x)
    for number in range(blocks):
        x = EncoderBlock(width // HEAD, name=f"block{number + 1}")(x)
    model = keras().Model(features, x, name="encoder")
    for name in ("conv1", "conv2"):
        kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        model.get_layer(name).set_weights([kernel.transpose(2, 1, 0), bias])
    model.get_layer("positions").set_weights([weights["positional_embedding"][: LONGEST // 2]])
    for number in range(blocks):
        model.get_layer(f"block{number + 1}").set_weights(_block(weights, f"blocks.{number}"))
    return model


def by_depth(weights: Mapping[str, Array], depths: Sequence[int]) -> Any:
    """Build the encoder up to the last of some depths, and take the statistics over time of what each of them gives.

    Args:
        weights: from `teachers.read`.
        depths: in halves of blocks, see `StatisticsByDepth`.

    Returns:
        A keras.Model from the `logmel` frontend (batch, frames, 80) to (batch, 2 width * depths).
    """
    from quaver.networks.layers import StatisticsByDepth

    beginning, last = encoder(weights, 0), max(depths)
    pooled = StatisticsByDepth(depths, beginning.output.shape[-1] // HEAD, name="pooled")
    model = keras().Model(beginning.input, pooled(beginning.output), name="stem")
    blocks = [values for number in range((last + 1) // 2) for values in _block(weights, f"blocks.{number}")]
    pooled.set_weights(blocks[: len(pooled.weights)])
    return model


def _block(weights: Mapping[str, Array], at: str) -> list[Array]:
    """Give a block's weights in the order of `EncoderBlock`; PyTorch's matrices are (out, in)."""
    names = ("attn_ln", "attn.query", "attn.key", "attn.value", "attn.out", "mlp_ln", "mlp.0", "mlp.2")
    found = (weights.get(f"{at}.{name}.{part}") for name in names for part in ("weight", "bias"))
    return [values.T for values in found if values is not None]
