"""nEMO, simulated emotional speech in Polish (Christop, LREC-COLING 2024)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# EB0_anger_12: speaker EB0, anger, sentence 12. The genders are those of data.tsv, which a copy may lack.
_NAME = re.compile(r"([A-Z]{2}\d)_([a-z]+)_(\d{1,2})")
_GENDER = {
    "EB0": FEMALE,
    "IC0": FEMALE,
    "KD0": FEMALE,
    "MK0": FEMALE,
    "KS0": MALE,
    "MP0": MALE,
    "SM0": MALE,
    "TP0": MALE,
    "WR0": MALE,
}


# Speaker MP0 gave these sentences only, and every neutral one; MK0 no surprise; five further clips were left out.
_MP0 = {
    "anger": "2 4 5 6 8 9 10 14 17 18 24 27 32 36 40 41 42 44 46 54 55 56 65 68 69 70 71 73 85",
    "fear": "1 2 3 4 5 8 12 14 21 23 28 30 33 35 41 47 61",
    "happiness": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 37 40 47 52 55 58 61 67 77",
    "sadness": "1 2 5 6 7 8 9 10 11 12 14 15 16 19 20 22 23 42 43 45 46 48 49 50 51 52 53 56 57 60 62 63 64 66 68 69 "
    "70 71 72 75 77 78 79 83 84 86 87 88 89",
    "surprised": "8 12 14 16 17 18 21 23 24 25 27 28 29 30 32 33 34 35 37 39 40 41 44 48 52 53 54 64 66 67 68 69 70 72 "
    "73 74 80 84 85 87 90",
}
_LEFT_OUT = frozenset({"EB0_surprised_40", "SM0_fear_18", "SM0_happiness_31", "TP0_surprised_75", "WR0_neutral_11"})
_EMOTIONS = {
    "anger": "angry",
    "fear": "fear",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprised": "surprise",
}


def parse(path: Path) -> Said | None:
    """Read a name such as `EB0_anger_12.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match or match[1] not in _GENDER:
        return None
    speaker, raw, sentence = match.groups()
    return Said(speaker, raw, path.stem, sentence, gender=_GENDER[speaker])


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy."""
    every = [str(number) for number in range(1, 91)]
    for speaker, raw in product(_GENDER, _EMOTIONS):
        sentences = _MP0[raw].split() if speaker == "MP0" and raw in _MP0 else every
        if (speaker, raw) != ("MK0", "surprised"):
            yield from (n for s in sentences if (n := f"{speaker}_{raw}_{s}") not in _LEFT_OUT)


CORPUS = Corpus(
    name="nemo",
    title="nEMO: dataset of emotional speech in Polish",
    language="pl",
    licence="CC BY-NC-SA 4.0",
    address="https://github.com/amu-cai/nEMO",
    clips=4481,
    speakers=9,
    emotions=_EMOTIONS,
    counts={"angry": 749, "fear": 736, "happy": 749, "neutral": 809, "sad": 769, "surprise": 669},
    parse=parse,
    names=names,
    archives=(Archive("nEMO-main.zip", ("https://github.com/amu-cai/nEMO/archive/refs/heads/main.zip",)),),
)
