"""Answers to every speaker of a training from networks that have not heard that speaker: for calibration.

With few validation speakers a temperature says more about them than about the network, and once they teach, too, it is
that of another network. So the training is repeated without one group of speakers after the other, each group is
answered by the network that has missed it, and all of these answers calibrate the network that has missed nobody
(`CalibratedClassifierCV(ensemble=False)` of scikit-learn does the same; Vovk, 2015, for the sets).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from quaver import deal, evaluate
from quaver.answers import predict
from quaver.errors import TrainingError
from quaver.manifest import Manifest
from quaver.scores import Predictions
from quaver.sides import Side


def check(clips: Manifest) -> None:
    """Refuse clips of a single speaker, of whom none would be left to calibrate by.

    Raises:
        TrainingError: fewer than two speakers.
    """
    if len(clips.speakers) < 2:
        raise TrainingError("only 1 speaker teaches, so none is left to calibrate by; try without --calibration-folds.")


def answers(
    side: Side,
    groups: int,
    train: Callable[[Side, Path], Any],
    labels: tuple[str, ...],
    folder: Path,
    *,
    resume: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Predictions:
    """Answer each clip without a variant by a network that was trained without the clip's speaker.

    Args:
        side: all speakers that teach, with the variants of their clips.
        groups: into how many groups the speakers are dealt, at most one for each.
        train: makes a network of a side, and keeps it as the file that it is given.
        labels: the emotions, in the network's order.
        folder: keeps the answers to each group, and the network while it is trained.
        resume: take answers that are there already.
        say: receives a line a group.

    Returns:
        Probabilities as the networks give them, before any temperature.

    Raises:
        TrainingError: fewer than two speakers.
    """
    check(side.clips)
    hands = deal.speakers_into(min(groups, len(side.clips.speakers)), side.clips)
    found = []
    for number, hand in enumerate(hands, 1):
        path = folder / f"without-{number:02d}.npz"
        if not (resume and path.exists()):
            say(f"calibration {number}/{len(hands)}: trained without {len(hand)} speakers, who are then answered")
            _answer(side, set(hand), train, labels, path)
        found.append(evaluate.load_predictions(path))
    return Predictions.joined(found)


def _answer(
    side: Side, missed: set[str], train: Callable[[Side, Path], Any], labels: tuple[str, ...], path: Path
) -> None:
    kept = path.with_suffix(".keras")
    model = train(side.where(lambda clip: clip.group not in missed), kept)
    asked = side.where(lambda clip: clip.group in missed and not clip.variant)
    guessed = predict(model, asked.data.features, asked.data.frames)
    evaluate.save_predictions(path, guessed, asked.data.truth, asked.clips.clips, labels)
    kept.unlink()
