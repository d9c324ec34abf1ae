"""`quaver report`: a page about a training run."""

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.output import Json, emit, say

Folder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, or of one of its folds.")]
Out = Annotated[Path | None, typer.Option("-o", "--output", dir_okay=False, help="The page; report.html.")]
Audio = Annotated[bool, typer.Option("--audio/--no-audio", help="Whether the mistakes can be played in it.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(run: Folder, output: Out = None, audio: Audio = True, as_json: Json = False) -> None:
    """See a training run: curves, confusion, voices, calibration, and the mistakes it was surest of.

    quaver report run -o run.html
    quaver report run/fold-01 -o fold.html
    quaver report run --json                    scores and mistakes alone, for programs
    """
    from quaver.report import read, write

    told = read(run)
    page = output or (None if as_json else Path("report.html"))
    if page:
        say(f"drawing {page} …")
        write(told, page, audio=audio)
    uar, wrong = 100 * told.scores.uar, told.wrong
    emit(
        told.to_dict() | {"page": str(page) if page else None},
        as_json,
        lambda: f"{page}: UAR {uar:.1f} %, {wrong} of {told.scores.clips} answers wrong.",
    )
