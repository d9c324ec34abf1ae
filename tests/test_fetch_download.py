"""One download, from a server that fails in every way."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_site import Site, left_behind, serve

from quaver.corpora import download as downloading
from quaver.corpora.download import download
from quaver.errors import CorpusError

DATA = bytes(range(256)) * 4000  # 1 MB


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PAUSES", (0.0, 0.0))


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
