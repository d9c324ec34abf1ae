"""Log-mel features in whole numbers, of samples of sixteen bits: as near to NumPy as those in floats."""

import dataclasses
import subprocess

import numpy as np
import pytest
from c_programs import SANITIZED, STRICT, compiler
from sound_programs import OK, RATE, SILENT, Program
from tiny_encoder_graph import encoder, network

from quaver import audio, frontend, zoo
from quaver.compile import emit, weights
from quaver.compile.hearing import hearing
from quaver.compile.logmel_fixed import Sound
from quaver.compile.make import make
from quaver.compile.sound import sampled
from quaver.compile.source import program_of
from quaver.compile.targets import find
from quaver.compile.verify import bar
from quaver.errors import CompileError
from quaver.manifest import Manifest

MAIN = """
static logmel_work work;
static short samples[1 << 20];
static float features[1 << 20];

int main(void)
{
    int count;
    while (fread(&count, 4, 1, stdin) == 1 && fread(samples, 2, (size_t)count, stdin) == (size_t)count) {
        const int frames = logmel_features(&work, samples, count, features);
        fwrite(&frames, 4, 1, stdout);
        fwrite(features, 4, (size_t)(frames * MELS), stdout);
    }
    return 0;
}
"""
SPECS = {
    "logmel": frontend.spec("logmel"),
    "logmel-nano": frontend.spec("logmel-nano"),
    "loud": dataclasses.replace(frontend.spec("logmel"), n_fft=480, peak=None),  # a pass of three; as loud as it comes
}


@pytest.fixture(scope="module")
def clips(emodb):
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv")][::40]
    return [audio.load(path, RATE)[0][: 8 * RATE] for path in paths]


@pytest.fixture(scope="module", params=SPECS)
def features(request, tmp_path_factory):
    """A frontend alone under sanitizers: samples of sixteen bits in, features out."""
    spec, folder = SPECS[request.param], tmp_path_factory.mktemp(request.param)
    sound = Sound(spec, 20 * RATE)
    text = sound.text() + MAIN
    head = "#include <math.h>\n#include <stdio.h>\n#include <string.h>\n\n"
    (folder / "a.c").write_text(head + "\n".join([weights.as_text(sound.tables()), *emit.needed(text), text]))
    command = [compiler(), *STRICT, "-O1", *SANITIZED[1:], "a.c", "-o", "a", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]

    def run(*sounds):
        fed = b"".join(np.int32(len(s)).tobytes() + sampled(s, 32768).tobytes() for s in sounds)
        told = subprocess.run([folder / "a"], input=fed, capture_output=True)
        assert told.returncode == 0, told.stderr.decode()[:2000]
        rows, made = np.frombuffer(told.stdout, "<f4"), []
        for _ in sounds:
            size = spec.n_mels * int(rows[:1].view("<i4")[0])
            made, rows = [*made, rows[1 : 1 + size].reshape(-1, spec.n_mels)], rows[1 + size :]
        assert not len(rows)
        return made

    return spec, run


def heard(sound, spec):
    """What NumPy makes of the same samples of sixteen bits."""
    return frontend.features((sampled(sound, 32768) / 32768).astype(np.float32), spec)


def test_features_are_those_of_numpy_on_real_clips(features, clips):
    spec, run = features
    for gain in (1.0, 0.01):
        sounds = [gain * clip for clip in clips]
        for got, sound in zip(run(*sounds), sounds, strict=True):
            wanted = heard(sound, spec)
            assert 10 * np.log10(np.square(wanted).sum() / np.square(got - wanted).sum()) >= 100
            assert np.abs(got - wanted).max() <= 5e-4


def test_the_loudest_and_the_quietest_samples_overflow_nothing(features):
    """The sanitizers see to it that nothing does; what comes out is still what NumPy gives, where it tells apart."""
    spec, run = features
    rng = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    sounds = [
        *(np.sign(np.sin(2 * np.pi * hertz * time)) for hertz in (40, 500, 1000, 4000, 7999)),
        *(np.sin(2 * np.pi * hertz * time) for hertz in (80, 440, 3200)),
        *(rng.choice([-1.0, 1.0], RATE), rng.normal(size=RATE) / 32768),
        *(np.eye(1, RATE, 8000)[0] / 32768, rng.uniform(-1, 1, 1600)),
    ]
    for got, sound in zip(run(*sounds), sounds, strict=True):
        assert np.isfinite(got).all()
        assert np.abs(got - heard(sound, spec)).max() <= 0.02
    silent, constant = run(np.zeros(1600), np.full(1600, -1.0))
    assert np.ptp(silent) == 0
    assert np.isfinite(constant).all()  # rounding alone, where NumPy has zeros


def test_streams_and_odd_sounds_in_whole_numbers(tmp_path, clips):
    """Random samples, lengths and pieces, under sanitizers."""
    made = hearing(encoder(tmp_path / "bundle", network(), SPECS["logmel"]), 0.5)
    program = Program(tmp_path, made, ["-O1", *SANITIZED[1:], "-DQUAVER_PLAIN"], keep=False, fixed=True)
    rng = np.random.default_rng(2)
    lengths = [0, 1, 1599, 1600, 7999, 8000, 8001, *rng.integers(2, 20_000, 4)]
    sounds = [rng.uniform(-1, 1, count) * rng.choice([1, 1e-3]) for count in lengths]
    sounds += [np.full(9000, 3 / 32768), np.full(9000, 4 / 32768), np.concatenate(clips)[: 5 * RATE]]
    told, _, whole, streamed = program(*sounds, seed=3)
    assert (told[:, 1] == told[:, 2]).all()
    assert not told[:, 3].any(), "a window differs from the same samples heard alone"
    assert told[-3:, 1].tolist() == [SILENT, OK, OK]
    assert np.isfinite(whole).all()
    short = [i for i, count in enumerate(lengths) if 1600 <= count <= 8000]
    assert (whole[short] == streamed[short]).all()


def test_the_shipped_bundle_hears_the_same(tmp_path, clips):
    program = Program(tmp_path, hearing(zoo.load("nano"), 3.0), ["-O2"], keep=False, fixed=True)
    told, _, whole, _ = program(*clips)
    assert (told[:, 1] == OK).all()
    wanted = np.array([program.expected(clip) for clip in clips])
    assert (whole.argmax(axis=1) == wanted.argmax(axis=1)).all()
    assert np.abs(whole - wanted).max() <= 0.03


def test_other_frontends_have_no_fixed_point():
    with pytest.raises(CompileError, match="no fixed-point form"):
        program_of(zoo.load("article"), "a test", fixed=True)


def test_a_target_that_hands_over_floats_refuses_sixteen_bits(tmp_path):
    program = program_of(hearing(zoo.load("nano"), 1.0), "a test", keep=False, fixed=True)
    for name in ("web", "android", "x86_64"):
        with pytest.raises(CompileError, match="takes samples as floats"):
            make(program, find(name), tmp_path / name)


def test_sixteen_bits_and_attention_alone_loosen_the_bound():
    small, nano, article = (zoo.load(name) for name in ("small", "nano", "article"))
    assert bar(small) > bar(nano) == bar(article) == bar(nano, fixed=True)
    assert bar(small, fixed=True) == bar(small)
