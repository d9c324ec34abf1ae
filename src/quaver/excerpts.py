"""Parts of equal length of clips that differ in theirs, so that they can be learnt from and answered in batches."""

from typing import Any

import numpy as np

from quaver.augment import FrequencyMask, TimeMask

Array = np.ndarray[Any, np.dtype[Any]]
MASKS = TimeMask(), FrequencyMask()


def drawn(features: Array, frames: int, rng: np.random.Generator, warp: float = 0.0) -> Array:
    """Draw one excerpt of each clip, with a run of frames and a run of bands hidden (Park et al., 2019).

    Args:
        features: (n,) arrays (frames of the clip, bands).
        frames: of an excerpt; a shorter clip is repeated.
        rng: what decides where excerpts and masks begin.
        warp: how far tempo and bands may be stretched, each by a factor between exp(-warp) and exp(warp); the bands as
            by a longer or shorter throat (Jaitly & Hinton, 2013).

    Returns:
        (n, frames, bands) float32.
    """
    return np.stack([_masked(_warped(clip, frames, rng, warp), rng) for clip in features])


def covering(features: Array, frames: int) -> tuple[Array, Array]:
    """Cut clips into excerpts that cover them evenly.

    Args:
        features: (n,) arrays (frames of the clip, bands).
        frames: of an excerpt; a shorter clip is repeated.

    Returns:
        The excerpts (m, frames, bands), m >= n, and (m,) to which clip each belongs, in ascending order.
    """
    rows, owners = [], []
    for owner, clip in enumerate(features):
        spare = max(len(clip) - frames, 0)
        for start in np.linspace(0, spare, 1 + -(-spare // frames)).round().astype(int):
            rows.append(_from(clip, int(start), frames))
            owners.append(owner)
    return np.stack(rows), np.array(owners)


def _warped(clip: Array, frames: int, rng: np.random.Generator, warp: float) -> Array:
    if not warp:
        return _drawn(clip, frames, rng)
    tempo, throat = np.exp(rng.uniform(-warp, warp, 2))
    length = max(1, round(frames * tempo))
    excerpt = _between(_drawn(clip, length, rng), np.linspace(0, length - 1, frames))
    bands = excerpt.shape[1]
    return _between(excerpt.T, np.minimum(np.arange(bands) * throat, bands - 1)).T


def _between(rows: Array, places: Array) -> Array:
    """Give what stands at `places` (m,), between whole numbers on the line from row to row (n, k)."""
    below = places.astype(int)
    part = (places - below)[:, None].astype(np.float32)
    return np.asarray(rows[below] * (1 - part) + rows[np.minimum(below + 1, len(rows) - 1)] * part, np.float32)


def _drawn(clip: Array, frames: int, rng: np.random.Generator) -> Array:
    spare = len(clip) - frames
    return _from(clip, int(rng.integers(spare + 1 if spare >= 0 else len(clip))), frames)


def _from(clip: Array, start: int, frames: int) -> Array:
    return np.take(clip, np.arange(start, start + frames), axis=0, mode="wrap")


def _masked(excerpt: Array, rng: np.random.Generator) -> Array:
    for mask in MASKS:
        excerpt = mask.apply(excerpt, 0, mask.draw(rng, excerpt))
    return excerpt
