"""What was measured of clips, kept in the cache folder by the content of the file."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quaver.files import cache_folder

VERSION = 1  # of what is stored; raise it when a measure of quaver.explore.sounds changes


@dataclass(frozen=True)
class Heard:
    """The numbers of one clip, in the order of `sounds.MEASURES`, and the digest of its samples."""

    values: tuple[float, ...]
    digest: str


class Forgetful:
    """A memory that keeps nothing."""

    def recall(self, keys: Iterable[str]) -> dict[str, Heard]:
        """Give what is known of each key; the others are absent."""
        return {}

    def keep(self, heard: Mapping[str, Heard | str]) -> None:
        """Remember what was heard; a reason why nothing was is not kept: the next time it may be otherwise."""

    def close(self) -> None:
        """Let go of what is held."""


class Memory(Forgetful):
    """A table on disk, whole or absent after any interruption; in memory where the disk refuses."""

    def __init__(self) -> None:
        path = cache_folder() / f"sounds-{VERSION}.sqlite"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._table = _open(str(path))
        except (sqlite3.Error, OSError):
            self._table = _open(":memory:")

    def recall(self, keys: Iterable[str]) -> dict[str, Heard]:
        """Give what is known of each key; the others are absent."""
        rows = (self._table.execute("SELECT * FROM sounds WHERE key = ?", (key,)).fetchone() for key in keys)
        return {row[0]: Heard(tuple(json.loads(row[1])), row[2]) for row in rows if row}

    def keep(self, heard: Mapping[str, Heard | str]) -> None:
        """Remember what was heard; a reason why nothing was is not kept: the next time it may be otherwise."""
        kept = {key: one for key, one in heard.items() if isinstance(one, Heard)}
        rows = [(key, json.dumps(one.values), one.digest) for key, one in kept.items()]
        with self._table:
            self._table.executemany("INSERT OR REPLACE INTO sounds VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Let go of the file."""
        self._table.close()


def _open(path: str) -> sqlite3.Connection:
    table = sqlite3.connect(path, timeout=60)  # seconds to wait for another run that writes
    with table:
        table.execute("CREATE TABLE IF NOT EXISTS sounds (key TEXT PRIMARY KEY, numbers TEXT, digest TEXT)")
    return table
