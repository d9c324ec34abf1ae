"""Unpacking: whole or not at all, and nothing outside."""

import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from corpus_copies import LAYOUTS, put
from local_site import archive_of, left_behind

from quaver import corpora
from quaver.corpora.unpack import unpack
from quaver.errors import CorpusError


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
