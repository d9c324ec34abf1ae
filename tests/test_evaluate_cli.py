import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from quaver import evaluate
from quaver.cli import evaluate as command
from quaver.errors import QuaverError
from quaver.manifest import Clip

LABELS = ("angry", "happy", "sad")


@pytest.fixture
def app():
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    return app


@pytest.fixture
def call(app):
    def invoke(*words):
        return CliRunner().invoke(app, ["evaluate", *map(str, words)])

    return invoke


@pytest.fixture
def runs(tmp_path):
    """Three runs of two folds that differ in their answers."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        for speaker in ("01", "02"):
            truth = rng.integers(3, size=30)
            p = rng.dirichlet(np.ones(3), size=30) * 0.7 + 0.3 * np.eye(3)[truth]
            clips = [Clip(Path(f"{speaker}-{i}.wav"), "own", speaker, "") for i in range(30)]
            evaluate.save_predictions(tmp_path / f"run{seed}" / f"fold-{speaker}" / "test.npz", p, truth, clips, LABELS)
    return [tmp_path / f"run{seed}" for seed in range(3)]


def test_a_run_is_reported_as_text_and_as_json(call, runs):
    scores = evaluate.run(runs[0])
    assert call(runs[0]).stdout == scores.text() + "\n"
    assert json.loads(call(runs[0], "--json").stdout) == scores.to_dict()


def test_several_runs_give_mean_and_range(call, runs):
    value = json.loads(call(*runs, "--json").stdout)
    uars = [evaluate.run(run).uar for run in runs]
    assert value["uar"]["mean"] == pytest.approx(np.mean(uars), abs=1e-6)
    assert [one["uar"] for one in value["scores"]] == uars
    text = call(*runs).stdout
    assert all(str(run) in text for run in runs) and f"{100 * max(uars):.1f}" in text.splitlines()[-1]


def test_output_holds_scores_and_charts(call, runs, tmp_path):
    pytest.importorskip("matplotlib")
    assert call(runs[0], "-o", tmp_path / "report").exit_code == 0
    names = {path.name for path in (tmp_path / "report").iterdir()}
    charts = {f"{chart}.{kind}" for chart in ("confusion", "speakers", "reliability") for kind in ("png", "svg")}
    assert names == charts | {"scores.json"}
    held = json.loads((tmp_path / "report" / "scores.json").read_text())
    assert evaluate.Scores.from_dict(held) == evaluate.run(runs[0])


def test_the_charts_of_several_runs_lie_apart(call, runs, tmp_path, monkeypatch):
    plots = pytest.importorskip("quaver.plots")
    saved = []
    monkeypatch.setattr(plots, "save", lambda figure, path: saved.append(str(path.relative_to(tmp_path / "report"))))
    assert call(*runs[:2], "-o", tmp_path / "report").exit_code == 0
    charts = ("confusion", "speakers", "reliability")
    assert saved == [f"{run}/{chart}" for run in ("1-run0", "2-run1") for chart in charts]


def test_the_seed_reaches_the_interval(call, runs, tmp_path):
    default = json.loads(call(runs[0], "--json").stdout)
    other = json.loads(call(runs[0], "--seed", 5, "--json").stdout)
    assert (default["seed"], other["seed"]) == (0, 5) and default["uar"] == other["uar"]


def test_a_bundle_without_manifests_is_a_mistake_of_usage(call):
    result = call("article")
    assert result.exit_code == 2 and "give manifests" in result.stderr


def test_options_of_bundles_are_refused_for_runs(call, runs):
    assert call(runs[0], "--protocol", "loso").exit_code == 2
    assert call(runs[0], "--allow-leak").exit_code == 2


def test_an_unknown_bundle_is_an_error_of_quaver(call, emodb):
    result = call("nosuchbundle", emodb / "manifest.csv")
    assert isinstance(result.exception, QuaverError) and "nosuchbundle" in str(result.exception)


def quaver(*words):
    return subprocess.run(
        [sys.executable, "-m", "quaver", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_the_program_scores_a_run(runs):
    done = quaver("evaluate", runs[0], "--json")
    assert done.returncode == 0 and json.loads(done.stdout) == evaluate.run(runs[0]).to_dict()


def test_the_program_prints_mistakes_as_one_line(tmp_path):
    done = quaver("evaluate", tmp_path / "nothing", tmp_path / "m.csv")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.startswith("quaver: ")
