"""The voices among training clips, and what a clip would look like from somebody else.

A clip that is shown with another voice keeps how it differs from its speaker's other clips, and takes over the mean and
deviation of somebody else. So a network cannot tell emotions by whose voice it hears, nor by which corpus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
_TINY = 1e-6
STILL = 0.2  # of everybody's deviation: a voice's own counts as no smaller


@dataclass(frozen=True)
class Styles:
    """The voices among the training clips; a voice is a person heard through one channel.

    Zhou et al. (2021, MixStyle) mix the statistics of two pictures inside a network; here they are those of speakers.
    """

    of: Array  # (n,) the voice of each clip; -1: it stays as it is
    corpus: Array  # (v,) of each voice
    mean: Array  # (v, k)
    deviation: Array  # (v, k)

    @classmethod
    def among(cls, features: Array, corpus: Array, names: Sequence[str]) -> "Styles":
        """Find the voices of clips; those beyond `names` keep theirs.

        Args:
            features: (n, k) of the clips.
            corpus: (n,) numbers.
            names: (m,), m <= n, of each clip, who speaks and through which channel.
        """
        _, of = np.unique(np.asarray(names), return_inverse=True)
        known, rows = features[: len(of)], [np.flatnonzero(of == v) for v in range(of.max(initial=-1) + 1)]
        least = np.maximum(STILL * known.std(axis=0), _TINY)  # of a value that never changes, too
        return cls(
            np.concatenate([of, np.full(len(features) - len(of), -1)]),
            np.array([corpus[own[0]] for own in rows]),
            np.stack([known[own].mean(axis=0) for own in rows]),
            np.stack([np.maximum(known[own].std(axis=0), least) for own in rows]),
        )

    def exchanged(self, features: Array, order: Array, share: float, rng: np.random.Generator) -> Array:
        """Give a share of the clips somebody else's voice, any part of the way to it; each corpus lends as often.

        Args:
            features: (m, k) of the clips.
            order: (m,) which clips they are.
            share: of them that change.
            rng: which, to whom, and how far.

        Returns:
            (m, k) float32.
        """
        rows = np.flatnonzero((rng.random(len(order)) < share) & (self.of[order] >= 0))
        own, other = self.of[order[rows]], self._drawn(len(rows), rng)
        way = rng.random((len(rows), 1), np.float32)
        mean = self.mean[own] + way * (self.mean[other] - self.mean[own])
        deviation = self.deviation[own] + way * (self.deviation[other] - self.deviation[own])
        result = features.copy()
        result[rows] = (features[rows] - self.mean[own]) / self.deviation[own] * deviation + mean
        return result

    def _drawn(self, count: int, rng: np.random.Generator) -> Array:
        """Draw voices, of each corpus as many."""
        each = np.bincount(self.corpus)[self.corpus]
        return rng.choice(len(self.corpus), count, p=(1 / each) / (1 / each).sum())
