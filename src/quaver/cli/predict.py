"""`quaver predict`: the emotion of files, folders, globs and standard input."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.output import Json, emit, progress, say

if TYPE_CHECKING:
    from quaver.cli.inputs import Input
    from quaver.predict import Predictor

MANY = 5  # clips
Row = Mapping[str, Any]  # Prediction.to_dict(), or {"file", "error"}
Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUT...", help="Files, folders, globs, or - for standard input.")
]
BundleOption = Annotated[
    str | None, typer.Option("--bundle", metavar="NAME|DIR", help="Which model; see `quaver bundles`.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Print a table as CSV.")]
Timeline = Annotated[bool, typer.Option("--timeline", help="Show how it changes over time; with --csv a row a window.")]
Speaker = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who speaks: adapt to the voice, and learn it for the next time.")
]
Together = Annotated[
    bool,
    typer.Option("--together", help="All come from one source: adapt to what they have in common, then answer."),
]
Coverage = Annotated[
    float | None,
    typer.Option("--set", metavar="0.9", help="Show the emotions that hold the true one this often: 0.8, 0.9 or 0.95."),
]
Out = Annotated[
    Path | None, typer.Option("-o", "--output", help="Write to this file; .json and .csv choose the format.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(predict)


def predict(
    inputs: Inputs,
    bundle: BundleOption = None,
    as_json: Json = False,
    as_csv: Csv = False,
    timeline: Timeline = False,
    coverage: Coverage = None,
    speaker: Speaker = None,
    together: Together = False,
    output: Out = None,
) -> None:
    """Hear the emotion that a voice expresses.

    quaver clip.wav                              a bar for each emotion
    quaver predict calls/ more/*.mp3             one line a file
    quaver predict interview.flac --timeline     how it changes
    quaver predict calls/ -o calls.csv           a table for other programs
    quaver predict anna/ --speaker anna          adapt to a voice; see quaver profiles
    quaver predict calls/ --together             adapt to a room, a line, a language
    ffmpeg -i clip.m4a -f wav - | quaver -       from standard input
    """
    from quaver.cli.inputs import expand, single

    form = _format(as_json, as_csv, output)
    items = expand(inputs)
    with _told_of_stop():
        predictor = _predictor(bundle, coverage)
        all_at_once = _together(together, speaker, items)
        rows = heard_together(predictor, items) if all_at_once else heard(predictor, items, speaker)
        if form == "text" and output is None:
            done = stream(rows, items, single(inputs), timeline, sets=coverage is not None)
        else:
            done = _with_bar(rows, len(items))
            _write(done, form, single(inputs), timeline, output)
            _missed(done, output)
        _hint(done, bool(speaker or together) or not predictor.network.adapts)
    if all("error" in row for row in done):
        raise typer.Exit(1)


@contextmanager
def _told_of_stop() -> Iterator[None]:
    """Say on Ctrl-C that there would have been more."""
    try:
        yield
    except KeyboardInterrupt:
        say("stopped; what is not shown was not heard, and no file was written.")
        raise


def _predictor(bundle: str | None, coverage: float | None) -> "Predictor":
    from quaver.bundle import COVERAGE
    from quaver.predict import load
    from quaver.zoo import DEFAULT

    return load(bundle or DEFAULT, coverage=coverage or COVERAGE)


def _format(as_json: bool, as_csv: bool, output: Path | None) -> str:
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other; choose one.")
    suffix = output.suffix.lower() if output else ""
    if as_json or (suffix == ".json" and not as_csv):
        return "json"
    return "csv" if as_csv or suffix == ".csv" else "text"


def _together(asked: bool, speaker: str | None, items: Sequence["Input"]) -> bool:
    """Check that the inputs can be heard together, if that is asked for."""
    if asked and speaker:
        raise typer.BadParameter("--together and --speaker exclude each other; a speaker's profile adapts further.")
    if asked and len(items) < 2:
        raise typer.BadParameter(f"--together needs several sounds of one source, got {len(items)}.")
    return asked


def heard_together(predictor: "Predictor", items: Sequence["Input"]) -> Iterator[Row]:
    """Predict all inputs with what they have in common taken out; a bad one gives its error in its place."""
    from quaver.errors import AudioError
    from quaver.together import together

    with _bar_of(len(items)) as bar:
        good = [item for item in items if not item.error]
        answers = iter(together(predictor, [item.source for item in good], bar))
    for item in items:
        told = AudioError(f"{item.name}: {item.error}.") if item.error else next(answers)
        error = {"file": item.name, "error": str(told)}
        yield error if isinstance(told, AudioError) else {**told.to_dict(), "file": item.name}


def heard(predictor: "Predictor", items: Iterable["Input"], speaker: str | None = None) -> Iterator[Row]:
    """Predict one input after another; a bad one gives its error in its place, and teaches nothing of the speaker."""
    from quaver import profiles
    from quaver.errors import AudioError

    profile = profiles.load(speaker, predictor.network.model) if speaker else None
    for item in items:
        try:
            if item.error:
                raise AudioError(f"{item.name}: {item.error}.")
            prediction, profile = predictor.listen(item.source, profile=profile)
            if profile and profile.clips:
                profile.save()
            yield {**prediction.to_dict(), "file": item.name}
        except AudioError as error:
            yield {"file": item.name, "error": str(error)}


def stream(rows: Iterable[Row], items: Sequence["Input"], alone: bool, timeline: bool, sets: bool = False) -> list[Row]:
    """Print each row as soon as it is there."""
    from rich.console import Console

    from quaver.cli.bars import Drawer

    console = Console(highlight=False, soft_wrap=True)
    draw = Drawer(console.width, [item.name for item in items], sets=sets)
    done = []
    for row in rows:
        for text in _drawn(draw, row, alone, timeline):
            console.print(text)
        done.append(row)
    _footer(console.print, done)
    return done


def _drawn(draw: Any, row: Row, alone: bool, timeline: bool) -> Iterator[Any]:
    yield draw.sheet(row) if alone and "error" not in row else draw.line(row)
    if timeline and len(row.get("segments", ())) > 1:
        yield draw.timeline(row)


def _footer(show: Callable[[Any], object], done: Sequence[Row]) -> None:
    """Say once what the answers mean, if there are any."""
    from quaver.cli.bars import FOOTER

    if not all("error" in row for row in done):
        show(f"\n{FOOTER}")


def _hint(done: Sequence[Row], knows: bool) -> None:
    """Tell where somebody watches what would hear many clips better."""
    answered = sum("error" not in row for row in done)
    if not knows and answered >= MANY and sys.stderr.isatty():
        say("All of one place or corpus? --together hears them better; all of one person? --speaker NAME.")


def _missed(done: Sequence[Row], output: Path | None) -> None:
    """Tell of inputs without an answer, where the errors went into a file."""
    errors = [row["error"] for row in done if "error" in row]
    if errors and output:
        say(f"{output}: {len(errors)} of {len(done)} without an answer; the first: {errors[0]}")


def _with_bar(rows: Iterable[Row], total: int) -> list[Row]:
    """Collect rows; show progress where somebody watches."""
    with _bar_of(total) as bar:
        done = []
        for row in rows:
            done.append(row)
            bar(len(done), total)
    return done


def _bar_of(total: int) -> Any:
    """Show progress where somebody watches."""
    watched = total > 1 and sys.stderr.isatty()
    return progress("sounds") if watched else nullcontext(lambda *_: None)


def _write(done: list[Row], form: str, alone: bool, timeline: bool, output: Path | None) -> None:
    from quaver.files import atomic_text, write_json

    value = done[0] if alone else done
    if form == "json":
        if output:
            write_json(output, value)
        else:
            emit(value, True, str)
        return
    text = _csv(done, timeline) if form == "csv" else _plain(done, alone, timeline)
    if not output:
        sys.stdout.write(text)
        return
    with atomic_text(output) as out:
        out.write(text)


def _plain(done: Sequence[Row], alone: bool, timeline: bool) -> str:
    """Draw rows for a text file of 80 columns."""
    from quaver.cli.bars import Drawer

    draw = Drawer(80, [row["file"] for row in done], "utf-8")
    lines = [text.plain for row in done for text in _drawn(draw, row, alone, timeline)]
    _footer(lines.append, done)
    return "\n".join(lines) + "\n"


def _csv(done: Sequence[Row], timeline: bool) -> str:
    """Make a table: a row a file or, for the timeline, a row a window."""
    labels = next((list(row["probabilities"]) for row in done if "error" not in row), [])
    columns = ("file", "start", "end", "emotion") if timeline else ("file", "seconds", "emotion")
    further = () if timeline else ("confidence", "unsure", "unfamiliar", "set")
    out = io.StringIO()
    writer = csv.DictWriter(out, [*columns, *further, *labels, "error"], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in done:
        for part in row.get("segments", [row]) if timeline else [row]:
            words = {
                "file": row["file"],
                "unsure": str(row.get("unsure", "")).lower(),
                "unfamiliar": str(row.get("unfamiliar", "")).lower(),
                "set": "|".join(row.get("set", ())),
            }
            writer.writerow({**part, **words, **part.get("probabilities", {})})
    return out.getvalue()
