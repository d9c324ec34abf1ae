"""`quaver profiles`: whose voices are known on this machine; shown, exported, deleted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.output import Json, emit

Name = Annotated[str, typer.Argument(help="Name of the profile.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="Write to this file.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(rich_markup_mode=None, add_completion=False)
    group.callback(invoke_without_command=True)(profiles)
    for command in (export, delete):
        group.command()(command)
    app.add_typer(group, name="profiles")


def profiles(context: typer.Context, as_json: Json = False) -> None:
    """List the people whose voices quaver knows on this machine.

    quaver predict clip.wav --speaker anna     hear a clip of anna's, and learn her voice from it
    quaver profiles                            who is known
    quaver profiles export anna -o anna.json   everything that is kept of her
    quaver profiles delete anna                forget her

    Profiles are personal data. They never leave the machine unless you export them.
    """
    from quaver import profiles as kept

    if context.invoked_subcommand is None:
        found = [{"name": profile.name, "clips": profile.clips} for profile in map(kept.read, kept.names())]
        emit(found, as_json, lambda: _table(found))


def export(name: Name, output: Out, as_json: Json = False) -> None:
    """Write everything that is kept of a person to a JSON file."""
    from quaver import profiles as kept
    from quaver.files import write_json

    profile = kept.read(name)
    told = {"name": name, "model": profile.model, "clips": profile.clips, "mean": profile.mean.tolist()}
    write_json(output, told | {"squares": profile.squares.tolist()})
    emit({"name": name, "file": str(output)}, as_json, lambda: f"{output} holds what is kept of {name}.")


def delete(name: Name, as_json: Json = False) -> None:
    """Forget a person."""
    from quaver import profiles as kept

    kept.delete(name)
    emit({"name": name, "deleted": True}, as_json, lambda: f"{name} is forgotten.")


def _table(found: list[dict[str, Any]]) -> str:
    if not found:
        return "Nobody is known; quaver predict clip.wav --speaker NAME begins a profile."
    wide = max(len(row["name"]) for row in found)
    return "\n".join(f"{row['name']:<{wide}}  {row['clips']} clips heard" for row in found)
