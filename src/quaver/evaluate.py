"""Score models on speakers they never heard: a training run's folds, or a bundle on a manifest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quaver.calibrate import Probabilities, Truth
from quaver.errors import QuaverError
from quaver.files import atomic_path
from quaver.manifest import Clip
from quaver.scores import RESAMPLES, Predictions, Scores


def score(
    probabilities: Probabilities,
    truth: Truth,
    clips: Sequence[Clip],
    labels: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Scores:
    """Score the answers to clips.

    The interval is a percentile bootstrap over speakers (Efron 1979, by cluster): speakers are drawn with
    replacement, all clips of a drawn speaker come along, and the UAR is that of the pooled clips; classes that a draw
    does not hold are left out of its mean.

    Args:
        probabilities: (n, k), rows sum to 1.
        truth: (n,) indices into `labels`.
        clips: the n clips, for speaker, gender and corpus.
        labels: the k labels in the network's order.
        seed: of the bootstrap.
        resamples: how many draws the bootstrap takes.

    Raises:
        QuaverError: lengths or values do not fit.
    """
    return Predictions.of(probabilities, truth, clips, labels).scores(seed=seed, resamples=resamples)


def pooled(folds: Sequence[Predictions], *, seed: int = 0, resamples: int = RESAMPLES) -> Scores:
    """Score the clips of all folds together, as if one model had answered them.

    Raises:
        QuaverError: no folds, or folds with different labels.
    """
    if not folds or len({fold.labels for fold in folds}) > 1:
        raise QuaverError(f"got {len(folds)} folds; expected at least one, all with the same labels in the same order.")
    whole = Predictions(
        np.concatenate([fold.probabilities for fold in folds]),
        np.concatenate([fold.truth for fold in folds]),
        tuple(file for fold in folds for file in fold.files),
        tuple(group for fold in folds for group in fold.groups),
        tuple(gender for fold in folds for gender in fold.genders),
        folds[0].labels,
    )
    return whole.scores(seed=seed, resamples=resamples)


def run(folder: Path | str, *, seed: int = 0) -> Scores:
    """Pool the folds of a training run: the clips of every `fold-*/test.npz` together.

    Raises:
        QuaverError: the folder holds no fold with predictions, or the folds do not fit together.
    """
    paths = sorted(Path(folder).glob("fold-*/test.npz"))
    if not paths:
        raise QuaverError(f"{folder} holds no fold-*/test.npz; `quaver train MANIFEST --protocol P -o RUN` makes them.")
    return pooled([load_predictions(path) for path in paths], seed=seed)


def over_seeds(runs: Sequence[Scores]) -> dict[str, Any]:
    """Give mean, lowest and highest of UAR, WA and macro-F1 over runs that differ in their training seed.

    Raises:
        QuaverError: no runs.
    """
    if not runs:
        raise QuaverError("got no scores; expected those of at least one run.")
    values = {name: [getattr(scores, name) for scores in runs] for name in ("uar", "wa", "macro_f1")}
    summary = {n: {"mean": round(float(np.mean(v)), 6), "min": min(v), "max": max(v)} for n, v in values.items()}
    return {"runs": len(runs), **summary}


def save_predictions(
    path: Path | str, probabilities: Probabilities, truth: Truth, clips: Sequence[Clip], labels: Sequence[str]
) -> None:
    """Write the answers to clips as npz: numbers and unicode arrays, nothing pickled."""
    p = Predictions.of(probabilities, truth, clips, labels)
    names = {name: np.array(getattr(p, name), dtype=np.str_) for name in ("files", "groups", "genders", "labels")}
    with atomic_path(path) as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, probabilities=p.probabilities, truth=p.truth, **names)  # type: ignore[arg-type]


def load_predictions(path: Path | str) -> Predictions:
    """Read what `save_predictions` wrote.

    Raises:
        QuaverError: the file is missing, damaged, or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            names = [tuple(str(item) for item in held[name]) for name in ("files", "groups", "genders", "labels")]
            return Predictions(held["probabilities"], held["truth"], *names)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise QuaverError(f"{path} holds no predictions of quaver: {error}. Train that fold again.") from error
