"""The log-mel spectrogram: Whisper's numbers, computed here as its paper and librosa's filters say."""

import dataclasses

import librosa
import numpy as np
import pytest
from conftest import ROOT

from quaver import audio, frontend
from quaver.errors import AudioError, SpecError
from quaver.frontend import LogmelSpec

SPEC = LogmelSpec()
WHISPER = LogmelSpec(peak=None, pause=None, floor_power=1e-10)
CLIPS = sorted((ROOT / "data" / "emodb" / "wav").iterdir())[::27]


def reference(samples: np.ndarray) -> np.ndarray:
    """Compute what Whisper computes, with librosa's transform and filters in double precision."""
    spectrum = librosa.stft(samples.astype(float), n_fft=400, hop_length=160, pad_mode="reflect")[:, :-1]
    mel = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=80).astype(float) @ np.abs(spectrum) ** 2
    logs = np.log10(np.maximum(mel, 1e-10))
    return ((np.maximum(logs, logs.max() - 8) + 4) / 4).T


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_real_clips_come_out_as_whisper_hears_them(path):
    samples, _ = audio.load(path, SPEC.sample_rate)
    values = frontend.features(samples, WHISPER)
    assert values.dtype == np.float32
    assert values.shape == (len(samples) // 160, 80)
    assert np.abs(values - reference(samples)).max() <= 1e-4


@pytest.mark.parametrize("path", CLIPS[::5], ids=lambda path: path.stem)
@pytest.mark.parametrize("gain", [1.0, 0.01, 1e-4])
def test_how_loud_a_clip_is_does_not_matter(path, gain):
    """The loudest value always lies at (2 + 4) / 4; otherwise it is what Whisper would hear at that level."""
    samples, _ = audio.load(path, SPEC.sample_rate)
    spec = dataclasses.replace(SPEC, pause=None)
    values, theirs = frontend.features(np.float32(gain) * samples, spec), reference(samples)
    assert values.max() == pytest.approx(1.5, abs=1e-6)
    assert np.abs(values - np.maximum(theirs + 1.5 - theirs.max(), -0.5)).max() <= 1e-4


@pytest.mark.parametrize("path", CLIPS[::5], ids=lambda path: path.stem)
@pytest.mark.parametrize(("pause", "edge"), [(3.0, 8), (1.5, 0), (2.0, 500)])
def test_what_lies_between_words_is_left_out(path, pause, edge):
    """Frames stay that have a band within `pause` decades of the loudest, or such a frame nearby; as they are."""
    spoken, _ = audio.load(path, SPEC.sample_rate)
    samples = np.concatenate([np.zeros(8000, np.float32), spoken, np.zeros(16_000, np.float32), spoken])
    whole = frontend.features(samples, dataclasses.replace(SPEC, pause=None))
    loud = np.flatnonzero(whole.max(axis=1) > whole.max() - pause / 4)
    near = np.abs(np.arange(len(whole))[:, None] - loud).min(axis=1) <= edge
    values = frontend.features(samples, dataclasses.replace(SPEC, pause=pause, pause_edge=edge))
    assert np.array_equal(values, whole[near])
    assert len(loud) <= len(values) < len(whole) or edge == 500


def test_how_long_nobody_speaks_does_not_matter():
    spoken, _ = audio.load(CLIPS[0], SPEC.sample_rate)
    early, late = (
        frontend.features(np.pad(spoken, (160 * before, 160 * after)), SPEC) for before, after in ((20, 300), (300, 20))
    )
    assert np.allclose(early, late, atol=1e-5)


@pytest.mark.parametrize("path", CLIPS[::5], ids=lambda path: path.stem)
def test_a_knock_does_not_silence_a_voice(path):
    """Where next to nothing comes near the loudest value, that was no voice, and everything stays."""
    samples, _ = audio.load(path, SPEC.sample_rate)
    samples = samples / 100
    samples[8000:8200] += np.random.default_rng(0).normal(size=200).astype(np.float32)
    whole = frontend.features(samples, dataclasses.replace(SPEC, pause=None))
    assert np.array_equal(frontend.features(samples, SPEC), whole)
    assert len(frontend.features(samples, dataclasses.replace(SPEC, pause_least=0.0))) < 0.2 * len(whole)


def test_a_clip_without_pauses_stays_whole(rng):
    samples = rng.normal(size=16_000).astype(np.float32)
    assert len(frontend.features(samples, SPEC)) == SPEC.frames(16_000)


@pytest.mark.filterwarnings("ignore:n_fft=400")
@pytest.mark.parametrize("length", [201, 319, 320, 321, 16_000, 16_159])
def test_a_clip_of_any_length_has_a_frame_for_each_whole_hop(length, rng):
    samples = rng.normal(size=length).astype(np.float32)
    values = frontend.features(samples, WHISPER)
    assert values.shape == (SPEC.frames(length), 80) == (length // 160, 80)
    assert np.abs(values - reference(samples)).max() <= 1e-4


def test_gain_only_shifts_whispers_own(rng):
    samples = rng.normal(size=16_000).astype(np.float32)
    quieter, same = (frontend.features(gain * samples, WHISPER) for gain in (0.1, 1))
    assert np.allclose(same - quieter, 2 / 4, atol=1e-5)  # 20 dB are two decades of power, divided by four


def test_silence_lies_at_the_floor():
    assert np.allclose(frontend.features(np.zeros(1600, np.float32), WHISPER), (-10 + 4) / 4)
    assert np.isfinite(frontend.features(np.zeros(1600, np.float32), SPEC)).all()


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(200, np.float32), "at least 201"),
        (np.zeros((2, 800), np.float32), "one channel"),
        (np.full(800, np.nan, np.float32), "not finite"),
        (np.full(800, 1e30, np.float32), "absurdly large"),
        (np.zeros(800, np.int16), "floating point"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(samples, message):
    with pytest.raises(AudioError, match=message):
        frontend.features(samples, SPEC)


CHANGES = [
    *({"sample_rate": 22_050}, {"n_fft": 512}, {"hop": 200}, {"n_mels": 64}, {"mel_low": 40.0}, {"mel_high": 7600.0}),
    *({"floor_power": 1e-3}, {"peak": 1.0}, {"peak": None}, {"floor_decades": 4.0}, {"offset": 3.0}, {"scale": 2.0}),
    *({"pause": 2.0}, {"pause": None}, {"pause_edge": 4}, {"pause_least": 0.9}),
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_every_number_counts(change, rng):
    other = dataclasses.replace(SPEC, **change)
    fading = (rng.normal(size=16_000) * np.logspace(0, -6, 16_000)).astype(np.float32)
    theirs, ours = (frontend.features(fading, spec) for spec in (other, SPEC))
    assert other.fingerprint != SPEC.fingerprint
    assert theirs.shape != ours.shape or not np.allclose(theirs, ours, atol=1e-3)


def test_every_number_is_tested():
    assert {key for change in CHANGES for key in change} == {f.name for f in dataclasses.fields(SPEC)} - {"name"}


def test_the_fingerprint_is_pinned():
    assert SPEC.fingerprint == frontend.spec("logmel").fingerprint == "ef7d063f9be9"
    assert frontend.from_dict(SPEC.to_dict()) == SPEC


@pytest.mark.parametrize(
    "change", [{"n_fft": 15}, {"mel_high": 9000.0}, {"n_mels": 0}, {"scale": 0.0}, {"hop": 0}, {"pause": 0.0}]
)
def test_numbers_that_do_not_fit_are_refused(change):
    with pytest.raises(SpecError, match="frontend 'logmel'"):
        dataclasses.replace(SPEC, **change)
