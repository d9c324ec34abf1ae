"""nEMO, simulated emotional speech in Polish (Christop, LREC-COLING 2024)."""

import re
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


def parse(path: Path) -> Said | None:
    """Read a name such as `EB0_anger_12.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match or match[1] not in _GENDER:
        return None
    speaker, raw, sentence = match.groups()
    return Said(speaker, raw, sentence, gender=_GENDER[speaker])


CORPUS = Corpus(
    name="nemo",
    title="nEMO: dataset of emotional speech in Polish",
    language="pl",
    licence="CC BY-NC-SA 4.0",
    address="https://github.com/amu-cai/nEMO",
    clips=4481,
    speakers=9,
    emotions={
        "anger": "angry",
        "fear": "fear",
        "happiness": "happy",
        "neutral": "neutral",
        "sadness": "sad",
        "surprised": "surprise",
    },
    counts={"angry": 749, "fear": 736, "happy": 749, "neutral": 809, "sad": 769, "surprise": 669},
    parse=parse,
    archives=(Archive("https://github.com/amu-cai/nEMO/archive/refs/heads/main.zip", "nEMO-main.zip"),),
)
