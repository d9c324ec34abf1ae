"""ASED, the Amharic speech emotion dataset (Retta et al., ACM TALLIP 22(1), 2023)."""

import re
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# 05Angry/a5-03-01-02-50: anger (folder 5), sentence 3, first repetition, man, speaker 50. One name has a capital S.
_NAME = re.compile(r"([a-z])(\d)-(\d\d)-(\d\d)-(0[12])-(\d\d)", re.IGNORECASE)
_FOLDERS = {"neutral": "n", "fearful": "f", "fear": "f", "happy": "h", "sad": "s", "angry": "a"}


def parse(path: Path) -> Said | None:
    """Read a name such as `a5-03-01-02-50.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match or not 1 <= int(match[6]) <= 65:
        return None
    raw, _, sentence, repetition, sex, speaker = match.groups()
    raw = raw.lower()
    return Said(
        speaker=speaker,
        raw=raw,
        name=path.stem.lower(),
        sentence=f"{raw}{sentence}_rep{repetition}",
        gender=FEMALE if sex == "01" else MALE,
    )


def folders(name: str) -> str:
    """Read `05Angry`: the label that the files in it should have."""
    return _FOLDERS.get(name.lower().lstrip("0123456789"), "")


CORPUS = Corpus(
    name="ased",
    title="Amharic Speech Emotion Dataset (ASED)",
    language="am",
    licence="none stated, research",
    address="https://github.com/Ethio2021/ASED_V1",
    clips=2474,
    speakers=65,
    emotions={"n": "neutral", "f": "fear", "h": "happy", "s": "sad", "a": "angry"},
    counts={"angry": 486, "fear": 510, "happy": 486, "neutral": 522, "sad": 470},
    parse=parse,
    folders=folders,
    archives=(Archive("ASED_V1-main.zip", ("https://github.com/Ethio2021/ASED_V1/archive/refs/heads/main.zip",)),),
)
