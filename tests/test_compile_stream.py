"""Sounds that come bit by bit into programs that keep frames instead of samples: the same answers, in less memory."""

import subprocess

import numpy as np
import pytest
from c_programs import SANITIZED, compiler, vectors
from sound_programs import NOT_FINITE, OK, RATE, SILENT, TOO_SHORT, Program
from tiny_encoder_graph import encoder, network

from quaver import audio, frontend, zoo
from quaver.compile.hearing import hearing
from quaver.compile.source import program_of
from quaver.manifest import Manifest


@pytest.fixture(scope="module")
def speech(emodb):
    """Two minutes of real speech."""
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv")][::12]
    return np.concatenate([audio.load(path, RATE)[0] for path in paths])[: 120 * RATE]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Attention in float32 on the frames of `small`, a third of a second at once."""
    made = encoder(tmp_path_factory.mktemp("single") / "bundle", network(), frontend.spec("logmel"))
    flags = ["-O1", *SANITIZED[1:], "-DQUAVER_PLAIN"]
    return Program(tmp_path_factory.mktemp("single"), hearing(made, 0.3), flags, keep=False)


@pytest.fixture(scope="module")
def nano(tmp_path_factory):
    """The shipped bundle for microcontrollers, three seconds at once."""
    made = hearing(zoo.load("nano"), 3.0)
    return Program(tmp_path_factory.mktemp("nano"), made, ["-O2", *vectors()], keep=False)


def windows(program, sound):
    seconds = [round(program.bundle.card.window[key] * RATE) for key in ("whole", "seconds", "hop")]
    whole, window, hop = seconds
    return 0 if len(sound) <= whole else (len(sound) - window) // hop + 1


@pytest.mark.parametrize("which", ["encoded", "nano"])
def test_windows_and_short_sounds_are_heard_to_the_last_bit(which, request, speech):
    program = request.getfixturevalue(which)
    longest = round(program.bundle.card.window["whole"] * RATE)
    counts = [500, 1600, 1601, 1919, 2400, longest - 1, longest, longest + 1, 2 * longest, 90_001]
    sounds = [speech[5000 * i :][:count] for i, count in enumerate(counts)]
    for seed in range(3 if which == "nano" else 1):
        told, _, whole, streamed = program(*sounds, seed=100 * seed)
        assert not told[:, 3].any(), "a window differs from the same samples heard alone"
        assert (told[:, 1] == told[:, 2]).all()
        assert told[:, 4].tolist() == [windows(program, sound) for sound in sounds]
        short = [i for i, count in enumerate(counts) if 1600 <= count <= longest]
        assert (whole[short] == streamed[short]).all()
        assert np.ptp(whole[short], axis=0).max() > 0.05, "all sounds sound the same to this network"


def test_the_end_of_a_long_sound_differs_by_less_than_a_frame_is_worth(nano, speech):
    """The last window begins at a whole frame, so its answer may lie a little off, and the mean with it."""
    rng = np.random.default_rng(3)
    sounds = [speech[int(rng.integers(0, 60 * RATE)) :][: int(rng.integers(49_000, 200_000))] for _ in range(40)]
    told, _, whole, streamed = nano(*sounds)
    assert (told[:, 1] == OK).all()
    off = np.abs(whole - streamed).max(axis=1)
    assert off.max() <= 0.08
    assert np.median(off) <= 0.015
    assert (whole.argmax(axis=1) == streamed.argmax(axis=1)).mean() >= 0.95


def test_a_sound_may_go_on_for_long(encoded, speech):
    """Hops are counted anew after some time; the windows stay those of their samples."""
    told, _, _, _ = encoded(speech[: 30 * RATE])
    assert told[0, 3] == 0
    assert told[0, 4] == windows(encoded, speech[: 30 * RATE]) > 190


def test_odd_sounds_are_heard_or_refused_as_in_python(encoded, nano, speech):
    tone = np.sin(np.arange(9000) / 20)
    quiet = np.concatenate([speech[: 5 * RATE], np.zeros(7 * RATE, np.float32), speech[: 4 * RATE]])
    cases = {
        TOO_SHORT: [np.zeros(0), np.ones(1), np.ones(1599)],
        NOT_FINITE: [np.r_[tone, np.nan], np.r_[np.inf, tone], np.full(5000, 1e20), np.r_[tone, [np.nan] * 99_000]],
        SILENT: [np.zeros(2000), np.full(5000, 5e-5), np.zeros(100_000)],
        OK: [tone, np.eye(1, 4000, 1999)[0], np.r_[np.zeros(72_000), tone], 1e6 * tone, quiet],
    }
    for program in (encoded, nano):
        for expected, sounds in cases.items():
            told, _, _, streamed = program(*sounds)
            assert (told[:, 1] == expected).all()
            assert (told[:, 2] == expected).all()
            assert not told[:, 3].any()
            if expected == OK:
                assert np.abs(streamed.sum(axis=1) - 1).max() < 1e-5


def test_random_lengths_and_samples_never_break_it(encoded):
    """Under sanitizers: whatever the bits, the length and the pieces, a status and finite numbers come back."""
    rng = np.random.default_rng(1)
    sounds = []
    for _ in range(60):
        length = int(rng.choice([0, 1, 1599, 1600, 4800, 4801, *rng.integers(2, 30_000, 8)]))
        noise, bits = rng.normal(size=length), rng.integers(0, 2**32, length, np.uint32).view("<f4")
        spoilt = np.where(rng.random(length) < 1e-4, rng.choice([np.nan, np.inf, -np.inf, 1e30, 1e12]), noise)
        sounds.append((noise, bits, spoilt)[rng.integers(3)])
    told, _, whole, streamed = encoded(*sounds, seed=5)
    assert (told[:, 1] == told[:, 2]).all()
    assert not told[:, 3].any()
    assert np.isfinite(whole[told[:, 1] == OK]).all()
    assert np.isfinite(streamed[told[:, 2] == OK]).all()


def test_the_size_of_a_stream_is_known_before_it_is_compiled(tmp_path):
    for name, fixed in (("floats", False), ("bytes", True)):
        (tmp_path / name).mkdir()
        program = program_of(zoo.load("nano"), "a test", keep=False, fixed=fixed)
        for file, content in program.files("text").items():
            (tmp_path / name / file).write_bytes(content)
        claim = f"typedef char as_told[sizeof(quaver_stream) == {program.stream_bytes} ? 1 : -1];"
        (tmp_path / name / "claim.c").write_text(f'#include "quaver_model.h"\n{claim}\n')
        done = subprocess.run([compiler(), "-c", "claim.c"], cwd=tmp_path / name, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_stream_of_frames_is_small(nano):
    """Three seconds are 192 kB of samples."""
    numbers = nano.made.stream.numbers
    frames = 4 * numbers["QUAVER_BANDS"] * (numbers["QUAVER_KEPT"] + 2 * numbers["QUAVER_STARTS"])
    assert frames + nano.made.arena < 120_000
