"""Bring a corpus into the data folder: from its authors, from a mirror, or from what somebody already has."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from quaver.corpora.base import Archive, Corpus, folder, junk, sounds
from quaver.corpora.download import digests, download
from quaver.corpora.listen import Progress, listen
from quaver.corpora.unpack import appearing, unpack
from quaver.errors import CorpusError
from quaver.manifest import Clip

Say = Callable[[str], None]

_PROBES = 5  # clips that must be readable before a folder is accepted
_POINTER = b"version https://git-lfs"
_LISTS = {".txt", ".csv", ".tsv", ".md", ".xls"}  # what stands beside the sounds and is copied with them


def home() -> Path:
    """Give the folder for corpora: $QUAVER_DATA, else `quaver/corpora` in the user's data folder (XDG)."""
    if own := os.environ.get("QUAVER_DATA"):
        return Path(own).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "quaver" / "corpora"


def fetch(
    corpus: Corpus,
    output: Path | None = None,
    *,
    source: Path | None = None,
    mirror: str = "",
    sha256: str = "",
    everything: bool = False,
    say: Say = lambda text: None,
    progress: Progress | None = None,
) -> Path:
    """Get a corpus; what is already there is skipped.

    Args:
        corpus: which one.
        output: its folder; by default one of its name in `home()`.
        source: an archive or a folder that is already on this computer.
        mirror: another address: of the archive, or, ending in "/", of a folder with the official archives.
        sha256: what the first archive must have; needed for none, compared if given.
        everything: the optional archives too, such as RAVDESS's songs.
        say: called with a sentence about each step.
        progress: called with (bytes done, bytes in all or 0).

    Returns:
        The folder, ready for `Corpus.read`.

    Raises:
        CorpusError: the corpus must be got by hand, the download failed, or it is not that corpus.
    """
    output = (output or home() / corpus.name).expanduser()
    try:
        if source is not None:
            _from_disk(corpus, source.expanduser(), output, sha256, say)
        else:
            for archive in _archives(corpus, mirror, sha256, everything):
                _one(corpus, archive, output, say, progress)
    except OSError as error:
        raise CorpusError(f"{error.filename or output} cannot be used: {error.strerror or error}.") from error
    return output


def _archives(corpus: Corpus, mirror: str, sha256: str, everything: bool) -> list[Archive]:
    """Choose what to download, and from where."""
    chosen = [archive for archive in corpus.archives if everything or not archive.optional]
    if mirror and not chosen:
        chosen = [Archive(PurePosixPath(urlsplit(mirror).path).name or f"{corpus.name}.zip", (mirror,))]
    elif mirror.endswith("/"):
        chosen = [replace(archive, urls=(mirror + archive.name,)) for archive in chosen]
    elif mirror:
        chosen = [replace(chosen[0], urls=(mirror,)), *chosen[1:]]
    if not chosen:
        raise CorpusError(
            f"{corpus.title} cannot be downloaded by a program: {corpus.by_hand}. "
            f"Then go on with `quaver corpora get {corpus.name} --from FILE_OR_DIR`."
        )
    return [replace(chosen[0], sha256=sha256 or chosen[0].sha256), *chosen[1:]]


def _one(corpus: Corpus, archive: Archive, output: Path, say: Say, progress: Progress | None) -> None:
    """Download and unpack one archive into a folder of its own, unless its clips are there."""
    target = output / Path(archive.name).stem
    if target.is_dir() or (not archive.optional and _is_complete(corpus, output)):
        say(f"{archive.name} is in {output} already; delete that folder to fetch it again.")
        return
    packed = output / ".downloads" / archive.name
    if packed.is_file() and not _is_right(archive, packed):
        packed.unlink()
    got = digests(packed)["SHA-256"] if packed.is_file() else _download(corpus, archive, packed, say, progress)
    if not (archive.md5 or archive.sha256):
        say(f"no checksum of {archive.name} is published; this one has the SHA-256 {got}.")
    say(f"unpacking {archive.name}")
    try:
        unpack(packed, target, lambda where: _verify(corpus, where))
    except CorpusError:
        packed.unlink()  # whole, but not the corpus: the next attempt starts clean
        raise
    packed.unlink()
    if not any(packed.parent.iterdir()):
        packed.parent.rmdir()


