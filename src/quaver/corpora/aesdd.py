"""AESDD, the acted emotional speech dynamic database, Greek (Vryzas et al., J. Audio Eng. Soc. 66(6), 2018)."""

import re
from pathlib import Path

from quaver.corpora.base import Corpus, Said

# anger/a03 (4).wav: anger, utterance 3, speaker 4. A letter after the number marks a further take.
_NAME = re.compile(r"([a-z])(\d\d)([a-z]?)[ _]*\((\d{1,2})\)([a-z]?)", re.IGNORECASE)
_FOLDERS = {"anger": "a", "disgust": "d", "fear": "f", "happiness": "h", "sadness": "s"}


def parse(path: Path) -> Said | None:
    """Read a name such as `a03 (4).wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    raw, utterance, take, speaker, later = match.groups()
    raw = raw.lower()
    return Said(speaker, raw, f"{raw}{utterance}{take} ({speaker}){later}".lower(), utterance)


def folders(name: str) -> str:
    """Read `anger`: the label that the files in it should have."""
    return _FOLDERS.get(name.lower(), "")


CORPUS = Corpus(
    name="aesdd",
    title="Acted Emotional Speech Dynamic Database (AESDD)",
    language="el",
    licence="research only",
    address="https://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/",
    clips=605,
    speakers=6,
    emotions={"a": "angry", "d": "disgust", "f": "fear", "h": "happy", "s": "sad"},
    counts={"angry": 121, "disgust": 122, "fear": 120, "happy": 119, "sad": 123},
    parse=parse,
    folders=folders,
    by_hand="its page, https://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/, leads to the archive",
    note="s05 (3).wav is damaged in the official copy; the names do not say who is a woman, so genders stay open.",
)
