"""How many clips of each emotion there are, crossed with everything else a manifest knows."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from quaver.emotions import in_order
from quaver.frontend.tables import Array
from quaver.manifest import Clip, Manifest

TRAITS = ("speaker", "sex", "corpus", "language", "intensity")
RARE = 0.25  # of the most frequent emotion: below it a class is called rare


@dataclass(frozen=True)
class Cross:
    """A table of counts: what a trait of the clips is, and which emotion they express."""

    trait: str
    rows: tuple[str, ...]
    emotions: tuple[str, ...]
    counts: Array  # (rows, emotions) int


def trait(clip: Clip, name: str) -> str:
    """Give a trait of a clip by one of TRAITS; "unknown" where the manifest does not say."""
    if name == "speaker":
        return clip.group if clip.speaker_is_known else f"{clip.corpus}/unknown"
    return {"sex": clip.gender, "corpus": clip.corpus}.get(name) or str(getattr(clip, name, "") or "unknown")


def cross(manifest: Manifest, name: str) -> Cross:
    """Count the clips of each emotion for each value of a trait.

    Example:
        >>> from pathlib import Path
        >>> cross(Manifest((Clip(Path("a.wav"), "own", "01", "sad"),)), "corpus").counts.tolist()
        [[1]]
    """
    emotions, told = manifest.emotions, Counter((trait(clip, name), clip.emotion) for clip in manifest)
    rows = tuple(sorted({row for row, _ in told}))
    counts = np.array([[told[row, emotion] for emotion in emotions] for row in rows], int)
    return Cross(name, rows, emotions, counts.reshape(len(rows), len(emotions)))


def known(manifest: Manifest) -> list[str]:
    """List the traits that are worth a table: the manifest says more than one thing about them."""
    return [name for name in TRAITS if len({trait(clip, name) for clip in manifest}) > 1]


def missing(table: Cross) -> list[tuple[str, str]]:
    """List the (row, emotion) of a table that no clip has."""
    return [(table.rows[i], table.emotions[j]) for i, j in np.argwhere(table.counts == 0)]


def rare(manifest: Manifest) -> dict[str, int]:
    """Count the emotions that have less than a quarter of the clips of the most frequent one."""
    counts = Counter(clip.emotion for clip in manifest)
    most = max(counts.values(), default=0)
    return {emotion: counts[emotion] for emotion in manifest.emotions if counts[emotion] < RARE * most}


def lacking(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """Give what each speaker lacks of the emotions of the corpus; speakers of one emotion are told by `single`."""
    all_of, own = dict[str, set[str]](), dict[tuple[str, str], set[str]]()
    for clip in manifest:
        all_of.setdefault(clip.corpus, set()).add(clip.emotion)
        if clip.speaker_is_known:
            own.setdefault((clip.corpus, clip.group), set()).add(clip.emotion)
    lacks = {who: in_order(all_of[corpus] - has) for (corpus, who), has in own.items() if len(has) > 1}
    return {who: some for who, some in lacks.items() if some}


def single(manifest: Manifest) -> dict[str, str]:
    """Give the speakers who express one emotion only, where others express more."""
    table = cross(manifest, "speaker")
    kinds = (table.counts > 0).sum(axis=1)
    if len(table.emotions) < 2:
        return {}
    return {table.rows[i]: table.emotions[int(table.counts[i].argmax())] for i in np.flatnonzero(kinds == 1)}
