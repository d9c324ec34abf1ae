"""`quaver corpora`: which there are, what a folder holds, how to get one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.output import Json, emit, progress, say

if TYPE_CHECKING:
    from quaver.corpora import Corpus
    from quaver.corpora.check import Report

_SHOWN = 10  # lines of each kind of problem that the text form of `check` prints; --json has them all

Folder = Annotated[Path, typer.Argument(help="The folder to look at.")]
Name = Annotated[str | None, typer.Option("--corpus", help="Which corpus; recognised by its names when left out.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Its folder; default: NAME in the data folder.")]
Source = Annotated[Path | None, typer.Option("--from", help="An archive or folder that is on this computer.")]
Mirror = Annotated[str, typer.Option(help="Another address: of the archive, or (ending in /) of a folder of them.")]
Sha256 = Annotated[str, typer.Option(help="What the archive must have, in hex.")]
Everything = Annotated[bool, typer.Option("--all", help="Optional archives too, such as RAVDESS's songs.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(corpora)
    group.command("list")(list_)
    group.command()(check)
    group.command()(get)
    app.add_typer(group, name="corpora")


def corpora(context: typer.Context, as_json: Json = False) -> None:
    """List the corpora quaver reads, look at one, or get one.

    quaver corpora                            which there are
    quaver corpora check DIR                  what a folder holds, and what is wrong with it
    quaver corpora get ravdess                download it from its authors
    quaver corpora get savee --from SAVEE.zip unpack what you have
    """
    if context.invoked_subcommand is None:
        list_(as_json)


def list_(as_json: Json = False) -> None:
    """List the corpora: name, language, size, licence, address."""
    from quaver.corpora import NAMES, get

    rows = [_facts(get(name)) for name in NAMES]
    emit(rows, as_json, lambda: _table(rows))


def check(directory: Folder, name: Name = None, as_json: Json = False) -> None:
    """Say which corpus a folder is, and what in it is missing, damaged, silent, duplicated or mislabelled.

    quaver corpora check ~/Downloads/TESS
    quaver corpora check DIR --corpus savee --json
    """
    from quaver.corpora.check import check as look

    with progress("listening") as bar:
        report = look(directory, name, progress=bar)
    emit(report.to_dict(), as_json, lambda: _describe(report))


def get(
    name: Annotated[str, typer.Argument(help="Its name, as `quaver corpora` lists it.")],
    output: Output = None,
    source: Source = None,
    mirror: Mirror = "",
    sha256: Sha256 = "",
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Download a corpus from its authors, or take over what you have; skips what is there, goes on where it stopped.

    quaver corpora get emodb
    quaver corpora get ravdess --all -o ~/corpora/ravdess
    quaver corpora get savee --from ~/Downloads/AudioData.zip
    """
    from quaver.corpora import get as find
    from quaver.corpora.fetch import fetch

    corpus = find(name)
    options: dict[str, Any] = {"source": source, "mirror": mirror, "sha256": sha256, "everything": everything}
    with progress("downloading") as bar:
        folder = fetch(corpus, output, **options, say=say, progress=bar)
    found = len(corpus.read(folder))
    lines = [f"{folder} holds {found} of {corpus.clips or found} clips of {corpus.title}; licence: {corpus.licence}."]
    lines += [f"quaver corpora check {folder}   says what is missing"] if found < (corpus.clips or 0) else []
    lines += [f"quaver manifest {folder} --corpus {name} -o {name}.csv   lists them"]
    emit({"corpus": name, "folder": str(folder), "clips": found}, as_json, lambda: "\n".join(lines))


def _facts(corpus: "Corpus") -> dict[str, Any]:
    return {
        "name": corpus.name,
        "title": corpus.title,
        "language": corpus.language,
        "licence": corpus.licence,
        "address": corpus.address,
        "clips": corpus.clips,
        "speakers": corpus.speakers,
        "emotions": list(corpus.labels),
        "counts": dict(corpus.counts),
        "download": bool(corpus.archives),
        "note": corpus.note,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [f"{'name':10} {'language':8} {'clips':>6} {'speakers':>8} {'emotions':>8}  licence, address"]
    for row in rows:
        size = [row["clips"] or "any", row["speakers"] or "any", len(row["emotions"]) or "any"]
        numbers = f"{size[0]:>6} {size[1]:>8} {size[2]:>8}"
        lines.append(f"{row['name']:10} {row['language']:8} {numbers}  {row['licence']}\n{'':45}{row['address']}")
    return "\n".join(line.rstrip() for line in lines)


def _describe(report: "Report") -> str:
    of_clips = f" of {report.expected_clips}" if report.expected_clips else ""
    of_speakers = f" of {report.expected_speakers}" if report.expected_speakers else ""
    lines = [
        f"{report.folder}",
        f"{report.title}: {report.clips}{of_clips} clips, {report.speakers}{of_speakers} speakers",
        ", ".join(f"{label} {number}" for label, number in report.emotions.items()),
    ]
    problems = {
        "missing": list(report.missing),
        "damaged": [f"{problem.file}: {problem.reason}" for problem in report.damaged],
        "silent": [problem.file for problem in report.silent],
        "duplicated": [" = ".join(group) for group in report.duplicated],
        "mislabelled": [f"{problem.file}: {problem.reason}" for problem in report.mislabelled],
        "no clips of it": list(report.unknown),
    }
    for kind, entries in problems.items():
        lines.append(f"{kind}: {len(entries) or 'none'}")
        lines += [f"  {entry}" for entry in entries[:_SHOWN]]
        lines += [f"  and {len(entries) - _SHOWN} more; --json lists them"] if len(entries) > _SHOWN else []
    return "\n".join([*lines, report.note] if report.note else lines)
