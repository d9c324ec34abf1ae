"""From manifests to bundles: one network a fold of a protocol, or a final one on everybody."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from quaver import calibrate, crossed, dataset, evaluate, export, heads, leaks, networks, plots, provenance, run_folder
from quaver.answers import predict
from quaver.balance import Data
from quaver.bundle import Bundle, Card
from quaver.emotions import in_order
from quaver.errors import TrainingError
from quaver.files import write_json
from quaver.fit import BEST, REFIT, fit, refit, save
from quaver.job import Job, Settings
from quaver.manifest import Manifest
from quaver.recipe import Row, best_row
from quaver.scores import Scores
from quaver.sides import Side, augmented
from quaver.splits import protocol

__all__ = ["FINAL", "Settings", "final", "run"]

Say = Callable[[str], None]
FINAL = "final"
KEPT = ("model.keras", "model.h5")  # beside model.onnx


def run(
    manifest: Manifest,
    settings: Settings,
    out: Path | str,
    *,
    folds: Sequence[int] | None = None,
    resume: bool = False,
    allow_leak: bool = False,
    say: Say = lambda text: None,
    progress: dataset.Progress | None = None,
) -> Scores | None:
    """Train one bundle a fold into `out/fold-NN/`, and pool the scores of the folds once all are there.

    A fold that is finished is left alone when the run is resumed; the one that was interrupted goes on from its last
    epoch. Validation clips choose the epoch, the temperature and the thresholds; test clips are scored once.

    Args:
        manifest: clips with their labels.
        settings: what to train and how.
        out: folder of the run.
        folds: which folds to train, from 1; None means all.
        resume: go on with the run in `out`.
        allow_leak: train although speakers or sounds stand on both sides, and mark the scores as speaker-dependent.
        say: receives a line of progress now and then.
        progress: receives (done, total) while features are computed.

    Returns:
        The pooled scores, also in `out/scores.json`; None while folds are missing.

    Raises:
        TrainingError: `out` holds another run, or a fold that does not exist is asked for.
        LeakError: a speaker or a sound stands on both sides.
        QuaverError: a clip cannot be read or the protocol does not fit the manifest.
    """
    out, rule = Path(out), protocol(settings.protocol)
    parts = rule.folds(manifest, settings.recipe.seed)
    asked = run_folder.wanted(folds, len(parts))
    run_folder.begin(out, manifest, settings, resume)
    labels = in_order(clip.emotion for part in parts for clip in part.test)
    for part in parts:
        if part.index not in asked:
            continue
        folder = out / f"fold-{part.index:02d}"
        if (folder / "scores.json").exists():
            say(f"fold {part.index}/{len(parts)}: finished before")
            continue
        job = Job(rule, part, labels, settings, folder, allow_leak)
        _train(job, resume, partial(_say_of, say, f"fold {part.index}/{len(parts)}"), progress)
    return run_folder.pool(out, len(parts))


def final(
    manifest: Manifest,
    settings: Settings,
    out: Path | str,
    *,
    resume: bool = False,
    name: str = "",
    licence: str = "",
    say: Say = lambda text: None,
    progress: dataset.Progress | None = None,
) -> Bundle:
    """Train one bundle on everybody but the validation speakers, into `out/final/`.

    Its card carries the pooled scores of the run's folds where `out/scores.json` has them: how the same recipe does
    on speakers it has not heard.

    Args:
        manifest: clips with their labels.
        settings: what to train and how.
        out: folder of the run.
        resume: go on with what is there.
        name: of the bundle; empty means that of the network.
        licence: of the weights; empty lists the licences of the corpora.
        say: receives a line of progress now and then.
        progress: receives (done, total) while features are computed.

    Raises:
        TrainingError: `out` holds another run.
        QuaverError: a clip cannot be read or the protocol does not fit the manifest.
    """
    out, rule = Path(out), protocol(settings.protocol)
    part = rule.final(manifest, settings.recipe.seed)
    run_folder.begin(out, manifest, settings, resume=resume or (out / "scores.json").exists())
    labels = in_order(clip.emotion for clip in part.train)
    job = Job(rule, part, labels, settings, out / FINAL, allow_leak=False, name=name, licence=licence)
    return _train(job, resume, partial(_say_of, say, FINAL), progress)


def _say_of(say: Say, part: str, text: str) -> None:
    say(f"{part}: {text}")


def _train(job: Job, resume: bool, say: Say, progress: dataset.Progress | None) -> Bundle:
    recipe, labels, job = job.settings.recipe, job.labels, _with_unlabelled(job, say, progress)
    leaks.guard(job.fold, allow_leak=job.lenient, progress=progress)
    if recipe.refit and recipe.calibration_folds:
        crossed.check(job.fold.train + job.fold.validation)
    train = _taught(_side(augmented(job.fold.train, job.settings.variants), job, say, progress), job, progress)
    validation = _side(job.fold.validation, job, say, progress)
    share = 1 / len(job.settings.variants)  # an epoch shows each clip once on average, in one of its variants
    sides, build = (_shown(job, train), validation.data), _builder(job, train.data)
    history = fit(build, *sides, len(labels), recipe, job.folder, share=share, resume=resume, say=say)
    model = networks.load(job.folder / BEST)
    plots.save(plots.curves(history), job.folder / "curves")
    guessed = predict(model, validation.data.features, validation.data.frames)
    if job.settings.anew:
        model = heads.anew(model, train, validation, len(labels), recipe, job.folder, share=share, say=say)
        guessed = predict(model, validation.data.features, validation.data.frames)
    elif recipe.refit:
        everybody, again = train.with_clips_of(_taught(validation, job, progress)), partial(_refitted, job, history)
        model = again(everybody, job.folder / REFIT)
        if groups := recipe.calibration_folds:
            asked = crossed.answers(everybody, groups, again, labels, job.folder, resume=resume, say=say)
            return _finish(job, history, model, (asked.probabilities, asked.truth), train, validation, say, progress)
    return _finish(job, history, model, (guessed, validation.data.truth), train, validation, say, progress)


def _with_unlabelled(job: Job, say: Say, progress: dataset.Progress | None) -> Job:
    """Let clips that nobody has labelled train too, as the teacher labels them; they may leak like all others."""
    teacher = job.teacher  # who may be refused, before anything is computed
    if not teacher or not (named := teacher.teaching.unlabelled):
        return job
    found = teacher.label(Manifest.read(*named, labelled=False), job.labels, job.settings.recipe.seed, progress)
    for _, reason in found.failures:
        say(f"left out: {reason}")
    told = ", ".join(f"{name} {sum(c.emotion == name for c in found.clips)}" for name in found.clips.emotions)
    say(f"{len(found.clips)} unlabelled clips, by the teacher: {told}")
    return replace(job, fold=replace(job.fold, train=job.fold.train + found.clips), unlabelled=found.clips)


def _refitted(job: Job, history: list[Row], side: Side, path: Path) -> Any:
    """Train anew on a side for as many epochs as `history` found best."""
    build, shown = _builder(job, side.data), _shown(job, side)
    share = 1 / len(job.settings.variants)
    refit(build, shown, len(job.labels), job.settings.recipe, history, path, share=share)
    return networks.load(path)


def _builder(job: Job, data: Data) -> Callable[[], Any]:
    """Give what makes the network, normalised for these features."""
    name, shape, seed = job.settings.network, job.shape, job.settings.recipe.seed
    mean, variance = data.moments()
    return lambda: networks.build(name, shape, len(job.labels), mean=mean, variance=variance, seed=seed)


def _shown(job: Job, side: Side) -> Data:
    """Give what training shows: clips, where it is asked for as profiles make them too, or with other voices."""
    recipe = job.settings.recipe
    if job.settings.anew:
        return side.data
    if (recipe.adapted or recipe.styles) and job.stem is None:
        raise TrainingError(f"{job.settings.network!r} knows no voices; drop --adapted and --styles.")
    shown = side.with_adapted() if recipe.adapted else side.data
    return side.with_styles(shown) if recipe.styles else shown


def _taught(side: Side, job: Job, progress: dataset.Progress | None) -> Side:
    """Add what the teacher thinks of the clips, if there is one."""
    if job.teacher is None:
        return side
    seed = job.settings.recipe.seed
    return replace(side, data=job.teacher.teach(side.data, side.clips, job.labels, seed, progress))


def _finish(
    job: Job,
    history: list[Row],
    model: Any,
    calibrating: tuple[np.ndarray, np.ndarray],
    train: Side,
    validation: Side,
    say: Say,
    progress: dataset.Progress | None,
) -> Bundle:
    guessed, truth = calibrating
    temperature = calibrate.temperature(guessed, truth)
    whole = networks.whole(job.settings.network, model, train.as_recorded(networks.excerpt(job.settings.network)))
    card = _card(job, whole, train, validation, temperature)
    card = replace(card, thresholds=calibrate.thresholds(calibrate.apply(guessed, temperature), truth))
    if not job.fold.test:
        return _bundle(job, card, whole)
    test = _side(job.fold.test, job, say, progress)
    answers = calibrate.apply(predict(model, test.data.features, test.data.frames), temperature).astype(np.float32)
    evaluate.save_predictions(job.folder / "test.npz", answers, test.data.truth, test.clips.clips, job.labels)
    scores = evaluate.score(answers, test.data.truth, test.clips.clips, job.labels)
    scores = replace(scores, speaker_independent=job.independent)
    bundle = _bundle(job, replace(card, scores=scores.to_dict()), whole)
    write_json(job.folder / "scores.json", scores.to_dict() | {"best_epoch": best_row(history)["epoch"]})
    say(f"test: UAR {100 * scores.uar:.1f} on {scores.clips} clips")
    return bundle


def _side(clips: Manifest, job: Job, say: Say, progress: dataset.Progress | None) -> Side:
    read = dataset.extract(clips, job.spec, through=job.stem, seed=job.settings.recipe.seed, progress=progress)
    for _, reason in read.failures:
        say(f"left out: {reason}")
    truth = np.array([job.labels.index(clip.emotion) for clip in read.clips], np.int64)
    known = (job.fold.train + job.fold.validation + job.fold.test).corpora
    corpus = np.array([known.index(clip.corpus) for clip in read.clips], np.int64)
    return Side(read.clips, Data(read.values, truth, corpus, networks.excerpt(job.settings.network)))


def _card(job: Job, model: Any, train: Side, validation: Side, temperature: float) -> Card:
    heard = train.clips + validation.clips
    learnt_from = provenance.corpora_of(heard)
    taught_by = job.teacher.bundle.card if job.teacher else None
    speakers = {*heard.speakers, *(taught_by.training_speakers if taught_by else ())}
    return Card(
        name=job.name or job.settings.network,
        emotions=job.labels,
        frontend=job.spec.to_dict(),
        fingerprint=job.spec.fingerprint,
        network=provenance.network(job.settings.network, model),
        corpora=learnt_from,
        licence=job.licence or ", ".join(sorted({str(corpus["licence"]) for corpus in learnt_from})),
        training_speakers=tuple(sorted(speakers)),
        validation_speakers=validation.clips.speakers,
        validation=job.fold.validation_by,
        protocol=job.settings.protocol,
        speaker_independent=job.independent,
        scores={} if job.fold.test else run_folder.pooled(job.folder.parent),
        temperature=temperature,
        notes=provenance.notes(
            taught_by, min(job.settings.recipe.calibration_folds, len(heard.speakers)), job.unlabelled
        ),
        commit=provenance.commit(),
    )


def _bundle(job: Job, card: Card, model: Any) -> Bundle:
    for name in KEPT:
        save(model, job.folder / name)
    files = {name: (job.folder / name).read_bytes() for name in KEPT}
    return Bundle.save(job.folder, card, {"model.onnx": export.to_onnx(model).SerializeToString(), **files})
