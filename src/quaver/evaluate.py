"""Score models on speakers they never heard: a training run's folds, or a bundle on a manifest."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from quaver import calibrate, dataset, splits, zoo
from quaver.bundle import Bundle, Card
from quaver.calibrate import Probabilities, Truth
from quaver.errors import QuaverError
from quaver.files import atomic_path
from quaver.manifest import Clip, Manifest
from quaver.onnx_graph import VOICE
from quaver.scores import RESAMPLES, Predictions, Scores
from quaver.stems import Stem

ADAPTS: dict[str, Callable[[Clip], str]] = {"speaker": lambda clip: clip.group, "corpus": lambda clip: clip.corpus}


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
    return Predictions.joined(folds).scores(seed=seed, resamples=resamples)


def run(folder: Path | str, *, seed: int = 0) -> Scores:
    """Pool the folds of a training run: the clips of every `fold-*/test.npz` together.

    The folder of a single fold works as well.

    Raises:
        QuaverError: there are no predictions, or the folds do not fit together.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("fold-*/test.npz")) or sorted(folder.glob("test.npz"))
    if not paths:
        raise QuaverError(f"{folder} holds no fold-*/test.npz; `quaver train MANIFEST --protocol P -o RUN` makes them.")
    scores = pooled([load_predictions(path) for path in paths], seed=seed)
    missing = sorted(p.name for p in folder.glob("fold-*") if p.is_dir() and not (p / "test.npz").exists())
    notes = (f"not finished and left out: {', '.join(missing)}",) if missing else ()
    return replace(scores, speaker_independent=all(_card_is_independent(path.parent) for path in paths), notes=notes)


def is_run(folder: Path | str) -> bool:
    """Tell whether `run` finds predictions in a folder."""
    return any(Path(folder).glob("fold-*/test.npz")) or (Path(folder) / "test.npz").is_file()


def bundle(
    model: Bundle | Path | str,
    manifest: Manifest,
    protocol: str | None = None,
    *,
    allow_leak: bool = False,
    adapt: str = "",
    seed: int = 0,
    progress: dataset.Progress | None = None,
) -> Scores:
    """Score a bundle on the speakers of a manifest that it has not heard.

    Who was heard stands in the card, as corpus/speaker. The clips of heard speakers that the manifest holds are
    compared with the scored ones by their sound too. Each clip is heard whole.

    Args:
        model: a bundle, its folder, or its name.
        manifest: clips of any corpora.
        protocol: score only the clips it is about; None takes every clip with a label of the bundle.
        allow_leak: score heard speakers as well, and mark the scores as speaker-dependent.
        adapt: "speaker" gives the network a profile of each speaker, "corpus" one of each corpus, made of all clips
            that are scored, without labels (transductive); "" gives none.
        seed: of the bootstrap.
        progress: receives (done, total) while features are computed.

    Raises:
        ProfileError: the bundle's network cannot adapt.
        LeakError: a scored clip sounds like one of a heard speaker.
        QuaverError: no speaker, no label or no readable clip is left.
    """
    model = model if isinstance(model, Bundle) else zoo.load(model)
    card, notes = model.card, list[str]()
    clips, implied = _selected(manifest, protocol)
    tested = _unheard(card, _labelled(card, clips, notes), allow_leak or implied, notes)
    features, probabilities = adapted(model, tested, adapt, progress) if adapt else answers(model, tested, progress)
    if adapt:
        notes.append(f"adapted to each {adapt} by all of its scored clips, without labels")
    if features.failures:
        notes.append(f"{len(features.failures)} clips could not be read; the first: {features.failures[0][1]}")
    independent = _independent(card, features.clips, manifest, allow_leak or implied, notes)
    truth = np.array([card.emotions.index(clip.emotion) for clip in features.clips], np.int64)
    scores = score(probabilities, truth, features.clips.clips, card.emotions, seed=seed)
    return replace(scores, speaker_independent=independent, notes=tuple(notes))


def answers(
    model: Bundle, tested: Manifest, progress: dataset.Progress | None = None
) -> tuple[dataset.Features, calibrate.Probabilities]:
    """Let a bundle hear clips, in parallel and without holding more than a few of them.

    Returns:
        What could be read, and the calibrated probabilities (n, k) of it.

    Raises:
        QuaverError: not one clip could be read.
    """
    card = model.card
    if None in card.spec.shape:  # features as long as their clip: too much to hold for a whole corpus
        network = Stem(model.model, card.files[model.model.name], (len(card.emotions),))
        found = dataset.extract(tested, card.spec, through=network, cache=False, progress=progress)
        return found, calibrate.apply(found.values, card.temperature)
    from quaver.predict import Predictor  # late: starts ONNX Runtime

    found = dataset.extract(tested, card.spec, progress=progress)
    return found, Predictor(model).probabilities(found.values)


