"""Unpack an archive so that nobody finds half of it, and so that nothing lands outside."""

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from quaver.corpora.base import junk
from quaver.errors import CorpusError

Verify = Callable[[Path], None]  # raises CorpusError when a folder is not what it should be


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside `target` that takes its place when the block ends without an error.

    Its name is always the same and hidden, so that what a killed process left is neither read nor kept.
    """
    temporary = target.with_name(f".{target.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def unpack(archive: Path, target: Path, verify: Verify) -> None:
    """Unpack a zip or tar archive into the new folder `target`, with the archives inside it.

    Args:
        archive: the file.
        target: the folder to make; it appears whole, after `verify` has agreed, or not at all.
        verify: called with the unpacked folder under its temporary name.

    Raises:
        CorpusError: no archive, damaged, locked with a password, too large for the disk, or an entry in it
            would land outside of `target`.
    """
    with appearing(target) as temporary:
        _unpack(archive, temporary)
        for inner in sorted(temporary.rglob("*.zip")):
            if not junk(inner.relative_to(temporary)):
                _unpack(inner, inner.with_suffix(""))
                inner.unlink()
        verify(temporary)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, folder)
        elif tarfile.is_tarfile(archive):
            _untar(archive, folder)
        else:
            raise CorpusError(f"{archive} is neither a zip nor a tar archive; is it cut off, or a web page?")
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        # RuntimeError: a password is needed; NotImplementedError: a method that this Python cannot undo.
        raise CorpusError(f"{archive} cannot be unpacked: {error}. Nothing was left behind.") from error


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            _check_entry(entry.filename, archive, link=stat.S_ISLNK(entry.external_attr >> 16))
        entries = [entry for entry in packed.infolist() if not junk(Path(entry.filename))]
        _check_room(sum(entry.file_size for entry in entries), folder)
        for entry in entries:
            packed.extract(entry, folder)  # compares the checksum of each entry


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        for entry in packed.getmembers():
            _check_entry(entry.name, archive, link=not (entry.isfile() or entry.isdir()))
        entries = [entry for entry in packed.getmembers() if not junk(Path(entry.name))]
        _check_room(sum(entry.size for entry in entries), folder)
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # since Python 3.11.4
        packed.extractall(folder, entries, **safely)  # type: ignore[arg-type]


def _check_entry(name: str, archive: Path, *, link: bool) -> None:
    """Refuse an entry that could write anywhere else than into the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
        raise CorpusError(f"{archive} holds the entry {name!r}, which would land outside; nothing was unpacked.")
    if link:
        raise CorpusError(f"{archive} holds the link {name!r}; only files and folders are expected.")


def _check_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if needed > free:
        raise CorpusError(f"{needed / 1e6:.0f} MB are needed at {folder.parent}, and {free / 1e6:.0f} MB are free.")
