"""An index of unit vectors, so that those near a question are found without comparing it with all.

Vectors are gathered in cells around the centres of spherical k-means, and a question is compared only with what lies in
the cells nearest to it: the inverted file of Sivic and Zisserman, "Video Google", ICCV 2003, and of Jégou, Douze and
Schmid, "Product quantization for nearest neighbor search", PAMI 2011.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

MOST_CELLS = 1024
SIZE = 64  # vectors to a cell, at least, on average
LEARNT_FROM = 32  # vectors for each centre
ROUNDS = 6
ASKED = 16  # cells a question; with it, and as many cells as here, no copy of 120 was missed that all vectors gave
BLOCK = 16_384  # vectors that are assigned at once


@dataclass(frozen=True)
class Cells:
    """Unit vectors by the cell they lie in."""

    vectors: Array  # (n, k) float16 is enough; rows stay where they are
    centres: Array  # (cells, k) float32
    order: Array  # (n,) rows of `vectors`, cell after cell
    begins: Array  # (cells + 1,) where each cell begins in `order`

    @classmethod
    def of(cls, vectors: Array, seed: int = 0) -> "Cells":
        """Gather vectors (n, k) in cells."""
        count = int(np.clip(len(vectors) // SIZE, 1, MOST_CELLS))
        centres = _centres(vectors, count, np.random.default_rng(seed))
        cell = np.concatenate([_scores(vectors[at : at + BLOCK], centres).argmax(axis=1) for at in _blocks(vectors)])
        begins = np.concatenate(([0], np.cumsum(np.bincount(cell, minlength=count))))
        return cls(vectors, centres, np.argsort(cell, kind="stable").astype(np.int32), begins)

    def near(self, questions: Array, least: float) -> tuple[Array, Array, Array]:
        """Find the vectors near each question (m, k).

        Returns:
            The number of the question, the row of the vector, and their cosine, of each pair that is near enough; a few
            such pairs may be missed, where the vector lies in none of the nearest sixteen cells.
        """
        asked = min(ASKED, len(self.centres))
        cells = np.argpartition(-_scores(questions, self.centres), asked - 1, axis=1)[:, :asked]
        who, cell = np.repeat(np.arange(len(questions)), asked), cells.ravel()
        order = np.argsort(cell, kind="stable")
        ends = np.cumsum(np.bincount(cell, minlength=len(self.centres)))
        found = []
        for number, those in enumerate(np.split(who[order], ends[:-1])):
            rows = self.order[self.begins[number] : self.begins[number + 1]]
            if len(those) and len(rows):
                cosines = _scores(questions[those], self.vectors[rows])
                i, j = np.nonzero(cosines >= least)
                found.append((those[i], rows[j], cosines[i, j]))
        empty = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        first, second, third = (np.concatenate(part) for part in zip(*(found or [empty]), strict=True))
        return first, second, third


def _blocks(vectors: Array) -> Iterator[int]:
    return iter(range(0, len(vectors), BLOCK))


def _scores(a: Array, b: Array) -> Array:
    return np.asarray(a.astype(np.float32, copy=False) @ b.astype(np.float32, copy=False).T)


def _centres(vectors: Array, count: int, rng: np.random.Generator) -> Array:
    """Find centres (count, k) by spherical k-means on some of the vectors."""
    some = vectors[np.sort(rng.permutation(len(vectors))[: LEARNT_FROM * count])].astype(np.float32)
    centres = some[rng.permutation(len(some))[:count]]
    for _ in range(ROUNDS):
        sums = np.zeros_like(centres)
        np.add.at(sums, _scores(some, centres).argmax(axis=1), some)
        size = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(size > 1e-6, sums / np.maximum(size, 1e-6), centres)
    return centres
