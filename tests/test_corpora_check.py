"""`check`: which corpus a folder is, and what is wrong with it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpus_copies import RATE, copy_of, put, tone

from quaver import corpora
from quaver.corpora.check import check
from quaver.errors import CorpusError


def test_a_good_copy_has_no_problems(emodb: Path) -> None:
    done: list[tuple[int, int]] = []
    report = check(emodb, progress=lambda *step: done.append(step))
    assert (report.corpus, report.clips, report.expected_clips, report.speakers) == ("emodb", 535, 535, 10)
    assert report.complete
    assert not (report.missing or report.damaged or report.silent or report.duplicated)
    assert not (report.mislabelled or report.unknown)
    assert dict(report.emotions) == dict(corpora.get("emodb").counts)
    assert done[-1] == (535, 535)


def test_missing_clips_are_named_where_names_are_known(tmp_path: Path) -> None:
    report = check(copy_of("emovo", tmp_path))
    assert not report.complete
    assert (report.clips, report.expected_clips, report.expected_speakers) == (2, 588, 6)
    assert len(report.missing) == 586
    assert "neu-f2-l1" in report.missing and "dis-f1-b1" not in report.missing


def test_missing_clips_are_counted_where_names_are_not(tmp_path: Path) -> None:
    report = check(copy_of("aesdd", tmp_path))
    assert "120 of 121 angry clips" in report.missing
    assert "119 of 119 happy clips" in report.missing


def test_songs_of_ravdess_are_expected_only_where_there_are_some(tmp_path: Path) -> None:
    put(tmp_path, ["Actor_01/03-01-01-01-01-01-01.wav"])
    assert check(tmp_path).expected_clips == 1440
    put(tmp_path, ["Actor_01/03-02-01-01-01-01-01.wav"], first=300)
    assert check(tmp_path).expected_clips == 1440 + 1012


def test_damaged_short_and_silent_clips_are_told_apart(tmp_path: Path) -> None:
    folder = copy_of("crema_d", tmp_path) / "AudioWAV"
    (folder / "1003_DFA_ANG_XX.wav").write_text("not a sound")
    whole = (folder / "1001_DFA_ANG_XX.wav").read_bytes()
    (folder / "1004_DFA_ANG_XX.wav").write_bytes(whole[:20])
    soundfile.write(folder / "1005_DFA_ANG_XX.wav", tone(seconds=0.01), RATE)
    soundfile.write(folder / "1076_MTI_SAD_XX.wav", np.zeros(RATE), RATE)
    report = check(tmp_path)
    damaged = [problem.file for problem in report.damaged]
    assert damaged == [f"AudioWAV/{number}_DFA_ANG_XX.wav" for number in (1003, 1004, 1005)]
    assert "0.01 s" in report.damaged[2].reason and str(tmp_path) not in report.damaged[2].reason
    assert [problem.file for problem in report.silent] == ["AudioWAV/1076_MTI_SAD_XX.wav"]
    assert report.clips == 3


def test_the_same_sound_under_two_names(tmp_path: Path) -> None:
    put(tmp_path, ["Actor_17/03-01-01-01-01-01-17.wav", "Actor_17/03-01-01-01-01-02-17.wav"])
    first, second = sorted((tmp_path / "Actor_17").iterdir())
    shutil.copy(first, second)
    report = check(tmp_path)
    assert report.duplicated == [["Actor_17/03-01-01-01-01-01-17.wav", "Actor_17/03-01-01-01-01-02-17.wav"]]
    assert not report.mislabelled


def test_the_same_sound_in_another_container_is_the_same(tmp_path: Path) -> None:
    put(tmp_path, ["03a01Fa.wav"])
    samples, rate = soundfile.read(tmp_path / "03a01Fa.wav", dtype="int16")
    soundfile.write(tmp_path / "03a02Fc.flac", samples, rate)
    assert check(tmp_path).duplicated == [["03a01Fa.wav", "03a02Fc.flac"]]


def test_the_same_sound_under_two_labels_is_mislabelled(tmp_path: Path) -> None:
    put(tmp_path, ["wav/03a01Fa.wav", "wav/08b10Wa.wav"])
    shutil.copy(tmp_path / "wav/03a01Fa.wav", tmp_path / "wav/03a01Wa.wav")
    report = check(tmp_path)
    assert [problem.file for problem in report.mislabelled] == ["wav/03a01Fa.wav", "wav/03a01Wa.wav"]
    assert "angry and happy" in report.mislabelled[0].reason


def test_a_folder_packed_twice_is_reported(tmp_path: Path) -> None:
    put(tmp_path, ["Actor_01/03-01-01-01-01-01-01.wav", "again/Actor_01/03-01-01-01-01-01-01.wav"])
    report = check(tmp_path)
    assert report.clips == 1
    assert report.duplicated == [["Actor_01/03-01-01-01-01-01-01.wav", "again/Actor_01/03-01-01-01-01-01-01.wav"]]


def test_unknown_labels_and_foreign_files(tmp_path: Path) -> None:
    put(tmp_path, [f"wav/{name}.wav" for name in ("03a01Fa", "08b10Wa", "16a02Lb", "03a01Xa", "hello")])
    report = check(tmp_path)
    assert [problem.file for problem in report.mislabelled] == ["wav/03a01Xa.wav"]
    assert "'X'" in report.mislabelled[0].reason and "W" in report.mislabelled[0].reason
    assert list(report.unknown) == ["wav/hello.wav"]


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("tess", "OAF_Fear/OAF_bar_angry.wav"),
        ("ravdess", "Actor_02/03-01-01-01-01-01-01.wav"),
        ("emovo", "m1/dis-f1-b2.wav"),
        ("banglaser", "Actor 03/03-01-01-01-01-01-04.wav"),
        ("savee", "DC/JE_a01.wav"),
        ("urdu", "Happy/SM1_F5_A05.wav"),
        ("ased", "03Happy/a5-03-01-02-50.wav"),
        ("aesdd", "fear/a07 (1).wav"),
    ],
)
def test_a_name_that_contradicts_its_folder(corpus: str, path: str, tmp_path: Path) -> None:
    put(tmp_path, [path])
    report = check(tmp_path, corpus)
    assert [problem.file for problem in report.mislabelled] == [path]
    assert path.split("/")[0] in report.mislabelled[0].reason


@pytest.mark.parametrize("name", ["tess", "ravdess", "emovo", "savee", "urdu", "ased", "aesdd", "banglaser", "nemo"])
def test_official_folders_contradict_nothing(name: str, tmp_path: Path) -> None:
    assert not check(copy_of(name, tmp_path), name).mislabelled


def test_folders_are_checked_too(tmp_path: Path) -> None:
    put(tmp_path, ["pack/dog/1.wav", "pack/cat/1.wav"])
    shutil.copy(tmp_path / "pack/dog/1.wav", tmp_path / "pack/cat/2.wav")
    report = check(tmp_path, "folders")
    assert (report.clips, report.expected_clips, dict(report.emotions)) == (3, None, {"cat": 2, "dog": 1})
    assert {problem.file for problem in report.mislabelled} == {"dog/1.wav", "cat/2.wav"}


def test_two_corpora_in_one_folder_are_not_guessed(tmp_path: Path) -> None:
    for name in ("tess", "emodb", "savee"):
        copy_of(name, tmp_path / name)
    with pytest.raises(CorpusError, match="follow no corpus"):
        check(tmp_path)


def test_a_minority_is_named_in_the_error(tmp_path: Path) -> None:
    put(tmp_path, ["03a01Fa.wav", "a.wav", "b.wav"])
    with pytest.raises(CorpusError, match="1 of them as in emodb: if that is it, say --corpus emodb"):
        check(tmp_path)
