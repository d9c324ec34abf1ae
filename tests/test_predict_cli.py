import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny_bundle as tiny
import typer
from typer.testing import CliRunner

from quaver import EMOTIONS, zoo
from quaver.cli import bundles, predict
from quaver.errors import BundleError
from quaver.predict import Predictor

FOOTER = "not what somebody feels"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    thresholds = {"unsure": 0.45, "set": {"0.9": 0.1}}
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    return tiny.bundle(
        folder, tiny.network(7, strength=0.3), thresholds=thresholds, notes={"forbidden": "Not for hiring."}
    )


@pytest.fixture
def calls(tmp_path, emodb, monkeypatch):
    """A folder with three clips, one of them deeper, and things that are no sound."""
    clips = sorted((emodb / "wav").iterdir())[:3]
    (tmp_path / "calls" / "june").mkdir(parents=True)
    for clip, name in zip(clips, ("b.opus", "a.opus", "june/c [1].OGG"), strict=True):
        shutil.copy(clip, tmp_path / "calls" / name)
    (tmp_path / "calls" / "notes.txt").write_text("no sound")
    (tmp_path / "calls" / "._b.opus").write_bytes(b"hidden")
    (tmp_path / "text.wav").write_text("I am text")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "calls"


@pytest.fixture
def run(bundle):
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    predict.register(app)
    bundles.register(app)

    def call(*words, stdin=None):
        options = ["--bundle", str(bundle.path)] if words[0] == "predict" and "--bundle" not in words else []
        return CliRunner().invoke(
            app, [*map(str, words), *options], input=stdin, env={"COLUMNS": "80", "NO_COLOR": "1"}
        )

    return call


def test_one_file_as_json_is_one_object_with_the_name_as_given(run, calls, bundle):
    result = run("predict", "calls/../calls/a.opus", "--json")
    assert result.exit_code == 0 and result.stderr == ""
    expected = Predictor(bundle).predict(calls / "a.opus").to_dict()
    assert json.loads(result.stdout) == {**expected, "file": "calls/../calls/a.opus"}


def test_several_inputs_are_a_list_in_the_order_of_the_arguments(run, calls):
    result = run("predict", "text.wav", "calls/june/c*.OGG", "nowhere.wav", "calls", "calls/b.opus", "--json")
    rows = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [row["file"] for row in rows] == [
        *("text.wav", "calls/june/c [1].OGG", "nowhere.wav"),
        *("calls/a.opus", "calls/b.opus", "calls/june/c [1].OGG", "calls/b.opus"),
    ]
    assert [set(row) == {"file", "error"} for row in rows] == [True, False, True, False, False, False, False]
    assert "text, not sound" in rows[0]["error"] and "\n" not in rows[0]["error"]


def test_a_folder_or_glob_is_a_list_even_with_one_sound_in_it(run, calls):
    for word in ("calls/june", "calls/**/c*"):
        (row,) = json.loads(run("predict", word, "--json").stdout)
        assert row["file"] == "calls/june/c [1].OGG"
    assert json.loads(run("predict", "calls/june/c [1].OGG", "--json").stdout)["emotion"]  # brackets in a name


def test_exit_codes_tell_whether_any_input_succeeded(run, calls):
    assert run("predict", "text.wav", "calls/a.opus").exit_code == 0
    for words in (["text.wav"], ["text.wav", "nowhere.wav"], ["*.mp3"]):
        for form in ([], ["--json"], ["--csv"]):
            assert run("predict", *words, *form).exit_code == 1
    (calls.parent / "empty").mkdir()
    failed = json.loads(run("predict", "empty", "--json").stdout)
    assert failed == [{"file": "empty", "error": "empty: the folder holds no sound files."}]
    for words in (["predict"], ["predict", "a.wav", "--json", "--csv"], ["predict", "a.wav", "--loud"]):
        assert run(*words).exit_code == 2


def test_standard_input_is_heard(run, calls, bundle):
    content = (calls / "a.opus").read_bytes()
    heard = json.loads(run("predict", "-", "--json", stdin=content).stdout)
    expected = Predictor(bundle).predict(calls / "a.opus").to_dict()
    assert heard == {**expected, "file": "-"}
    assert run("predict", "-", stdin=b"").exit_code == 1
    assert "error" in json.loads(run("predict", "-", "--json", stdin=b"no sound").stdout)


