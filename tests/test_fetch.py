"""Getting a corpus from a server that fails in every way, and from what is already on disk."""

import hashlib
import io
import os
import re
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from corpus_copies import LAYOUTS, copy_of, put

from quaver import corpora
from quaver.corpora import Archive, Corpus
from quaver.corpora import download as downloading
from quaver.corpora.download import download
from quaver.corpora.fetch import fetch, home
from quaver.corpora.unpack import unpack
from quaver.errors import CorpusError


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


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(site))
    site.address = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PAUSES", (0.0, 0.0))


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path / "data"))


DATA = bytes(range(256)) * 4000  # 1 MB


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


# The download itself


def test_a_file_arrives_whole_with_progress(site: Site, tmp_path: Path) -> None:
    site.content = DATA
    steps: list[tuple[int, int]] = []
    got = download(site.address + "a.zip", tmp_path / "a.zip", progress=lambda *step: steps.append(step))
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert got == hashlib.sha256(DATA).hexdigest()
    assert steps[-1] == (len(DATA), len(DATA)) and steps == sorted(steps)
    assert left_behind(tmp_path) == ["a.zip"]


def test_a_broken_connection_is_continued(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = DATA, [400_000, 100_000]
    download(site.address + "a.zip", tmp_path / "a.zip", md5=hashlib.md5(DATA, usedforsecurity=False).hexdigest())
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert site.asked == ["/a.zip", "/a.zip bytes=400000-", "/a.zip bytes=500000-"]


def test_a_server_without_ranges_is_asked_for_all_again(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts, site.ranges = DATA, [400_000], False
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert len(site.asked) == 2


def test_without_a_mark_of_the_version_nothing_is_continued(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts, site.tag = DATA, [400_000], ""
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert site.asked == ["/a.zip", "/a.zip"]


def test_a_weak_tag_gives_way_to_the_date(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = DATA, [400_000]
    site.tag, site.date = 'W/"v1"', "Tue, 01 Apr 2025 10:00:00 GMT"
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert site.asked == ["/a.zip", "/a.zip bytes=400000-"]


def test_the_next_run_goes_on_where_the_last_one_stopped(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = DATA, [300_000, 0, 0, 0, 0]
    with pytest.raises(CorpusError, match="127.0.0.1.*breaks off.*--mirror"):
        download(site.address + "a.zip", tmp_path / "a.zip", pauses=())
    assert not (tmp_path / "a.zip").exists()
    site.cuts.clear()
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert site.asked[-1] == "/a.zip bytes=300000-"
    assert left_behind(tmp_path) == ["a.zip"]


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("other", [DATA[::-1], DATA[::-1] + b"more", DATA[:200_000]])
def test_a_file_that_changed_in_between_is_fetched_anew(site: Site, tmp_path: Path, other: bytes, honest: bool) -> None:
    site.content, site.cuts = DATA, [300_000]
    with pytest.raises(CorpusError):
        download(site.address + "a.zip", tmp_path / "a.zip", pauses=())
    site.content, site.tag, site.honest = other, '"v2"', honest
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == other


def test_a_whole_part_only_gets_its_name(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = DATA, [300_000]
    with pytest.raises(CorpusError):
        download(site.address + "a.zip", tmp_path / "a.zip", pauses=())
    (tmp_path / "a.zip.part").write_bytes(DATA)  # a process killed after the last byte
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert len(site.asked) == 1 and left_behind(tmp_path) == ["a.zip"]


def test_a_server_that_never_gets_far_is_given_up(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts, site.ranges = DATA, [1000] * 50, False
    with pytest.raises(CorpusError, match="breaks off"):
        download(site.address + "a.zip", tmp_path / "a.zip")
    assert len(site.asked) < 10


def test_a_part_of_another_address_is_not_continued(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = DATA, [300_000]
    with pytest.raises(CorpusError):
        download(site.address + "a.zip", tmp_path / "a.zip", pauses=())
    download(site.address + "b.zip", tmp_path / "a.zip")
    assert site.asked[-1] == "/b.zip"


def test_wrong_bytes_are_deleted_and_the_next_try_is_clean(site: Site, tmp_path: Path) -> None:
    site.content = DATA[::-1]
    right = hashlib.sha256(DATA).hexdigest()
    with pytest.raises(CorpusError, match=f"SHA-256 [0-9a-f]{{64}}, expected {right}"):
        download(site.address + "a.zip", tmp_path / "a.zip", sha256=right)
    assert left_behind(tmp_path) == []
    site.content = DATA
    download(site.address + "a.zip", tmp_path / "a.zip", sha256=right.upper())
    assert site.asked == ["/a.zip", "/a.zip"]


def test_an_absent_server_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="127.0.0.1:9 cannot be reached.*refused.*--mirror URL or --from") as error:
        download("http://127.0.0.1:9/a.zip", tmp_path / "a.zip", pauses=(0.0,))
    assert "\n" not in str(error.value)
    assert left_behind(tmp_path) == []


def test_refusals_end_at_once_and_passing_failures_do_not(site: Site, tmp_path: Path) -> None:
    site.content, site.fails = DATA, [404]
    with pytest.raises(CorpusError, match="answers 404.*--mirror"):
        download(site.address + "a.zip", tmp_path / "a.zip")
    assert len(site.asked) == 1
    site.fails = [503, 429]
    waited: list[float] = []
    download(site.address + "a.zip", tmp_path / "a.zip", pauses=(1.0, 2.0), sleep=waited.append)
    assert waited == [1.0, 2.0]
    assert (tmp_path / "a.zip").read_bytes() == DATA


@pytest.mark.parametrize(("kind", "page"), [("text/html; charset=utf-8", b"hello"), ("", b"\n <!DOCTYPE html><p>")])
def test_a_web_page_is_no_archive(site: Site, tmp_path: Path, kind: str, page: bytes) -> None:
    site.kind, site.content = kind, page
    with pytest.raises(CorpusError, match="web page"):
        download(site.address + "a.zip", tmp_path / "a.zip")
    assert left_behind(tmp_path) == []
    site.kind, site.content = "application/zip", DATA
    download(site.address + "a.zip", tmp_path / "a.zip")
    assert site.asked == ["/a.zip", "/a.zip"]


def test_only_http_is_an_address(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="http://"):
        download("file:///etc/passwd", tmp_path / "a.zip")


# Unpacking


def test_entries_that_would_land_outside_are_refused(tmp_path: Path) -> None:
    for number, name in enumerate(["../evil.wav", "/evil.wav", "a/../../evil.wav", "..\\evil.wav", "C:/evil.wav"]):
        archive = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("03a01Fa.wav", b"good")
            packed.writestr(name, b"evil")
        with pytest.raises(CorpusError, match="would land outside"):
            unpack(archive, tmp_path / "in" / "out", lambda where: None)
    assert not any("evil" in path.name for path in tmp_path.rglob("*"))
    assert left_behind(tmp_path / "in") == []


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(link, "/etc")
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.addfile(entry)
    for archive in ("a.zip", "a.tar.gz"):
        with pytest.raises(CorpusError, match="the link 'link'"):
            unpack(tmp_path / archive, tmp_path / "out", lambda where: None)
        assert not (tmp_path / "out").exists()


def test_a_damaged_archive_leaves_nothing(tmp_path: Path) -> None:
    whole = archive_of("tess", tmp_path)
    damaged = bytearray(whole)
    damaged[200] ^= 0xFF  # in the sound of the first entry, whose checksum then does not fit
    for content in (bytes(damaged), whole[: len(whole) // 2], b"no archive"):
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(CorpusError, match="cannot be unpacked|neither a zip nor a tar"):
            unpack(tmp_path / "a.zip", tmp_path / "in" / "out", lambda where: None)
        assert left_behind(tmp_path / "in") == [] and not (tmp_path / "in" / "out").exists()


def test_an_interrupted_unpacking_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(archive_of("tess", tmp_path))

    def interrupted(where: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(tmp_path / "a.zip", tmp_path / "in" / "out", interrupted)
    assert left_behind(tmp_path / "in") == []


def test_what_a_killed_unpacking_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(archive_of("tess", tmp_path))
    put(tmp_path / "in" / ".out.part", ["OAF_back_sad.wav"])
    unpack(tmp_path / "a.zip", tmp_path / "in" / "out", lambda where: None)
    assert left_behind(tmp_path / "in") == sorted(f"out/{name}" for name in LAYOUTS["tess"])


def test_archives_in_archives_and_tar_files_are_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("data/inner.zip", archive_of("tess", tmp_path))
        packed.writestr("__MACOSX/._inner.zip", b"litter")
    unpack(tmp_path / "a.zip", tmp_path / "out", lambda where: None)
    assert len(corpora.read(tmp_path / "out", "tess")) == 5
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "official-tess", "TESS")
    unpack(tmp_path / "b.tar.gz", tmp_path / "other", lambda where: None)
    assert len(corpora.read(tmp_path / "other", "tess")) == 5


# The whole way


def test_a_corpus_is_downloaded_checked_and_unpacked(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("emodb", tmp_path)
    site.cuts = [len(site.content) // 2]
    said: list[str] = []
    folder = fetch(imitated("emodb", site, site.content), say=said.append)
    assert folder == home() / "emodb" == tmp_path / "data" / "emodb"
    assert left_behind(folder) == sorted(f"pack/{name}" for name in LAYOUTS["emodb"])
    assert [clip.emotion for clip in corpora.read(folder, "emodb")] == ["happy", "angry", "boredom"]
    assert not any("checksum" in line for line in said)


def test_what_is_there_is_skipped(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("emodb", tmp_path)
    corpus = imitated("emodb", site, site.content)
    fetch(corpus)
    said: list[str] = []
    fetch(corpus, say=said.append)
    assert len(site.asked) == 1 and "already" in said[0]
    own = put(tmp_path / "own", LAYOUTS["emodb"])  # complete, but not unpacked by quaver
    fetch(replace(corpus, clips=3), own)
    assert len(site.asked) == 1


def test_without_a_published_checksum_the_digest_is_said(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("emodb", tmp_path)
    said: list[str] = []
    fetch(imitated("emodb", site, site.content, checked=False), say=said.append)
    assert any(hashlib.sha256(site.content).hexdigest() in line and "no checksum" in line for line in said)


def test_sha256_by_hand_is_compared(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("emodb", tmp_path)
    corpus = imitated("emodb", site, site.content, checked=False)
    with pytest.raises(CorpusError, match="expected 00"):
        fetch(corpus, sha256="00" * 32)
    assert left_behind(tmp_path / "data") == []
    fetch(corpus, sha256=hashlib.sha256(site.content).hexdigest())


def test_a_damaged_archive_is_not_kept_for_the_next_try(site: Site, tmp_path: Path) -> None:
    whole = archive_of("emodb", tmp_path)
    corpus = imitated("emodb", site, whole, checked=False)
    site.content = whole[:-30]
    with pytest.raises(CorpusError, match="neither a zip"):
        fetch(corpus)
    assert left_behind(tmp_path / "data") == []
    site.content = whole
    assert len(corpus.read(fetch(corpus))) == 3


def test_an_archive_of_something_else_is_refused(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("tess", tmp_path)
    with pytest.raises(CorpusError, match="no clip of Berlin"):
        fetch(imitated("emodb", site, site.content))
    assert left_behind(tmp_path / "data") == []


def test_git_lfs_pointers_are_named(site: Site, tmp_path: Path) -> None:
    for name in LAYOUTS["ased"]:
        path = tmp_path / "pointers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    site.content = zipped(tmp_path / "pointers")
    with pytest.raises(CorpusError, match="Git LFS pointers; clone .*ASED_V1"):
        fetch(imitated("ased", site, site.content))
    assert left_behind(tmp_path / "data") == []


def test_the_second_address_is_tried_when_the_first_fails(site: Site, tmp_path: Path) -> None:
    site.content, site.fails = archive_of("emodb", tmp_path), [404]
    urls = (site.address + "gone.zip", site.address + "here.zip")
    corpus = replace(corpora.get("emodb"), archives=(Archive("pack.zip", urls),))
    fetch(corpus)
    assert site.asked == ["/gone.zip", "/here.zip"]


def test_optional_archives_come_when_asked_for(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("ravdess", tmp_path)
    pair = (Archive("speech.zip", (site.address + "1",)), Archive("song.zip", (site.address + "2",), optional=True))
    corpus = replace(corpora.get("ravdess"), archives=pair)
    folder = fetch(corpus)
    assert [path.name for path in folder.iterdir()] == ["speech"]
    fetch(corpus, everything=True)
    assert sorted(path.name for path in folder.iterdir()) == ["song", "speech"]
    assert site.asked == ["/1", "/2"]


def test_a_mirror_replaces_the_address(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("emodb", tmp_path)
    fetch(corpora.get("emodb"), tmp_path / "a", mirror=site.address + "copies/")
    fetch(corpora.get("emodb"), tmp_path / "b", mirror=site.address + "x.zip")
    site.content = archive_of("savee", tmp_path)
    fetch(corpora.get("savee"), tmp_path / "c", mirror=site.address + "savee.zip")
    assert site.asked == ["/copies/emodb.zip", "/x.zip", "/savee.zip"]
    assert len(corpora.read(tmp_path / "c", "savee")) == 4


def test_a_mirror_does_not_escape_the_published_checksum(site: Site, tmp_path: Path) -> None:
    site.content = archive_of("ravdess", tmp_path)
    with pytest.raises(CorpusError, match="expected bc696df654c87fed845eb13823edef8a"):
        fetch(corpora.get("ravdess"), mirror=site.address + "r.zip")


@pytest.mark.parametrize("name", ["savee", "casia", "crema_d", "emovo", "aesdd", "folders"])
def test_what_cannot_be_downloaded_says_what_to_do(name: str) -> None:
    with pytest.raises(CorpusError, match=f"quaver corpora get {name} --from FILE_OR_DIR"):
        fetch(corpora.get(name))


def test_from_an_archive_a_folder_and_a_folder_of_archives(tmp_path: Path) -> None:
    mine = copy_of("savee", tmp_path / "mine")
    (mine / "Info.txt").write_text("about")
    (mine / "holiday.wav").write_bytes(b"not of the corpus")
    (tmp_path / "AudioData.zip").write_bytes(zipped(mine))
    fetch(corpora.get("savee"), tmp_path / "a", source=tmp_path / "AudioData.zip")
    fetch(corpora.get("savee"), tmp_path / "b", source=mine)
    assert len(corpora.read(tmp_path / "a", "savee")) == len(corpora.read(tmp_path / "b", "savee")) == 4
    assert left_behind(tmp_path / "b") == sorted(["Info.txt", *LAYOUTS["savee"]])
    (tmp_path / "loads").mkdir()
    (tmp_path / "loads" / "emodb.zip").write_bytes(archive_of("emodb", tmp_path))
    fetch(corpora.get("emodb"), tmp_path / "c", source=tmp_path / "loads")
    assert len(corpora.read(tmp_path / "c", "emodb")) == 3
    assert (tmp_path / "loads" / "emodb.zip").is_file()


def test_from_refuses_what_is_wrong_and_leaves_nothing(tmp_path: Path) -> None:
    tess = copy_of("tess", tmp_path / "tess")
    (tmp_path / "tess.zip").write_bytes(zipped(tess))
    for source in (tess, tmp_path / "tess.zip"):
        with pytest.raises(CorpusError, match="no clip of Surrey"):
            fetch(corpora.get("savee"), tmp_path / "out", source=source)
    with pytest.raises(CorpusError, match="does not exist"):
        fetch(corpora.get("savee"), tmp_path / "out", source=tmp_path / "nowhere.zip")
    with pytest.raises(CorpusError, match="expected 00"):
        fetch(corpora.get("tess"), tmp_path / "out", source=tmp_path / "tess.zip", sha256="00" * 32)
    with pytest.raises(CorpusError, match="not empty"):
        fetch(corpora.get("savee"), tess, source=copy_of("savee", tmp_path / "savee"))
    assert not (tmp_path / "out").exists() or left_behind(tmp_path / "out") == []


def test_an_archive_that_is_not_the_official_one_is_said_but_read(tmp_path: Path) -> None:
    (tmp_path / "Audio_Speech_Actors_01-24.zip").write_bytes(archive_of("ravdess", tmp_path))
    said: list[str] = []
    source = tmp_path / "Audio_Speech_Actors_01-24.zip"
    fetch(corpora.get("ravdess"), tmp_path / "out", source=source, say=said.append)
    assert any("not the official archive" in line for line in said)
    assert len(corpora.read(tmp_path / "out", "ravdess")) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(CorpusError, match="locked.*cannot be used"):
        fetch(corpora.get("savee"), tmp_path / "locked" / "in", source=copy_of("savee", tmp_path / "mine"))


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CorpusError, match="cannot be used"):
        fetch(corpora.get("savee"), tmp_path / "file" / "in", source=copy_of("savee", tmp_path / "mine"))


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert home() == tmp_path / "data"
    monkeypatch.delenv("QUAVER_DATA")
    assert home() == tmp_path / "xdg" / "quaver" / "corpora"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert home() == Path.home() / ".local" / "share" / "quaver" / "corpora"
