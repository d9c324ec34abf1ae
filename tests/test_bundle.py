import json
from dataclasses import replace

import pytest

from quaver import frontend
from quaver.bundle import Bundle, Card, sha256
from quaver.errors import BundleError

FILES = {"model.onnx": b"the network", "model.h5": b"for Keras"}


def card(**changes) -> Card:
    spec = frontend.spec("article")
    values = {
        "name": "tiny",
        "emotions": ["angry", "sad"],
        "frontend": spec.to_dict(),
        "fingerprint": spec.fingerprint,
        "network": {"name": "article", "parameters": 12, "trainable": 10},
        "corpora": [{"name": "emodb", "language": "de", "licence": "CC0-1.0", "clips": 535}],
        "licence": "CC0-1.0",
        "training_speakers": ["emodb/03", "emodb/08"],
        "validation_speakers": ["emodb/08"],
        "validation": "speakers",
        "protocol": "emodb-loso",
        "speaker_independent": True,
    }
    return Card(**{**values, **changes})


@pytest.fixture
def folder(tmp_path):
    Bundle.save(tmp_path / "tiny", card(), FILES)
    return tmp_path / "tiny"


def edit(folder, **changes):
    values = json.loads((folder / "card.json").read_text())
    values.update(changes)
    (folder / "card.json").write_text(json.dumps({k: v for k, v in values.items() if v is not None}))


def test_a_saved_bundle_loads_with_the_same_card(folder):
    bundle = Bundle.load(folder)
    assert bundle.card == replace(card(created=bundle.card.created), files=bundle.card.files)
    assert bundle.card.files == {name: sha256(content) for name, content in FILES.items()}
    assert bundle.card.spec == frontend.spec("article")
    assert bundle.card.emotions == ("angry", "sad")
    assert bundle.model.read_bytes() == b"the network"
    assert bundle.size == sum(len(c) for c in FILES.values()) + (folder / "card.json").stat().st_size


def test_the_card_is_json_with_the_schema_first(folder):
    values = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert next(iter(values)) == "schema" and values["schema"] == 1
    assert Card.from_dict(values).to_dict() == values
    for name in ("quaver", "commit", "created", "temperature", "thresholds", "window", "notes", "scores", "precision"):
        assert name in values


def test_thresholds_have_sensible_values_where_nothing_was_calibrated():
    assert (card().unsure, card().set_bar()) == (0.4, 0.1)
    calibrated = card(thresholds={"unsure": 0.55, "set": {"0.8": 0.3, "0.9": 0.07}})
    assert (calibrated.unsure, calibrated.set_bar()) == (0.55, 0.07)


def no_json(folder):
    (folder / "card.json").write_text("{ broken")


def a_list(folder):
    (folder / "card.json").write_text("[1, 2]")


def no_card(folder):
    (folder / "card.json").unlink()


def no_model(folder):
    (folder / "model.onnx").unlink()


def no_keras(folder):
    (folder / "model.h5").unlink()


def changed_byte(folder):
    content = bytearray((folder / "model.onnx").read_bytes())
    content[3] ^= 1
    (folder / "model.onnx").write_bytes(bytes(content))


def other_spec(folder):
    edit(folder, frontend={**frontend.spec("article").to_dict(), "n_mfcc": 13})


def other_kind(folder):
    edit(folder, frontend={**frontend.spec("article").to_dict(), "kind": "telepathy"})


WRONG = {
    "no JSON": (no_json, "card.json cannot be read as JSON"),
    "a list": (a_list, "JSON object"),
    "no card": (no_card, "is no bundle"),
    "no model": (no_model, "model.onnx is missing"),
    "no further file": (no_keras, "model.h5 is missing"),
    "a changed byte": (changed_byte, "model.onnx is not the file"),
    "another fingerprint": (lambda f: edit(f, fingerprint="0" * 12), "made for the frontend 000000000000"),
    "another spec": (other_spec, "made for the frontend"),
    "an unknown frontend": (other_kind, "telepathy"),
    "a newer schema": (lambda f: edit(f, schema=2), "schema 2, this quaver reads 1"),
    "no schema": (lambda f: edit(f, schema=None), "schema None"),
    "a missing field": (lambda f: edit(f, temperature=None), "temperature missing"),
    "an unknown field": (lambda f: edit(f, colour="red"), "colour"),
    "labels twice": (lambda f: edit(f, emotions=["sad", "sad"]), "different labels"),
    "labels as text": (lambda f: edit(f, emotions="sad"), "different labels"),
    "one label": (lambda f: edit(f, emotions=["sad"]), "different labels"),
    "a cold temperature": (lambda f: edit(f, temperature=0), "temperature must be"),
    "no number": (lambda f: edit(f, temperature="warm"), "temperature must be"),
    "a wide hop": (lambda f: edit(f, window={"seconds": 1.0, "hop": 2.0}), "window must be"),
    "half a window": (lambda f: edit(f, window={"seconds": 1.0}), "window must be"),
    "a high threshold": (lambda f: edit(f, thresholds={"unsure": 1.5, "set": {"0.9": 0.1}}), "thresholds must be"),
    "another precision": (lambda f: edit(f, precision="int3"), "float32, int8"),
    "speakers as a number": (lambda f: edit(f, training_speakers=3), "training_speakers must be"),
    "corpora without licence": (lambda f: edit(f, corpora=[{"name": "emodb"}]), "corpora must be"),
    "no network": (lambda f: edit(f, network={}), "network must be"),
    "files elsewhere": (lambda f: edit(f, files={"../model.onnx": "0" * 64}), "files must be"),
    "no network listed": (lambda f: edit(f, files={}), "does not list model.onnx"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_bundle_that_is_wrong_on_purpose_is_refused_in_one_line(what, folder):
    spoil, message = WRONG[what]
    spoil(folder)
    with pytest.raises(BundleError, match=message) as error:
        Bundle.load(folder)
    assert "\n" not in str(error.value)


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match="is no bundle"):
        Bundle.load(tmp_path / "nowhere")


def test_saving_replaces_an_older_bundle_and_keeps_what_is_not_its_own(folder):
    (folder / "history.csv").write_text("epoch,loss\n")
    (folder / "checkpoints").mkdir()
    Bundle.save(folder, card(licence="MIT"), {"model.onnx": b"newer"})
    assert Bundle.load(folder).card.licence == "MIT"
    assert sorted(p.name for p in folder.iterdir()) == ["card.json", "checkpoints", "history.csv", "model.onnx"]
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]  # nothing temporary is left


@pytest.mark.parametrize("files", [{}, {"model.h5": b"only Keras"}, {"model.onnx": b"", "sub/file": b""}])
def test_what_would_not_load_is_not_saved_and_the_old_one_stays(files, folder):
    with pytest.raises(BundleError) as error:
        Bundle.save(folder, card(licence="MIT"), files)
    assert "\n" not in str(error.value)
    assert Bundle.load(folder).card.licence == "CC0-1.0"
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_a_failed_exchange_puts_the_old_bundle_back(folder, monkeypatch):
    rename = type(folder).rename

    def broken(self, target):
        if self.name.startswith(".") and not self.name.endswith("-old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", broken)
    with pytest.raises(BundleError, match="No space left"):
        Bundle.save(folder, card(licence="MIT"), FILES)
    assert Bundle.load(folder).card.licence == "CC0-1.0"
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_a_file_in_the_way_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        Bundle.save(tmp_path / "file" / "tiny", card(), FILES)
