"""The network for microcontrollers: its features do not hear level, it takes any length, and it stays small."""

import numpy as np
import onnxruntime
import pytest
from conftest import ROOT

from quaver import audio, frontend, networks
from quaver.compile.source import plan_of
from quaver.errors import TrainingError
from quaver.export import to_onnx
from quaver.networks import nano
from quaver.quantise import quantise

SPEC = frontend.spec("logmel-nano")
SECONDS = 3


@pytest.fixture(scope="module")
def sound():
    samples, _ = audio.load(sorted((ROOT / "data" / "emodb" / "wav").iterdir())[0], SPEC.sample_rate)
    return samples


@pytest.fixture(scope="module")
def model():
    """Give an untrained network whose batch normalisation has something to fold, and which takes profiles."""
    made, rng = networks.build("nano", SPEC.shape, 7, seed=1), np.random.default_rng(0)
    for layer in made.layers:
        if layer.name.startswith("norm"):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return nano.adaptable(made, rng.uniform(-1, 1, (64, nano.FRAMES, SPEC.n_mels)).astype("f"))


@pytest.fixture(scope="module")
def eight_bits(model):
    calibration = np.random.default_rng(1).uniform(-1, 1, (64, nano.FRAMES, SPEC.n_mels)).astype("f")
    return quantise(to_onnx(model), calibration)


def test_the_numbers_of_the_frontend_are_pinned():
    assert SPEC.fingerprint == "00dcc9ace6f9"
    assert frontend.from_dict(SPEC.to_dict()) == SPEC
    assert SPEC.shape == (None, 48)
    assert SPEC.frames(SECONDS * SPEC.sample_rate) == nano.FRAMES
    assert networks.made_for("nano") == SPEC.name


def test_features_lie_between_minus_one_and_one(sound):
    values = frontend.features(sound, SPEC)
    assert values.shape == (len(sound) // 320, 48)
    assert (values.min(), values.max()) == (-1, 1)


@pytest.mark.parametrize("db", [-60, -20, 10])
def test_level_does_not_count(sound, db):
    louder = frontend.features((10 ** (db / 20) * sound).astype("f"), SPEC)
    assert np.abs(louder - frontend.features(sound, SPEC)).max() < 1e-4


@pytest.mark.parametrize("frames", [3, nano.FRAMES, 401])
def test_the_exported_network_agrees_at_any_length(model, frames, rng):
    features = rng.uniform(-1, 1, (2, frames, SPEC.n_mels)).astype("f")
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    told = session.run(None, {"features": features})[0]
    np.testing.assert_allclose(told, np.asarray(model(features)), atol=1e-5)


def test_a_network_that_takes_profiles_answers_as_it_did(rng):
    features = rng.uniform(-1, 1, (40, nano.FRAMES, SPEC.n_mels)).astype("f")
    made = networks.build("nano", SPEC.shape, 7, seed=1)
    finished = networks.whole("nano", made, features)
    np.testing.assert_allclose(np.asarray(finished(features)), np.asarray(made(features)), atol=1e-5)
    session = onnxruntime.InferenceSession(to_onnx(finished).SerializeToString())
    voices = session.run(["voice"], {"features": features})[0]
    heard = voices.std(axis=0) > 0.5
    assert heard.mean() > 0.9
    np.testing.assert_allclose(voices.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(voices[:, heard].std(axis=0), 1, atol=1e-2)


def test_it_fits_a_microcontroller(model, eight_bits):
    """At most 220,000 parameters, 250 kB as a file and 70 kB of memory for 3 s of speech, features included."""
    assert model.count_params() <= 220_000
    assert len(eight_bits.SerializeToString()) <= 250_000
    plan = plan_of(eight_bits.SerializeToString(), lean=True, longest=nano.FRAMES)
    assert plan.arena <= 70_000
    assert sum(values.nbytes for values in plan.weights.values()) <= 250_000


def test_other_networks_still_need_clips_of_one_length():
    assert networks.trainable("nano", SPEC.shape) == (None, 48)
    with pytest.raises(TrainingError, match="'article' needs clips of one length"):
        networks.trainable("article", SPEC.shape)
