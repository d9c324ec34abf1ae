"""Parts of equal length of clips that differ in theirs, so that they can be learnt from and answered in batches."""

from typing import Any

import numpy as np

from quaver.augment import FrequencyMask, TimeMask

Array = np.ndarray[Any, np.dtype[Any]]
MASKS = TimeMask(), FrequencyMask()


def drawn(features: Array, frames: int, rng: np.random.Generator) -> Array:
    """Draw one excerpt of each clip, with a run of frames and a run of bands hidden (Park et al., 2019).

    Args:
        features: (n,) arrays (frames of the clip, bands).
        frames: of an excerpt; a shorter clip is repeated.
        rng: what decides where excerpts and masks begin.

    Returns:
        (n, frames, bands) float32.
    """
    return np.stack([_masked(_drawn(clip, frames, rng), rng) for clip in features])


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


def _drawn(clip: Array, frames: int, rng: np.random.Generator) -> Array:
    spare = len(clip) - frames
    return _from(clip, int(rng.integers(spare + 1 if spare >= 0 else len(clip))), frames)


def _from(clip: Array, start: int, frames: int) -> Array:
    return np.take(clip, np.arange(start, start + frames), axis=0, mode="wrap")


def _masked(excerpt: Array, rng: np.random.Generator) -> Array:
    for mask in MASKS:
        excerpt = mask.apply(excerpt, 0, mask.draw(rng, excerpt))
    return excerpt
