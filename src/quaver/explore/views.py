"""What can be seen of a sound: spectra, cepstra, notes, pitch and energy over time, in NumPy."""

from collections.abc import Callable, Mapping

import numpy as np

from quaver import audio
from quaver.frontend import ArticleSpec, tables
from quaver.frontend.tables import Array

SPEC = ArticleSpec("view", 16_000, n_fft=1024, hop=128, n_mels=64, mel_high=8000.0)  # 64 ms, every 8 ms
COLUMNS = 360  # frames that a picture can show
DEPTH = 65.0  # dB below the loudest that are drawn
VOICE_DB = 40.0  # below the loudest frame: what is no pause

PITCH_WINDOW, PITCH_HOP = 1024, 160  # samples at 16 kHz: 64 ms, two periods of the lowest pitch; every 10 ms
LOWEST, HIGHEST = 60.0, 500.0  # Hz
PERIODIC = 0.2  # of YIN's normalised difference: below it a frame has a pitch
UNVOICED_DB = 35.0  # below the loudest frame nothing has a pitch


def linear(samples: audio.Samples, rate: int) -> Array:
    """Give the spectrum (frames, 171), 0 to 8 kHz, from 0 (65 dB below the loudest or less) to 1."""
    return _scaled(_power(samples, rate).reshape(-1, 171, 3).mean(axis=2))  # 47 Hz a row: what a picture can show


def logmel(samples: audio.Samples, rate: int, top: float | None = None) -> Array:
    """Give the mel spectrum (frames, 64) from 0 (65 dB below the loudest, or below `top`, or less) to 1."""
    return _scaled(_power(samples, rate) @ tables.mel(SPEC).T, top)


def loudest(samples: audio.Samples, rate: int) -> float:
    """Give the highest level of the mel spectrum in dB, for `logmel` to compare several sounds by."""
    return float(10 * np.log10((_power(samples, rate) @ tables.mel(SPEC).T).max() + 1e-10))


def mfcc(samples: audio.Samples, rate: int) -> Array:
    """Give MFCCs 1 to 19 (frames, 19), each relative to its own mean and three deviations: -1 to 1."""
    values = _decibels(_power(samples, rate) @ tables.mel(SPEC).T) @ tables.dct(SPEC).T[:, 1:]
    values = values - values.mean(axis=0)
    return np.asarray((values / np.maximum(3 * values.std(axis=0), 1e-9)).clip(-1, 1).round(2))


def chroma(samples: audio.Samples, rate: int) -> Array:
    """Give the twelve notes (frames, 12), C first, the strongest of each frame being 1, and pauses 0."""
    power = _power(samples, rate)
    notes = np.sqrt(power) @ tables.chroma(SPEC, 0.0).T
    loud = _scaled(power.sum(axis=1, keepdims=True))
    return np.asarray(notes / np.maximum(notes.max(axis=1, keepdims=True), 1e-9) * (loud > 1 - VOICE_DB / DEPTH))


VIEWS: Mapping[str, Callable[[audio.Samples, int], Array]] = {
    "log-mel": logmel,
    "linear": linear,
    "MFCC": mfcc,
    "chroma": chroma,
}


def pitch(samples: audio.Samples, rate: int) -> tuple[Array, Array]:
    """Follow the pitch of a voice by YIN (de Cheveigné and Kawahara, 2002).

    Returns:
        The middle of each frame in seconds (n,), and the pitch in Hz (n,), NaN where there is none.
    """
    x = audio.resample(np.asarray(samples, np.float32), rate, SPEC.sample_rate).astype(np.float64)
    longest = int(SPEC.sample_rate / LOWEST)
    padded = np.pad(x, (PITCH_WINDOW // 2, PITCH_WINDOW + longest))
    frames = np.lib.stride_tricks.sliding_window_view(padded, PITCH_WINDOW + longest)[: len(x) : PITCH_HOP]
    parts = [_yin(frames[at : at + 256], longest) for at in range(0, len(frames), 256)]
    level = 10 * np.log10(np.concatenate([(f[:, :PITCH_WINDOW] ** 2).mean(axis=1) for f in (frames,)]) + 1e-12)
    hz = np.where(level > level.max() - UNVOICED_DB, np.concatenate(parts), np.nan)
    return np.arange(len(frames)) * PITCH_HOP / SPEC.sample_rate, hz


def energy(samples: audio.Samples, rate: int) -> tuple[Array, Array]:
    """Give the middle of each frame of 25 ms in seconds (n,), and its level in dB below full scale (n,)."""
    size, hop = max(1, rate // 40), max(1, rate // 100)
    padded = np.pad(np.asarray(samples, np.float64), size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, min(size, len(padded)))[::hop]
    return np.arange(len(frames)) * hop / rate, 10 * np.log10((frames**2).mean(axis=1) + 1e-10)


def _yin(frames: Array, longest: int) -> Array:
    """Give the pitch of frames (n, window + longest), NaN where nothing repeats."""
    size = 1 << (PITCH_WINDOW + longest - 1).bit_length()
    head = np.fft.rfft(frames[:, :PITCH_WINDOW], size)
    alike = np.fft.irfft(head.conj() * np.fft.rfft(frames, size), size)[:, : longest + 1]
    sums = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    power = sums[:, PITCH_WINDOW : PITCH_WINDOW + longest + 1] - sums[:, : longest + 1]
    difference = (power[:, :1] + power - 2 * alike).clip(0)
    lags = np.arange(1, longest + 1)
    relative = difference[:, 1:] * lags / np.maximum(np.cumsum(difference[:, 1:], axis=1), 1e-12)
    relative[:, : int(SPEC.sample_rate / HIGHEST) - 1] = 1
    low = relative < PERIODIC
    first = np.where(low.any(axis=1), low.argmax(axis=1), relative.argmin(axis=1))
    for _ in range(40):  # down to the bottom of that valley
        after = np.minimum(first + 1, longest - 1)
        rows = np.arange(len(first))
        first = np.where(relative[rows, after] < relative[rows, first], after, first)
    return np.where(relative[np.arange(len(first)), first] < PERIODIC, SPEC.sample_rate / (first + 1.0), np.nan)


def _power(samples: audio.Samples, rate: int) -> Array:
    """Give power spectra (frames, 513) at 16 kHz, at most some hundred of them."""
    x = audio.resample(np.asarray(samples, np.float32), rate, SPEC.sample_rate)
    hop = SPEC.hop * max(1, -(-len(x) // (SPEC.hop * COLUMNS)))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, SPEC.n_fft // 2), SPEC.n_fft)[::hop]
    return np.square(np.abs(np.fft.rfft(frames * tables.window(SPEC))))


def _decibels(power: Array) -> Array:
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.asarray(np.maximum(decibels, decibels.max() - DEPTH))


def _scaled(power: Array, top: float | None = None) -> Array:
    decibels = _decibels(power)
    loud = decibels.max() if top is None else top
    return np.asarray((1 + (decibels - loud) / DEPTH).clip(0, 1).round(2))  # few shades: small files
