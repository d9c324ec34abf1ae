import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaver.emotions import EMOTIONS, in_order
from quaver.errors import ManifestError
from quaver.manifest import COLUMNS, Clip, Manifest


def clip(name="a.wav", **changes) -> Clip:
    return replace(Clip(Path("/sounds") / name, "tess", "OAF", "sad", gender="female"), **changes)


def test_the_columns_are_those_of_the_contract(tmp_path):
    Manifest.of([clip()]).write(tmp_path / "m.csv")
    header = (tmp_path / "m.csv").read_text().splitlines()[0]
    assert header == (
        "path,corpus,language,speaker,gender,emotion,emotion_raw,sentence,intensity,start,end,seconds,sha256"
    )


def test_what_is_written_is_read_again_with_unknown_columns(tmp_path):
    rows = [
        clip("x y.wav", start=0.5, end=1.25, seconds=0.75, sha256="ab", extra={"note": "a, b"}),
        clip("ü.wav", emotion="boredom", emotion_raw="L", language="de", sentence="a01", intensity="strong"),
    ]
    Manifest.of(rows).write(tmp_path / "m.csv")
    again = Manifest.read(tmp_path / "m.csv")
    assert again.clips[0] == rows[0]
    assert again.clips[1] == replace(rows[1], extra={"note": ""})


def test_paths_are_relative_to_the_csv_so_that_a_folder_can_move(tmp_path):
    (tmp_path / "old").mkdir()
    Manifest.of([clip(path=tmp_path / "old" / "wav" / "a.wav")]).write(tmp_path / "old" / "m.csv")
    (tmp_path / "old").rename(tmp_path / "new")
    assert Manifest.read(tmp_path / "new" / "m.csv").clips[0].path == tmp_path / "new" / "wav" / "a.wav"


def test_several_manifests_are_read_as_one(tmp_path):
    Manifest.of([clip("a.wav")]).write(tmp_path / "1.csv")
    Manifest.of([clip("b.wav", corpus="savee")]).write(tmp_path / "2.csv")
    both = Manifest.read(tmp_path / "1.csv", tmp_path / "2.csv")
    assert (len(both), both.corpora, both.speakers) == (2, ("savee", "tess"), ("savee/OAF", "tess/OAF"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,corpus,speaker\n", "column 'emotion' is missing"),
        ("path,corpus,speaker,emotion\na.wav,tess,,sad\n", "line 2: the column 'speaker' is empty"),
        ("path,corpus,speaker,emotion,start\na.wav,tess,x,sad,soon\n", "column start: got 'soon'"),
        ("path,corpus,speaker,emotion\na.wav,tess,x,sad\na.wav,tess,x,sad\n", "listed twice"),
        ("path,corpus,speaker,emotion,start,end\na.wav,tess,x,sad,2,1\n", "ends at 1.0 s, before it begins"),
        ("path,corpus,speaker,emotion,gender\na.wav,t,x,sad,male\nb.wav,t,x,sad,female\n", "t/x is male in one row"),
        ("", "column 'path' is missing"),
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(ManifestError, match=message) as caught:
        Manifest.read(tmp_path / "m.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"path\x00,corpus"])
def test_what_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(ManifestError):
        Manifest.read(tmp_path / "m.csv")


def test_a_missing_manifest_is_named(tmp_path):
    with pytest.raises(ManifestError, match="gone.csv cannot be read"):
        Manifest.read(tmp_path / "gone.csv")


def test_a_spreadsheets_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "m.csv").write_text("path,corpus,speaker,emotion\na.wav,t,x,sad\n", encoding="utf-8-sig")
    assert Manifest.read(tmp_path / "m.csv").emotions == ("sad",)


def test_two_variants_of_a_file_are_two_clips():
    Manifest.of([clip(), clip(extra={"variant": "noise"})])
    with pytest.raises(ManifestError, match="twice"):
        Manifest.of([clip(), clip()])


def test_describe_counts(tmp_path):
    told = Manifest.of([clip("a.wav", seconds=1800.0), clip("b.wav", emotion="angry")]).describe()
    assert told == {
        "clips": 2,
        "speakers": 1,
        "hours": 0.5,
        "emotions": {"angry": 1, "sad": 1},
        "corpora": {"tess": 2},
        "genders": {"female": 2},
    }


@given(st.lists(st.sampled_from([*EMOTIONS, "calm", "boredom", "zeal"])))
def test_labels_have_one_order_whatever_order_they_come_in(labels):
    ordered = in_order(labels)
    assert ordered == in_order(reversed(labels))
    assert set(ordered) == set(labels)
    assert [label for label in ordered if label in EMOTIONS] == [e for e in EMOTIONS if e in labels]


def test_a_failed_write_leaves_the_older_manifest(tmp_path):
    Manifest.of([clip()]).write(tmp_path / "m.csv")
    before = (tmp_path / "m.csv").read_text()
    with pytest.raises(csv.Error):
        Manifest((clip(speaker="\x00"), replace(clip("b.wav"), sentence=_Unwritable()))).write(tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "m.csv"]
    assert len(COLUMNS) == 13


class _Unwritable:
    def __str__(self) -> str:
        raise csv.Error("cannot be written")
