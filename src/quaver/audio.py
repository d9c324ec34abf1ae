"""The only file that opens, resamples, mixes and pads sound."""

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from quaver.errors import AudioError

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]

SHORTEST = 0.1  # seconds
SILENCE_DB = -80.0  # dB below full scale; a clip whose peak lies below it is silent


def load(
    path: Path | str, sample_rate: int | None = None, *, start: float | None = None, end: float | None = None
) -> tuple[Samples, int]:
    """Read a sound file, or the part of it between two times, as one channel.

    Args:
        path: any format that libsndfile reads.
        sample_rate: the rate wanted in Hz; None keeps the file's own.
        start: seconds into the file; None means its beginning.
        end: seconds into the file; None means its end.

    Returns:
        The samples (n,) float32, and their rate in Hz.

    Raises:
        AudioError: the file cannot be read, or `check` refuses what it holds.
    """
    try:
        with soundfile.SoundFile(path) as sound:
            rate = int(sound.samplerate)
            first = round((start or 0.0) * rate)
            sound.seek(first)
            frames = -1 if end is None else round(end * rate) - first
            samples = mono(sound.read(frames, dtype="float32", always_2d=True))
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioError(f"{path} cannot be read as sound: {error}") from error
    check(samples, rate, str(path))
    return (samples, rate) if sample_rate is None else (resample(samples, rate, sample_rate), sample_rate)


def mono(frames: np.ndarray) -> Samples:
    """Mix (n, channels) to (n,) by averaging."""
    return np.ascontiguousarray(frames.mean(axis=1, dtype=np.float32)) if frames.shape[1] > 1 else frames[:, 0].copy()


def resample(samples: Samples, rate: float, wanted: float) -> Samples:
    """Change the rate with soxr HQ; the result has ceil(n * wanted / rate) samples, as librosa's."""
    if rate == wanted:
        return samples
    out = soxr.resample(samples, rate, wanted, quality="HQ")
    return fit(out, math.ceil(len(samples) * wanted / rate))


def fit(samples: Samples, length: int) -> Samples:
    """Cut or zero-pad at the end to exactly `length` samples."""
    return np.pad(samples[:length], (0, max(0, length - len(samples))))


def check(samples: Samples, rate: int, name: str) -> None:
    """Refuse what no feature can be computed from.

    Raises:
        AudioError: under 0.1 s, not finite, or silent (peak below -80 dBFS).
    """
    if len(samples) < SHORTEST * rate:
        raise AudioError(f"{name} holds {len(samples) / rate:.2f} s of sound; at least {SHORTEST} s is needed.")
    if not np.isfinite(samples).all():
        raise AudioError(f"{name} holds values that are not finite (NaN or infinity); export it again.")
    if np.abs(samples).max() < 10 ** (SILENCE_DB / 20):
        raise AudioError(f"{name} is silent: its peak lies below {SILENCE_DB:.0f} dBFS.")


def digest(samples: Samples) -> str:
    """Identify decoded samples whatever the container: SHA-256 of them rounded to 16 bit, little-endian."""
    return hashlib.sha256(
        np.clip(np.round(samples * np.float32(32768)), -32768, 32767).astype("<i2").tobytes()
    ).hexdigest()


def blocks(path: Path | str, sample_rate: int, seconds: float = 10.0) -> Iterator[Samples]:
    """Read a file of any length in blocks of about `seconds`, one channel, at `sample_rate`; memory stays bounded."""
    raise NotImplementedError
