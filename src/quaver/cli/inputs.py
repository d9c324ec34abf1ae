"""What the words after `quaver predict` stand for: files, folders, globs, standard input."""

import glob
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# What libsndfile reads, and what people take for readable: better reported with the remedy than passed over.
SUFFIXES = (
    *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf"),
    *(".w64", ".rf64", ".m4a", ".mp4", ".aac", ".webm", ".wma", ".amr", ".3gp"),
)


@dataclass(frozen=True)
class Input:
    """One sound to hear: its name as given, where it comes from, or why it cannot be."""

    name: str
    source: str | BinaryIO = ""
    error: str = ""


def expand(words: Sequence[str]) -> list[Input]:
    """Turn arguments into sounds, in their order; what a folder or glob holds is sorted."""
    return [item for word in words for item in _expand(word)]


def single(words: Sequence[str]) -> bool:
    """Tell whether the arguments name one sound, so that one answer is expected and not a list."""
    return len(words) == 1 and (words[0] == "-" or not (Path(words[0]).is_dir() or _is_glob(words[0])))


def _expand(word: str) -> list[Input]:
    if word == "-":
        return [_standard_input()]
    if Path(word).is_dir():
        found = sorted(path for path in Path(word).rglob("*") if _is_sound(path, Path(word)))
        return [_file(str(path)) for path in found] or [Input(_shown(word), error="the folder holds no sound files")]
    if _is_glob(word):
        matches = glob.glob(word, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute patterns
        matches = sorted(match for match in matches if Path(match).is_file())
        return [_file(match) for match in matches] or [Input(_shown(word), error="no file matches")]
    return [_file(word)]


def _is_glob(word: str) -> bool:
    return glob.has_magic(word) and not Path(word).exists()


def _is_sound(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


def _file(path: str) -> Input:
    return Input(_shown(path), path)


def _standard_input() -> Input:
    if sys.stdin.isatty():
        return Input("-", error="nothing is piped in")
    return Input("-", sys.stdin.buffer)


def _shown(path: str) -> str:
    """Make a name that can be printed: bytes that are no UTF-8 become question marks."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
