"""CREMA-D, crowd-sourced emotional multimodal actors (Cao et al., IEEE Trans. Affective Computing 5(4), 2014)."""

import re
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Corpus, Said

# 1001_DFA_ANG_XX: actor, sentence, emotion, level. One official file ends in a single X: 1040_ITH_SAD_X.
_NAME = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_(XX?|LO|MD|HI)")
_LEVEL = {"X": "unspecified", "XX": "unspecified", "LO": "low", "MD": "medium", "HI": "high"}
# The sexes of VideoDemographics.csv; a copy may come without that file.
_WOMEN = frozenset(
    [1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028, 1029, 1030, 1037]
    + [1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063, 1072, 1073, 1074, 1075, 1076]
    + [1078, 1079, 1082, 1084, 1089, 1091]
)


def parse(path: Path) -> Said | None:
    """Read a name such as `1001_IEO_HAP_HI.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match or not 1001 <= int(match[1]) <= 1091:
        return None
    speaker, sentence, raw, level = match.groups()
    name = f"{speaker}_{sentence}_{raw}_{'XX' if level == 'X' else level}"
    return Said(speaker, raw, name, sentence, _LEVEL[level], FEMALE if int(speaker) in _WOMEN else MALE)


CORPUS = Corpus(
    name="crema_d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    language="en-US",
    licence="ODbL 1.0 + DbCL 1.0",
    address="https://github.com/CheyneyComputerScience/CREMA-D",
    clips=7442,
    speakers=91,
    emotions={"ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"},
    counts={"angry": 1271, "disgust": 1271, "fear": 1271, "happy": 1271, "neutral": 1087, "sad": 1271},
    parse=parse,
    by_hand="its sounds lie in Git LFS, so the archive that GitHub offers holds none of them: "
    "`git lfs install && git clone https://github.com/CheyneyComputerScience/CREMA-D`",
    note="1076_MTI_SAD_XX is silent in the official release and is left out.",
)
