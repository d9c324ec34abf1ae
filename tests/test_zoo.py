import shutil

import pytest
import tiny_bundle as tiny

from quaver import zoo
from quaver.card_rules import PRECISIONS
from quaver.emotions import EMOTIONS
from quaver.errors import BundleError
from quaver.manifest import Manifest
from quaver.predict import Predictor


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "_shelf", lambda: tmp_path / "bundles")
    for name in ("article", "small"):
        tiny.bundle(tmp_path / "bundles" / name, name=name)
    return tmp_path / "bundles"


def test_bundles_are_found_by_name_and_by_folder(shelf, tmp_path):
    (shelf / "half").mkdir()  # no card, no bundle
    assert zoo.names() == ("article", "small")
    assert zoo.load("small").card.name == "small"
    assert zoo.load().card.name == zoo.DEFAULT
    shutil.copytree(shelf / "small", tmp_path / "copy")
    assert zoo.load(tmp_path / "copy").card.name == "small"
    assert zoo.load(str(tmp_path / "copy" / "card.json")).path == tmp_path / "copy"


def test_a_name_that_nobody_has_is_answered_with_the_names(shelf):
    with pytest.raises(BundleError, match="'tiny'.*article, small") as error:
        zoo.load("tiny")
    assert "\n" not in str(error.value)


def test_without_a_shelf_there_are_no_names(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "_shelf", lambda: tmp_path / "nowhere")
    assert zoo.names() == ()
    with pytest.raises(BundleError, match="none"):
        zoo.load()


def test_the_sample_clips_can_be_heard_and_their_speakers_are_new(tmp_path):
    assert len(zoo.samples()) >= 6
    predictor = Predictor(tiny.bundle(tmp_path / "tiny"))
    assert {predictor.predict(path).emotion for path in zoo.samples()} <= set(EMOTIONS)
    speakers = set(Manifest.read(zoo.samples()[0].parent / "manifest.csv").speakers)
    for name in zoo.names():
        assert not speakers & set(zoo.load(name).card.training_speakers)


def test_what_is_shipped_opens_has_the_seven_and_a_licence():
    if not zoo.names():
        pytest.skip("no bundle is in this checkout yet")
    for name in zoo.names():
        bundle = zoo.load(name)
        assert bundle.card.name == name and bundle.card.emotions == EMOTIONS
        assert bundle.card.licence and bundle.card.precision in PRECISIONS
        assert {"intended", "forbidden", "limits"} <= bundle.card.notes.keys()
        Predictor(bundle)
