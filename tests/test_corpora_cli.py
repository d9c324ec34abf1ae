"""`quaver corpora` and `quaver manifest` as scripts use them."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from corpus_copies import copy_of, put
from typer.testing import CliRunner

from quaver import corpora
from quaver.cli import corpora as corpora_cli
from quaver.cli import manifest as manifest_cli
from quaver.errors import CorpusError
from quaver.manifest import Manifest


def run(*arguments: object) -> Any:
    app = typer.Typer()
    corpora_cli.register(app)
    manifest_cli.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_list_has_the_fixed_fields() -> None:
    for words in (["corpora", "list", "--json"], ["corpora", "--json"]):
        rows = json.loads(run(*words).stdout)
        assert [row["name"] for row in rows] == list(corpora.NAMES)
        assert {"name", "language", "licence", "address", "clips", "speakers", "emotions"} <= set(rows[0])
        assert rows[0]["emotions"] == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    text = run("corpora").stdout
    assert all(name in text and corpora.get(name).licence in text for name in corpora.NAMES)
    assert max(map(len, text.splitlines())) <= 120


def test_check_prints_and_gives_json(tmp_path: Path) -> None:
    put(tmp_path, ["wav/03a01Fa.wav", "wav/03a01Xa.wav", "wav/08b10Wa.wav"])
    result = run("corpora", "check", tmp_path)
    assert result.exit_code == 0
    assert "2 of 535 clips" in result.stdout and "missing: 533" in result.stdout and "and 523 more" in result.stdout
    assert "wav/03a01Xa.wav: its label is 'X'" in result.stdout
    report = json.loads(run("corpora", "check", tmp_path, "--corpus", "emodb", "--json").stdout)
    assert report["corpus"] == "emodb" and report["complete"] is False
    assert len(report["missing"]) == 533
    assert report["mislabelled"][0]["file"] == "wav/03a01Xa.wav"


def test_check_of_no_corpus_fails(tmp_path: Path) -> None:
    result = run("corpora", "check", put(tmp_path, ["a.wav", "b.wav"]))
    assert isinstance(result.exception, CorpusError)


def test_manifest_of_a_recognised_corpus(tmp_path: Path) -> None:
    folder = copy_of("tess", tmp_path / "TESS")
    result = run("manifest", folder, "-o", tmp_path / "out" / "m.csv", "--json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert (facts["corpus"], facts["clips"], facts["speakers"]) == ("tess", 5, 2)
    clips = Manifest.read(tmp_path / "out" / "m.csv")
    assert all(clip.seconds == 0.2 and len(clip.sha256) == 64 for clip in clips)
    assert [clip.path.resolve() for clip in clips] == [clip.path for clip in corpora.read(folder, "tess")]
    assert "../TESS/" in (tmp_path / "out" / "m.csv").read_text(encoding="utf-8")


def test_manifest_names_damaged_files_and_goes_on(tmp_path: Path) -> None:
    folder = copy_of("tess", tmp_path / "TESS")
    (folder / "OAF_Fear" / "OAF_bar_fear.wav").write_text("not a sound")
    result = run("manifest", folder, "--corpus", "tess", "-o", tmp_path / "m.csv")
    assert result.exit_code == 0
    assert "OAF_bar_fear.wav" in result.stderr and "5 clips of tess" in result.stdout
    assert len(Manifest.read(tmp_path / "m.csv")) == 5


def test_manifest_of_damaged_files_only_fails(tmp_path: Path) -> None:
    (tmp_path / "03a01Fa.wav").write_text("not a sound")
    result = run("manifest", tmp_path, "-o", tmp_path / "m.csv")
    assert isinstance(result.exception, CorpusError) and "none of the 1 clips" in str(result.exception)
    assert not (tmp_path / "m.csv").exists()


def test_manifest_without_hash_opens_no_sound(tmp_path: Path) -> None:
    (tmp_path / "03a01Fa.wav").write_text("not a sound")
    assert run("manifest", tmp_path, "-o", tmp_path / "m.csv", "--no-hash").exit_code == 0
    (clip,) = Manifest.read(tmp_path / "m.csv")
    assert (clip.emotion, clip.seconds, clip.sha256) == ("happy", None, "")


def test_manifest_of_folders_says_that_speakers_are_unknown(tmp_path: Path) -> None:
    put(tmp_path / "in", ["dog/rex_1.wav", "cat/tom_1.wav"])
    result = run("manifest", tmp_path / "in", "--corpus", "folders", "-o", tmp_path / "m.csv")
    assert "speaker of 2 clips is not known" in result.stderr
    assert Manifest.read(tmp_path / "m.csv").speakers == ("folders/file:cat/tom_1", "folders/file:dog/rex_1")
    told = run("manifest", tmp_path / "in", "--corpus", "folders", "--speaker", "prefix", "-o", tmp_path / "m.csv")
    assert told.stderr.strip() == "" and Manifest.read(tmp_path / "m.csv").speakers == ("folders/rex", "folders/tom")


@pytest.mark.parametrize("name", ["savee", "casia"])
def test_get_says_where_to_register(name: str) -> None:
    result = run("corpora", "get", name)
    assert isinstance(result.exception, CorpusError)
    assert "regist" in str(result.exception) and "http" in str(result.exception) and "--from" in str(result.exception)


def test_get_from_a_folder_prints_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path / "data"))
    result = run("corpora", "get", "savee", "--from", copy_of("savee", tmp_path / "mine"))
    assert result.exit_code == 0
    assert "4 of 480 clips" in result.stdout and "quaver manifest" in result.stdout
    assert len(corpora.read(tmp_path / "data" / "savee", "savee")) == 4
