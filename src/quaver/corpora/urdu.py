"""URDU, emotional utterances from Urdu talk shows (Latif et al., FIT 2018)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# SM1_F4_A04: speaker, male, number 1; his file 4 in this emotion; the emotion's fourth (the number follows a 0).
_NAME = re.compile(r"(S([MF])\d{1,2})_F(\d{1,2})_([A-Z])0?(\d{1,3})")
_FOLDERS = {"angry": "A", "happy": "H", "neutral": "N", "sad": "S"}
# Who speaks how often, in the order in which the files of an emotion are numbered.
_FILES = {
    "A": "SM1 22 SM2 28 SM3 2 SM4 48",
    "H": "SF1 12 SF2 2 SF3 2 SF4 4 SF5 4 SF6 14 SF7 6 SF8 2 SM17 2 SM18 2 SM19 2 SM3 2 SM5 8 SM6 10 SM7 28",
    "N": "SF9 4 SM20 10 SM21 4 SM22 2 SM3 8 SM5 72",
    "S": "SF10 2 SF11 4 SM23 6 SM24 38 SM25 40 SM26 2 SM27 4 SM6 4",
}


def parse(path: Path) -> Said | None:
    """Read a name such as `SM1_F4_A04.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, sex, _, raw, _ = match.groups()
    return Said(speaker, raw, path.stem, gender=FEMALE if sex == "F" else MALE)


def folders(name: str) -> str:
    """Read `Angry`: the label that the files in it should have."""
    return _FOLDERS.get(name.lower(), "")


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy."""
    for raw, files in _FILES.items():
        number = 0
        words = files.split()
        for speaker, count in zip(words[::2], words[1::2], strict=True):
            for take in range(1, int(count) + 1):
                number += 1
                yield f"{speaker}_F{take}_{raw}0{number}"


CORPUS = Corpus(
    name="urdu",
    title="URDU: emotional utterances from talk shows",
    language="ur",
    licence="research only",
    address="https://github.com/siddiquelatif/URDU-Dataset",
    clips=400,
    speakers=29,
    emotions={"A": "angry", "H": "happy", "N": "neutral", "S": "sad"},
    counts={"angry": 100, "happy": 100, "neutral": 100, "sad": 100},
    parse=parse,
    names=names,
    folders=folders,
    archives=(
        Archive(
            "URDU-Dataset-master.zip",
            ("https://github.com/siddiquelatif/URDU-Dataset/archive/refs/heads/master.zip",),
        ),
    ),
    note="Its authors count 38 speakers (27 men, 11 women); the names of the published files tell 29 apart.",
)
