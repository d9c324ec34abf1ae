"""Calibration by networks each of which has missed some speakers."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from quaver import calibrate, crossed, deal, evaluate
from quaver.balance import Data
from quaver.errors import TrainingError
from quaver.manifest import Clip, Manifest
from quaver.recipe import Recipe
from quaver.sides import Side
from quaver.train import Settings, run

LABELS = ("angry", "sad")


@pytest.fixture
def side() -> Side:
    """Five speakers of four clips, each once more in a variant; a feature is the number of its row."""
    rows = [
        Clip(Path(f"{speaker}-{n}.wav"), "c", str(speaker), LABELS[n % 2], extra={"variant": v} if v else {})
        for speaker in range(5)
        for n in range(4)
        for v in ("", "noise")
    ]
    truth = np.array([LABELS.index(clip.emotion) for clip in rows])
    return Side(Manifest(tuple(rows)), Data(np.arange(len(rows), dtype=np.float32)[:, None], truth))


class Trained:
    """What stands for a network: it answers, and remembers whom it learnt from."""

    def __init__(self, side: Side, path: Path) -> None:
        self.heard = set(side.clips.speakers)
        self.rows = len(side.data.truth)
        path.write_text("weights")

    def predict(self, features, **_):
        return np.stack([1 / (1 + features[:, 0]), features[:, 0] / (1 + features[:, 0])], axis=1)


def test_every_untouched_clip_is_answered_once_by_a_network_that_has_missed_its_speaker(side, tmp_path):
    made = []

    def train(part, path):
        made.append(Trained(part, path))
        return made[-1]

    found = crossed.answers(side, 3, train, LABELS, tmp_path)
    assert Counter(found.files) == Counter(clip.path.as_posix() for clip in side.clips if not clip.variant)
    assert len(made) == 3
    hands = deal.speakers_into(3, side.clips)
    assert [model.heard for model in made] == [set(side.clips.speakers) - set(hand) for hand in hands]
    assert all(model.rows == 8 * len(model.heard) for model in made), "variants teach, too"
    rows = {clip.path.as_posix(): row for row, clip in enumerate(side.clips) if not clip.variant}
    asked = np.array([rows[file] for file in found.files])
    np.testing.assert_allclose(found.probabilities[:, 0], 1 / (1 + asked), rtol=1e-6)
    np.testing.assert_array_equal(found.truth, side.data.truth[asked])
    assert not list(tmp_path.glob("*.keras"))


def test_it_goes_on_where_it_was(side, tmp_path):
    def interrupted(part, path):
        if list(tmp_path.glob("*.npz")):
            raise KeyboardInterrupt
        return Trained(part, path)

    with pytest.raises(KeyboardInterrupt):
        crossed.answers(side, 2, interrupted, LABELS, tmp_path)
    said = []
    crossed.answers(side, 2, Trained, LABELS, tmp_path, resume=True, say=said.append)
    assert [line[:15] for line in said] == ["calibration 2/2"]


def test_there_are_no_more_groups_than_speakers(side, tmp_path):
    crossed.answers(side, 9, Trained, LABELS, tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 5


def test_one_speaker_is_refused(side, tmp_path):
    with pytest.raises(TrainingError, match="1 speaker teaches.*without --calibration-folds"):
        crossed.answers(side.where(lambda clip: clip.speaker == "1"), 3, Trained, LABELS, tmp_path)


def test_the_temperature_of_a_training_is_that_of_the_answers(emodb, tmp_path):
    whole = Manifest.read(emodb / "manifest.csv").where(lambda clip: clip.speaker in {"03", "08", "09", "10"})
    few = Manifest(whole.clips[::6])
    settings = Settings(protocol="loso-own", variants=("",), recipe=Recipe(epochs=2, refit=True, calibration_folds=2))
    run(few, settings, tmp_path, folds=[1])
    fold = tmp_path / "fold-01"
    card = json.loads((fold / "card.json").read_text())
    parts = [evaluate.load_predictions(path) for path in sorted(fold.glob("without-*.npz"))]
    joined = evaluate.Predictions.joined(parts)
    assert set(joined.groups) == set(card["training_speakers"])
    assert card["temperature"] == calibrate.temperature(joined.probabilities, joined.truth)
    assert card["notes"]["calibration"].startswith("By 2 groups of speakers")


def test_one_speaker_is_refused_before_anything_is_trained(emodb, tmp_path):
    two = Manifest.read(emodb / "manifest.csv").where(lambda clip: clip.speaker in {"03", "08"})
    settings = Settings(protocol="loso-own", variants=("",), recipe=Recipe(epochs=2, refit=True, calibration_folds=2))
    said = []
    with pytest.raises(TrainingError, match="1 speaker teaches"):
        run(two, settings, tmp_path, folds=[1], say=said.append)
    assert not any("epoch" in line for line in said)
