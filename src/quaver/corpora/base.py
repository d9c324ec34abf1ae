"""What an importer is: the facts about a corpus, and a function that reads a clip's labels off its file name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quaver.emotions import in_order
from quaver.errors import CorpusError
from quaver.manifest import Clip

SUFFIXES = frozenset({".wav", ".flac", ".opus", ".ogg", ".oga", ".mp3", ".aif", ".aiff", ".aifc"})
"""What counts as a sound file, in lower case; the container says nothing about the corpus."""

FEMALE, MALE = "female", "male"


@dataclass(frozen=True)
class Said:
    """What the name of one file says about its clip, in the corpus's own words."""

    speaker: str
    raw: str  # the corpus's own emotion label; a key of `Corpus.emotions` unless the file is mislabelled
    sentence: str = ""
    intensity: str = ""
    gender: str = ""


@dataclass(frozen=True)
class Archive:
    """One official file to download. A digest is given only where the publisher states one."""

    url: str
    name: str  # file name on disk
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
    parse: Callable[[Path], Said | None] = field(repr=False)  # path relative to the root; None: no clip of this corpus
    grid: Callable[[Iterable[str]], Iterable[str]] | None = None  # stems that are there -> stems that should be
    archives: tuple[Archive, ...] = ()
    registration: str = ""  # a sentence that says how to get the corpus where no archive can be fetched
    canonical: Callable[[str], str] = str  # a misspelt official stem -> the stem that the scheme wants
    optional: Callable[[Path], bool] | None = None  # clips beyond the expected counts, as RAVDESS's songs
    note: str = ""  # what a user should know about the corpus

    @property
    def labels(self) -> tuple[str, ...]:
        """List the labels of the corpus, the seven first."""
        return in_order(self.emotions.values())

    def read(self, root: Path | str) -> list[Clip]:
        """Read the official layout below `root`, sorted by path; no sound is opened.

        Raises:
            CorpusError: there is no such folder, or no file in it is a clip of this corpus.
        """
        root = folder(root)
        clips = [clip for path in sounds(root) if (clip := self.clip(root, path)) is not None]
        if not clips:
            raise CorpusError(
                f"{root} holds no clip of {self.title}; expected its official layout. "
                "`quaver corpora check DIR` says what a folder holds."
            )
        return clips

    def clip(self, root: Path, path: Path) -> Clip | None:
        """Describe one file below `root`, or give None if its name is not one of this corpus's with a known label."""
        said = self.parse(path.relative_to(root))
        if said is None or said.raw not in self.emotions:
            return None
        return Clip(
            path=path,
            corpus=self.name,
            language=self.language,
            speaker=said.speaker,
            gender=said.gender,
            emotion=self.emotions[said.raw],
            emotion_raw=said.raw,
            sentence=said.sentence,
            intensity=said.intensity,
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


def sounds(root: Path) -> Iterator[Path]:
    """Give all sound files below `root` in the order of their paths, without what archivers and desktops leave."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root).parts
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in inside)
        if not hidden and path.suffix.lower() in SUFFIXES and path.is_file():
            yield path