def test_text_is_one_line_a_file_within_80_columns(run, calls):
    shutil.copy(calls / "a.opus", calls / f"{'long' * 20}.opus")
    result = run("predict", "calls", "text.wav")
    lines = result.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines) and "\x1b" not in result.stdout
    rows = json.loads(run("predict", "calls", "text.wav", "--json").stdout)
    for line, row in zip(lines, rows[:-1], strict=False):
        ranked = sorted(row["probabilities"], key=lambda label: -row["probabilities"][label])
        assert Path(row["file"]).name[-12:] in line
        words = line.split()
        assert words.index(ranked[0]) < words.index("then") < words.index(ranked[1])
        assert ("unsure" in words) == row["unsure"]
        assert f"{round(100 * row['confidence'])}%" in words
    assert len({row.get("unsure") for row in rows[:-1]}) == 2  # both kinds were looked at
    assert lines[4].startswith("text.wav") and lines[4].endswith("error: is text, not sound.")
    assert sum(FOOTER in line for line in lines) == 1 and FOOTER in lines[-1]
    assert FOOTER not in run("predict", "text.wav").stdout


def test_a_single_file_shows_every_label(run, calls):
    out = run("predict", "calls/a.opus").stdout
    row = json.loads(run("predict", "calls/a.opus", "--json").stdout)
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert tuple(lines) == EMOTIONS
    assert all(lines[label].endswith(f"{round(100 * p)}%") for label, p in row["probabilities"].items())
    fullest = max(lines, key=lambda label: lines[label].count("█"))
    assert fullest == row["emotion"]


