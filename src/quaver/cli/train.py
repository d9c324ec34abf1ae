"""`quaver train`: one bundle a fold of a protocol, or a final one on everybody."""

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.output import Json, emit, progress, say

Manifests = Annotated[list[Path], typer.Argument(help="Manifest CSVs; made by `quaver manifest`.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")]
Fold = Annotated[list[int] | None, typer.Option("--fold", help="Train this fold only; may be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    manifests: Manifests,
    output: Out,
    network: Annotated[str, typer.Option(help="Which network.")] = "article",
    frontend: Annotated[str, typer.Option(help="Which features.")] = "article",
    protocol: Annotated[str, typer.Option(help="Who is tested: `quaver train --protocol list`.")] = "speakers-5fold",
    fold: Fold = None,
    final: Annotated[bool, typer.Option("--final", help="One bundle on everybody, none tested.")] = False,
    epochs: Annotated[int, typer.Option(min=1)] = 60,
    batch: Annotated[int, typer.Option(min=1)] = 64,
    learning_rate: Annotated[float, typer.Option()] = 1e-3,
    patience: Annotated[int, typer.Option(help="Epochs without a better validation UAR, then stop.")] = 12,
    seed: Annotated[int, typer.Option()] = 0,
    variants: Annotated[str, typer.Option(help="Rows a training clip becomes besides itself.")] = "noise,stretch+pitch",
    balance: Annotated[bool, typer.Option("--balance/--no-balance", help="Weigh rare classes more.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    allow_leak: Annotated[bool, typer.Option("--allow-leak", help="Train although sides share speakers.")] = False,
    as_json: Json = False,
) -> None:
    """Train a network, one bundle a fold; Ctrl-C leaves a checkpoint that --resume goes on from.

    quaver train data/emodb/manifest.csv --protocol emodb-loso -o run
    quaver train m.csv --protocol speakers-5fold -o run --resume
    quaver train m.csv -o run --final
    """
    from quaver import train as training
    from quaver.fit import Recipe
    from quaver.manifest import Manifest

    recipe = Recipe(epochs, batch, learning_rate, patience, balance=balance, seed=seed)
    rows = ("", *(name for name in variants.split(",") if name))
    settings = training.Settings(network, frontend, protocol, rows, recipe)
    clips = Manifest.read(*manifests)
    with progress("features") as bar:
        if final:
            bundle = training.final(clips, settings, output, resume=resume, say=say, progress=bar)
            emit(
                {"bundle": str(bundle.path)},
                as_json,
                lambda: f"{bundle.path} is ready: quaver predict --bundle {bundle.path} clip.wav",
            )
            return
        scores = training.run(
            clips, settings, output, folds=fold, resume=resume, allow_leak=allow_leak, say=say, progress=bar
        )
    emit(
        scores.to_dict() if scores else {}, as_json, lambda: scores.text() if scores else f"{output}: folds are missing"
    )
