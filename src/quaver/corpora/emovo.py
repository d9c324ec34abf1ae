"""EMOVO, six actors who speak Italian (Costantini et al., LREC 2014)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Corpus, Said

# dis-f1-b1: disgust, first woman, sentence b1.
_NAME = re.compile(r"([a-z]{3})-([fm]\d)-([a-z]\d)")
_SPEAKERS = ("f1", "f2", "f3", "m1", "m2", "m3")
_EMOTIONS = {
    "dis": "disgust",
    "gio": "happy",
    "neu": "neutral",
    "pau": "fear",
    "rab": "angry",
    "sor": "surprise",
    "tri": "sad",
}
_SENTENCES = ("b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2")


def parse(path: Path) -> Said | None:
    """Read a name such as `dis-f1-b1.wav`."""
    match = _NAME.fullmatch(path.stem.lower())
    if not match or match[2] not in _SPEAKERS:
        return None
    raw, speaker, sentence = match.groups()
    return Said(speaker, raw, path.stem.lower(), sentence, gender=FEMALE if speaker[0] == "f" else MALE)


def folders(name: str) -> str:
    """Read `f1`: the speaker that the files in it should have."""
    return name if name in _SPEAKERS else ""


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy."""
    return (f"{raw}-{speaker}-{sentence}" for raw, speaker, sentence in product(_EMOTIONS, _SPEAKERS, _SENTENCES))


CORPUS = Corpus(
    name="emovo",
    title="EMOVO: an Italian emotional speech database",
    language="it",
    licence="none stated, research",
    address="http://voice.fub.it/activities/corpora/emovo",
    clips=588,
    speakers=6,
    emotions=_EMOTIONS,
    counts=dict.fromkeys(_EMOTIONS.values(), 84),
    parse=parse,
    names=names,
    folders=folders,
    by_hand="its page, http://voice.fub.it/activities/corpora/emovo/index.html, leads to the archive emovo.zip",
)
