"""Download one file: it goes on where it stopped, is compared with its checksum, and appears whole or not at all."""

import hashlib
import http.client
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from quaver.corpora.listen import Progress
from quaver.errors import CorpusError
from quaver.files import write_json

BLOCK = 1 << 18  # bytes
TIMEOUT = 60.0  # seconds without a byte
PAUSES = (1.0, 2.0, 4.0)  # seconds before each further attempt
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # HTTP answers that another attempt may mend


class _BrokenOffError(Exception):
    """The connection ended before the file did."""


@dataclass(frozen=True)
class _Part:
    """What is on disk of an unfinished download, and which version of the file it belongs to."""

    path: Path

    @property
    def note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def facts(self, url: str) -> dict[str, str]:
        """Give the version it belongs to, or nothing if it is not a part of `url`."""
        try:
            known: dict[str, str] = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if known.get("url") == url and self.path.is_file() else {}

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def download(
    url: str,
    target: Path,
    *,
    md5: str = "",
    sha256: str = "",
    progress: Progress | None = None,
    pauses: tuple[float, ...] | None = None,
    timeout: float = TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Fetch `url` into the file `target`, through `target` + ".part" that a later call goes on with.

    A part is continued only if the server says that the file is still the same (If-Range with its entity tag or date,
    RFC 9110 section 13.1.5); otherwise, or if it cannot continue at all, the download starts anew.

    Args:
        url: http or https.
        target: the file to make.
        md5: expected digest in hex, "" if unknown.
        sha256: the same.
        progress: called with (bytes done, bytes in all or 0).
        pauses: seconds to wait before each further attempt, `PAUSES` by default; an attempt that brought new
            bytes does not count.
        timeout: seconds without a byte after which an attempt is given up.
        sleep: how to wait.

    Returns:
        The SHA-256 of the file, in hex.

    Raises:
        CorpusError: the server is absent, refuses, sends a web page, or the bytes are not those expected.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise CorpusError(f"{url} is no address to download from; http:// or https:// is expected.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target.with_name(target.name + ".part"))
    _persist(url, part, progress, timeout, PAUSES if pauses is None else pauses, sleep)
    return _accept(part, target, md5, sha256)


def _persist(
    url: str,
    part: _Part,
    progress: Progress | None,
    timeout: float,
    pauses: tuple[float, ...],
    sleep: Callable[[float], None],
) -> None:
    """Attempt again until the file is whole, or as often as there are pauses without getting further."""
    waits, furthest = list(pauses), part.size
    while True:
        try:
            return _attempt(url, part, progress, timeout)
        except (_BrokenOffError, OSError, http.client.HTTPException) as error:
            _give_up_if_final(error, url)
            if part.size > furthest:
                waits, furthest = list(pauses), part.size
            if not waits:
                raise CorpusError(_absent(error, url)) from error
            sleep(waits.pop(0))


def _attempt(url: str, part: _Part, progress: Progress | None, timeout: float) -> None:
    """Bring as many bytes as this connection gives; done when it returns."""
    known = part.facts(url)
    if not known:
        part.forget()
    have = part.size
    if have and str(have) == known["total"]:
        return  # all of it came; it was only not yet given its name
    headers = {"User-Agent": "quaver", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known["version"]}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # beyond the end: the part is no part of what is there now
            part.forget()
            raise _BrokenOffError("the file changed") from error
        raise
    with answer:
        _receive(answer, url, part, have, progress)


def _receive(answer: http.client.HTTPResponse, url: str, part: _Part, have: int, progress: Progress | None) -> None:
    if answer.status == 206:
        _check_continues(answer.headers, url, part, have)
    else:
        have = 0
    length = answer.headers.get("Content-Length")
    total = have + int(length) if length else 0
    _check_room(total - have, part.path.parent)
    block = answer.read(BLOCK)
    if not have and _is_page(block, answer.headers):
        part.forget()
        raise CorpusError(f"{url} gave a web page, not an archive; a browser shows what it asks for.")
    _remember(part, url, answer.headers, total)
    with part.path.open("ab" if have else "wb") as out:
        while block:
            _write(out, block)
            have += len(block)
            if progress:
                progress(have, total)
            block = answer.read(BLOCK)
    if total and have < total:
        raise _BrokenOffError(f"it broke off after {have} of {total} bytes")


def _check_continues(headers: Message, url: str, part: _Part, have: int) -> None:
    """Start anew unless what comes is the rest of the very file that the part is of."""
    known = part.facts(url)
    span, _, total = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    same = not headers.get("ETag") or _version(headers) == known["version"]
    if not span.startswith(f"{have}-") or total not in ("*", known["total"]) or not same:
        part.forget()
        raise _BrokenOffError("the file changed on the server")


def _version(headers: Message) -> str:
    """Find what identifies a version of the file: its strong entity tag, else its date."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _remember(part: _Part, url: str, headers: Message, total: int) -> None:
    """Note which version the part belongs to; without a mark of it no part can be continued."""
    if version := _version(headers):
        write_json(part.note, {"url": url, "version": version, "total": str(total)})
    else:
        part.note.unlink(missing_ok=True)


def _write(out: IO[bytes], block: bytes) -> None:
    """Write, and tell a full disk from a broken connection."""
    try:
        out.write(block)
    except OSError as error:
        raise CorpusError(f"{out.name} cannot be written: {error.strerror}.") from error


def _is_page(block: bytes, headers: Message) -> bool:
    start = block[:256].lstrip().lower()
    said = headers.get("Content-Type", "").startswith("text/html") and not start.startswith((b"pk", b"\x1f\x8b"))
    return said or start.startswith((b"<!doctype html", b"<html"))


def _check_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise CorpusError(f"{needed / 1e6:.0f} MB are needed at {folder}, and {free / 1e6:.0f} MB are free.")


def _give_up_if_final(error: Exception, url: str) -> None:
    """Raise where another attempt would end the same way."""
    if isinstance(error, urllib.error.HTTPError) and error.code not in _PASSING:
        raise CorpusError(
            f"{url} answers {error.code} {error.reason}; it may have moved: use --mirror URL or --from FILE."
        ) from error


def _absent(error: Exception, url: str) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    host = urlsplit(url).netloc
    return f"{host} cannot be reached or breaks off ({reason}); try again later, use --mirror URL or --from FILE."


def _accept(part: _Part, target: Path, md5: str, sha256: str) -> str:
    """Compare the checksums, then give the part its name; a wrong part is deleted."""
    got = digests(part.path)
    for kind, expected in (("MD5", md5), ("SHA-256", sha256)):
        if expected and got[kind] != expected.lower():
            part.forget()
            raise CorpusError(
                f"{target.name} has the {kind} {got[kind]}, expected {expected.lower()}; it was deleted. "
                "Try again, or use --mirror URL."
            )
    part.path.replace(target)
    part.forget()
    return got["SHA-256"]


def digests(path: Path) -> dict[str, str]:
    """Compute the MD5 and the SHA-256 of a file, in hex."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as data:
        while block := data.read(BLOCK):
            md5.update(block)
            sha256.update(block)
    return {"MD5": md5.hexdigest(), "SHA-256": sha256.hexdigest()}
