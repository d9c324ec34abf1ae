import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quaver import dataset, evaluate, frontend, splits
from quaver.bundle import Bundle, Card
from quaver.errors import LeakError, QuaverError
from quaver.manifest import Clip, Manifest
from quaver.predict import Predictor

LABELS = ("angry", "happy", "neutral", "sad")


def fold(rng, speakers, n=20):
    """Answers to n clips of each speaker."""
    truth = rng.integers(4, size=n * len(speakers))
    logits = rng.normal(size=(len(truth), 4)) + 2 * np.eye(4)[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    clips = [Clip(Path(f"wav/{s}-{i}.wav"), "eins", s, "", gender="female") for s in speakers for i in range(n)]
    return p.astype(np.float32), truth, clips


def write_run(folder, rng, speakers=("ä", "b", "c")):
    """Make a run of one fold a speaker, and return its folds."""
    folds = [fold(rng, [speaker]) for speaker in speakers]
    for number, (p, truth, clips) in enumerate(folds, start=1):
        evaluate.save_predictions(folder / f"fold-{number:02d}" / "test.npz", p, truth, clips, LABELS)
    return folds


def test_predictions_survive_the_disk_without_pickle(rng, tmp_path):
    p, truth, clips = fold(rng, ["ä", "b"])
    evaluate.save_predictions(tmp_path / "test.npz", p, truth, clips, LABELS)
    held = np.load(tmp_path / "test.npz", allow_pickle=False)
    assert held["probabilities"].dtype == np.float32 and held["truth"].dtype == np.int64
    assert all(held[name].dtype.kind == "U" for name in ("files", "groups", "genders", "labels"))
    again = evaluate.load_predictions(tmp_path / "test.npz")
    np.testing.assert_array_equal(again.probabilities, p)
    np.testing.assert_array_equal(again.truth, truth)
    assert again.files[0] == "wav/ä-0.wav" and again.groups[0] == "eins/ä" and again.labels == LABELS
    assert again.scores() == evaluate.score(p, truth, clips, LABELS)


def test_clips_without_any_gender_survive_too(rng, tmp_path):
    p, truth, clips = fold(rng, ["a"])
    clips = [Clip(clip.path, "eins", "a", "") for clip in clips]
    evaluate.save_predictions(tmp_path / "test.npz", p, truth, clips, LABELS)
    assert set(evaluate.load_predictions(tmp_path / "test.npz").scores().genders) == {"unknown"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"text"])
def test_damaged_predictions_are_named(tmp_path, content):
    (tmp_path / "test.npz").write_bytes(content)
    with pytest.raises(QuaverError, match=r"test\.npz holds no predictions"):
        evaluate.load_predictions(tmp_path / "test.npz")


def test_other_arrays_are_no_predictions(tmp_path):
    np.savez(tmp_path / "test.npz", features=np.zeros(3))
    with pytest.raises(QuaverError, match="holds no predictions"):
        evaluate.load_predictions(tmp_path / "test.npz")
    np.savez(tmp_path / "pickled.npz", probabilities=np.array([{}], dtype=object))
    with pytest.raises(QuaverError, match="holds no predictions"):
        evaluate.load_predictions(tmp_path / "pickled.npz")


def test_a_run_is_scored_on_its_clips_together(rng, tmp_path):
    folds = write_run(tmp_path, rng)
    p, truth = (np.concatenate([fold[i] for fold in folds]) for i in (0, 1))
    clips = [clip for fold in folds for clip in fold[2]]
    assert evaluate.is_run(tmp_path)
    assert evaluate.run(tmp_path) == evaluate.score(p, truth, clips, LABELS)


def test_one_fold_is_a_run_of_its_own(rng, tmp_path):
    p, truth, clips = write_run(tmp_path, rng)[1]
    assert evaluate.run(tmp_path / "fold-02") == evaluate.score(p, truth, clips, LABELS)


def test_an_unfinished_fold_is_named(rng, tmp_path):
    write_run(tmp_path, rng)
    (tmp_path / "fold-04").mkdir()
    scores = evaluate.run(tmp_path)
    assert "fold-04" in scores.notes[0] and "fold-04" in scores.text()


def test_a_run_whose_cards_are_leaky_is_marked(rng, tmp_path):
    write_run(tmp_path, rng)
    assert evaluate.run(tmp_path).speaker_independent
    (tmp_path / "fold-02" / "card.json").write_text(json.dumps({"speaker_independent": False}))
    assert not evaluate.run(tmp_path).speaker_independent


def test_a_folder_without_predictions_is_no_run(tmp_path):
    assert not evaluate.is_run(tmp_path)
    with pytest.raises(QuaverError, match="quaver train"):
        evaluate.run(tmp_path)


def test_folds_of_different_labels_are_not_pooled(rng, tmp_path):
    write_run(tmp_path, rng)
    p, truth, clips = fold(rng, ["d"])
    evaluate.save_predictions(tmp_path / "fold-04" / "test.npz", p, truth, clips, LABELS[::-1])
    with pytest.raises(QuaverError, match="same labels"):
        evaluate.run(tmp_path)


# A bundle on speakers it has not heard ------------------------------------------------------------------------------

HEARD = ("emodb/03", "emodb/08")