def adapted(
    model: Bundle, tested: Manifest, to: str, progress: dataset.Progress | None = None
) -> tuple[dataset.Features, calibrate.Probabilities]:
    """Do what `answers` does with a profile of each of `ADAPTS`, made of all of its clips.

    Raises:
        ProfileError: the bundle's network cannot adapt.
        QuaverError: not one clip could be read, or there are no such profiles.
    """
    from quaver.profiles import Profile
    from quaver.runtime import Network  # late: starts ONNX Runtime

    if to not in ADAPTS:
        raise QuaverError(f"clips share no {to!r}; adapt to one of: {', '.join(ADAPTS)}.")
    network = Network(model, threads=1)
    network.require_voice()
    encoder = Stem(model.model, network.model, (network.voices,), VOICE)
    found = dataset.extract(tested, model.card.spec, through=encoder, cache=False, progress=progress)
    shared = [ADAPTS[to](clip) for clip in found.clips]
    known = {name: Profile("all", network.model) for name in shared}
    for name, voice in zip(shared, found.values, strict=True):
        known[name] = known[name].heard(voice)
    options = {name: network.adapted(profile) for name, profile in known.items()}
    raw = [network.again(voice, options[name]) for name, voice in zip(shared, found.values, strict=True)]
    return found, calibrate.apply(np.array(raw), model.card.temperature)


def _selected(manifest: Manifest, protocol: str | None) -> tuple[Manifest, bool]:
    """Give the clips that a protocol tests, and whether it shares speakers between its sides."""
    if protocol is None:
        return manifest, False
    rule = splits.protocol(protocol)
    if rule.speaker_independent:
        return rule.select(manifest), False
    return Manifest(tuple(clip for fold in rule.folds(manifest) for clip in fold.test)), True


def _labelled(card: Card, clips: Manifest, notes: list[str]) -> Manifest:
    """Keep the clips whose label the bundle knows."""
    known = clips.where(lambda clip: clip.emotion in card.emotions)
    if len(known) < len(clips):
        others = ", ".join(label for label in clips.emotions if label not in card.emotions)
        notes.append(f"{len(clips) - len(known)} clips left out; the bundle has no label {others}")
    if not known:
        raise QuaverError(
            f"bundle {card.name!r} knows {', '.join(card.emotions)}; the manifest has "
            f"{', '.join(clips.emotions) or 'no clips'}. Give clips with its labels."
        )
    return known


def _unheard(card: Card, clips: Manifest, allow_leak: bool, notes: list[str]) -> Manifest:
    """Keep the clips of speakers that the card does not list; all clips if leaks are allowed."""
    left = clips.where(lambda clip: clip.group not in card.training_speakers)
    if allow_leak or len(left) == len(clips):
        return clips
    if not left:
        raise QuaverError(
            f"bundle {card.name!r} has heard all {len(clips.speakers)} speakers of these {len(clips)} clips; "
            "give clips of others, or --allow-leak to score them as speaker-dependent."
        )
    heard = len(clips.speakers) - len(left.speakers)
    notes.append(f"{heard} of {len(clips.speakers)} speakers left out: heard in training")
    return left


def _independent(card: Card, tested: Manifest, manifest: Manifest, allow_leak: bool, notes: list[str]) -> bool:
    """Tell whether nothing that is scored was heard, as far as the manifest lets us compare.

    Raises:
        LeakError: a clip of an unheard speaker sounds like one of a heard speaker, and leaks are not allowed.
    """
    from quaver import leaks

    heard = set(card.training_speakers)
    if heard.intersection(tested.speakers):
        return False
    known = manifest.where(lambda clip: clip.group in heard)
    if absent := heard.difference(known.speakers):
        notes.append(f"not compared by sound with {len(absent)} training speakers, whose clips the manifest lacks")
    return not leaks.guard(splits.Fold(0, known, Manifest(), tested), allow_leak=allow_leak)


def _card_is_independent(fold: Path) -> bool:
    """Read from a fold's card whether its test speakers were unheard; a fold without a card is taken at its word."""
    try:
        return bool(json.loads((fold / "card.json").read_text(encoding="utf-8")).get("speaker_independent", True))
    except (OSError, ValueError, AttributeError):
        return True


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
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise QuaverError(f"{path} holds no predictions of quaver: {error}. Train that fold again.") from error
