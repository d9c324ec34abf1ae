"""`quaver train`: one bundle a fold of a protocol, or a final one on everybody."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.choices import one_of
from quaver.cli.output import Json, emit, progress, say

if TYPE_CHECKING:
    from quaver.manifest import Manifest
    from quaver.train import Settings

Manifests = Annotated[list[Path], typer.Argument(help="Manifest CSVs; made by `quaver manifest`.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")]
Fold = Annotated[list[int] | None, typer.Option("--fold", help="Train this fold only; may be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    manifests: Manifests,
    output: Out,
    network: Annotated[str, one_of("networks.NAMES", "Which network.")] = "article",
    frontend: Annotated[str, one_of("frontend.NAMES", "Which features; without, those that the network is for.")] = "",
    protocol: Annotated[
        str, one_of("splits.protocol_names", "Who is tested: `quaver train --protocol list`.")
    ] = "speakers-5fold",
    fold: Fold = None,
    final: Annotated[bool, typer.Option("--final", help="One bundle on everybody, none tested.")] = False,
    epochs: Annotated[int, typer.Option(min=1, help="At most; one shows as many rows as there are clips.")] = 60,
    batch: Annotated[int, typer.Option(min=1)] = 16,
    learning_rate: Annotated[float, typer.Option()] = 1e-3,
    schedule: Annotated[
        str, one_of("recipe.SCHEDULES", "The rate falls by stalls, or as a cosine over all epochs.")
    ] = "stalls",
    patience: Annotated[int, typer.Option(help="Epochs without a better one, then stop; not with a cosine.")] = 15,
    choose: Annotated[
        str, one_of("recipe.CHOICES", "Keep the best epoch by validation, uar or loss, or the last.")
    ] = "uar",
    seed: Annotated[int, typer.Option()] = 0,
    variants: Annotated[str, typer.Option(help="Rows a training clip becomes besides itself.")] = "noise,stretch+pitch",
    balance: Annotated[
        str, one_of("balance.BALANCES", "Weigh rare classes: emotion; corpus, corpus-root: in each.")
    ] = "",
    mixup: Annotated[float, typer.Option(help="Mix clips; the Beta distribution's parameter, such as 1.")] = 0,
    warp: Annotated[float, typer.Option(min=0, max=0.3, help="Stretch tempo and bands of excerpts by up to this.")] = 0,
    adapted: Annotated[bool, typer.Option("--adapted", help="Learn voices as profiles make them, too.")] = False,
    styles: Annotated[float, typer.Option(min=0, max=1, help="Share of clips shown with another voice.")] = 0,
    average: Annotated[float, typer.Option(min=0, max=0.99, help="Of the mean of weights that stays an epoch.")] = 0,
    refit: Annotated[bool, typer.Option("--refit", help="Then let validation speakers teach too.")] = False,
    calibration_folds: Annotated[int, typer.Option(min=0, help="Calibrate by so many refits, each without some.")] = 0,
    teacher: Annotated[str, typer.Option(help="Learn from its answers: a run of the same folds, or a bundle.")] = "",
    teacher_share: Annotated[float, typer.Option(min=0, max=1, help="Of its answers beside the labels.")] = 0.5,
    unlabelled: Annotated[
        list[Path] | None, typer.Option(help="Manifest of more clips, which the teacher labels; may be repeated.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    allow_leak: Annotated[bool, typer.Option("--allow-leak", help="Train although sides share speakers.")] = False,
    as_json: Json = False,
) -> None:
    """Train a network, one bundle a fold; Ctrl-C leaves a checkpoint that --resume goes on from.

    quaver train data/emodb/manifest.csv --protocol emodb-loso -o run
    quaver train m.csv --protocol speakers-5fold -o run --resume
    quaver train m.csv -o run --final
    quaver train m.csv --network nano --teacher run-of-small -o run-of-nano
    quaver train m.csv --network nano --teacher run-of-small --unlabelled calls.csv -o run-of-nano
    """
    settings = _settings(**locals())
    from quaver.manifest import Manifest

    clips = Manifest.read(*manifests)
    try:
        if final:
            _final(clips, settings, output, resume, as_json)
        else:
            _folds(clips, settings, output, fold, resume, allow_leak, as_json)
    except KeyboardInterrupt:
        say(f"stopped; what is finished lies in {output}. The same command with --resume goes on.")
        raise


def _settings(
    network: str,
    frontend: str,
    protocol: str,
    variants: str,
    teacher: str,
    teacher_share: float,
    unlabelled: list[Path] | None,
    **more: Any,
) -> "Settings":
    """Make settings of the command's options; those of the recipe have the names of its fields."""
    from quaver.errors import TrainingError
    from quaver.networks import made_for
    from quaver.recipe import Recipe
    from quaver.teaching import Teaching
    from quaver.train import Settings

    recipe = Recipe(**{field.name: more[field.name] for field in fields(Recipe) if field.name in more})
    rows = ("", *(name for name in variants.split(",") if name))
    if unlabelled and not teacher:
        raise TrainingError("--unlabelled clips are labelled by a teacher; name one with --teacher.")
    more_clips = tuple(str(path) for path in unlabelled or ())
    teaching = Teaching(teacher, teacher_share, unlabelled=more_clips) if teacher else None
    return Settings(network, frontend or made_for(network), protocol, rows, recipe, teaching)


def _final(clips: "Manifest", settings: "Settings", output: Path, resume: bool, as_json: bool) -> None:
    from quaver import train as training

    with progress("features") as bar:
        bundle = training.final(clips, settings, output, resume=resume, say=say, progress=bar)
    emit({"bundle": str(bundle.path)}, as_json, lambda: f"quaver predict --bundle {bundle.path} clip.wav")


def _folds(
    clips: "Manifest",
    settings: "Settings",
    output: Path,
    fold: list[int] | None,
    resume: bool,
    allow_leak: bool,
    as_json: bool,
) -> None:
    from quaver import train as training

    with progress("features") as bar:
        scores = training.run(
            clips, settings, output, folds=fold, resume=resume, allow_leak=allow_leak, say=say, progress=bar
        )
    if scores:
        emit(scores.to_dict(), as_json, scores.text)
    else:
        emit({}, as_json, lambda: f"{output}: folds are missing; --resume trains them.")