def test_csv_has_a_row_a_file(run, calls):
    out = run("predict", "calls", "text.wav", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    told = ["file", "seconds", "emotion", "confidence", "unsure", "unfamiliar", "set"]
    assert list(rows[0]) == [*told, *EMOTIONS, "error"]
    assert [row["file"] for row in rows] == ["calls/a.opus", "calls/b.opus", "calls/june/c [1].OGG", "text.wav"]
    expected = json.loads(run("predict", "calls/a.opus", "--json").stdout)
    assert rows[0]["emotion"] == expected["emotion"] and rows[0]["error"] == ""
    assert rows[0]["set"].split("|") == expected["set"] and rows[0]["unsure"] == str(expected["unsure"]).lower()
    assert {label: float(rows[0][label]) for label in EMOTIONS} == expected["probabilities"]
    assert rows[3]["emotion"] == "" and "text" in rows[3]["error"]


@pytest.fixture
def long(calls):
    rng = np.random.default_rng(0)
    sound = 0.1 * rng.normal(size=(40, 8000))
    sound[20:32] = 0
    soundfile.write(calls / "long.wav", sound.ravel(), 8000)
    return "calls/long.wav"


def test_the_timeline_draws_each_label_and_marks_silence(run, long):
    plain, drawn = run("predict", long).stdout, run("predict", long, "--timeline").stdout
    extra = [line for line in drawn.splitlines() if line not in plain.splitlines()]
    assert [line.split()[0] for line in extra] == [*EMOTIONS, "0:00"]
    assert all("·" in line and len(line) <= 80 for line in extra[:-1])
    assert extra[-1].split() == ["0:00", "0:10", "0:20", "0:30", "0:40"]
    middle = extra[0][len("  surprise ") :]
    assert 0.45 < middle.index("·") / len(middle) < 0.6  # silent from second 20 to 32
    several = run("predict", long, "calls/a.opus", "--timeline").stdout
    assert sum(line.lstrip().startswith("0:00") for line in several.splitlines()) == 1  # a.opus is one window


def test_the_timeline_as_csv_has_a_row_a_window(run, long):
    rows = list(csv.DictReader(io.StringIO(run("predict", long, "text.wav", "--csv", "--timeline").stdout)))
    segments = json.loads(run("predict", long, "--json").stdout)["segments"]
    assert [(float(r["start"]), float(r["end"]), r["emotion"]) for r in rows[:-1]] == [
        (s["start"], s["end"], s["emotion"]) for s in segments
    ]
    assert rows[-1]["file"] == "text.wav" and rows[-1]["error"]


@pytest.mark.parametrize(("name", "words"), [("o.json", []), ("o.csv", []), ("o.txt", []), ("o.dat", ["--json"])])
def test_output_goes_to_a_file_whole(name, words, run, calls):
    result = run("predict", "calls", "-o", f"new/{name}", *words)
    assert result.exit_code == 0 and result.stdout == ""
    text = Path("new", name).read_text(encoding="utf-8")
    assert [p.name for p in Path("new").iterdir()] == [name]
    form = {"o.csv": ["--csv"], "o.txt": []}.get(name, ["--json"])
    assert text == run("predict", "calls", *form).stdout


def test_errors_that_go_into_a_file_are_told_beside_it(run, calls):
    result = run("predict", "nowhere.wav", "calls/a.opus", "-o", "o.csv")
    assert result.exit_code == 0
    assert result.stderr == "o.csv: 1 of 2 without an answer; the first: nowhere.wav does not exist.\n"
    assert run("predict", "calls/a.opus", "-o", "o.csv").stderr == ""


def test_a_terminal_without_blocks_gets_plain_signs(calls, bundle):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    code = "import typer; from quaver.cli import predict; app = typer.Typer(); predict.register(app); app()"
    words = [sys.executable, "-c", code, "--bundle", str(bundle.path), "--timeline", "calls"]
    done = subprocess.run(words, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "####" in done.stdout.decode("ascii")


def test_a_bundle_that_is_none_is_an_error(run, calls):
    result = run("predict", "calls/a.opus", "--bundle", "nonsense")
    assert isinstance(result.exception, BundleError)


def test_the_set_may_hold_the_truth_more_often(run, tmp_path_factory, calls):
    thresholds = {"unsure": 0.1, "set": {"0.8": 0.16, "0.9": 0.12, "0.95": 0.0}}
    made = tiny.bundle(tmp_path_factory.mktemp("sets") / "tiny", tiny.network(7, strength=0.3), thresholds=thresholds)
    row = json.loads(run("predict", "calls/a.opus", "--bundle", made.path, "--json").stdout)
    for coverage, bar in (("0.8", 0.16), ("0.9", 0.12), ("0.95", 0.0)):
        wider = json.loads(run("predict", "calls/a.opus", "--bundle", made.path, "--json", "--set", coverage).stdout)
        expected = [label for label, p in row["probabilities"].items() if p >= bar or label == row["emotion"]]
        assert wider == {**row, "set": expected}
    text = run("predict", "calls", "--bundle", made.path, "--set", "0.95").stdout.splitlines()[0]
    assert all(label in text for label in EMOTIONS) and " or " in text


def test_a_coverage_that_the_card_lacks_is_refused(run, calls):
    result = run("predict", "calls/a.opus", "--set", "0.5")
    assert isinstance(result.exception, BundleError) and "has no sets for 0.5" in str(result.exception)


def test_bundles_lists_what_is_installed(run, bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(zoo, "_shelf", lambda: tmp_path / "shelf")
    assert json.loads(run("bundles", "--json").stdout) == []
    assert "train" in run("bundles").stdout
    scored = tiny.bundle(tmp_path / "shelf" / "tiny", scores={"uar": 0.6123, "interval": [0.55, 0.67]})
    (row,) = json.loads(run("bundles", "--json").stdout)
    assert row == {
        "name": "tiny",
        "network": "dense",
        "frontend": "article",
        "parameters": 1141,
        "bytes": scored.size,
        "licence": "CC0-1.0",
        "scores": {"uar": 0.6123, "interval": [0.55, 0.67]},
    }
    table = run("bundles").stdout
    assert all(word in table for word in ("tiny", "article", "1,141", "61.2 %", "55-67", "CC0-1.0"))


def test_bundles_shows_a_card(run, bundle):
    text = run("bundles", bundle.path).stdout
    assert all(len(line) <= 80 for line in text.splitlines())
    for word in (*EMOTIONS, bundle.card.fingerprint, "Not for hiring.", "not scored", "emodb (535 clips, CC0-1.0)"):
        assert word in text
    assert json.loads(run("bundles", bundle.path, "--json").stdout) == bundle.card.to_dict()


def quaver(*words, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "quaver", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_the_program_reports_a_bad_bundle_in_one_line(calls):
    out, err = (program := quaver("calls/a.opus", "--bundle", "nonsense")).communicate()
    assert program.returncode == 1 and out == b""
    assert err.decode().count("\n") == 1 and "nonsense" in err.decode()


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_ends_with_130_and_no_traceback(calls, bundle):
    words = ("predict", "--bundle", bundle.path, "calls", "-")  # standard input never ends: it cannot be done too soon
    program = quaver(*words, stdin=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert program.stdout.readline()  # it is at work
    program.send_signal(signal.SIGINT)
    assert program.wait(timeout=60) == 130
    out, err = program.communicate()
    assert b"Traceback" not in err and FOOTER.encode() not in out
    assert err.decode().splitlines()[-1].startswith("stopped; ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("words", [(), ("-o", "o.csv"), ("--json",)])
def test_many_sounds_bring_a_hint_where_somebody_watches(words, calls):
    import pty

    many = ["calls/a.opus"] * predict.MANY
    assert "--together" not in watched(pty, [*many[1:], *words])
    assert "--together" not in watched(pty, [*many, *words, "--together"])
    assert "--together" not in watched(pty, [*many[1:], *["calls/none.wav"] * predict.MANY, *words])
    assert "--together hears them better" in watched(pty, [*many, *words])


def watched(pty, words):
    """Run the program with a terminal at its stderr; give what that shows."""
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "quaver", "predict", "--bundle", "small", *words]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=terminal, timeout=120)
    os.write(terminal, b"\n.\n")  # so that reading ends
    os.close(terminal)
    told = b""
    while not told.endswith(b".\r\n"):
        told += os.read(screen, 4096)
    os.close(screen)
    assert done.returncode == 0, told
    return told.decode()
