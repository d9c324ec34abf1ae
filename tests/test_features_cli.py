"""`quaver features`: archives without pickles, bad inputs left out, exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from quaver import audio, frontend
from quaver.cli import features as command
from quaver.errors import QuaverError
from quaver.manifest import Clip, Manifest

RATE = 16_000


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def sound(tmp_path, rng) -> Path:
    path = tmp_path / "spöken.wav"
    audio.write(path, rng.normal(0, 0.1, RATE).astype(np.float32), RATE)
    return path


@pytest.fixture
def manifest(tmp_path, sound) -> Path:
    path = tmp_path / "m.csv"
    clips = (
        Clip(sound, "mine", "01", "happy", end=0.5),
        Clip(tmp_path / "gone.wav", "mine", "01", "sad"),
        Clip(sound, "mine", "02", "calm", start=0.5),
    )
    Manifest(clips).write(path)
    return path


def run(*arguments: object) -> Result:
    app = typer.Typer()
    command.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


@pytest.mark.parametrize("name", ["article", "article-edge"])
def test_a_file_gives_the_values_that_python_gives(sound, tmp_path, name):
    result = run(sound, "--frontend", name, "-o", tmp_path / "new" / "out.npz")
    assert result.exit_code == 0, result.output
    made = arrays(tmp_path / "new" / "out.npz")
    spec = frontend.spec(name)
    assert made.keys() == {"features", "files", "names"}
    assert made["features"].dtype == np.float32
    assert np.array_equal(made["features"][0], frontend.features(audio.load(sound, 22_050)[0], spec))
    assert made["names"].tolist() == list(spec.names)


def test_spectrograms_of_clips_that_differ_in_length_are_written_one_after_another(manifest, tmp_path):
    result = run(manifest, "--frontend", "logmel", "-o", tmp_path / "out.npz", "--json")
    made = arrays(tmp_path / "out.npz")
    assert made["frames"].tolist() == [50, 50]
    assert made["features"].shape == (100, 80) and made["features"].dtype == np.float32
    assert json.loads(result.stdout)["shape"] == [2, 100, 80]
    samples, _ = audio.load(tmp_path / "spöken.wav", RATE, end=0.5)
    assert np.array_equal(made["features"][:50], frontend.features(samples, frontend.spec("logmel")))


def test_files_keep_their_names_as_given_and_their_order(sound, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("other.wav").write_bytes(sound.read_bytes())
    given = ["./spöken.wav", "other.wav", str(sound)]
    assert run(*given, "-o", "out.npz").exit_code == 0
    assert arrays(tmp_path / "out.npz")["files"].tolist() == given


def test_a_manifest_brings_emotions_and_speakers(manifest, sound, tmp_path):
    result = run(manifest, sound, "-o", tmp_path / "out.npz")
    assert result.exit_code == 0, result.output
    made = arrays(tmp_path / "out.npz")
    assert made["features"].shape == (3, 162)
    assert made["files"].tolist() == [str(sound)] * 3
    assert made["emotions"].tolist() == ["happy", "calm", ""]
    assert made["groups"].tolist() == ["mine/01", "mine/02", ""]
    assert not np.array_equal(made["features"][0], made["features"][1])
    assert {value.dtype.kind for value in made.values()} == {"f", "U"}


def test_what_is_bad_is_reported_and_left_out(manifest, sound, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("not a sound")
    result = run(text, manifest, "nothing.csv", "-o", tmp_path / "out.npz", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["shape"] == [2, 162]
    assert summary["fingerprint"] == frontend.spec("article").fingerprint
    assert {Path(one["file"]).name for one in summary["failures"]} == {"text.wav", "gone.wav", "nothing.csv"}
    assert all(Path(one["file"]).name in result.stderr for one in summary["failures"])
    assert arrays(tmp_path / "out.npz")["files"].tolist() == [str(sound)] * 2


@pytest.mark.parametrize("bad", ["gone.wav", "gone.csv"])
def test_nothing_good_is_an_error_and_writes_nothing(bad, tmp_path):
    result = run(tmp_path / bad, "-o", tmp_path / "out.npz")
    assert isinstance(result.exception, QuaverError)
    assert bad in str(result.exception)
    assert not (tmp_path / "out.npz").exists()


def test_an_empty_manifest_is_an_error(tmp_path):
    Manifest().write(tmp_path / "m.csv")
    result = run(tmp_path / "m.csv", "-o", tmp_path / "out.npz")
    assert isinstance(result.exception, QuaverError)
    assert "no clips" in str(result.exception)


@pytest.mark.parametrize("wrong", [["--frontend", "cepstrum"], ["--workers", "0"], []])
def test_wrong_usage_exits_with_2(sound, tmp_path, wrong):
    output = ["-o", tmp_path / "out.npz"] if wrong else []
    result = run(sound, *output, *wrong)
    assert result.exit_code == 2
    assert "cepstrum" not in wrong or "article, article-edge" in result.stderr


def test_the_output_is_written_under_the_name_given(sound, tmp_path):
    """NumPy would add .npz."""
    assert run(sound, "-o", tmp_path / "out.features", "--no-cache").exit_code == 0
    assert arrays(tmp_path / "out.features")["features"].shape == (1, 162)
    assert not (tmp_path / "cache").exists()
