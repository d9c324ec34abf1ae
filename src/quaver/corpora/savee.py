"""SAVEE, four men who speak British English (Jackson and Haq, University of Surrey, 2011)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import MALE, Corpus, Said

# AudioData/DC/sa01.wav or, flat, DC_sa01.wav: speaker DC, sadness, first of its sentences.
_NAME = re.compile(r"(?:(DC|JE|JK|KL)_?)?(a|d|f|h|n|sa|su)(\d\d)")
_SPEAKERS = ("DC", "JE", "JK", "KL")
_EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}


def parse(path: Path) -> Said | None:
    """Read `DC/a01.wav` or `DC_a01.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker = match[1] or path.parent.name
    if speaker not in _SPEAKERS or not 1 <= int(match[3]) <= 30:
        return None
    return Said(speaker, match[2], f"{speaker}_{match[2]}{match[3]}", f"{match[2]}{match[3]}", gender=MALE)


def folders(name: str) -> str:
    """Read `DC`: the speaker that the files in it should have."""
    return name if name in _SPEAKERS else ""


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy: 15 sentences of each emotion, 30 neutral ones."""
    for speaker, raw in product(_SPEAKERS, _EMOTIONS):
        yield from (f"{speaker}_{raw}{number:02d}" for number in range(1, 31 if raw == "n" else 16))


CORPUS = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion (SAVEE)",
    language="en-GB",
    licence="research only, on registration",
    address="http://kahlan.eps.surrey.ac.uk/savee/",
    clips=480,
    speakers=4,
    emotions=_EMOTIONS,
    counts=dict.fromkeys(_EMOTIONS.values(), 60) | {"neutral": 120},
    parse=parse,
    names=names,
    folders=folders,
    by_hand="its authors ask everybody to register first, at http://kahlan.eps.surrey.ac.uk/savee/Download.html",
)
