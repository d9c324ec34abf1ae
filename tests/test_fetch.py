"""Getting a whole corpus: from a server, from a mirror, from what is already on disk."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_copies import LAYOUTS, copy_of, put
from local_site import Site, archive_of, imitated, left_behind, serve, zipped

from quaver import corpora
from quaver.corpora import Archive
from quaver.corpora import download as downloading
from quaver.corpora.fetch import fetch, home
from quaver.errors import CorpusError


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PAUSES", (0.0, 0.0))


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path / "data"))


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
    assert left_behind(tmp_path / "b") == sorted(f"mine/{name}" for name in ("Info.txt", *LAYOUTS["savee"]))
    (tmp_path / "loads").mkdir()
    (tmp_path / "loads" / "emodb.zip").write_bytes(archive_of("emodb", tmp_path))
    fetch(corpora.get("emodb"), tmp_path / "c", source=tmp_path / "loads")
    assert len(corpora.read(tmp_path / "c", "emodb")) == 3
    assert (tmp_path / "loads" / "emodb.zip").is_file()


def test_from_works_beside_a_download_that_broke_off(site: Site, tmp_path: Path) -> None:
    site.content, site.cuts = archive_of("emodb", tmp_path), [100, 0, 0]
    corpus = imitated("emodb", site, site.content)
    with pytest.raises(CorpusError, match="breaks off"):
        fetch(corpus)
    folder = fetch(corpus, source=tmp_path / "official-emodb")
    assert len(corpus.read(folder)) == 3


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
