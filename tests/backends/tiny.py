"""A tiny run on the backend of KERAS_BACKEND. First on JAX to leave a reference, then elsewhere to compare with it.

python tiny.py FOLDER              train, export, and leave the network's answers in FOLDER
python tiny.py FOLDER --compare    the same here; then load the reference's network and compare the answers
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

from quaver.backend import keras
from quaver.export import to_onnx
from quaver.fit import Data, Recipe, fit
from quaver.networks import build

LABELS, CLIPS = 7, 48
TOLERANCE = 1e-5  # of a probability


def main(folder: Path, compare: bool) -> None:
    name = keras().backend.backend()
    rng = np.random.default_rng(0)
    features, truth = rng.normal(size=(CLIPS, 162)).astype("f"), rng.integers(0, LABELS, CLIPS)
    data, mean, variance = Data(features, truth), features.mean(0), features.var(0)

    def network():
        return build("article", (162,), LABELS, mean=mean, variance=variance)

    history = fit(network, data, data, LABELS, Recipe(epochs=3), folder / name)
    assert history[-1]["loss"] < history[0]["loss"] + 1, "the loss ran away"
    trained = load(folder / name / "model.keras")
    assert np.array_equal(answers(trained, features), answers(load(folder / name / "model.h5"), features))
    check(f"{name} and its ONNX", answers(trained, features), through_onnx(trained, features))
    if not compare:
        np.savez(folder / "reference.npz", features=features, answers=answers(trained, features))
        return
    reference = np.load(folder / "reference.npz")
    there = load(folder / "jax" / "model.keras")
    check(f"{name} and jax, same weights", answers(there, reference["features"]), reference["answers"])


def load(path: Path):
    return keras().models.load_model(path, compile=False)


def answers(model, features: np.ndarray) -> np.ndarray:
    return np.asarray(model.predict(features, verbose=0))


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
