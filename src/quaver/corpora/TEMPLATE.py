"""NAME of the corpus (authors, where and when published). Copy this file, add its name to `NAMES` in `__init__.py`.

The import system never loads this file; docs/corpora.md leads through it.
"""

# ruff: noqa: N999

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from quaver.corpora.base import FEMALE, MALE, Archive, Corpus, Said

# anna_happy_03: show one name of the corpus and say what its parts mean. Say here which official names are misspelt.
_NAME = re.compile(r"([a-z]+)_([a-z]+)_(\d\d)")
_GENDER = {"anna": FEMALE, "ben": MALE}
_EMOTIONS = {"happy": "happy", "furious": "angry", "bored": "boredom"}  # own label -> one of the seven, or one more


def parse(path: Path) -> Said | None:
    """Read a name such as `anna_happy_03.wav`; None for what is no clip of this corpus.

    A name that follows the scheme but has an unknown label is given back all the same: `check` reports it.
    The suffix and the folders above do not matter, unless the name alone does not say enough.
    """
    match = _NAME.fullmatch(path.stem)
    if not match or match[1] not in _GENDER:
        return None
    speaker, raw, sentence = match.groups()
    return Said(speaker, raw, name=path.stem, sentence=sentence, gender=_GENDER[speaker])


def folders(name: str) -> str:
    """Read a folder's name: the speaker or the raw label that the files in it must have, or ""; may be left out."""
    return name if name in _GENDER else ""


def names(present: Iterable[str]) -> Iterator[str]:
    """Give the names of a complete copy, so that `check` can name what is missing; may be left out."""
    return (f"{speaker}_{raw}_{number:02d}" for speaker, raw, number in product(_GENDER, _EMOTIONS, range(1, 11)))


CORPUS = Corpus(
    name="template",  # the file's name
    title="The corpus in full",
    language="en",  # BCP-47
    licence="CC BY 4.0",  # as its authors write it; "none stated, research" where they say nothing
    address="https://example.org/corpus",  # where its authors publish it
    clips=60,
    speakers=2,
    emotions=_EMOTIONS,
    counts={"angry": 20, "happy": 20, "boredom": 20},
    parse=parse,
    names=names,
    folders=folders,
    # A digest only where the publisher states it: never one that was computed from a download.
    archives=(Archive("corpus.zip", ("https://example.org/corpus.zip",), md5=""),),
    by_hand="",  # a sentence for corpora that cannot be downloaded: where to register, what to fetch
)
