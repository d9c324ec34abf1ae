"""Any collection with a folder for each class: any labels, any sounds.

    DIR/dog/rex_001.wav            class `dog`
    DIR/dog/rex/001.wav            class `dog`, speaker `rex`

Where the speaker stands is the choice of whoever calls:

- `auto` (the default): the sub-folder of the class where there is one, else nobody is known;
- `folder`: the sub-folder of the class, which every file must have;
- `prefix`: what stands before the first underscore of the file name, which every file must have;
- `file`: nobody is known.

A clip whose speaker is not known gets one of its own, `file:dog/rex_001`. So no single "unknown" speaker swallows the
collection, and nothing that is known falsely enters a manifest. But a split of such clips is by files, not by
speakers: the same voice may be on both sides, and the prefix `file:` is how the rest of quaver can tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quaver.corpora.base import SUFFIXES, Corpus, Said, junk
from quaver.emotions import EMOTIONS
from quaver.errors import CorpusError
from quaver.manifest import UNKNOWN_SPEAKER


def _by_folder(inside: Path) -> str:
    if len(inside.parts) < 3:
        raise CorpusError(f"{inside.as_posix()} lies in no speaker's folder; expected CLASS/SPEAKER/file.")
    return inside.parts[1]


def _by_prefix(inside: Path) -> str:
    speaker, underscore, _ = inside.stem.partition("_")
    if not underscore or not speaker:
        raise CorpusError(f"{inside.as_posix()} names no speaker; expected SPEAKER_rest before the suffix.")
    return speaker


def _by_file(inside: Path) -> str:
    return UNKNOWN_SPEAKER + inside.with_suffix("").as_posix()


def _auto(inside: Path) -> str:
    return _by_folder(inside) if len(inside.parts) > 2 else _by_file(inside)


SPEAKERS: dict[str, Callable[[Path], str]] = {
    "auto": _auto,
    "folder": _by_folder,
    "prefix": _by_prefix,
    "file": _by_file,
}
"""The ways to find the speaker, from the path below the folder of classes."""


@dataclass(frozen=True)
class Folders(Corpus):
    """A corpus whose labels are the names of its folders."""

    speaker: str = "auto"

    def __post_init__(self) -> None:
        if self.speaker not in SPEAKERS:
            raise CorpusError(f"there is no way {self.speaker!r} to find the speaker; expected {', '.join(SPEAKERS)}.")

    def enter(self, root: Path) -> Path:
        """Step down while a folder holds nothing but one folder with folders in it, as archives pack them."""
        inside = [path for path in root.iterdir() if not junk(Path(path.name))]
        inner = [path for path in inside if path.is_dir()]
        if len(inner) != 1 or any(path.suffix.lower() in SUFFIXES for path in inside):
            return root
        deeper = any(path.is_dir() and not junk(Path(path.name)) for path in inner[0].iterdir())
        return self.enter(inner[0]) if deeper else root

    def said(self, root: Path, path: Path) -> Said | None:
        """Take the class from the first folder; sounds beside the classes are none of the collection."""
        inside = path.relative_to(root)
        if len(inside.parts) < 2:
            return None
        name = inside.as_posix()  # with its suffix: nothing says that a.wav and a.mp3 are one clip
        return Said(SPEAKERS[self.speaker](inside), inside.parts[0], name)

    def label(self, raw: str) -> str | None:
        """Keep the label, but spell one of the seven as quaver does (`Angry` is `angry`)."""
        return raw.lower() if raw.lower() in EMOTIONS else raw


CORPUS = Folders(
    name="folders",
    title="any collection with a folder for each class",
    language="",
    licence="yours",
    address="",
    clips=None,
    speakers=None,
    emotions={},
    counts={},
    parse=lambda path: None,
    by_hand="a collection of your own lies where you put it",
)
