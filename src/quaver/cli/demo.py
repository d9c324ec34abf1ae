"""`quaver demo`: label the sample clips and draw one of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.output import Json, emit, say

DRAWN = "german-angry.opus"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the picture.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Label the sample clips, whose names say what the actors were to express, and draw one of them.

    quaver demo
    """
    from quaver.cli.inputs import Input
    from quaver.cli.predict import heard, stream
    from quaver.predict import load
    from quaver.zoo import DEFAULT, samples

    items = [Input(path.name, str(path)) for path in samples()]
    rows = heard(load(DEFAULT), items)
    if as_json:
        emit(list(rows), True, str)
        return
    say("Sample clips of speakers that the bundle has not heard; each name says what the actor was to express.\n")
    drawn = next(row for row in stream(rows, items, False, False) if row["file"] == DRAWN)
    _draw(drawn, output)


def _draw(row: Mapping[str, Any], folder: Path) -> None:
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        say("No picture: it needs matplotlib, which quaver[train] brings.")
        return
    from quaver import audio, plots
    from quaver.zoo import samples

    path = next(path for path in samples() if path.name == DRAWN)
    written = plots.save(plots.prediction(*audio.load(path), row), folder / path.stem)
    say(f"\nA picture of {DRAWN}: {written[0]}")
