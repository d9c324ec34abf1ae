"""CASIA, a Mandarin emotional speech corpus (Institute of Automation, Chinese Academy of Sciences, 2005)."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import Corpus, Said

# liuchanhg/angry/201.wav; also flat copies: 201-angry-liuchanhg.wav. The full corpus has two parts, one of sentences
# that every emotion shares, one of sentences of its own for each emotion, and there spells the speakers otherwise.
_FLAT = re.compile(r"(\d{1,3})-([a-z]+)-([a-z]+)", re.IGNORECASE)
_SPEAKERS = {
    "liuchanhg": "liuchanhg",
    "wangzhe": "wangzhe",
    "zhaoquanyin": "zhaoquanyin",
    "zhaozuoxiang": "zhaozuoxiang",
    "chang.liu": "liuchanhg",
    "zhe.wang": "wangzhe",
    "quanyin.zhao": "zhaoquanyin",
    "zuoxiang.zhao": "zhaozuoxiang",
}
_LABELS = ("angry", "fear", "happy", "neutral", "sad", "surprise")
_ALIASES = {"normal": "neutral"}  # so in the second part
_PUBLIC = range(201, 251)  # the sentences of the part that is passed on freely: 50 x 6 x 4 = 1,200 clips


def parse(path: Path) -> Said | None:
    """Read `liuchanhg/angry/201.wav` or `201-angry-liuchanhg.wav`."""
    flat = _FLAT.fullmatch(path.stem)
    number, raw, who = flat.groups() if flat else (path.stem, path.parent.name, path.parent.parent.name)
    speaker = _SPEAKERS.get(who.lower())
    if speaker is None or not number.isdecimal():
        return None
    raw = _ALIASES.get(raw.lower(), raw.lower())
    own_text = "." in who  # a number means another sentence in each emotion
    sentence = f"{raw}_{number}" if own_text else number
    return Said(speaker, raw, f"{speaker}/{raw}/{'own_' if own_text else ''}{number}", sentence)


def names(present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy: each sentence that occurs, and 201 to 250, by everybody in each emotion."""
    seen = {name.rpartition("/")[2] for name in present} | {str(number) for number in _PUBLIC}
    speakers = sorted(set(_SPEAKERS.values()))
    return (f"{speaker}/{raw}/{number}" for speaker, raw, number in product(speakers, _LABELS, sorted(seen)))


CORPUS = Corpus(
    name="casia",
    title="CASIA Chinese emotional corpus",
    language="zh-CN",
    licence="research only, on registration",
    address="http://www.chineseldc.org/resource_info.php?rid=76",
    clips=1200,
    speakers=4,
    emotions={label: label for label in _LABELS},
    counts=dict.fromkeys(_LABELS, 200),
    parse=parse,
    names=names,
    by_hand="the Chinese Linguistic Data Consortium hands it out on registration, "
    "at http://www.chineseldc.org/resource_info.php?rid=76",
    note="The counts are those of the part with 50 sentences that is passed on freely; the whole has 9,600 clips.",
)
