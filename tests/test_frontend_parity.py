"""The article's features are librosa's, within 1e-4 of the largest value of the same kind in the same clip."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from quaver import audio, frontend
from quaver.frontend import tables
from quaver.manifest import Manifest

BAR = 1e-4
RATE = 22_050
SPEC = frontend.spec("article")
EDGE = frontend.spec("article-edge")


@pytest.fixture(scope="module")
def librosa():
    """Import the reference inside a test: it is slow, and nothing else needs it."""
    return pytest.importorskip("librosa")


def reference(librosa, samples: np.ndarray, tuning: float | None = None) -> np.ndarray:
    """What the article's notebooks write, kind by kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # clips shorter than a frame, and tunings of silence
        spectrum = np.abs(librosa.stft(samples))
        kinds = (
            librosa.feature.zero_crossing_rate(y=samples),
            librosa.feature.chroma_stft(S=spectrum, sr=RATE, tuning=tuning),
            librosa.feature.mfcc(y=samples, sr=RATE),
            librosa.feature.rms(y=samples),
            librosa.feature.melspectrogram(y=samples, sr=RATE),
        )
    return np.hstack([np.mean(kind.T, axis=0) for kind in kinds])


def errors(samples: np.ndarray, wanted: np.ndarray, spec: frontend.ArticleSpec = SPEC) -> dict[str, float]:
    """The largest error of each kind, as a part of its largest value; the error itself where that is zero."""
    off, size = np.abs(frontend.features(samples, spec) - wanted), np.abs(wanted)
    return {kind: float(off[part].max() / (size[part].max() or 1)) for kind, part in spec.groups.items()}


def assert_equal(librosa, samples: np.ndarray, name: str = "") -> None:
    worst = errors(samples, reference(librosa, samples))
    assert max(worst.values()) <= BAR, f"{name}: {worst}"


def tone(hz: float, seconds: float = 1.0, peak: float = 0.5) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def noise(length: int = RATE, level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(length).normal(size=length)


ODD = {
    **{f"{n} samples": noise(n) for n in (1, 2, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 2205)},
    **{f"40 hops {d:+}": noise(40 * 512 + d) for d in (-1, 0, 1)},
    **{
        f"tone at {hz} Hz": tone(hz) for hz in (20, 55, 149.5, 220, 261.6256, 440, 445.1, 880, 3999, 4000, 5000, 11_000)
    },
    "four seconds of 440 Hz": tone(440, seconds=4, peak=0.9),
    "440 Hz in 16 bit": np.round(tone(440, peak=0.01) * 32_768) / 32_768,
    "glide": np.sin(2 * np.pi * np.cumsum(np.linspace(100, 5000, 3 * RATE)) / RATE),
    "clipped": tone(220, peak=5).clip(-1, 1),
    "constant": np.full(RATE, 0.5),
    "negative constant": np.full(RATE, -0.5),
    "tone beside a constant": tone(500) + 0.3,
    "digital silence": np.zeros(RATE),
    "silence, then a tone": np.concatenate([np.zeros(RATE), tone(333)]),
    "one click": np.eye(1, RATE, RATE // 2)[0],
    "nearly silent": noise(level=1e-4),
    "very quiet": noise(level=1e-7),
    "below the limit of zero": noise(level=1e-12),
    "subnormal": noise(level=1e-41),
    "white noise": noise(3 * RATE),
    "loud": noise(level=1e3),
    "absurdly loud": noise(level=1e10),
    "sign change at every sample": (-1.0) ** np.arange(RATE),
    "saw": np.arange(2 * RATE) % 100 / 100 - 0.5,
    "drifting": 0.01 * np.cumsum(noise(20 * RATE, level=1.0)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_sounds(librosa, name):
    assert_equal(librosa, ODD[name].astype(np.float32), name)


def test_emodb(librosa, emodb):
    clips = Manifest.read(emodb / "manifest.csv").clips[::20]
    assert len(clips) > 20
    for clip in clips:
        assert_equal(librosa, audio.load(clip.path, RATE)[0], clip.path.name)


def test_the_edge_variant(librosa, emodb):
    clips = Manifest.read(emodb / "manifest.csv").clips[::100]
    for clip in clips:
        samples, _ = audio.load(clip.path, RATE)
        worst = errors(samples, reference(librosa, samples, tuning=0.0), EDGE)
        assert max(worst.values()) <= BAR, f"{clip.path.name}: {worst}"


def test_a_wrong_tuning_would_be_noticed(librosa, emodb):
    """The bar is worth something: a hundredth of a semitone more breaks it."""
    clip = Manifest.read(emodb / "manifest.csv").clips[0]
    samples, _ = audio.load(clip.path, RATE)
    tuning = librosa.estimate_tuning(S=np.abs(librosa.stft(samples)), sr=RATE)
    assert errors(samples, reference(librosa, samples, tuning=tuning))["chroma"] <= BAR
    assert errors(samples, reference(librosa, samples, tuning=tuning + 0.01))["chroma"] > BAR


def test_mel_weights(librosa):
    assert np.allclose(tables.mel(SPEC), librosa.filters.mel(sr=RATE, n_fft=2048), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("tuning", [-0.5, -0.13, 0.0, 0.3, 0.49])
def test_chroma_weights(librosa, tuning):
    wanted = librosa.filters.chroma(sr=RATE, n_fft=2048, tuning=tuning)
    assert np.allclose(tables.chroma(SPEC, tuning), wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.corpora
def test_real_clips_of_several_corpora(librosa, corpora):
    """Forty clips and more of each corpus that is there."""
    sounds = [_sounds(folder) for folder in sorted(corpora.iterdir()) if folder.is_dir()]
    chosen = [path for paths in sounds for path in paths[:: max(1, len(paths) // 40)]]
    assert len(chosen) >= 200
    for path in chosen:
        assert_equal(librosa, audio.load(path, RATE)[0], path.name)


def test_the_page_tells_what_was_measured():
    result = json.loads((ROOT / "benchmarks" / "results" / "frontend.json").read_text())
    page = (ROOT / "docs" / "frontend.md").read_text()
    for name, values in {**result["corpora"], "all": result["all"]}.items():
        faster, worst = values["times_faster"], values["worst_error"]
        row = f"| {name} | {values['clips']} | {values['librosa_ms']} | {values['quaver_ms']} | {faster['median']} ("
        assert row in page
        assert " | ".join(f"{worst[kind]:.0e}" for kind in SPEC.groups) in page
        assert max(worst.values()) <= BAR


def _sounds(folder: Path) -> list[Path]:
    """List the sound files, without the one of CREMA-D that is silent."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".opus", ".ogg", ".flac", ".wav"))
    return [path for path in files if path.stem != "1076_MTI_SAD_XX"]