def _is_complete(corpus: Corpus, output: Path) -> bool:
    """Tell whether a folder holds at least as many clips as the corpus has."""
    if not output.is_dir() or corpus.clips is None:
        return False
    return sum(corpus.fits(output, path) for path in sounds(output)) >= corpus.clips


def _is_right(archive: Archive, packed: Path) -> bool:
    """Compare what an earlier run downloaded and could not unpack."""
    got = digests(packed)
    return archive.md5 in ("", got["MD5"]) and archive.sha256.lower() in ("", got["SHA-256"])


def _download(corpus: Corpus, archive: Archive, packed: Path, say: Say, progress: Progress | None) -> str:
    """Try the archive's addresses in turn."""
    for number, url in enumerate(archive.urls, start=1):
        say(f"downloading {url}")
        try:
            return download(url, packed, md5=archive.md5, sha256=archive.sha256, progress=progress)
        except CorpusError as error:
            if number == len(archive.urls):
                hint = f" By hand: {corpus.by_hand}." if corpus.by_hand else ""
                raise CorpusError(f"{error}{hint}") from error
            say(f"{error} Trying the next address.")
    raise CorpusError(f"{archive.name} has no address; use --mirror URL or --from FILE.")


def _from_disk(corpus: Corpus, source: Path, output: Path, sha256: str, say: Say) -> None:
    """Take over an archive, a folder with the corpus in it, or a folder with its archives in it."""
    if _is_complete(corpus, output):
        say(f"{output} holds the whole corpus already; delete it to take it over again.")
        return
    if output.exists() and any(not junk(Path(path.name)) for path in output.iterdir()):
        raise CorpusError(f"{output} is not empty; delete it, or choose another folder with -o.")
    if source.is_dir():
        packed = [source / archive.name for archive in corpus.archives if (source / archive.name).is_file()]
        if not packed:
            _copy(corpus, folder(source), output / folder(source).name, say)
    elif source.is_file():
        packed = [source]
    else:
        raise CorpusError(f"{source} does not exist; --from expects an archive or a folder.")
    for archive in packed:
        _compare(corpus, archive, sha256 if archive == packed[0] else "", say)
        say(f"unpacking {archive}")
        unpack(archive, output / archive.stem, lambda where: _verify(corpus, where))


def _compare(corpus: Corpus, archive: Path, sha256: str, say: Say) -> None:
    """Hold somebody's archive against --sha256, and say if it is not the official one byte for byte."""
    got = digests(archive)
    if sha256 and got["SHA-256"] != sha256.lower():
        raise CorpusError(f"{archive} has the SHA-256 {got['SHA-256']}, expected {sha256.lower()}.")
    official = {known.md5 for known in corpus.archives if known.name == archive.name and known.md5}
    if official and got["MD5"] not in official:
        say(f"{archive.name} is not the official archive byte for byte (MD5 {got['MD5']}); its content is looked at.")


def _copy(corpus: Corpus, source: Path, target: Path, say: Say) -> None:
    """Copy the clips of a corpus, and the lists that stand beside them, into the new folder `target`."""
    clips = corpus.read(source)
    say(f"copying {len(clips)} clips from {source}")
    lists = (path for path in source.rglob("*") if path.suffix.lower() in _LISTS and path.is_file())
    wanted = [clip.path for clip in clips] + [path for path in lists if not junk(path.relative_to(source))]
    with appearing(target) as temporary:
        for path in wanted:
            copy = temporary / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _verify(corpus, temporary)


def _verify(corpus: Corpus, where: Path) -> None:
    """Refuse a folder that is not the corpus, or whose sounds are none."""
    clips = corpus.read(where)
    probes = clips[:: max(1, len(clips) // _PROBES)]
    if all(heard.error for heard in listen(probes)):
        raise CorpusError(f"what came as {corpus.title} holds no sound: {_why(corpus, probes[0])}")


def _why(corpus: Corpus, clip: Clip) -> str:
    with clip.path.open("rb") as data:
        if data.read(len(_POINTER)) == _POINTER:
            return f"its files are Git LFS pointers; clone {corpus.address} with git lfs, then use --from DIR."
    return f"{clip.path.name} and others cannot be read."
