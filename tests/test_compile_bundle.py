"""Bundles in C: features as in NumPy, probabilities as in ONNX Runtime, on real clips, under sanitizers, fuzzed."""

import subprocess

import numpy as np
import pytest
import soundfile
from c_programs import SANITIZED, STRICT, compiler, vectors
from tiny_bundle import bundle

from quaver import audio, frontend, zoo
from quaver.compile.source import program_of
from quaver.manifest import Manifest
from quaver.predict import Predictor

FEATURES_BAR = 1e-4  # of the largest value of a group, as between NumPy and librosa
MAIN = """#include <stdio.h>
#include "quaver_model.h"

/* Read a count and as many samples, write the status, the features and the probabilities; again until the end. */
static quaver_arena arena;
static float samples[1 << 20], features[QUAVER_INPUTS], probabilities[QUAVER_OUTPUTS];

int main(void)
{
    int head[3];
    while (fread(head, 4, 1, stdin) == 1 && fread(samples, 4, (size_t)head[0], stdin) == (size_t)head[0]) {
        head[1] = quaver_features(&arena, samples, head[0], features);
        head[2] = quaver_classify(&arena, samples, head[0], probabilities);
        fwrite(head, 4, 3, stdout);
        fwrite(features, 4, QUAVER_INPUTS, stdout);
        fwrite(probabilities, 4, QUAVER_OUTPUTS, stdout);
    }
    return 0;
}
"""
OK, TOO_SHORT, TOO_LONG, NOT_FINITE, SILENT = range(5)


