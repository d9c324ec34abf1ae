"""Clips and the table of them. A Manifest is a CSV on disk whose paths are relative to the CSV."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from quaver.emotions import in_order
from quaver.errors import ManifestError
from quaver.files import atomic_text

COLUMNS = (
    "path",
    "corpus",
    "language",
    "speaker",
    "gender",
    "emotion",
    "emotion_raw",
    "sentence",
    "intensity",
    "start",
    "end",
    "seconds",
    "sha256",
)
UNKNOWN_SPEAKER = "file:"  # begins the speaker of a clip of which only the file is known
_REQUIRED = ("path", "corpus", "speaker", "emotion")  # the last only where labels are
_NUMBERS = ("start", "end", "seconds")


@dataclass(frozen=True)
class Clip:
    """One utterance: a file or a part of it, who speaks, and which emotion was to be expressed."""

    path: Path  # absolute in memory, relative to the CSV on disk
    corpus: str
    speaker: str  # as the corpus writes it; unique within the corpus
    emotion: str  # one of the seven, or the corpus's own further label
    language: str = ""
    gender: str = ""  # "female", "male" or ""
    emotion_raw: str = ""  # the corpus's own label
    sentence: str = ""
    intensity: str = ""
    start: float | None = None  # seconds into the file; None: from its beginning
    end: float | None = None  # seconds into the file; None: to its end
    seconds: float | None = None  # length of the clip
    sha256: str = ""  # of the decoded samples, see audio.digest
    extra: Mapping[str, str] = field(default_factory=dict)  # unknown columns, kept

    @property
    def speaker_is_known(self) -> bool:
        """Tell whether `speaker` names a person, not just the file of an unknown one."""
        return not self.speaker.startswith(UNKNOWN_SPEAKER)

    @property
    def variant(self) -> str:
        """Name the augmentation of this row, "" for the clip as recorded."""
        return self.extra.get("variant", "")

    @property
    def group(self) -> str:
        """Identify the speaker across corpora: the grouping key of every split."""
        return f"{self.corpus}/{self.speaker}"


@dataclass(frozen=True)
class Manifest:
    """An ordered table of clips.

    Example:
        >>> m = Manifest((Clip(Path("a.wav"), "tess", "OAF", "sad"),))
        >>> m.emotions, len(m)
        (('sad',), 1)
    """

    clips: tuple[Clip, ...] = ()

    def __len__(self) -> int:
        return len(self.clips)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.clips)

    def __add__(self, other: "Manifest") -> "Manifest":
        return Manifest(self.clips + other.clips)

    @property
    def emotions(self) -> tuple[str, ...]:
        """List the labels that occur, the seven first."""
        return in_order(clip.emotion for clip in self.clips)

    @property
    def speakers(self) -> tuple[str, ...]:
        """List the `corpus/speaker` keys that occur, sorted."""
        return tuple(sorted({clip.group for clip in self.clips}))

    @property
    def corpora(self) -> tuple[str, ...]:
        """List the corpora that occur, sorted."""
        return tuple(sorted({clip.corpus for clip in self.clips}))

    def where(self, keep: Callable[[Clip], bool]) -> "Manifest":
        """Keep the clips for which `keep` is true, in their order."""
        return Manifest(tuple(clip for clip in self.clips if keep(clip)))

    def describe(self) -> dict[str, object]:
        """Count clips, speakers, hours, and clips per emotion, corpus and gender."""
        return {
            "clips": len(self),
            "speakers": len(self.speakers),
            "hours": round(sum(clip.seconds or 0.0 for clip in self.clips) / 3600, 3),
            "emotions": {e: n for e in self.emotions if (n := sum(c.emotion == e for c in self.clips))},
            "corpora": dict(sorted(Counter(clip.corpus for clip in self.clips).items())),
            "genders": dict(sorted(Counter(clip.gender or "unknown" for clip in self.clips).items())),
        }

    def validate(self) -> None:
        """Check that clips do not contradict each other.

        Raises:
            ManifestError: a file (or the same part of it) is listed twice, a span ends before it begins,
                or one speaker has two genders.
        """
        seen: set[tuple[Path, float | None, float | None, str]] = set()
        gender: dict[str, str] = {}
        for clip in self.clips:
            key = (clip.path, clip.start, clip.end, clip.variant)
            if key in seen:
                raise ManifestError(f"{clip.path.name} is listed twice; remove one of the two rows.")
            seen.add(key)
            if clip.end is not None and clip.end <= (clip.start or 0.0):
                raise ManifestError(f"{clip.path.name}: the clip ends at {clip.end} s, before it begins.")
            if gender.setdefault(clip.group, clip.gender) != clip.gender:
                raise ManifestError(
                    f"speaker {clip.group} is {gender[clip.group] or 'unknown'} in one row and "
                    f"{clip.gender or 'unknown'} in another ({clip.path.name}); speakers need unique names."
                )

    @classmethod
    def read(cls, *paths: Path | str, labelled: bool = True) -> "Manifest":
        """Read one or several manifest CSVs, validated.

        Args:
            paths: of the CSVs.
            labelled: whether every clip needs an emotion.

        Raises:
            ManifestError: a file is missing, is no manifest, or its clips contradict each other.
        """
        needed = _REQUIRED if labelled else _REQUIRED[:-1]
        manifest = cls(tuple(clip for path in paths for clip in _read_csv(Path(path), needed)))
        manifest.validate()
        return manifest

    def write(self, path: Path | str) -> None:
        """Write the table as CSV; paths become relative to it where they can."""
        path = Path(path)
        extras = sorted({name for clip in self.clips for name in clip.extra})
        with atomic_text(path) as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([*COLUMNS, *extras])
            folder = path.resolve().parent
            for clip in self.clips:
                writer.writerow(_row(clip, folder) + [clip.extra.get(name, "") for name in extras])

    @classmethod
    def of(cls, clips: Iterable[Clip]) -> "Manifest":
        """Make a manifest of clips, validated.

        Raises:
            ManifestError: the clips contradict each other.
        """
        manifest = cls(tuple(clips))
        manifest.validate()
        return manifest


def _row(clip: Clip, folder: Path) -> list[str]:
    located = replace(clip, path=_relative(clip.path.resolve(), folder))
    values = [getattr(located, name) for name in COLUMNS]
    return ["" if v is None else v.as_posix() if isinstance(v, Path) else str(v) for v in values]


def _relative(path: Path, folder: Path) -> Path:
    try:
        return Path(os.path.relpath(path, folder))
    except ValueError:  # another drive
        return path


def _read_csv(path: Path, needed: tuple[str, ...]) -> Iterator[Clip]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise ManifestError(
                    f"{path} is no manifest: the column {missing[0]!r} is missing. "
                    "Make one with `quaver manifest DIR --corpus NAME -o m.csv`."
                )
            folder = path.resolve().parent
            for number, row in enumerate(reader, start=2):
                yield _clip(row, folder, f"{path}, line {number}", needed)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path} cannot be read as a manifest: {error}.") from error


def _clip(row: dict[str, str | None], folder: Path, where: str, needed: tuple[str, ...]) -> Clip:
    for name in needed:
        if not row.get(name):
            raise ManifestError(f"{where}: the column {name!r} is empty; every clip needs one.")
    known: dict[str, object] = {name: row.get(name) or "" for name in COLUMNS}
    known["path"] = Path(os.path.normpath(folder / str(row["path"])))
    for name in _NUMBERS:
        known[name] = _number(row.get(name), f"{where}, column {name}")
    extra = {name: value or "" for name, value in row.items() if name and name not in COLUMNS}
    return Clip(**known, extra=extra)  # type: ignore[arg-type]


def _number(text: str | None, where: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise ManifestError(f"{where}: got {text!r}, expected seconds as a number.") from None
