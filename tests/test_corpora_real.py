"""Importers against real copies, whose labels were checked by hand."""

import csv
from pathlib import Path

import pytest

from quaver import corpora as importers
from quaver.corpora.check import check

pytestmark = pytest.mark.corpora

REAL = ("tess", "ravdess", "crema_d", "emodb", "emovo", "nemo", "banglaser")
PARTIAL = {"crema_d", "banglaser"}  # the copies lack clips
FIELDS = ("speaker", "gender", "emotion", "emotion_raw", "sentence", "intensity")


def truth(corpora: Path, name: str) -> dict[Path, dict[str, str]]:
    table = corpora / "manifests" / f"{name}.csv"
    with table.open(newline="", encoding="utf-8") as lines:
        return {(table.parent / row["path"]).resolve(): row for row in csv.DictReader(lines)}


@pytest.mark.parametrize("name", REAL)
def test_every_clip_is_labelled_as_the_truth_says(name: str, corpora: Path) -> None:
    clips = {clip.path: clip for clip in importers.read(corpora / name, name)}
    rows = truth(corpora, name)
    assert clips.keys() == rows.keys()
    for path, clip in clips.items():
        row = dict(rows[path])
        # The truth names RAVDESS's speakers by their folders; quaver takes the `01` of the file names.
        row["speaker"] = row["speaker"].removeprefix("Actor_")
        assert {field: getattr(clip, field) for field in FIELDS} == {field: row[field] for field in FIELDS}, path.name
    assert importers.recognise(corpora / name) == name


@pytest.mark.parametrize("name", [name for name in REAL if name not in PARTIAL])
def test_complete_copies_have_the_expected_counts(name: str, corpora: Path) -> None:
    corpus = importers.get(name)
    clips = importers.read(corpora / name, name)
    assert (len(clips), len(clips.speakers)) == (corpus.clips, corpus.speakers)
    assert clips.describe()["emotions"] == dict(corpus.counts)
    assert corpus.names is not None
    present = {said.name for clip in clips if (said := corpus.parse(clip.path))}
    assert set(corpus.names(present)) == present


def test_the_one_missing_clip_of_banglaser_is_named(corpora: Path) -> None:
    report = check(corpora / "banglaser")
    assert (report.corpus, report.clips, report.expected_clips) == ("banglaser", 1466, 1467)
    assert list(report.missing) == ["03-01-05-01-01-03-19"]
    assert not report.damaged and not report.mislabelled and not report.unknown
    assert sorted(map(sorted, report.duplicated)) == [
        ["03-01-01-01-01-01-17.opus", "03-01-01-01-01-03-17.opus"],
        ["03-01-01-01-03-01-15.opus", "03-01-01-01-03-03-15.opus"],
    ]


def test_the_silent_clip_of_crema_d_is_named(corpora: Path) -> None:
    report = check(corpora / "crema_d")
    assert [problem.file for problem in report.silent] == ["1076_MTI_SAD_XX.opus"]
    assert report.clips == 2012
    assert "272 of 1271 happy clips" in report.missing
