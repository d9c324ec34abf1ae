"""Score predictions for speakers never heard: UAR first, per class, per speaker, with an interval over speakers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from quaver import calibrate
from quaver.calibrate import Probabilities, Truth
from quaver.errors import QuaverError
from quaver.files import atomic_path
from quaver.manifest import Clip

FEW = 8  # under so many speakers the interval says little, and each speaker's score is given beside it
RESAMPLES = 2000

Part = dict[str, float | int]  # {"clips", "uar", "wa"} of a speaker, a gender or a corpus


@dataclass(frozen=True)
class Scores:
    """What a model got right, in fractions of 1. Everything is JSON-safe through `to_dict`."""

    labels: tuple[str, ...]
    clips: int
    uar: float  # unweighted average recall, over the classes that occur
    wa: float  # weighted accuracy: right clips / clips
    macro_f1: float  # over the classes that occur
    interval: tuple[float, float] | None  # of the UAR: 95 % bootstrap over speakers; None with one speaker
    recall: dict[str, float]  # of the classes that occur
    precision: dict[str, float]  # of the classes that were predicted
    support: dict[str, int]  # clips a class
    predicted: dict[str, int]  # answers a class
    confusion: tuple[tuple[int, ...], ...]  # clips: rows are the truth, columns the answers
    speakers: dict[str, Part]  # by corpus/speaker
    spread: dict[str, dict[str, float]]  # over the speakers: {"uar": {"min", "median", "max"}, "wa": ...}
    genders: dict[str, Part]
    corpora: dict[str, Part]
    ece: float  # expected calibration error
    nll: float  # negative log-likelihood, nats a clip
    brier: float
    reliability: tuple[dict[str, float | int], ...]
    resamples: int = RESAMPLES
    seed: int = 0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give plain lists, dicts, numbers and strings."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Scores":
        """Read what `to_dict` gave, also after a way through JSON; unknown keys are passed over.

        Raises:
            QuaverError: a score is missing.
        """
        try:
            return cls(**{f.name: _frozen(values[f.name]) for f in fields(cls)})
        except KeyError as error:
            raise QuaverError(
                f"these are no scores of quaver: {error} is missing; run `quaver evaluate` again."
            ) from None


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Predictions:
    """The answers to n clips, with all that scoring needs; a fold's `test.npz` on disk."""

    probabilities: Probabilities  # (n, k) float32
    truth: Truth  # (n,) int64
    files: tuple[str, ...]
    groups: tuple[str, ...]  # corpus/speaker
    genders: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(
        cls, probabilities: Probabilities, truth: Truth, clips: Sequence[Clip], labels: Sequence[str]
    ) -> "Predictions":
        """Put clips beside their answers."""
        return cls(
            np.asarray(probabilities, np.float32),
            np.asarray(truth, np.int64),
            tuple(clip.path.as_posix() for clip in clips),
            tuple(clip.group for clip in clips),
            tuple(clip.gender for clip in clips),
            tuple(labels),
        )

    def scores(self, *, seed: int = 0, resamples: int = RESAMPLES, notes: Sequence[str] = ()) -> Scores:
        """Compute the scores; see `score`."""
        self._check()
        k = len(self.labels)
        p, truth, answers = self.probabilities.astype(np.float64), self.truth, self.probabilities.argmax(axis=1)
        table = _table(truth, answers, k)
        per_speaker = {g: _table(truth[at], answers[at], k) for g, at in _places(self.groups).items()}
        corpora = [group.split("/")[0] for group in self.groups]
        recall, precision, f1 = _rates(table)
        present = table.sum(axis=1) > 0
        speakers = {group: _part(t) for group, t in per_speaker.items()}
        return Scores(
            labels=self.labels,
            clips=len(truth),
            **{name: value for name, value in _part(table).items() if name != "clips"},
            macro_f1=_round(f1[present].mean()),
            interval=_interval(np.array(list(per_speaker.values())), seed, resamples),
            recall=_named(recall, self.labels, present),
            precision=_named(precision, self.labels, table.sum(axis=0) > 0),
            support={label: int(n) for label, n in zip(self.labels, table.sum(axis=1), strict=True)},
            predicted={label: int(n) for label, n in zip(self.labels, table.sum(axis=0), strict=True)},
            confusion=tuple(tuple(int(n) for n in row) for row in table),
            speakers=speakers,
            spread={name: _spread([part[name] for part in speakers.values()]) for name in ("uar", "wa")},
            genders={
                g or "unknown": _part(_table(truth[at], answers[at], k)) for g, at in _places(self.genders).items()
            },
            corpora={c: _part(_table(truth[at], answers[at], k)) for c, at in _places(corpora).items()},
            ece=_round(calibrate.ece(p, truth)),
            nll=_round(calibrate.nll(p, truth)),
            brier=_round(calibrate.brier(p, truth)),
            reliability=tuple(calibrate.reliability(p, truth)),
            resamples=resamples,
            seed=seed,
            notes=tuple(notes),
        )

    def _check(self) -> None:
        calibrate.check(self.probabilities, self.truth)
        n, k = self.probabilities.shape
        if not n == len(self.groups) == len(self.genders) == len(self.files) or k != len(self.labels):
            raise QuaverError(
                f"got answers for {n} clips and {k} labels, but {len(self.files)} clips and {len(self.labels)} labels."
            )


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


def _table(truth: Truth, answers: Truth, k: int) -> np.ndarray:
    """Count (k, k) clips: rows are the truth."""
    return np.bincount(truth * k + answers, minlength=k * k).reshape(k, k)


def _places(keys: Sequence[str]) -> dict[str, np.ndarray]:
    """Find where each key stands, keys sorted."""
    array = np.array(keys, dtype=np.str_)
    return {str(key): np.flatnonzero(array == key) for key in np.unique(array)}


def _rates(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give recall, precision and F1 of each class, 0 where there is nothing to divide by."""
    right, true, answered = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    return right / np.maximum(true, 1), right / np.maximum(answered, 1), 2 * right / np.maximum(true + answered, 1)


def _part(table: np.ndarray) -> Part:
    recall, _, _ = _rates(table)
    return {
        "clips": int(table.sum()),
        "uar": _round(recall[table.sum(axis=1) > 0].mean()),
        "wa": _round(table.trace() / table.sum()),
    }


def _interval(tables: np.ndarray, seed: int, resamples: int) -> tuple[float, float] | None:
    """Give the middle 95 % of the pooled UAR of drawn speakers, whose tables are (speakers, k, k)."""
    n = len(tables)
    if n < 2:
        return None
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)  # how often each is drawn
    right = weights @ tables.diagonal(axis1=1, axis2=2)
    true = weights @ tables.sum(axis=2)
    uar = (right / np.maximum(true, 1)).sum(axis=1) / (true > 0).sum(axis=1)
    low, high = np.quantile(uar, (0.025, 0.975))
    return _round(low), _round(high)


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": _round(float(np.median(values))), "max": max(values)}


def _named(values: np.ndarray, labels: Sequence[str], keep: np.ndarray) -> dict[str, float]:
    return {label: _round(v) for label, v, kept in zip(labels, values, keep, strict=True) if kept}


def _round(value: float) -> float:
    """Keep six digits: the same file on every machine."""
    return round(float(value), 6)
