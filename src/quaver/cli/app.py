"""The `quaver` program: groups put together, `quaver clip.wav` understood, mistakes printed as one line."""

import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from quaver import __version__
from quaver.errors import QuaverError

GROUPS = (
    *("predict", "demo", "profiles", "corpora", "manifest", "explore", "features"),
    *("train", "evaluate", "report", "bundles", "compile"),
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"quaver {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Hear the emotion in a voice.

    quaver clip.wav                                   the emotion of a file
    quaver predict calls/ -o calls.csv                of a folder, as a table
    quaver corpora get emodb                          fetch a corpus
    quaver manifest DIR -o m.csv                      list its clips
    quaver explore m.csv -o m.html                    see them before training
    quaver train m.csv --protocol emodb-loso -o run   train, one fold a speaker
    quaver evaluate run                               score speakers never heard
    quaver report run -o run.html                     see the run
    quaver compile article --target aarch64           a program for a device

    quaver estimates the emotion that a voice expresses as actors portray it, not what somebody feels.
    """


def build() -> Any:
    """Put the program together; the result is called with `args=[...]`."""
    app = typer.Typer(
        callback=_root,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for group in GROUPS:
        import_module(f"quaver.cli.{group}").register(app)
    program = typer.main.get_command(app)
    _keep_examples(program)
    return program


def _keep_examples(command: Any) -> None:
    """Mark paragraphs of examples, so that help does not fill them into prose."""
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(
        "\b\n" + p if p.lstrip().startswith(("quaver ", "ffmpeg ")) and "\n" in p else p for p in paragraphs
    )
    for part in getattr(command, "commands", {}).values():
        _keep_examples(part)


def main(arguments: list[str] | None = None) -> None:
    """Run the program; a mistake is one line on stderr and exit code 1, wrong usage 2."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    program = build()
    try:
        program(args=_default_command(given, program), prog_name="quaver")
    except QuaverError as error:
        if debug:
            raise
        sys.stderr.write(f"quaver: {error}\n")
        sys.exit(1)


def _default_command(given: list[str], program: Any) -> list[str]:
    """Read `quaver clip.wav` as `quaver predict clip.wav`: the first word is no command and no option."""
    words = [word for word in given if word != "--debug"]
    flags = ["--debug"] if len(words) < len(given) else []
    if words and words[0] not in program.commands and (words[0] == "-" or not words[0].startswith("-")):
        _check_word(words[0], program.commands)
        words.insert(0, "predict")
    return flags + words


def _check_word(word: str, commands: Any) -> None:
    """Refuse a word that looks like a command that is none: sounds are files that exist, or have a suffix or folder."""
    if word == "-" or any(sign in word for sign in "./\\*?[") or Path(word).exists():
        return
    near = get_close_matches(word, commands, 1, 0.7)
    meant = f"did you mean `quaver {near[0]}`?" if near else "see `quaver --help`."
    sys.stderr.write(f"quaver: {word!r} is no command and no file; {meant}\n")
    sys.exit(2)