def network(rng, inputs=162, outputs=4):
    """Make a linear network with softmax as ONNX."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    weights = numpy_helper.from_array(rng.normal(size=(inputs, outputs)).astype(np.float32) / 50, "w")
    nodes = [
        helper.make_node("MatMul", ["features", "w"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size])
        for name, size in (("features", inputs), ("probabilities", outputs))
    ]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture
def tiny(rng, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))
    spec = frontend.spec("article")
    card = Card(
        name="tiny",
        emotions=LABELS,
        frontend=spec.to_dict(),
        fingerprint=spec.fingerprint,
        network={"name": "linear", "parameters": 648, "trainable": 648},
        corpora=(),
        licence="CC0-1.0",
        training_speakers=HEARD,
        validation_speakers=HEARD[1:],
        validation="speakers",
        protocol="emodb-loso",
        speaker_independent=True,
    )
    return Bundle.save(tmp_path / "tiny", card, {"model.onnx": network(rng)})


@pytest.fixture(scope="module")
def some(emodb):
    """A few clips of each of four speakers, two of them heard."""
    whole = Manifest.read(emodb / "manifest.csv")
    speakers = ("emodb/03", "emodb/08", "emodb/09", "emodb/10")
    return Manifest(tuple(clip for s in speakers for clip in [c for c in whole if c.group == s][:8]))


def test_a_bundle_is_scored_on_unheard_speakers_only(tiny, some):
    scores = evaluate.bundle(tiny, some)
    unheard = some.where(lambda clip: clip.group not in HEARD and clip.emotion in LABELS)
    assert set(scores.speakers) == {"emodb/09", "emodb/10"} and scores.clips == len(unheard)
    assert scores.speaker_independent and any("2 of 4 speakers left out" in note for note in scores.notes)


def test_the_scores_are_those_of_the_predictor(tiny, some):
    unheard = some.where(lambda clip: clip.group not in HEARD and clip.emotion in LABELS)
    p = Predictor(tiny).probabilities(dataset.extract(unheard, tiny.card.spec, cache=False).values)
    truth = np.array([LABELS.index(clip.emotion) for clip in unheard])
    by_hand = evaluate.score(p, truth, unheard.clips, LABELS)
    scores = evaluate.bundle(tiny.path, unheard)
    assert (scores.confusion, scores.nll) == (by_hand.confusion, by_hand.nll)


def test_labels_that_the_bundle_lacks_are_left_out_and_named(tiny, some):
    others = some.where(lambda clip: clip.emotion not in LABELS)
    note = next(note for note in evaluate.bundle(tiny, some).notes if "no label" in note)
    assert note.startswith(f"{len(others)} clips") and all(label in note for label in others.emotions)


def test_a_protocol_chooses_the_clips(tiny, some):
    scores = evaluate.bundle(tiny, some, "loso")
    kept = splits.protocol("loso").select(some)
    assert scores.clips == len(kept.where(lambda c: c.group not in HEARD and c.emotion in LABELS))
    with pytest.raises(QuaverError, match="tess"):
        evaluate.bundle(tiny, some, "tess-loso")


def test_nobody_left_is_an_error_in_one_line(tiny, some):
    heard = some.where(lambda clip: clip.group in HEARD)
    with pytest.raises(QuaverError, match="has heard all 2 speakers") as caught:
        evaluate.bundle(tiny, heard)
    assert "\n" not in str(caught.value)


def test_allow_leak_scores_everybody_and_marks_it(tiny, some):
    scores = evaluate.bundle(tiny, some, allow_leak=True)
    assert set(scores.speakers) >= set(HEARD) and not scores.speaker_independent


def test_a_speaker_dependent_protocol_implies_allow_leak(tiny, some):
    scores = evaluate.bundle(tiny, some, "article-random")
    assert set(scores.speakers) & set(HEARD) and not scores.speaker_independent


def test_training_clips_that_are_not_there_are_owned_up_to(tiny, some):
    unheard = some.where(lambda clip: clip.group not in HEARD)
    assert any(
        "not compared by sound with 2 training speakers" in note for note in evaluate.bundle(tiny, unheard).notes
    )
    assert not any("not compared by sound" in note for note in evaluate.bundle(tiny, some).notes)


def test_the_same_sound_under_another_speaker_is_a_leak(tiny, some, tmp_path):
    stolen = next(clip for clip in some if clip.group in HEARD and clip.emotion in LABELS)
    copy = tmp_path / "copy.opus"
    copy.write_bytes(stolen.path.read_bytes())
    planted = some + Manifest((replace(stolen, path=copy, speaker="new"),))
    with pytest.raises(LeakError):
        evaluate.bundle(tiny, planted)
    scores = evaluate.bundle(tiny, planted.where(lambda c: c.group not in HEARD or c is stolen), allow_leak=True)
    assert not scores.speaker_independent


def test_unreadable_clips_are_left_out_and_named(tiny, some, tmp_path):
    (tmp_path / "broken.wav").write_text("no sound")
    broken = Clip(tmp_path / "broken.wav", "emodb", "99", "sad")
    scores = evaluate.bundle(tiny, some + Manifest((broken,)))
    assert any("could not be read" in note and "broken.wav" in note for note in scores.notes)
    assert "emodb/99" not in scores.speakers
