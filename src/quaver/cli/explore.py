"""`quaver explore`: a page about a corpus, to be read before training on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.output import Json, emit, stages

if TYPE_CHECKING:
    from quaver.explore import Finding, Look

Manifests = Annotated[list[Path], typer.Argument(help="Manifest CSVs; made by `quaver manifest`.")]
Out = Annotated[Path | None, typer.Option("-o", "--output", dir_okay=False, help="The page; explore.html.")]
Audio = Annotated[bool, typer.Option("--audio/--no-audio", help="Whether clips of the corpus can be played in it.")]
Copies = Annotated[bool | None, typer.Option("--copies/--no-copies", help="Seek near-duplicates; up to 50,000 clips.")]
Cache = Annotated[bool, typer.Option("--cache/--no-cache", help="Remember features by the files' content.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explore)


def explore(
    manifests: Manifests,
    output: Out = None,
    audio: Audio = True,
    copies: Copies = None,
    cache: Cache = True,
    as_json: Json = False,
) -> None:
    """See a corpus before training on it: one page that opens from disk, with pictures and sounds.

    quaver explore data/emodb/manifest.csv -o emodb.html
    quaver explore ravdess.csv tess.csv nemo.csv -o all.html --no-audio
    quaver explore m.csv --json                               the findings alone, for programs
    """
    from quaver.explore import look, summary, write
    from quaver.manifest import Manifest

    clips = Manifest.read(*manifests)
    page = output or (None if as_json else Path("explore.html"))
    with stages() as stage:
        seen = look(clips, copies=copies, cache=cache, stage=stage)
        if page:
            write(seen, page, audio=audio, stage=stage)
    emit(summary(seen) | {"page": str(page) if page else None}, as_json, lambda: _text(seen, page))


def _text(look: "Look", page: Path | None) -> str:
    """List the findings, a line each."""
    from quaver.explore import findings

    head = f"{page}: {len(look.manifest)} clips, {len(look.manifest.speakers)} speakers."
    return "\n".join([head, *map(_line, findings(look))])


def _line(finding: "Finding") -> str:
    return f"  {finding.tone:5} {finding.text}"
