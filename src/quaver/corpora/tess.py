"""TESS, the Toronto emotional speech set (Pichora-Fuller and Dupuis, 2020)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, Corpus, Said

# OAF_back_angry: the older actress says "Say the word back", angry. One official file is called OA_bite_neutral.
_NAME = re.compile(r"(OAF|OA|YAF)_([A-Za-z]+)_([A-Za-z]+)")
_SPEAKERS = ("OAF", "YAF")
_EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")


def parse(path: Path) -> Said | None:
    """Read a name such as `YAF_back_ps.wav`; the folders (`OAF_Fear`, `YAF_fear`) vary and are not needed."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    speaker, word, raw = match.groups()
    return Said("OAF" if speaker == "OA" else speaker, raw.lower(), word.lower(), gender=FEMALE)


def grid(present: Iterable[str]) -> Iterator[str]:
    """Give the stems of a complete copy, from the words that occur in any of them."""
    words = {stem.split("_")[1].lower() for stem in present}
    for speaker, word, emotion in product(_SPEAKERS, sorted(words), _EMOTIONS):
        yield f"{speaker}_{word}_{emotion}"


def canonical(stem: str) -> str:
    """Spell a stem as the scheme wants it."""
    speaker, word, emotion = stem.split("_")
    return f"{'OAF' if speaker == 'OA' else speaker}_{word.lower()}_{emotion.lower()}"


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
    grid=grid,
    canonical=canonical,
)
