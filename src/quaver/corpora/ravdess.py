"""RAVDESS, speech and song of 24 actors (Livingstone and Russo, PLoS ONE 13(5), 2018)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# 03-01-06-01-02-01-12: modality (03 = sound alone), channel (01 speech, 02 song), emotion, intensity, statement,
# repetition, actor.
_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_SPEECH, _SONG = "01", "02"
_INTENSITY = {"01": "normal", "02": "strong"}
_ACTORS = tuple(f"{actor:02d}" for actor in range(1, 25))
_SONGLESS = "18"  # no song of this actor was published


def parse(path: Path) -> Said | None:
    """Read a name such as `03-01-06-01-02-01-12.wav`; the films (modality 01 and 02) are not ours."""
    match = _NAME.fullmatch(path.stem)
    if not match:
        return None
    modality, channel, raw, intensity, statement, repetition, actor = match.groups()
    spoken = statement in ("01", "02") and repetition in ("01", "02") and intensity in _INTENSITY
    if modality != "03" or channel not in (_SPEECH, _SONG) or actor not in _ACTORS or not spoken:
        return None
    song = channel == _SONG
    return Said(
        speaker=actor,
        raw=raw,
        name=path.stem,
        sentence=f"{'song_' if song else ''}stmt{statement}_rep{repetition}",
        intensity=_INTENSITY[intensity],
        gender=MALE if int(actor) % 2 else FEMALE,
        extra={"channel": "song"} if song else {},
    )


def folders(name: str) -> str:
    """Read `Actor_07`: the speaker that the files in it should have."""
    return name[-2:] if re.fullmatch(r"Actor_\d\d", name) else ""


def names(present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy; speech only where there is any, and the songs likewise."""
    channels = {name[3:5] for name in present}
    for channel in sorted(channels):
        emotions = range(1, 9) if channel == _SPEECH else range(1, 7)
        for actor, emotion, intensity, statement, repetition in product(_ACTORS, emotions, (1, 2), (1, 2), (1, 2)):
            neutral_strong = emotion == 1 and intensity == 2  # neutral has no strong form
            if not neutral_strong and not (channel == _SONG and actor == _SONGLESS):
                yield f"03-{channel}-{emotion:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor}"


CORPUS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
    language="en",
    licence="CC BY-NC-SA 4.0",
    address="https://zenodo.org/records/1188976",
    clips=1440,
    speakers=24,
    emotions={
        "01": "neutral",
        "02": "calm",
        "03": "happy",
        "04": "sad",
        "05": "angry",
        "06": "fear",
        "07": "disgust",
        "08": "surprise",
    },
    counts={
        "angry": 192,
        "disgust": 192,
        "fear": 192,
        "happy": 192,
        "neutral": 96,
        "sad": 192,
        "surprise": 192,
        "calm": 192,
    },
    parse=parse,
    names=names,
    folders=folders,
    archives=(
        Archive(
            name="Audio_Speech_Actors_01-24.zip",
            urls=("https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",),
            md5="bc696df654c87fed845eb13823edef8a",
            size=208_468_073,
        ),
        Archive(
            name="Audio_Song_Actors_01-24.zip",
            urls=("https://zenodo.org/records/1188976/files/Audio_Song_Actors_01-24.zip?download=1",),
            md5="5411230427d67a21e18aa4d466e6d1b9",
            size=225_505_317,
            optional=True,
        ),
    ),
    note="1,012 songs of 23 actors are a second archive (`get --all`); their rows say `song` in the column `channel`.",
)
