"""The sides of a fold as training takes them: clips, and what the network sees of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quaver import excerpts, voices
from quaver.balance import Data
from quaver.manifest import Clip, Manifest
from quaver.styles import Styles

Array = np.ndarray[Any, np.dtype[Any]]

_TINY = 1e-12  # of a variance


@dataclass(frozen=True)
class Side:
    """One side of a fold: its clips and what the network sees of them."""

    clips: Manifest
    data: Data

    def with_clips_of(self, other: "Side") -> "Side":
        """Give both sides as one."""
        return Side(self.clips + other.clips, self.data.joined(other.data))

    def where(self, keep: Callable[[Clip], bool]) -> "Side":
        """Give the clips for which `keep` is true."""
        kept = np.array([keep(clip) for clip in self.clips], bool)
        return Side(self.clips.where(keep), self.data.rows(kept))

    def with_styles(self, shown: Data) -> Data:
        """Give what is shown, these clips and perhaps their adapted forms behind them, with the voices of the clips."""
        corpus = np.zeros(len(shown.truth), int) if shown.corpus is None else shown.corpus
        return replace(shown, styles=Styles.among(shown.features, corpus, self.voices))

    @property
    def voices(self) -> list[str]:
        """Name for each clip who speaks and through which channel."""
        return [f"{clip.group} {clip.variant}" for clip in self.clips]

    def as_recorded(self, frames: int) -> Array:
        """Give the features of clips without a variant; in excerpts of so many frames where they differ in length."""
        rows = [row for row, clip in enumerate(self.clips) if not clip.variant] or slice(None)
        features = self.data.features[rows]
        return excerpts.covering(features, frames)[0] if frames else features

    def with_adapted(self, mean: Array | None = None, deviation: Array | None = None) -> Data:
        """Give the clips twice: as they are, and as a profile of their speaker, heard through one channel, has them.

        Args:
            mean: (k,) of each value over everybody; without, over these clips.
            deviation: (k,) likewise.
        """
        values = self.data.features
        mean = values.mean(axis=0) if mean is None else mean
        deviation = np.sqrt(values.var(axis=0) + _TINY) if deviation is None else deviation
        return voices.with_adapted(self.data, self.voices, mean, deviation)


def augmented(train: Manifest, variants: Sequence[str]) -> Manifest:
    """Give each training clip one row a variant; rows that a protocol has made already stay as they are."""
    if any(clip.variant for clip in train):
        return train
    rows = (replace(clip, extra={**clip.extra, "variant": v}) if v else clip for clip in train for v in variants)
    return Manifest(tuple(rows))
