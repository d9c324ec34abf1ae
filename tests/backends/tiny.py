"""A tiny run on the backend of KERAS_BACKEND. First on JAX to leave a reference, then elsewhere to compare with it.

python tiny.py FOLDER              train, export, and leave the network's answers in FOLDER
python tiny.py FOLDER --compare    the same here; then load the reference's network and compare the answers
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tiny_teacher  # noqa: E402

from quaver import networks  # noqa: E402
from quaver.backend import keras  # noqa: E402
from quaver.balance import Data  # noqa: E402
from quaver.export import to_onnx  # noqa: E402
from quaver.fit import fit, save  # noqa: E402
from quaver.networks import build, layers, small, whisper  # noqa: E402
from quaver.recipe import Recipe  # noqa: E402

LABELS, CLIPS = 7, 48
TOLERANCE = 1e-5  # of a probability


def main(folder: Path, compare: bool) -> None:
    name = keras().backend.backend()
    rng = np.random.default_rng(0)
    rows, truth = rng.normal(size=(CLIPS, 162)).astype("f"), rng.integers(0, LABELS, CLIPS)
    mean, variance = rows.mean(0), rows.var(0)
    article = trained(lambda: build("article", (162,), LABELS, mean=mean, variance=variance), rows, truth, "", folder)
    frames = rng.normal(size=(CLIPS, 50, tiny_teacher.MELS)).astype("f")
    whole = small.merged(trained(encoder, frames, truth, "corpus", folder))
    for what, model, features in (("article", article, rows), ("small", whole, frames)):
        for suffix in ("keras", "h5"):
            save(model, folder / f"{what}-{name}.{suffix}")
            again = networks.load(folder / f"{what}-{name}.{suffix}")
            assert np.array_equal(answers(model, features), answers(again, features)), f"{suffix} gives other answers"
        check(f"{what}: {name} and its ONNX", answers(model, features), through_onnx(model, features))
        reference = folder / f"{what}-reference.npy"
        if compare:
            there = networks.load(folder / f"{what}-jax.keras")
            check(f"{what}: {name} and jax, same weights", answers(there, features), np.load(reference))
        else:
            np.save(reference, answers(model, features))


def trained(make, features: np.ndarray, truth: np.ndarray, balance: str, folder: Path):
    """Train for a moment; corpora alternate, so that the loss that passes over unknown labels is used too."""
    data = Data(features, truth, np.arange(CLIPS) % 2)
    history = fit(make, data, data, LABELS, Recipe(epochs=3, balance=balance), folder / f"run-{len(features.shape)}")
    assert history[-1]["loss"] < history[0]["loss"] + 1, "the loss ran away"
    return networks.load(folder / f"run-{len(features.shape)}" / "best.keras")


def encoder():
    """Build all kinds of layers that `small` has, with a teacher of random weights, here all to be trained."""
    beginning = whisper.encoder(tiny_teacher.weights(), 1)
    x = layers.Speaker()(layers.Statistics()(beginning.output))
    x = keras().layers.Dense(16, "tanh", kernel_initializer=keras().initializers.GlorotUniform(seed=1))(x)
    x = keras().layers.Dropout(0.1, seed=2, name="hidden_drop")(x)
    x = layers.Members(2, LABELS, seed=3, name="members")(x)
    return keras().Model(beginning.input, keras().layers.Softmax()(x))


def answers(model, features: np.ndarray) -> np.ndarray:
    told = np.asarray(model.predict(features, verbose=0))
    assert np.ptp(told, axis=1).max() > 0.01, "all labels are as likely: whatever a backend computes would agree"
    return told


def through_onnx(model, features: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: features})[0]


def check(what: str, left: np.ndarray, right: np.ndarray) -> None:
    worst = float(np.abs(left - right).max())
    print(f"{what}: largest difference of a probability {worst:.1e}")
    if worst > TOLERANCE:
        sys.exit(f"{what} differ by more than {TOLERANCE}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--compare" in sys.argv)
