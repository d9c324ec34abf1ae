"""The end of `nano`, trained a second time: it learns, knows voices, and leaves the beginning as it was."""

import numpy as np
import onnxruntime
import pytest

from quaver import heads, networks
from quaver.answers import predict
from quaver.balance import Data
from quaver.export import to_onnx
from quaver.fit import uar
from quaver.manifest import Clip, Manifest
from quaver.networks import nano
from quaver.recipe import Recipe
from quaver.sides import Side

LABELS = 3


def spoken(rng, speakers, clips=12):
    """Clips of any length whose loud bands tell the label, and whose level tells the speaker."""
    rows, truth, listed = [], [], []
    for number, speaker in enumerate(speakers):
        for clip in range(clips):
            label = clip % LABELS
            features = rng.normal(size=(rng.integers(60, 220), 48)).astype("f") * 0.3 + 0.2 * number
            features[:, 16 * label : 16 * label + 16] += 1.0
            rows.append(features)
            truth.append(label)
            listed.append(Clip(f"/none/{speaker}-{clip}.wav", "made", speaker, ("angry", "happy", "sad")[label]))
    ragged = np.empty(len(rows), object)
    ragged[:] = rows
    corpus = np.zeros(len(rows), int)
    return Side(Manifest(tuple(listed)), Data(ragged, np.array(truth), corpus, nano.FRAMES))


@pytest.fixture
def trained(rng, tmp_path):
    train, validation = spoken(rng, ["a", "b", "c", "d"]), spoken(rng, ["e", "f"])
    mean, variance = train.data.moments()
    model = networks.build("nano", (None, 48), LABELS, mean=mean, variance=variance)
    recipe = Recipe(epochs=12, patience=12, mixup=1.0, adapted=True, styles=0.5, balance="corpus-root")
    lines = []
    made = heads.anew(model, train, validation, LABELS, recipe, tmp_path, share=1.0, say=lines.append)
    return model, made, validation, lines, tmp_path


def test_it_learns_and_leaves_the_beginning_as_it_was(trained):
    model, made, validation, lines, folder = trained
    answers = predict(made, validation.data.features, nano.FRAMES)
    assert (
        uar(answers, validation.data.truth)
        > 0.8
        > 0.5
        > uar(predict(model, validation.data.features, nano.FRAMES), validation.data.truth)
    )
    for layer in model.layers:
        if layer.name.startswith(("conv", "norm")):
            assert all(map(np.array_equal, layer.get_weights(), made.get_layer(layer.name).get_weights()))
    assert lines and all(line.startswith("head: ") for line in lines)
    assert (folder / heads.FOLDER / "best.keras").is_file()


def test_it_knows_voices_once_exported(trained):
    _, made, validation, _, _ = trained
    assert networks.whole("nano", made, validation.data.features) is made
    session = onnxruntime.InferenceSession(to_onnx(made).SerializeToString())
    clip = validation.data.features[0][None]
    told, voice = session.run(["probabilities", "voice"], {"features": clip})
    assert np.abs(told - np.asarray(made(clip))).max() < 1e-5
    assert voice.shape == (1, 256)
    moved = session.run(["probabilities"], {"features": clip, "voice_mean": voice[0]})[0]
    assert np.abs(moved - told).max() > 1e-3
