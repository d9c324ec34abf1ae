"""Distillation: what a teacher says becomes part of the target, and who has heard the tested may not teach."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from quaver import dataset, frontend
from quaver.balance import Data, targets
from quaver.bundle import Bundle
from quaver.errors import BundleError, TrainingError
from quaver.manifest import Clip, Manifest
from quaver.sides import augmented
from quaver.splits import Fold
from quaver.teaching import Teaching

LABELS = ("angry", "happy", "sad")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))


def sides(test: str, validation: str = "06", train: str = "09") -> Fold:
    groups = ({"speaker": s} for s in (train, validation, test))
    return Fold(1, *(Manifest((Clip(f"{g['speaker']}.wav", "emodb", g["speaker"], "sad"),)) for g in groups))


def teacher(folder, **changes):
    tiny_bundle.bundle(folder, **changes)
    return Teaching(str(folder), share=0.5, temperature=2.0).find(folder / "fold-01")


def test_labels_and_answers_are_mixed_and_absent_classes_stay_hidden():
    truth, corpus = np.array([0, 1, 2]), np.array([0, 0, 1])
    taught = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.0, 0.5, 0.5]], "f")
    data = Data(np.zeros((3, 1), "f"), truth, corpus, taught=taught, share=0.5)
    np.testing.assert_allclose(targets(data, 3, ""), (np.eye(3) + taught) / 2, atol=1e-6)
    hidden = targets(data, 3, "corpus")
    np.testing.assert_allclose(hidden, [[5 / 6, 1 / 6, -1], [0.25, 0.75, -1], [-1, -1, 1]], atol=1e-6)


def test_the_loss_of_mixed_targets_is_least_where_the_answer_is_the_target():
    from quaver.networks.layers import known_crossentropy

    target = np.array([[0.7, 0.3, -1.0]], "f")
    at, beside = (np.array([[a, b, 0.5]], "f") / (a + b + 0.5) for a, b in ((0.7, 0.3), (0.8, 0.2)))
    entropy = -(0.7 * np.log(0.7) + 0.3 * np.log(0.3))
    assert np.asarray(known_crossentropy(target, at))[0] == pytest.approx(entropy, abs=1e-5)
    assert np.asarray(known_crossentropy(target, beside))[0] > entropy + 1e-3


def test_who_has_heard_the_tested_may_not_teach(tmp_path):
    made = teacher(tmp_path / "t", training_speakers=["emodb/03", "emodb/06", "emodb/09"])
    with pytest.raises(TrainingError, match=r"'tiny' has heard 1 of the test speakers \(emodb/03"):
        made.check(sides("03"), LABELS)
    with pytest.raises(TrainingError, match="1 of the validation speakers"):
        made.check(sides("08"), LABELS)


def test_those_who_validated_the_teacher_may_validate_again(tmp_path):
    heard = {"training_speakers": ["emodb/06", "emodb/09"], "validation_speakers": ["emodb/06"]}
    teacher(tmp_path / "t", **heard).check(sides("08"), LABELS)


def test_a_teacher_must_know_every_label(tmp_path):
    with pytest.raises(TrainingError, match="does not know boredom"):
        teacher(tmp_path / "t").check(sides("08"), ("angry", "boredom"))


def test_each_fold_of_a_run_teaches_the_same_fold(tmp_path):
    for fold in ("fold-01", "fold-02"):
        tiny_bundle.bundle(tmp_path / "run" / fold, name=fold)
    teaching = Teaching(str(tmp_path / "run"))
    assert teaching.find(tmp_path / "mine" / "fold-02").bundle.card.name == "fold-02"
    with pytest.raises(BundleError, match="has no fold-03"):
        teaching.find(tmp_path / "mine" / "fold-03")
    with pytest.raises(BundleError, match="no bundle 'nobody'"):
        Teaching("nobody").find(tmp_path / "mine" / "fold-01")


def test_it_says_what_its_network_answers_softened(tmp_path, emodb):
    made = teacher(tmp_path / "t")
    clips = augmented(Manifest(Manifest.read(emodb / "manifest.csv").clips[:4]), ("", "snr"))
    data = made.teach(Data(np.zeros((8, 1), "f"), np.zeros(8, int)), clips, LABELS)
    features = dataset.extract(clips, frontend.spec("article")).values
    from quaver.runtime import Network

    raw = Network(Bundle.load(tmp_path / "t"), 1).run(features)[0]
    roots = np.sqrt(raw[:, [made.bundle.card.emotions.index(label) for label in LABELS]])
    np.testing.assert_allclose(data.taught, roots / roots.sum(axis=1, keepdims=True), atol=1e-5)
    assert data.share == 0.5
    assert not np.allclose(data.taught[0], data.taught[1], atol=1e-4)  # a variant is heard as such


def test_it_labels_what_nobody_has_labelled_and_leaves_out_what_cannot_be_heard(tmp_path, emodb):
    made = teacher(tmp_path / "t")
    clips = Manifest(Manifest.read(emodb / "manifest.csv").clips[:4])
    broken = Clip(tmp_path / "broken.wav", "calls", "7", "")
    broken.path.write_text("no sound")
    found = made.label(Manifest((*clips, broken)), LABELS)
    taught = replace(made, teaching=replace(made.teaching, temperature=1.0)).teach(
        Data(np.zeros((4, 1), "f"), np.zeros(4, int)), clips, LABELS
    )
    assert [clip.emotion for clip in found.clips] == [LABELS[n] for n in taught.taught.argmax(axis=1)]
    assert [clip.path for clip in found.clips] == [clip.path for clip in clips]
    assert [clip for clip, _ in found.failures] == [broken]


def test_nano_is_taught_by_the_program(tmp_path, emodb):
    """A fold of two epochs with a teacher, as a user trains it; then one whose teacher has heard the tested."""
    speakers = ("03", "08", "09", "10")
    whole = Manifest.read(emodb / "manifest.csv")
    clips = [clip for s in speakers for clip in [c for c in whole if c.speaker == s][::6][:6]]
    Manifest(tuple(clips)).write(tmp_path / "m.csv")
    emotions = Manifest(tuple(clips)).emotions
    tiny_bundle.bundle(tmp_path / "kind", emotions=emotions, training_speakers=["emodb/99"])
    tiny_bundle.bundle(tmp_path / "cheat", emotions=emotions, training_speakers=["emodb/08"])
    options = ["--network", "nano", "--protocol", "loso-own", "--fold", "2", "--epochs", "2", "--variants", "snr"]

    def train(name, *more):
        command = ["train", "m.csv", *options, "--teacher", name, "-o", f"{name}{len(more)}-run", *more]
        environment = os.environ | {"QUAVER_CACHE": str(tmp_path / "cache"), "KERAS_BACKEND": "jax"}
        command = [sys.executable, "-m", "quaver", *command]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path, env=environment)

    done = train("kind")
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "kind0-run" / "fold-02" / "card.json").read_text())
    assert card["frontend"]["name"] == "logmel-nano"
    assert card["notes"]["teacher"].startswith("tiny")
    assert "emodb/99" in card["training_speakers"]  # whom the teacher has heard is no longer unheard
    done = train("cheat")
    assert done.returncode == 1
    assert "has heard 1 of the test speakers (emodb/08" in done.stderr
    assert "Traceback" not in done.stderr
    unheard = [c for c in whole if c.speaker == "16"][:3] + [replace(clips[0], path=tmp_path / "broken.wav")]
    (tmp_path / "broken.wav").write_text("no sound")
    Manifest(tuple(replace(clip, corpus="calls", emotion="", emotion_raw="") for clip in unheard)).write(
        tmp_path / "calls.csv"
    )
    done = train("kind", "--unlabelled", "calls.csv")
    assert done.returncode == 0, done.stderr
    assert "left out: " in done.stderr
    assert "3 unlabelled clips, by the teacher: " in done.stderr
    card = json.loads((tmp_path / "kind2-run" / "fold-02" / "card.json").read_text())
    assert card["notes"]["unlabelled"].startswith("3 clips of calls, answered by the teacher")
    assert "calls/16" in card["training_speakers"]
    assert {"name": "calls", "language": "de", "licence": "unknown", "clips": 3} in card["corpora"]
    Manifest(tuple(clip for clip in whole if clip.speaker == "08")[:2]).write(tmp_path / "tested.csv")
    done = train("kind", "--unlabelled", "tested.csv", "--epochs", "1")
    assert done.returncode == 1
    assert "speaker: emodb/08" in done.stderr
    command = [sys.executable, "-m", "quaver", "train", "m.csv", "--unlabelled", "calls.csv", "-o", "x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "name one with --teacher" in done.stderr
