"""Positions in time as transformers take them: sines and cosines (Vaswani et al., 2017; in Whisper's order)."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def sinusoids(steps: int, width: int, stride: int = 1) -> Array:
    """Give the positions (steps, width) float32: sines, then cosines, of wavelengths up to 10,000 steps.

    Args:
        steps: how many.
        width: values of each, even.
        stride: from one to the next.
    """
    rates = np.exp(-np.log(10_000) / (width // 2 - 1) * np.arange(width // 2))
    angles = stride * np.arange(steps)[:, None] * rates
    return np.hstack([np.sin(angles), np.cos(angles)]).astype(np.float32)


def factors(steps: int, width: int, stride: int) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Give small tables of which all positions can be made: the sum of the products of two pairs.

    The sine of a sum is sin a cos b + cos a sin b, its cosine cos a cos b - sin a sin b; a counts in strides, b in
    steps.

    Args:
        steps: a multiple of the stride.
        width: values of each position.
        stride: rows of the fine tables.

    Returns:
        Pairs of (steps / stride, 1, width) and (1, stride, width) float32.
    """
    far, near = sinusoids(steps // stride, width, stride)[:, None], sinusoids(stride, width)[None]
    (sine, cosine), (near_sine, near_cosine) = (np.split(table, 2, axis=-1) for table in (far, near))
    turned = np.concatenate([cosine, -sine], axis=-1)
    return (far, np.tile(near_cosine, 2)), (turned, np.tile(near_sine, 2))
