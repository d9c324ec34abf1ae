"""TESS, the Toronto emotional speech set (Pichora-Fuller and Dupuis, 2020)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, Archive, Corpus, Said

# OAF_back_angry: the older actress says "Say the word back", angry. One official file is called OA_bite_neutral.
_NAME = re.compile(r"(OAF|OA|YAF)_([a-z]+)_([a-z]+)", re.IGNORECASE)
# The words of the Northwestern University auditory test no. 6.
_WORDS = """
back bar base bath bean beg bite boat bone book bought burn cab calm came cause chain chair chalk chat check
cheek chief choice cool dab date dead death deep dime dip ditch dodge dog doll door fail fall far fat fit five
food gap gas gaze germ get gin goal good goose gun half hall hash hate have haze hire hit hole home hurl hush
jail jar join judge jug juice keen keep keg kick kill king kite knock late laud lean learn lease lid life limb
live loaf long lore lose lot love luck make match merge mess met mill mob mode mood moon mop mouse nag name
near neat nice note numb pad page pain pass pearl peg perch phone pick pike pole pool puff rag raid rain raise
rat reach read red ring ripe road room rose rot rough rush said sail search seize sell shack shall shawl sheep
shirt should shout size soap soup sour south sub such sure take talk tape team tell thin third thought thumb
time tip tire ton tool tough turn vine voice void vote wag walk wash week wheat when which whip white wife
wire witch yearn yes young youth
"""
_SPEAKERS = ("OAF", "YAF")
_LABELS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")


def parse(path: Path) -> Said | None:
    """Read a name such as `YAF_back_ps.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, word, raw = match[1].upper(), match[2].lower(), match[3].lower()
    speaker = "OAF" if speaker == "OA" else speaker
    return Said(speaker, raw, f"{speaker}_{word}_{raw}", word, gender=FEMALE)


def folders(name: str) -> str:
    """Read `OAF_Fear`, `YAF_pleasant_surprised`: the label that the files in it should have."""
    speaker, _, raw = name.lower().partition("_")
    raw = "ps" if raw.startswith("pleasant_surprise") else raw
    return raw if speaker in ("oaf", "yaf") and raw in _LABELS else ""


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy."""
    return (f"{speaker}_{word}_{raw}" for speaker, word, raw in product(_SPEAKERS, _WORDS.split(), _LABELS))


CORPUS = Corpus(
    name="tess",
    title="Toronto emotional speech set (TESS)",
    language="en-CA",
    licence="CC BY-NC-ND 4.0",
    address="https://doi.org/10.5683/SP2/E8H2MF",
    clips=2800,
    speakers=2,
    emotions={
        "angry": "angry",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happy",
        "neutral": "neutral",
        "ps": "surprise",  # pleasant surprise
        "sad": "sad",
    },
    counts=dict.fromkeys(("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), 400),
    parse=parse,
    names=names,
    folders=folders,
    archives=(
        # A Dataverse repository packs its files on demand; it may leave some out where the bundle would be too large.
        Archive(
            "tess.zip",
            ("https://borealisdata.ca/api/access/dataset/:persistentId/?persistentId=doi:10.5683/SP2/E8H2MF",),
        ),
    ),
    by_hand="open https://doi.org/10.5683/SP2/E8H2MF, choose all files, download them",
    note="Two actresses: tess-loso trains on one and tests on the other.",
)
