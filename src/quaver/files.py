"""Write files so that nobody ever finds half of one: under a temporary name, then renamed."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends without an error.

    The temporary name keeps the suffix, so that writers that look at it choose the same format.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_text(path: Path | str) -> Iterator[IO[str]]:
    """Open `path` for writing UTF-8 text that appears whole or not at all."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        yield out


def write_json(path: Path | str, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    with atomic_text(path) as out:
        json.dump(value, out, indent=2, ensure_ascii=False)
        out.write("\n")


def cache_folder() -> Path:
    """Give the folder for what can be computed again: $QUAVER_CACHE, else quaver's own part of the user's cache."""
    if own := os.environ.get("QUAVER_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quaver"
