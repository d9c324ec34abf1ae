"""Faults planted in real speech appear among the findings that the program prints, by the names of their files."""

import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from planted import corpus, faulty


def hear_interrupts():
    """Undo what a shell does to what it starts in the background, which ignores Ctrl-C ever after."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def explore(*words, cache):
    command = [sys.executable, "-m", "quaver", "explore", *map(str, words)]
    own = {**os.environ, "QUAVER_CACHE": str(cache)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=own, preexec_fn=hear_interrupts, **pipes)


@pytest.fixture(scope="module")
def found(emodb, tmp_path_factory):
    """The findings by their kind."""
    folder = tmp_path_factory.mktemp("faulty")
    program = explore(faulty(emodb, folder), "--json", cache=folder / "cache")
    out, err = program.communicate(timeout=500)
    assert program.returncode == 0, err
    by_kind = {}
    for finding in json.loads(out)["findings"]:
        by_kind.setdefault(finding["kind"], []).append(finding)
    return by_kind


@pytest.mark.parametrize(
    ("kind", "tone", "file"),
    [
        ("unreadable", "fix", "broken.wav"),
        ("unreadable", "fix", "gone.wav"),
        ("unreadable", "fix", "silent.wav"),
        ("duplicate", "fix", "same.flac"),
        ("duplicate", "fix", "theirs.wav"),
        ("near-duplicate", "fix", "coded.ogg"),
        ("near-duplicate", "look", "quieter.wav"),
        ("near-duplicate", "look", "cut.wav"),
        ("odd-clipped", "fix", "clipped.wav"),
        ("odd-dc", "fix", "offcentre.wav"),
        ("odd-silence", "look", "pauses.wav"),
        ("odd-level", "look", "faint.wav"),
        ("odd-bandwidth", "look", "narrow.wav"),
        ("odd-rate", "look", "rate.wav"),
    ],
)
def test_a_planted_fault_is_named(found, kind, tone, file):
    named = [finding for finding in found[kind] if any(file in clip["file"] for clip in finding["clips"])]
    assert [finding["tone"] for finding in named] == [tone]


def test_what_corpora_and_speakers_lack_is_named(found):
    assert "neutral is missing from other; sad is missing from other" in found["missing-class"][0]["text"]
    assert "other/16 (angry)" in found["one-class-speaker"][0]["text"]


def test_sound_clips_are_left_in_peace(found):
    measured = [f for kind, some in found.items() if kind.startswith("odd-") for f in some]
    assert all(finding["total"] <= 6 for finding in measured if finding["kind"] != "odd-rate"), measured


def test_names_columns_rates_and_channels_of_every_kind_are_taken(tmp_path, rng, monkeypatch):
    import soundfile

    from quaver.explore import look, write
    from quaver.manifest import Manifest

    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))
    names = ["żółw 日本語 & <b>.wav", f"{'long-' * 40}.wav", "telephone.wav", "stereo.wav"]
    rows = ["path,corpus,speaker,emotion,weather"]
    for name, rate, channels in zip(names, (16_000, 16_000, 8_000, 48_000), (1, 1, 1, 2), strict=True):
        soundfile.write(tmp_path / name, rng.normal(0, 0.1, (rate, channels)), rate)
        rows += [f'"{name}","Körpus","sprecher {rate}","traurig {len(rows)}","rain"']
    (tmp_path / "m.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    seen = look(Manifest.read(tmp_path / "m.csv"), copies=False)
    write(seen, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(seen.clips) == 4 and not seen.sounds.failures
    assert "żółw 日本語 &amp; &lt;b&gt;.wav" in text and "Körpus" in text and "traurig 4" in text
    assert sorted(zip(*(seen.sounds.values[k].tolist() for k in ("rate", "channels")), strict=True))[-1] == (48, 2)


@pytest.mark.parametrize(
    ("rows", "said"), [("", "lists no clips"), ("gone.wav,own,a,sad\n", "not one of 1 clips could be read")]
)
def test_what_cannot_be_seen_is_said_in_a_line(tmp_path, rows, said):
    (tmp_path / "m.csv").write_text(f"path,corpus,speaker,emotion\n{rows}")
    program = explore(tmp_path / "m.csv", "-o", tmp_path / "page.html", cache=tmp_path / "cache")
    out, err = program.communicate(timeout=100)
    lines = [line for line in err.splitlines() if not line.startswith("listening")]
    assert program.returncode == 1 and len(lines) == 1 and said in lines[0]
    assert not (tmp_path / "page.html").exists()


def test_an_interrupted_look_leaves_nothing_and_goes_on_where_it_was(tmp_path, rng):
    corpus(tmp_path, rng, takes=60).write(tmp_path / "m.csv")
    page, cache = tmp_path / "page.html", tmp_path / "cache"
    program = explore(tmp_path / "m.csv", "-o", page, cache=cache)
    told = ""
    while "comparing" not in told:
        told += program.stderr.readline()
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode not in (0, None) and "Traceback" not in err
    assert not page.exists() and not list(tmp_path.glob(".page*"))
    (kept,) = sqlite3.connect(cache / "sounds-1.sqlite").execute("SELECT count(*) FROM sounds").fetchone()
    assert kept == 240