class Program:
    """A bundle's program that hears samples from standard input."""

    def __init__(self, folder, made, flags, keep=True):
        self.program, self.folder = program_of(made, "a test", keep=keep), folder
        for name, content in self.program.files("binary").items():
            (folder / name).write_bytes(content)
        (folder / "hear.c").write_text(MAIN)
        command = [compiler(), *STRICT, *flags, "hear.c", "quaver_model.c", "-c"]
        assert (done := subprocess.run(command, cwd=folder, capture_output=True, text=True)).returncode == 0, (
            done.stderr
        )
        objects = ["hear.o", "quaver_model.o", "quaver_weights.c"]
        link = [compiler(), *(f for f in flags if "sanitize" in f), *objects, "-o", "hear", "-lm"]
        made = subprocess.run(link, cwd=folder, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr

    def __call__(self, *sounds):
        fed = b"".join(np.int32(len(s)).tobytes() + np.asarray(s, "<f4").tobytes() for s in sounds)
        done = subprocess.run([self.folder / "hear"], input=fed, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        rows = np.frombuffer(done.stdout, "<f4").reshape(len(sounds), -1)
        return rows[:, :3].copy().view("<i4")[:, 1:], rows[:, 3:165], rows[:, 165:]


@pytest.fixture(scope="module")
def clips(emodb):
    """Two hundred clips of real speech, each of another sentence, speaker or emotion."""
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv")][::2][:200]
    return [audio.load(path, 22_050)[0] for path in paths]


@pytest.fixture(scope="module")
def article(tmp_path_factory):
    return Program(tmp_path_factory.mktemp("article"), zoo.load("article"), ["-O2", *vectors()])


@pytest.fixture(scope="module")
def edges(tmp_path_factory):
    """The edge variant on a dense layer: spectra kept, and spectra computed twice in plain C under sanitizers."""
    spec = frontend.spec("article-edge")
    given = {"frontend": spec.to_dict(), "fingerprint": spec.fingerprint, "temperature": 1.6}
    made = bundle(tmp_path_factory.mktemp("edge") / "bundle", **given)
    kept = Program(tmp_path_factory.mktemp("kept"), made, ["-O2", *vectors()])
    lean = Program(tmp_path_factory.mktemp("lean"), made, [*SANITIZED, "-DQUAVER_PLAIN"], keep=False)
    return made, kept, lean


def assert_same_features(got, sound, spec):
    wanted = frontend.features(sound, spec)
    for kind, group in spec.groups.items():
        assert np.abs(got[group] - wanted[group]).max() <= FEATURES_BAR * np.abs(wanted[group]).max(), kind


def test_features_are_those_of_numpy_on_real_clips(article, clips):
    sounds = [clip[: article.program.contract.sound.longest] for clip in clips[::5]]
    status, features, _ = article(*sounds)
    assert (status == OK).all()
    for got, sound in zip(features, sounds, strict=True):
        assert_same_features(got, sound, frontend.spec("article"))


def test_the_edge_variant_gives_the_same_with_less_memory(edges, clips):
    made, kept, lean = edges
    sounds = [clip[: kept.program.contract.sound.longest] for clip in clips[::40]]
    predictor = Predictor(made)
    for program in (kept, lean):
        status, features, probabilities = program(*sounds)
        assert (status == OK).all()
        for got, shares, sound in zip(features, probabilities, sounds, strict=True):
            assert_same_features(got, sound, frontend.spec("article-edge"))
            wanted = list(predictor.predict(sound, 22_050).probabilities.values())
            assert np.abs(shares - wanted).max() <= 1e-4
    assert lean.program.arena < 32_768 < kept.program.arena


def test_the_lean_network_of_the_shipped_bundle_fits_small_memories():
    program = program_of(zoo.load("article"), "a test", keep=False)
    assert program.plan.arena <= 20_000


def test_the_shipped_bundle_agrees_with_onnx_runtime_on_200_clips(article, clips):
    predictor = Predictor(zoo.load("article"))
    status, _, probabilities = article(*clips)
    assert (status[:, 1] == OK).all()
    wanted = np.array([list(predictor.predict(clip, 22_050).probabilities.values()) for clip in clips])
    same = probabilities.argmax(axis=1) == wanted.argmax(axis=1)
    assert same.mean() >= 0.97
    assert np.abs(probabilities - wanted).max() < 0.02
    assert max(map(len, clips)) > article.program.contract.sound.longest, "no clip was heard in windows"


def test_odd_sounds_are_heard_or_refused_as_in_python(edges):
    _, kept, lean = edges
    rng = np.random.default_rng(0)
    tone = np.sin(np.arange(9000) / 20)
    for program in (kept, lean):
        longest = program.program.contract.sound.longest
        cases = {
            TOO_SHORT: [np.zeros(0), np.ones(1), rng.normal(size=2204)],
            NOT_FINITE: [
                np.r_[tone, np.nan],
                np.r_[np.inf, tone],
                np.full(5000, 1e20),
                np.r_[tone, np.full(longest, np.nan)],
            ],
            SILENT: [np.zeros(5000), np.full(5000, 5e-5), np.zeros(longest + 1)],
            OK: [tone, np.eye(1, 4000, 1999)[0], np.full(2205, 0.5), np.r_[np.zeros(longest), tone], 1e6 * tone],
        }
        for expected, sounds in cases.items():
            status, _, probabilities = program(*sounds)
            assert (status[:, 1] == expected).all()
            if expected == OK:
                assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-5
        status, _, _ = program(np.r_[tone, np.zeros(longest)])
        assert status[0].tolist() == [TOO_LONG, OK]


def test_random_lengths_and_samples_never_break_it(edges):
    """Under sanitizers: whatever the bits and the length, a status and finite numbers come back."""
    _, _, lean = edges
    rng = np.random.default_rng(1)
    sounds = []
    for _ in range(20):
        length = int(rng.choice([0, 1, 2204, 2205, *rng.integers(2, 12_000, 4)]))
        noise, bits = rng.normal(size=length), rng.integers(0, 2**32, length, np.uint32).view("<f4")
        sounds.append(noise if rng.integers(2) else bits)
    status, features, probabilities = lean(
        *[np.nan_to_num(s, nan=np.nan, posinf=np.inf, neginf=-np.inf) for s in sounds]
    )
    for codes, values, shares in zip(status, features, probabilities, strict=True):
        if codes[0] == OK:
            assert np.isfinite(values).all()
        if codes[1] == OK:
            assert np.isfinite(shares).all()


def test_the_command_reads_every_kind_of_wav(article, tmp_path, clips):
    main = [compiler(), *STRICT, *SANITIZED, "main.c", "quaver_model.o", "quaver_weights.c", "-o", "main", "-lm"]
    done = subprocess.run(main, cwd=article.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    paths = []
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"):
        paths.append(tmp_path / f"{subtype}.wav")
        sound = clips[0] if subtype != "FLOAT" else np.stack([clips[0], clips[0]], axis=1)
        soundfile.write(paths[-1], sound, 22_050, subtype=subtype)
    other = tmp_path / "16k.wav"
    soundfile.write(other, audio.resample(clips[0], 22_050, 16_000), 16_000, subtype="FLOAT")
    (tmp_path / "cut.wav").write_bytes(paths[0].read_bytes()[:30])
    (tmp_path / "text.wav").write_text("no sound")
    done = subprocess.run(
        [article.folder / "main", *paths, other, *tmp_path.glob("[ct]*.wav")], capture_output=True, text=True
    )
    assert done.returncode == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == 6
    assert len({row[1] for row in rows}) == 1
    assert done.stderr.count("\n") == 2
    assert subprocess.run([article.folder / "main", "none.wav"], capture_output=True).returncode == 1
