"""EmoDB, the Berlin database of emotional speech (Burkhardt et al., Interspeech 2005)."""

import re
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Corpus, Said

# 03a01Fa: speaker 03, sentence a01, happiness (Freude), version a.
_NAME = re.compile(r"(\d{2})([ab]\d{2})([A-Z])([a-z])")
_WOMEN = frozenset({"08", "09", "13", "14", "16"})


def parse(path: Path) -> Said | None:
    """Read a name such as `03a01Fa.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, sentence, raw, _version = match.groups()
    return Said(speaker, raw, sentence, gender=FEMALE if speaker in _WOMEN else MALE)


CORPUS = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    language="de",
    licence="CC0 1.0",
    address="http://emodb.bilderbar.info",
    clips=535,
    speakers=10,
    emotions={
        "W": "angry",  # Wut
        "L": "boredom",  # Langeweile
        "E": "disgust",  # Ekel
        "A": "fear",  # Angst
        "F": "happy",  # Freude
        "T": "sad",  # Trauer
        "N": "neutral",
    },
    counts={"angry": 127, "disgust": 46, "fear": 69, "happy": 71, "neutral": 79, "sad": 62, "boredom": 81},
    parse=parse,
)
