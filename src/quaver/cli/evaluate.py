"""`quaver evaluate`: the scores of a training run, of several seeds, or of a bundle on speakers it has not heard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.choices import one_of
from quaver.cli.output import Json, emit, progress

if TYPE_CHECKING:
    from quaver.scores import Scores

What = Annotated[str, typer.Argument(metavar="RUN|BUNDLE", help="A run's folder, a bundle's folder, or its name.")]
More = Annotated[list[Path] | None, typer.Argument(metavar="[MANIFEST|RUN]...", help="Manifests, or further runs.")]
Out = Annotated[Path | None, typer.Option("-o", "--output", help="Folder for scores.json and the charts.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)


def evaluate(
    what: What,
    more: More = None,
    protocol: Annotated[str | None, one_of("splits.protocol_names", "Score only the clips of this protocol.")] = None,
    output: Out = None,
    allow_leak: Annotated[bool, typer.Option("--allow-leak", help="Score heard speakers too, marked as such.")] = False,
    adapt: Annotated[
        str,
        one_of("evaluate.ADAPTS", "Adapt a bundle to each by all its clips, without labels.", metavar="speaker|corpus"),
    ] = "",
    seed: Annotated[int, typer.Option(help="Of the interval's draws.")] = 0,
    as_json: Json = False,
) -> None:
    """Score speakers that were not heard in training.

    quaver evaluate run                                    pool the folds of a training run
    quaver evaluate seed0 seed1 seed2                      mean and range over runs
    quaver evaluate article m.csv --protocol loso          a bundle on the speakers absent from its card
    quaver evaluate small m.csv --adapt speaker            the same with a profile of each speaker
    quaver evaluate run -o report                          with charts
    """
    runs = _runs(what, more or [])
    if runs:
        _refuse_with_runs(protocol, allow_leak, adapt)
        scores = [_of_run(run, seed) for run in runs]
    else:
        scores = [_of_bundle(what, more or [], protocol=protocol, allow_leak=allow_leak, adapt=adapt, seed=seed)]
    if output:
        _write(output, scores, runs)
    emit(_value(scores), as_json, lambda: _text(scores, runs))


def _runs(what: str, more: list[Path]) -> list[Path]:
    """List the arguments if they are runs: with predictions of their own, and no manifests behind them."""
    from quaver.evaluate import is_run

    given = [Path(what), *more]
    return given if is_run(given[0]) and all(path.is_dir() for path in more) else []


def _refuse_with_runs(protocol: str | None, allow_leak: bool, adapt: str) -> None:
    if protocol or allow_leak or adapt:
        raise typer.BadParameter("--protocol, --allow-leak and --adapt go with a bundle; a run has its own answers.")


def _of_run(folder: Path, seed: int) -> "Scores":
    from quaver import evaluate

    return evaluate.run(folder, seed=seed)


def _of_bundle(name: str, manifests: list[Path], **how: Any) -> "Scores":
    from quaver import evaluate
    from quaver.manifest import Manifest

    if not manifests:
        raise typer.BadParameter(f"{name} holds no predictions of its own: give manifests whose speakers to score.")
    clips = Manifest.read(*manifests)
    with progress("features") as bar:
        return evaluate.bundle(name, clips, progress=bar, **how)


def _value(scores: "list[Scores]") -> dict[str, object]:
    from quaver import evaluate

    if len(scores) == 1:
        return scores[0].to_dict()
    return {**evaluate.over_seeds(scores), "scores": [one.to_dict() for one in scores]}


def _text(scores: "list[Scores]", runs: list[Path]) -> str:
    """Give the report of one, or a line a run with mean and range below."""
    from quaver import evaluate

    if len(scores) == 1:
        return scores[0].text()
    names = {"uar": "UAR", "wa": "WA", "macro_f1": "macro-F1"}
    summary = evaluate.over_seeds(scores)
    rows = {str(run): [getattr(one, name) for name in names] for run, one in zip(runs, scores, strict=True)}
    rows |= {title: [summary[name][title] for name in names] for title in ("mean", "min", "max")}
    wide = max(len(title) for title in rows)
    head = " " * wide + "".join(f"{title:>10}" for title in names.values())
    return "\n".join([head, *(f"{t:{wide}}" + "".join(f"{100 * v:>10.1f}" for v in row) for t, row in rows.items())])


def _write(folder: Path, scores: "list[Scores]", runs: list[Path]) -> None:
    """Write scores.json and the charts; those of several runs into a folder each."""
    from quaver import plots
    from quaver.files import write_json

    write_json(folder / "scores.json", _value(scores))
    for number, one in enumerate(scores, start=1):
        target = folder / f"{number}-{runs[number - 1].name}" if len(scores) > 1 else folder
        for chart in (plots.confusion, plots.speakers, plots.reliability):
            plots.save(chart(one), target / chart.__name__)
