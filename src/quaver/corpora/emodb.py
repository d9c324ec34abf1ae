"""EmoDB, the Berlin database of emotional speech (Burkhardt et al., Interspeech 2005)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# 03a01Fa: speaker 03, sentence a01, happiness (Freude), version a.
_NAME = re.compile(r"(\d{2})([ab]\d{2})([A-Z])([a-z])")
_WOMEN = frozenset({"08", "09", "13", "14", "16"})
# The 535 recordings that passed the listening test: speaker, then sentence and each emotion with its version.
_RECORDINGS = {
    "03": "a01:FaNcWa a02:FcNcTaWbWc a04:AdFdLcNcTaWc a05:AaFcNdTcWaWb a07:FaFbLaNcWc b01:FaLbNbTdWaWc "
    "b02:AaLaNaTbWb b03:NbTcWc b09:LaNcTcWa b10:AbEcNaNcWbWc",
    "08": "a01:AbFdLcNaWaWc a02:AbAcFeLaNaTbWc a04:FfLaNcTbWc a05:FeLcNbTaWa a07:FdLaNaTaTbWc b01:AaFdFeLbNaWa "
    "b02:FfLaNbTcWd b03:FeLcNbTcWd b09:AbFdLcNbTbWaWc b10:AaFdLaNcTcWa",
    "09": "a01:EaFaNbWb a02:EaEbLaWb a04:FdLaNbWa a05:EdLcNbTbWbWc a07:EbNaTaWbWd b01:EaNaWb b02:NaTbWcWd "
    "b03:EdFaFdLbNbTaWb b09:EaNdWa b10:AaNdWa",
    "10": "a01:AcNbWa a02:AbFaLbNaWa a04:FdNbWaWb a05:AaLdTbWb a07:AaAdLaTaWb b01:AaEaFaLb b02:AaLaNaWb "
    "b03:LaTbWb b09:AdLbWb b10:FcLcWa",
    "11": "a01:AaAbLdNdWc a02:EcFbLdNcTcWc a04:AcFdNdWc a05:AdFbFcLcNaTdWd a07:AcLdTaWc b01:AbEbFcLbNcWd "
    "b02:AbFdNaTdWb b03:FcLcNbTdWaWb b09:AdFdLdNaTdWa b10:AdAeLdNcTdWa",
    "12": "a01:FbLbNbWc a02:AcEcNbWaWc a04:Wc a05:AbLbNdTaWb a07:AcLaWa b01:TaWa b02:AdEaFbNaWaWbWd b03:LaTa "
    "b09:AcTdWc b10:AcLdWa",
    "13": "a01:AcEaEcFdLbNbWb a02:AdEcFaLcNcTaWa a04:AcFcLbTaWc a05:AaEaLcNbTcWaWc a07:FdLbNaTcWb "
    "b01:AbEcFcLdNcWa b02:FbLcNbWa b03:AcEdFdLbNaTdWc b09:AbEcFbFcLaNaWa b10:EcFaLaNcWaWc",
    "14": "a01:AaAcEaNaWaWc a02:AbEaFdLaNcTbWaWc a04:AaEdLbTbTcWbWc a05:AaAcFaFbLbNaTaTcWaWb "
    "a07:AaEbFdLcLdNaTcWc b01:AcEbFaFcNaWc b02:AaFbNaTcWbWd b03:AdEdLbTaWb b09:AcEaFcLbTdWaWc "
    "b10:AdEbLbNbTcWc",
    "15": "a01:EaFbLaNbWa a02:AcEaLaNaTaWbWd a04:AbAcFdNcWaWb a05:EbFbLbNaWa a07:AcEbFaFbLdNc b01:EcLbNaWc "
    "b02:AaLbNdTcWaWc b03:AaLcNbTcWaWb b09:AcFaLaNbTaWb b10:AcLcNbNcWa",
    "16": "a01:EcFcLbNcTbWb a02:EaEcLbNbTcWb a04:AbEaFaLaLcNcTcWbWc a05:AbEaFcLaTbWbWc a07:EaFaFbLaLbNbTdWa "
    "b01:AaEbFaLaLcTbWaWb b02:AaEbFdLbWb b03:AdEaFaFdLaNbTaWb b09:AbEbFbLaLbWb b10:AaEbFbLbTbTdWaWb",
}


def parse(path: Path) -> Said | None:
    """Read a name such as `03a01Fa.wav`."""
    match = _NAME.fullmatch(path.stem)
    if not match or match[1] not in _RECORDINGS:
        return None
    speaker, sentence, raw, _version = match.groups()
    return Said(speaker, raw, path.stem, sentence, gender=FEMALE if speaker in _WOMEN else MALE)


def names(_present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy."""
    for speaker, sentences in _RECORDINGS.items():
        for sentence, _, versions in (words.partition(":") for words in sentences.split()):
            yield from (f"{speaker}{sentence}{versions[i : i + 2]}" for i in range(0, len(versions), 2))


CORPUS = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    language="de",
    licence="CC0 1.0",
    address="http://emodb.bilderbar.info",
    clips=535,
    speakers=10,
    emotions={
        "W": "angry",  # Wut
        "L": "boredom",  # Langeweile
        "E": "disgust",  # Ekel
        "A": "fear",  # Angst
        "F": "happy",  # Freude
        "T": "sad",  # Trauer
        "N": "neutral",
    },
    counts={"angry": 127, "disgust": 46, "fear": 69, "happy": 71, "neutral": 79, "sad": 62, "boredom": 81},
    parse=parse,
    names=names,
    archives=(Archive("emodb.zip", ("http://emodb.bilderbar.info/download/download.zip",)),),
    note="CC0 as published by its authors through audEERING's audb; a copy as Opus lies in data/emodb.",
)
