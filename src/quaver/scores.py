"""What a model got right: UAR first, per class, per speaker, with an interval over speakers."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from quaver import calibrate
from quaver.calibrate import Probabilities, Truth
from quaver.errors import QuaverError
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
    seed: int = 0  # of the bootstrap
    speaker_independent: bool = True  # False: a speaker or a sound was heard in training
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

    def text(self) -> str:
        """Give a report for people, at most 80 columns wide for up to 8 labels."""
        return "\n".join(_report(self))


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

    @classmethod
    def joined(cls, parts: "Sequence[Predictions]") -> "Predictions":
        """Put the answers of several networks, or folds, behind one another.

        Raises:
            QuaverError: there are none, or their labels differ.
        """
        if not parts or len({part.labels for part in parts}) > 1:
            raise QuaverError(
                f"got {len(parts)} folds; expected at least one, all with the same labels in the same order."
            )
        return cls(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.truth for part in parts]),
            tuple(file for part in parts for file in part.files),
            tuple(group for part in parts for group in part.groups),
            tuple(gender for part in parts for gender in part.genders),
            parts[0].labels,
        )

    def scores(self, *, seed: int = 0, resamples: int = RESAMPLES) -> Scores:
        """Compute the scores; see `evaluate.score`."""
        self._check()
        k = len(self.labels)
        p, truth, answers = self.probabilities.astype(np.float64), self.truth, self.probabilities.argmax(axis=1)
        table = _table(truth, answers, k)
        per_speaker = {g: _table(truth[at], answers[at], k) for g, at in _places(self.groups).items()}
        corpora = [group.split("/")[0] for group in self.groups]
        whole, (recall, precision, f1) = _part(table), _rates(table)
        present = table.sum(axis=1) > 0
        speakers = {group: _part(t) for group, t in per_speaker.items()}
        return Scores(
            labels=self.labels,
            clips=len(truth),
            uar=whole["uar"],
            wa=whole["wa"],
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
        )

    def _check(self) -> None:
        calibrate.check(self.probabilities, self.truth)
        n, k = self.probabilities.shape
        if not n == len(self.groups) == len(self.genders) == len(self.files) or k != len(self.labels):
            raise QuaverError(
                f"got answers for {n} clips and {k} labels, but {len(self.files)} clips and {len(self.labels)} labels."
            )


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


def _report(s: Scores) -> list[str]:
    head = f"UAR {_percent(s.uar)} %   WA {_percent(s.wa)} %   macro-F1 {_percent(s.macro_f1)} %"
    scope = f"{_count(s.clips, 'clip')} of {_count(len(s.speakers), 'speaker')} of {', '.join(s.corpora)}"
    leaky = [] if s.speaker_independent else ["SPEAKER-DEPENDENT: heard in training, no measure of new speakers"]
    lines = [*leaky, head, _sentence(s), *textwrap.wrap(scope, 80), "", *_class_rows(s), "", *_speaker_rows(s)]
    parts = {**(s.corpora if len(s.corpora) > 1 else {}), **(s.genders if len(s.genders) > 1 else {})}
    lines += [_part_row(name, part) for name, part in parts.items()]
    lines += ["", f"calibration   ECE {_percent(s.ece)} %   NLL {s.nll:.3f}   Brier {s.brier:.3f}"]
    return lines + [line for note in s.notes for line in textwrap.wrap(f"note: {note}", 80, subsequent_indent="      ")]


def _sentence(s: Scores) -> str:
    """Say what the interval is, or why there is none."""
    if s.interval is None:
        return "one speaker: no interval over speakers can be given"
    few = " (few: read each speaker's)" if len(s.speakers) < FEW else ""
    low, high = (_percent(bound) for bound in s.interval)
    return f"95 % interval over {len(s.speakers)} speakers: {low} to {high} % UAR{few}"


def _class_rows(s: Scores) -> list[str]:
    """Tabulate recall and precision, and where the answers went; only 8 columns of answers fit a terminal."""
    shown = s.labels if len(s.labels) <= 8 else ()
    wide = max(5, *(len(label) for label in s.labels))
    rows = [f"{'truth':{wide}}  recall  precision  clips" + "".join(f"{label[:4]:>5}" for label in shown)]
    for label, row in zip(s.labels, s.confusion, strict=True):
        if s.support[label] or s.predicted[label]:
            recall, precision = (_percent(of.get(label)) for of in (s.recall, s.precision))
            counts = "".join(f"{n or '·':>5}" for n in row[: len(shown)])
            rows.append(f"{label:{wide}}{recall:>8}{precision:>11}{s.support[label]:>7}{counts}")
    return rows


def _speaker_rows(s: Scores) -> list[str]:
    spread = s.spread["uar"]
    low, middle, high = (_percent(spread[name]) for name in ("min", "median", "max"))
    line = [f"UAR a speaker: lowest {low}, median {middle}, highest {high}"] if len(s.speakers) > 1 else []
    few = s.speakers if len(s.speakers) < FEW else {}
    return line + [_part_row(name, part) for name, part in few.items()]


def _part_row(name: str, part: Part) -> str:
    uar, wa, clips = _percent(part["uar"]), _percent(part["wa"]), _count(int(part["clips"]), "clip")
    return f"  {name:24} UAR {uar:>5}   WA {wa:>5}   {clips}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
