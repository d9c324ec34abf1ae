"""The article's features: five kinds of values averaged over the frames of a whole clip, in NumPy.

The definitions are those of librosa 0.11 (McFee et al., "librosa: Audio and music signal analysis in Python", 2015)
with its default arguments. One spectrum serves all of them, and a long clip is read in blocks of frames.
"""

from collections.abc import Iterator

import numpy as np

from quaver.errors import AudioError
from quaver.frontend import tables
from quaver.frontend.spec import ArticleSpec
from quaver.frontend.tables import Array

BLOCK = 256  # frames; about six seconds


def features(samples: Array, spec: ArticleSpec) -> Array:
    """Compute the 162 values of a clip.

    Args:
        samples: (n,) float32, one channel at `spec.sample_rate`.
        spec: the numbers.

    Returns:
        (162,) float32 in the order of `spec.names`.

    Raises:
        AudioError: no samples, more than one channel, or values that are not finite.
    """
    samples = _checked(samples)
    magnitudes, mels, peaks = [], [], []
    single = spec.frames(len(samples)) <= BLOCK
    for spectrum in _spectra(samples, spec):
        magnitude = np.abs(spectrum)
        mels.append(np.square(magnitude) @ tables.mel(spec).T)
        peaks.append(_peaks(magnitude, spec) if spec.tuning is None else np.empty((2, 0)))
        magnitudes = [magnitude] if single else []
    tuning = _tuning(np.concatenate(peaks, axis=1), spec) if spec.tuning is None else spec.tuning
    mel = np.concatenate(mels)
    again = magnitudes or (np.abs(spectrum) for spectrum in _spectra(samples, spec))
    chroma = sum(_chroma(magnitude, spec, tuning) for magnitude in again) / len(mel)
    values = [[_zcr(samples, spec)], chroma, _mfcc(mel, spec), [_rms(samples, spec)], mel.mean(axis=0, dtype=float)]
    return np.concatenate(values).astype(np.float32)


def _checked(samples: Array) -> Array:
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    if samples.ndim != 1 or not len(samples):
        raise AudioError(f"got samples of shape {samples.shape}; expected one channel (n,) with at least one sample.")
    if not np.isfinite(samples).all():
        raise AudioError("the samples hold values that are not finite (NaN or infinity).")
    return samples


def _spectra(samples: Array, spec: ArticleSpec) -> Iterator[Array]:
    """Give the spectra (frames, bins) complex64 of one block of frames after the other."""
    padded = np.pad(samples, spec.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, spec.n_fft)[:: spec.hop]
    for first in range(0, len(frames), BLOCK):
        # In double precision: a peak that moves by one part in a million can change the tuning.
        yield np.fft.rfft(frames[first : first + BLOCK] * tables.window(spec)).astype(np.complex64)


def _peaks(magnitude: Array, spec: ArticleSpec) -> Array:
    """Find the spectral peaks of (frames, bins) by parabolas: pitches in Hz and heights, (2, peaks).

    Smith and Serra, "PARSHL", 1987.
    """
    hz = tables.frequencies(spec)
    low, high = np.searchsorted(hz, [spec.tuning_low, spec.tuning_high])
    left, middle, right = (magnitude[:, low + shift : high + shift] for shift in (-1, 0, 1))
    bar = np.float32(spec.tuning_peak) * magnitude.max(axis=1, keepdims=True)
    frame, bin_ = np.nonzero((middle > left) & (middle >= right) & (middle > bar))
    left, middle, right = (part[frame, bin_] for part in (left, middle, right))
    curve = (left + right) - 2 * middle.astype(float)
    slope = (right - left).astype(float) / 2
    inside = np.abs(slope) < np.abs(curve)
    shift = np.where(inside, -slope / np.where(inside, curve, 1), 0).astype(np.float32)
    pitch = ((bin_ + low) + shift.astype(float)) * float(spec.sample_rate) / spec.n_fft
    height = middle + np.float32(0.5) * ((right - left) / np.float32(2)) * shift
    return np.stack([pitch.astype(np.float32), height])


def _tuning(peaks: Array, spec: ArticleSpec) -> float:
    """Find where between the semitones most of the higher peaks lie, in [-0.5, 0.5)."""
    pitch, height = peaks
    if not len(pitch):
        return 0.0
    pitch = pitch[height >= np.median(height)]
    off = np.mod(np.float32(spec.n_chroma) * np.log2(pitch / np.float32(440 / 16)), np.float32(1))
    off[off >= 0.5] -= 1
    counts, edges = np.histogram(off, np.linspace(-0.5, 0.5, spec.tuning_steps + 1))
    return float(edges[np.argmax(counts)])


def _chroma(magnitude: Array, spec: ArticleSpec, tuning: float) -> Array:
    """Sum the notes (12,) over frames, each frame's strongest note being 1."""
    raw = magnitude @ tables.chroma(spec, tuning).T
    largest = raw.max(axis=1, keepdims=True)
    return np.asarray((raw / np.where(largest < np.finfo(np.float32).tiny, 1, largest)).sum(axis=0, dtype=float))


def _mfcc(mel: Array, spec: ArticleSpec) -> Array:
    """Give the mean MFCCs; the transform is linear, so the decibels are averaged first."""
    db = 10 * np.log10(np.maximum(mel, np.float32(spec.floor_power)))
    heard: Array = np.maximum(db, db.max() - np.float32(spec.floor_db)).mean(axis=0, dtype=float)
    return np.asarray(tables.dct(spec) @ heard)


def _zcr(samples: Array, spec: ArticleSpec) -> float:
    """Give the mean rate of sign changes inside frames, the clip's ends held."""
    negative = np.pad(samples, spec.n_fft // 2, mode="edge") < -np.float32(spec.zero)
    changes = np.zeros(len(negative) + 1, np.int64)
    np.cumsum(negative[1:] != negative[:-1], out=changes[2:])  # changes[i]: before sample i
    first = np.arange(spec.frames(len(samples))) * spec.hop
    return float((changes[first + spec.n_fft] - changes[first + 1]).mean() / spec.n_fft)


def _rms(samples: Array, spec: ArticleSpec) -> float:
    """Give the mean over frames of the root of the mean square, zeros around the clip."""
    squares = np.square(np.pad(samples, spec.n_fft // 2))
    hops = squares[: len(squares) // spec.hop * spec.hop].reshape(-1, spec.hop).sum(axis=1, dtype=float)
    frames = np.lib.stride_tricks.sliding_window_view(hops, spec.n_fft // spec.hop).sum(axis=1)
    return float(np.sqrt(frames / spec.n_fft).mean())
