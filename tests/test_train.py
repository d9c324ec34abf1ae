"""`quaver train` as a user runs it: a small run on real clips, through the program, on the article's network."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from quaver.backend import keras
from quaver.bundle import Bundle
from quaver.dataset import extract
from quaver.errors import LeakError, TrainingError
from quaver.frontend import spec
from quaver.manifest import Manifest
from quaver.predict import Predictor
from quaver.recipe import Recipe
from quaver.run_folder import begin
from quaver.teaching import Teaching
from quaver.train import Settings, run

SPEAKERS = ("03", "08", "09", "10")
EACH = 9  # clips of a speaker
OPTIONS = ["--protocol", "loso-own", "--epochs", "2", "--variants", "noise"]


def quaver(*arguments, cache, **more):
    command = [sys.executable, "-m", "quaver", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment(cache), **more)


def environment(cache):
    return os.environ | {"QUAVER_CACHE": str(cache), "KERAS_BACKEND": "jax"}


@pytest.fixture(scope="module")
def few(emodb) -> Manifest:
    whole = Manifest.read(emodb / "manifest.csv")
    of = {speaker: [clip for clip in whole if clip.speaker == speaker] for speaker in SPEAKERS}
    return Manifest(tuple(clip for clips in of.values() for clip in clips[:: len(clips) // EACH][:EACH]))


@pytest.fixture(scope="module")
def made(few, tmp_path_factory):
    """A folder with a manifest and the run of one fold over it."""
    folder = tmp_path_factory.mktemp("made")
    few.write(folder / "m.csv")
    done = quaver("train", folder / "m.csv", *OPTIONS, "--fold", 2, "-o", folder / "run", cache=folder / "cache")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_fold_leaves_everything_the_contract_names(made):
    names = {path.name for path in (made[0] / "run" / "fold-02").iterdir()}
    assert names >= {"model.keras", "model.h5", "model.onnx", "card.json", "history.csv", "curves.png", "curves.svg"}
    assert names >= {"test.npz", "scores.json"}
    assert not [name for name in names if name.startswith(".")]


def test_progress_goes_to_stderr_a_line_an_epoch(made):
    lines = [line for line in made[1].stderr.splitlines() if "epoch" in line]
    assert [line.split("  ")[0] for line in lines] == ["fold 2/4: epoch 1/2", "fold 2/4: epoch 2/2"]
    assert "folds are missing" in made[1].stdout


def test_keras_h5_and_onnx_agree(made, few):
    bundle = Bundle.load(made[0] / "run" / "fold-02")
    features = extract(few, spec("article"), cache=False).values
    outputs = [
        keras().models.load_model(bundle.path / name, compile=False).predict(features, verbose=0)
        for name in ("model.keras", "model.h5")
    ]
    session = onnxruntime.InferenceSession(bundle.model)
    outputs.append(session.run(None, {session.get_inputs()[0].name: features})[0])
    assert np.array_equal(outputs[0], outputs[1])
    np.testing.assert_allclose(outputs[0], outputs[2], atol=1e-5)


def test_the_card_tells_who_was_heard(made):
    card = Bundle.load(made[0] / "run" / "fold-02").card
    assert set(card.training_speakers) == {"emodb/03", "emodb/09", "emodb/10"}
    assert set(card.validation_speakers) < set(card.training_speakers)
    assert (card.validation, card.protocol, card.speaker_independent) == ("speakers", "loso-own", True)
    assert card.corpora[0]["clips"] == 3 * EACH  # rows made by augmentation are not counted
    assert card.corpora[0]["licence"].startswith("CC0")
    assert "workplace" in card.notes["forbidden"]


def test_the_test_side_is_the_other_speaker_untouched(made):
    held = np.load(made[0] / "run" / "fold-02" / "test.npz")
    assert set(held["groups"]) == {"emodb/08"}
    assert len(held["truth"]) == EACH
    np.testing.assert_allclose(held["probabilities"].sum(axis=1), 1, atol=1e-6)


def test_the_bundle_predicts_what_the_run_noted(made):
    folder = made[0] / "run" / "fold-02"
    held = np.load(folder / "test.npz")
    predictor = Predictor(Bundle.load(folder))
    told = predictor.predict(str(held["files"][0]))
    noted = dict(zip(held["labels"], held["probabilities"][0], strict=True))
    assert dict(told.probabilities) == pytest.approx(noted, abs=1e-4)


def test_a_second_run_into_the_same_folder_is_refused_and_resume_goes_on(made):
    folder = made[0]
    command = ["train", folder / "m.csv", *OPTIONS, "--fold", 2, "-o", folder / "run"]
    again = quaver(*command, cache=folder / "cache")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "--resume" in again.stderr
    resumed = quaver(*command, "--resume", cache=folder / "cache")
    assert resumed.returncode == 0
    assert "finished before" in resumed.stderr


def test_resuming_with_other_settings_is_refused(made, few):
    settings = Settings(protocol="loso-own", variants=("", "noise"), recipe=Recipe(epochs=3))
    with pytest.raises(TrainingError, match=r"another epochs \(2, not 3\)"):
        run(few, settings, made[0] / "run", resume=True)


def test_a_run_of_a_quaver_that_knew_fewer_choices_goes_on(few, tmp_path):
    settings = Settings(protocol="loso-own", recipe=Recipe(epochs=3), teaching=Teaching("small"))
    begin(tmp_path, few, settings, resume=False)
    told = json.loads((tmp_path / "run.json").read_text())
    del told["recipe"]["average"], told["teaching"]["unlabelled"]
    (tmp_path / "run.json").write_text(json.dumps(told))
    begin(tmp_path, few, settings, resume=True)
    with pytest.raises(TrainingError, match=r"another average \(0.0, not 0.5\)"):
        begin(tmp_path, few, replace(settings, recipe=Recipe(epochs=3, average=0.5)), resume=True)
    with pytest.raises(TrainingError, match="another teaching"):
        begin(tmp_path, few, replace(settings, teaching=Teaching("small", unlabelled=("m.csv",))), resume=True)


def test_a_fold_that_does_not_exist_is_named(few, tmp_path):
    with pytest.raises(TrainingError, match="no fold 9; the protocol has folds 1 to 4"):
        run(few, Settings(protocol="loso-own"), tmp_path / "run", folds=[9])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("network", "asked", "message"),
    [
        ("article", {"choose": "luck"}, "by uar or loss or last, got 'luck'"),
        ("nano", {"schedule": "moon"}, "follows stalls or cosine, got 'moon'"),
        ("small", {"calibration_folds": 5}, "goes with --refit"),
        ("small", {"calibration_folds": 1, "refit": True}, "2 or more, or 0"),
        ("nano", {"adapted": True, "refit": True}, "drop --refit, or --adapted and --styles"),
    ],
)
def test_recipes_that_cannot_be_followed_are_refused_at_once(network, asked, message):
    with pytest.raises(TrainingError, match=message):
        Settings(network=network, recipe=Recipe(**asked))


@pytest.mark.parametrize("asked", [{"adapted": True}, {"styles": 0.5}])
def test_voices_are_refused_where_the_network_knows_none(few, tmp_path, asked):
    settings = Settings(protocol="loso-own", variants=("",), recipe=Recipe(epochs=1, **asked))
    with pytest.raises(TrainingError, match=r"'article' knows no voices; drop --adapted and --styles\."):
        run(few, settings, tmp_path / "run", folds=[1])


def test_a_copy_under_another_name_stops_training(few, tmp_path):
    source = few.clips[0]
    copy = tmp_path / "copy.opus"
    copy.write_bytes(source.path.read_bytes())
    planted = Manifest((*few, replace(source, path=copy, speaker="08", gender="female")))
    with pytest.raises(LeakError, match=r"copy\.opus"):
        run(planted, Settings(protocol="loso-own", recipe=Recipe(epochs=1)), tmp_path / "run")


def test_ctrl_c_leaves_a_checkpoint_and_resume_gives_the_same_network(made):
    """Interrupted after the first epoch, resumed to the end: bit-equal with the run that was left alone."""
    folder = made[0]
    command = ["train", folder / "m.csv", *OPTIONS, "--fold", "2", "-o", folder / "stopped"]
    process = subprocess.Popen(
        [sys.executable, "-m", "quaver", *map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder / "cache"),
    )
    for line in process.stderr:
        if "epoch 1/" in line:
            process.send_signal(signal.SIGINT)
            break
    rest = process.stderr.read()
    assert process.wait(60) == 130
    assert "Traceback" not in rest
    assert "--resume" in rest
    state = json.loads((folder / "stopped" / "fold-02" / "state.json").read_text())
    assert len(state["history"]) in (1, 2)  # a quick machine may have finished
    assert quaver(*command, "--resume", cache=folder / "cache").returncode == 0
    models = [keras().models.load_model(folder / name / "fold-02" / "model.keras") for name in ("run", "stopped")]
    assert all(np.array_equal(a, b) for a, b in zip(*(model.get_weights() for model in models), strict=True))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gone.csv", "-o", "run"], 1, "gone.csv cannot be read"),
        (["m.csv", "-o", "run", "--protocol", "magic"], 2, "'magic' is unknown; expected one of:"),
        (["m.csv", "-o", "run", "--network", "lstm"], 2, "expected one of: article, nano, small."),
        (["m.csv", "-o", "run", "--frontend", "cepstra"], 2, "'cepstra' is unknown"),
        (["m.csv", "-o", "run", "--balance", "corpora"], 2, "expected one of: emotion, corpus, corpus-root."),
        (["m.csv", "-o", "run", "--variants", "echo"], 1, "unknown effect 'echo'"),
        (["m.csv"], 2, "output"),
    ],
)
def test_wrong_usage_is_one_line(made, tmp_path, arguments, code, said):
    Manifest.read(made[0] / "m.csv").write(tmp_path / "m.csv")
    done = quaver("train", *arguments, cache=made[0] / "cache", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
