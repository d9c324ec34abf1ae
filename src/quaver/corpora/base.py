"""What an importer is: the facts about a corpus, and a function that reads a clip's labels off its file name."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from quaver.emotions import in_order
from quaver.errors import CorpusError
from quaver.manifest import Clip

# What counts as a sound file; the container says nothing about the corpus. Of two copies of a clip the first is taken.
SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".aifc", ".opus", ".ogg", ".oga", ".mp3")
FEMALE, MALE = "female", "male"


@dataclass(frozen=True)
class Said:
    """What the name of one file says about its clip, in the corpus's own words."""

    speaker: str
    raw: str  # the corpus's own emotion label; a key of `Corpus.emotions` unless the file is mislabelled
    name: str  # the clip's name in the corpus's scheme, misspellings mended; no two clips share one
    sentence: str = ""
    intensity: str = ""
    gender: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)  # further columns of the manifest


@dataclass(frozen=True)
class Archive:
    """One official file to download. A digest is given only where the publisher states one."""

    name: str  # file name on disk
    urls: tuple[str, ...]  # tried in this order
    md5: str = ""
    sha256: str = ""
    size: int | None = None  # bytes
    optional: bool = False  # fetched only when asked for


@dataclass(frozen=True)
class Corpus:
    """Everything quaver knows about one corpus.

    Example:
        >>> from quaver import corpora
        >>> corpora.get("emodb").emotions["W"]
        'angry'
    """

    name: str
    title: str
    language: str  # BCP-47
    licence: str
    address: str  # where its authors publish it
    clips: int | None  # in the complete official copy; None: whatever is there
    speakers: int | None
    emotions: Mapping[str, str]  # own label -> one of the seven, or a further label of the corpus
    counts: Mapping[str, int]  # label -> clips in the complete copy
    parse: Callable[[Path], Said | None] = field(repr=False)  # None: the file is no clip of this corpus
    names: Callable[[Iterable[str]], Iterable[str]] | None = None  # names present -> names of a complete copy
    folders: Callable[[str], str] | None = None  # folder name -> the speaker or raw label it promises, or ""
    archives: tuple[Archive, ...] = ()
    by_hand: str = ""  # how to get the corpus where nothing can be downloaded; always together with --from
    note: str = ""  # what a user should know about the corpus

    @property
    def labels(self) -> tuple[str, ...]:
        """List the labels of the corpus, the seven first."""
        return in_order(self.emotions.values())

    def read(self, root: Path | str) -> list[Clip]:
        """Read the official layout below `root`, sorted by path; no sound is opened.

        Several copies of one clip (another container, a folder packed twice) count once.

        Raises:
            CorpusError: there is no such folder, or no file in it is a clip of this corpus.
        """
        root = self.enter(folder(root))
        chosen: dict[str, Clip] = {}
        for path in sorted(sounds(root), key=_preference):
            said = self.said(root, path)
            if said is not None and self.label(said.raw) is not None:
                chosen.setdefault(said.name, self._clip(path, said))
        if not chosen:
            raise CorpusError(
                f"{root} holds no clip of {self.title}; expected its official layout. "
                "`quaver corpora check DIR` says what a folder holds."
            )
        return _agree_on_gender(sorted(chosen.values(), key=lambda clip: clip.path))

    def enter(self, root: Path) -> Path:
        """Find the folder that paths are to be read from, at or below `root`."""
        return root

    def said(self, root: Path, path: Path) -> Said | None:
        """Say what the name of a file below `root` means, or None if it is no clip of this corpus."""
        return self.parse(path)

    def label(self, raw: str) -> str | None:
        """Translate the corpus's own label, or None if it has no such label."""
        return self.emotions.get(raw)

    def fits(self, root: Path, path: Path) -> bool:
        """Tell whether a file below `root` follows the scheme with a known label."""
        said = self.said(root, path)
        return said is not None and self.label(said.raw) is not None

    def _clip(self, path: Path, said: Said) -> Clip:
        return Clip(
            path=path,
            corpus=self.name,
            language=self.language,
            speaker=said.speaker,
            gender=said.gender,
            emotion=self.label(said.raw) or said.raw,
            emotion_raw=said.raw,
            sentence=said.sentence,
            intensity=said.intensity,
            extra=said.extra,
        )


def folder(root: Path | str) -> Path:
    """Resolve a folder that must exist.

    Raises:
        CorpusError: it does not, or it is a file.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        what = "is a file" if root.is_file() else "does not exist"
        raise CorpusError(f"{root} {what}; a folder with a corpus is expected.")
    return root.resolve()


def junk(inside: Path) -> bool:
    """Tell what archivers and desktops leave behind (`__MACOSX`, `._x.wav`, `.DS_Store`) by a relative path."""
    return any(part.startswith(".") or part == "__MACOSX" for part in inside.parts)


def sounds(root: Path) -> Iterator[Path]:
    """Give all sound files below `root`, folder by folder, in the order of their names."""
    for where, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not junk(Path(name)))
        for name in sorted(files):
            if Path(name).suffix.lower() in SUFFIXES and not junk(Path(name)):
                yield Path(where, name)


def _preference(path: Path) -> tuple[int, int, Path]:
    """Order copies of one clip: the better container, then the shallower folder."""
    return SUFFIXES.index(path.suffix.lower()), len(path.parts), path


def _agree_on_gender(clips: list[Clip]) -> list[Clip]:
    """Leave the gender open where the names of one speaker's files disagree about it."""
    genders = Counter({(clip.speaker, clip.gender) for clip in clips})
    times = Counter(speaker for speaker, _ in genders)
    return [replace(clip, gender="") if times[clip.speaker] > 1 else clip for clip in clips]
