"""Masks on features, as SpecAugment has them: a run of frames or of bands is hidden (Park et al., 2019)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quaver.augment.effects import Params, within


@dataclass(frozen=True)
class _Mask:
    """A run of frames or bands replaced by the mean of the features (Park et al., 2019, without time warping)."""

    most: float = 0.2  # of the frames or bands, for the widest mask
    axis: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        within(f"{type(self).__name__}, a fraction", (self.most, self.most), 0.0, 0.5)

    def draw(self, rng: np.random.Generator, samples: np.ndarray, sample_rate: int = 0) -> Params:
        """Choose `start` and `width` for features (frames, bands)."""
        size = samples.shape[self.axis]
        width = int(rng.integers(int(self.most * size) + 1))
        return {"start": int(rng.integers(size - width + 1)), "width": width}

    def apply(self, samples: np.ndarray, sample_rate: int, params: Mapping[str, float]) -> np.ndarray:
        """Mask a copy of the features (frames, bands)."""
        masked = np.array(samples, dtype=np.float32)
        run = slice(int(params["start"]), int(params["start"] + params["width"]))
        np.moveaxis(masked, self.axis, 0)[run] = masked.mean() if masked.size else 0.0
        return masked


@dataclass(frozen=True)
class TimeMask(_Mask):
    """Hide a run of frames of (frames, bands) features. Limits: at most half of them; a fifth is safe."""


@dataclass(frozen=True)
class FrequencyMask(_Mask):
    """Hide a run of bands of (frames, bands) features. Limits: at most half of them; a fifth is safe."""

    axis: int = field(default=1, init=False, repr=False)
