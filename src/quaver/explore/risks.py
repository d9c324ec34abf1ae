"""What the usual ways of splitting a corpus would let through, and what they would make of the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quaver import splits
from quaver.errors import ManifestError
from quaver.explore.doubles import Double
from quaver.manifest import Clip, Manifest

MOST_SPEAKERS = 500  # that are dealt out; more would say nothing else
NAMES = {  # of the protocols, in the words of people
    "article-random": "clips at random (after augmentation)",
    "speakers-5fold": "speakers in five groups",
    "corpora-loco": "one corpus at a time",
}


@dataclass(frozen=True)
class Risk:
    """What the test side of a split has in common with its training side, in shares of the tested clips."""

    protocol: str
    folds: int  # 0: it cannot be done
    speakers: float = 0.0
    recordings: float = 0.0  # the clip itself, a variant of it, or a double
    sentences: float = 0.0
    reason: str = ""  # why it cannot be done


def risks(manifest: Manifest, doubles: Sequence[Double] = ()) -> list[Risk]:
    """Split a manifest in the usual ways and compare the sides.

    Args:
        manifest: the clips.
        doubles: what is known to be the same recording.
    """
    twins = {(clip.path, clip.start): number for number, double in enumerate(doubles) for clip in double.clips}
    some = set(manifest.speakers[:MOST_SPEAKERS])
    return [_risk(name, manifest.where(lambda clip: clip.group in some), twins) for name in NAMES]


def _risk(name: str, manifest: Manifest, twins: Mapping[Any, int]) -> Risk:
    if name == "corpora-loco" and len(manifest.corpora) < 2:
        return Risk(name, 0, reason="There is only one.")
    try:
        folds = splits.protocol(name).folds(manifest)
    except ManifestError as error:
        return Risk(name, 0, reason=str(error))
    tested = speakers = recordings = sentences = 0
    for fold in folds:
        learnt = fold.train.clips + fold.validation.clips
        voices, said = {clip.group for clip in learnt}, {_text(clip) for clip in learnt} - {""}
        heard = {_recording(clip, twins) for clip in learnt}
        tested += len(fold.test)
        speakers += sum(clip.group in voices for clip in fold.test)
        recordings += sum(_recording(clip, twins) in heard for clip in fold.test)
        sentences += sum(_text(clip) in said for clip in fold.test)
    tested = max(tested, 1)
    parts = [round(part / tested, 4) for part in (speakers, recordings, sentences)]
    return Risk(name, len(folds), parts[0], parts[1], parts[2])


def _text(clip: Clip) -> str:
    return f"{clip.corpus}|{clip.sentence}" if clip.sentence else ""


def _recording(clip: Clip, twins: Mapping[Any, int]) -> object:
    return twins.get((clip.path, clip.start), (clip.path, clip.start, clip.end))
