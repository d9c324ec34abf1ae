"""The prints of clips, taken once and kept in the cache folder by the content of the file."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from quaver import audio
from quaver.errors import AudioError
from quaver.files import cache_folder
from quaver.likeness import BINS, Print, fingerprint
from quaver.machine import cores
from quaver.manifest import Clip

VERSION = 1  # of what is stored; raise it when a number of quaver.likeness changes
Progress = Callable[[int, int], None]
Source = tuple[Path, float | None, float | None]


def source(clip: Clip) -> Source:
    """Name the stretch of sound a clip is, whatever variant is made of it."""
    return clip.path, clip.start, clip.end


def identity(clip: Clip, files: dict[Path, str]) -> str:
    """Identify content and span of a clip, whatever its name; empty where the file cannot be read.

    Args:
        clip: which.
        files: the digests of the files that are known by now; one that is read is added.
    """
    try:
        if clip.path not in files:
            with clip.path.open("rb") as data:
                files[clip.path] = hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        files[clip.path] = ""
    content = files[clip.path]
    return f"{content}|{clip.start}|{clip.end}" if content else ""


class Prints:
    """A table of prints on disk; in memory where the disk refuses."""

    def __init__(self) -> None:
        self._table = _open(cache_folder() / f"prints-{VERSION}.sqlite")

    def take(self, clips: Sequence[Clip], done: Callable[[int], None] = lambda n: None) -> dict[Source, str]:
        """Make sure there is a print of every clip that can be read.

        Args:
            clips: whose sound is wanted, each source once.
            done: told how many clips are finished, now and then.

        Returns:
            The key of each clip's print, by `source`; clips that cannot be read are absent.
        """
        files: dict[Path, str] = {}
        keys = {source(clip): key for clip in clips if (key := identity(clip, files))}
        known = {key for (key,) in self._table.execute("SELECT key FROM prints")}
        missing = [clip for clip in clips if keys.get(source(clip), "") not in known | {""}]
        done(len(clips) - len(missing))
        with ThreadPoolExecutor(cores()) as pool:
            for first, some in enumerate(_in_lots(missing, 64)):
                rows = [(keys[source(c)], p) for c, p in zip(some, pool.map(_take, some), strict=True) if p]
                self._add(rows)
                known.update(key for key, _ in rows)
                done(len(clips) - len(missing) + first * 64 + len(some))
        return {at: key for at, key in keys.items() if key in known}

    def get(self, key: str) -> Print:
        """Give the print of a key that `take` returned."""
        row = self._table.execute("SELECT digest, levels, wave FROM prints WHERE key = ?", (key,)).fetchone()
        return Print(row[0], np.frombuffer(row[1], np.uint8).reshape(-1, BINS), np.frombuffer(row[2], np.int8))

    def digests(self, keys: Iterable[str]) -> dict[str, str]:
        """Give the digest of the decoded samples of each key."""
        wanted = set(keys)
        return {key: digest for key, digest in self._table.execute("SELECT key, digest FROM prints") if key in wanted}

    def lengths(self, keys: Iterable[str]) -> dict[str, int]:
        """Give the size of the map of each key."""
        wanted = set(keys)
        return {key: n for key, n in self._table.execute("SELECT key, length(levels) FROM prints") if key in wanted}

    def note(self, key: str) -> str | None:
        """Give what was remembered under this key by `remember`, if anything."""
        row = self._table.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, key: str, value: str) -> None:
        """Keep a result that follows from prints alone."""
        with self._table:
            self._table.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Let go of the file."""
        self._table.close()

    def _add(self, rows: list[tuple[str, Print]]) -> None:
        values = [(key, p.digest, p.levels.tobytes(), p.wave.tobytes()) for key, p in rows]
        with self._table:
            self._table.executemany("INSERT OR REPLACE INTO prints VALUES (?, ?, ?, ?)", values)


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _prepare(path)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)  # damaged, or another program's
    except OSError:
        return _prepare(":memory:")
    try:
        return _prepare(path)
    except (sqlite3.Error, OSError):
        return _prepare(":memory:")


def _prepare(path: Path | str) -> sqlite3.Connection:
    table = sqlite3.connect(path, timeout=60)  # seconds to wait for another run that writes
    with table:
        table.execute("CREATE TABLE IF NOT EXISTS prints (key TEXT PRIMARY KEY, digest TEXT, levels BLOB, wave BLOB)")
        table.execute("CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT)")
    return table


def _take(clip: Clip) -> Print | None:
    try:
        return fingerprint(*audio.load(clip.path, start=clip.start, end=clip.end))
    except AudioError:
        return None


def _in_lots(clips: Sequence[Clip], size: int) -> Iterator[Sequence[Clip]]:
    return (clips[i : i + size] for i in range(0, len(clips), size))
