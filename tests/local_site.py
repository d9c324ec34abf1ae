"""A server on this machine that fails in every way, and helpers of the tests that fetch."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from corpus_copies import copy_of

from quaver import corpora
from quaver.corpora import Archive, Corpus


@dataclass
class Site:
    """What the server gives, and how it fails."""

    content: bytes = b""
    address: str = ""
    cuts: list[int] = field(default_factory=list)  # bytes after which each of the next connections is broken off
    ranges: bool = True
    honest: bool = True  # answers If-Range; a dishonest server sends the rest of whatever it has
    tag: str = '"v1"'
    date: str = ""
    kind: str = "application/zip"
    fails: list[int] = field(default_factory=list)  # HTTP answers of the next requests
    asked: list[str] = field(default_factory=list)  # path and Range of each request


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range", "")
            site.asked.append(f"{self.path} {span}".strip())
            if site.fails:
                self.send_error(site.fails.pop(0))
                return
            start = int(re.findall(r"\d+", span)[0]) if span and site.ranges else 0
            if site.honest and self.headers.get("If-Range") not in (site.tag, site.date):
                start = 0
            if start >= len(site.content) > 0:
                self.send_error(416)
                return
            self.answer(start)

        def answer(self, start: int) -> None:
            body = site.content[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
            for name, value in (("ETag", site.tag), ("Last-Modified", site.date), ("Content-Type", site.kind)):
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: site.cuts.pop(0)] if site.cuts else body)

        def log_message(self, *words: object) -> None:
            pass

    return Handler


@contextmanager
def serve() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(site))
    site.address = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder))
    return out.getvalue()


def archive_of(name: str, tmp_path: Path) -> bytes:
    return zipped(copy_of(name, tmp_path / f"official-{name}"))


def imitated(name: str, site: Site, content: bytes, *, checked: bool = True) -> Corpus:
    """The real importer, with its archive on the local server."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() if checked else ""
    return replace(corpora.get(name), archives=(Archive("pack.zip", (site.address + "pack.zip",), md5=md5),))


def left_behind(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
