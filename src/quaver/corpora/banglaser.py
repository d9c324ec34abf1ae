"""BanglaSER, acted Bangla sentences (Das et al., Data in Brief 42, 2022)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# 03-01-04-02-03-01-15: mode, script, emotion, intensity, statement, repetition, actor. Three official names of actor 15
# begin with 01-01 where the scheme says 03-01.
_NAME = re.compile(r"(?:03|01)-01-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_INTENSITY = {"01": "normal", "02": "strong"}
_STRONG = ("03", "04")  # anger and surprise were spoken strong, the others normal
_ACTORS = tuple(f"{actor:02d}" for actor in range(1, 35))
_NEVER_NEUTRAL = frozenset({"11", "12", "13", "16", "18", "20", "29"})


def parse(path: Path) -> Said | None:
    """Read a name such as `03-01-04-02-03-01-15.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    raw, intensity, statement, repetition, actor = match.groups()
    spoken = statement in ("01", "02", "03") and repetition in ("01", "02", "03") and intensity in _INTENSITY
    if actor not in _ACTORS or not spoken:
        return None
    return Said(
        speaker=actor,
        raw=raw,
        name=f"03{path.stem[2:]}",
        sentence=f"stmt{statement}_rep{repetition}",
        intensity=_INTENSITY[intensity],
        gender=MALE if int(actor) % 2 else FEMALE,
    )


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy: seven actors were never recorded in neutral."""
    for actor, emotion, statement, repetition in product(_ACTORS, range(1, 6), range(1, 4), range(1, 4)):
        if emotion == 5 and actor in _NEVER_NEUTRAL:
            continue
        intensity = "02" if f"{emotion:02d}" in _STRONG else "01"
        yield f"03-01-{emotion:02d}-{intensity}-{statement:02d}-{repetition:02d}-{actor}"


def folders(name: str) -> str:
    """Read `Actor 07`: the speaker that the files in it should have."""
    return name[-2:] if re.fullmatch(r"Actor[ _]\d\d", name) else ""


CORPUS = Corpus(
    name="banglaser",
    title="BanglaSER: a speech emotion recognition dataset for the Bangla language",
    language="bn",
    licence="CC BY 4.0",
    address="https://data.mendeley.com/datasets/t9h6p943xy/5",
    clips=1467,
    speakers=34,
    emotions={"01": "happy", "02": "sad", "03": "angry", "04": "surprise", "05": "neutral"},
    counts={"angry": 306, "happy": 306, "neutral": 243, "sad": 306, "surprise": 306},
    parse=parse,
    names=names,
    folders=folders,
    archives=(
        Archive(
            "t9h6p943xy-5.zip",
            (
                "https://data.mendeley.com/public-api/zip/t9h6p943xy/download/5",
                "https://prod-dcd-datasets-cache-zipfiles.s3.eu-west-1.amazonaws.com/t9h6p943xy-5.zip",
            ),
        ),
    ),
    by_hand="open https://data.mendeley.com/datasets/t9h6p943xy/5 and choose Download All",
)
