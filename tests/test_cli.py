"""The program as a whole: how it is called, what it says when something is wrong, and the demo."""

import json
import os
import subprocess
import sys

import pytest

from quaver import __version__
from quaver.cli.app import build
from quaver.emotions import EMOTIONS


def quaver(*arguments, **more):
    command = [sys.executable, "-m", "quaver", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def test_version_and_help():
    assert quaver("--version").stdout == f"quaver {__version__}\n"
    told = quaver("--help")
    assert told.returncode == 0
    assert "  quaver clip.wav                                   the emotion of a file\n" in told.stdout


@pytest.mark.parametrize("command", sorted(build().commands))
def test_every_command_explains_itself_with_an_example(command):
    told = quaver(command, "--help").stdout
    assert f"\n  quaver {command}" in told or (command == "predict" and "\n  quaver clip.wav" in told)


@pytest.mark.parametrize("arguments", [["predict"], ["predict", "--nonsense"], ["train"], ["corpora", "nonsense"]])
def test_wrong_usage_exits_with_2(arguments):
    done = quaver(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_file_alone_is_predicted(tmp_path):
    done = quaver(tmp_path / "gone.wav")
    assert done.returncode == 1
    assert "gone.wav" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("word", "told"), [("import", "see `quaver --help`."), ("trian", "did you mean `quaver train`?")]
)
def test_a_word_that_is_no_command_is_not_taken_for_a_sound(word, told, tmp_path):
    done = quaver(word, tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"quaver: {word!r} is no command and no file; {told}\n"
    (tmp_path / word).mkdir()
    assert "the folder holds no sound files" in quaver(word, cwd=tmp_path).stdout


def test_an_error_is_one_line_and_debug_shows_where(tmp_path):
    arguments = ("manifest", tmp_path / "gone", "-o", tmp_path / "m.csv")
    short, long = quaver(*arguments), quaver("--debug", *arguments)
    assert (short.returncode, short.stderr.count("\n")) == (1, 1)
    assert short.stderr.startswith("quaver: ")
    assert "Traceback" in long.stderr


def test_a_reader_that_goes_away_is_no_error(emodb):
    command = f"{sys.executable} -m quaver corpora list | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1


def test_the_demo_labels_the_samples_and_draws_one(tmp_path):
    done = quaver("demo", "-o", tmp_path / "demo", env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if ".opus" in line]
    assert len(lines) == 8
    assert all(any(emotion in line.partition(".opus")[2] for emotion in EMOTIONS) for line in lines)
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert (tmp_path / "demo" / "german-angry.png").stat().st_size > 10_000


def test_the_demos_speakers_were_not_heard():
    from quaver.manifest import Manifest
    from quaver.zoo import load, names, samples

    clips = Manifest.read(samples()[0].parent / "manifest.csv")
    assert {clip.path.name for clip in clips} == {path.name for path in samples()}
    for name in names():
        assert not set(clips.speakers) & set(load(name).card.training_speakers)


def test_the_samples_are_the_clips_they_say(emodb):
    from quaver import audio
    from quaver.manifest import Manifest
    from quaver.zoo import samples

    known = {clip.path.name: clip for clip in Manifest.read(emodb / "manifest.csv")}
    clips = Manifest.read(samples()[0].parent / "manifest.csv")
    for clip in clips:
        assert audio.digest(audio.load(clip.path)[0]) == clip.sha256
        if clip.corpus == "emodb":
            assert known[clip.extra["source"]].sha256 == clip.sha256
            assert known[clip.extra["source"]].emotion == clip.emotion


def test_the_demo_as_json():
    rows = json.loads(quaver("demo", "--json").stdout)
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows)
    assert all(abs(sum(row["probabilities"].values()) - 1) < 1e-4 for row in rows)


def test_python_users_call_the_same():
    code = (
        "import quaver\n"
        "from quaver.zoo import samples\n"
        "first = quaver.predict(str(samples()[0]))\n"
        "again = quaver.load().predict(samples()[0])\n"
        "assert first.to_dict()['probabilities'] == again.to_dict()['probabilities']\n"
        "assert quaver.predict(samples()[0]).emotion == first.emotion in quaver.EMOTIONS\n"
        "quaver.Stream"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "has no attribute 'Stream'" in done.stderr.splitlines()[-1]
