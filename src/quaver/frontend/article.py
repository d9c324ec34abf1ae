"""The article's features: five kinds of values averaged over the frames of a whole clip, in NumPy.

The definitions are those of librosa 0.11 (McFee et al., "librosa: Audio and music signal analysis in Python", 2015)
with its default arguments. One spectrum serves all of them, and a long clip is worked through in blocks of frames.
"""

from collections.abc import Callable, Iterable

import numpy as np

from quaver.errors import AudioError
from quaver.frontend import spectra, tables
from quaver.frontend.spec import ArticleSpec
from quaver.frontend.tables import Array

BLOCK = 256  # frames whose spectra are at hand together, 6 s
KEEP = 4096  # frames, 95 s; the spectra of a longer clip are computed twice instead of kept
_TINY = np.finfo(np.float32).tiny


def features(samples: Array, spec: ArticleSpec) -> Array:
    """Compute the 162 values of a clip.

    Args:
        samples: (n,) float32, one channel at `spec.sample_rate`.
        spec: the numbers.

    Returns:
        (162,) float32 in the order of `spec.names`.

    Raises:
        AudioError: no samples, more than one channel, whole numbers, or values that are not finite.
    """
    samples = spectra.one_channel(samples)
    frames = spec.frames(len(samples))
    padded = _padded(samples, frames, spec)
    zcr, rms = _zcr(samples, frames, spec), _rms(padded, spec)
    blocks = _blocks(padded, spec)
    tuning = spec.tuning
    if tuning is None:
        tuning = _tuning([_peaks(magnitude, spec) for magnitude in blocks()], spec)
    chroma, mel, decibels = np.zeros(spec.n_chroma), np.zeros(spec.n_mels), []
    for magnitude in blocks():
        power = spectra.mel(np.square(magnitude), spec)
        chroma += _chroma(magnitude, tables.chroma(spec, tuning))
        mel += power.sum(axis=0)
        decibels.append(_decibels(power, spec))
    return np.hstack((zcr, chroma / frames, _mfcc(decibels, spec), rms, mel / frames)).astype(np.float32)


def _padded(samples: Array, frames: int, spec: ArticleSpec) -> Array:
    """Centre the frames: half a frame of zeros in front, and behind as many as the last frame needs."""
    padded = np.zeros(spec.n_fft + (frames - 1) * spec.hop, np.float32)
    room = padded[spec.n_fft // 2 :][: len(samples)]
    room[:] = samples[: len(room)]
    return padded


def _blocks(padded: Array, spec: ArticleSpec) -> Callable[[], Iterable[Array]]:
    """Give the way to go through the magnitudes (frames, bins) float32 of all blocks, any number of times."""
    frames = spectra.overlapping(padded, spec)
    parts = [frames[first : first + BLOCK] for first in range(0, len(frames), BLOCK)]
    if len(frames) > KEEP:
        return lambda: (spectra.magnitudes(part, spec) for part in parts)
    kept = [spectra.magnitudes(part, spec) for part in parts]
    return lambda: kept


def _chroma(magnitude: Array, weights: Array) -> Array:
    """Sum the notes (12,) over frames, each frame's strongest note being 1."""
    notes = np.empty((len(magnitude), len(weights)), np.float32)
    spectra.multiply(magnitude, weights.T, notes)
    largest = notes.max(axis=1, keepdims=True)
    notes /= np.where(largest < _TINY, 1, largest)
    return np.asarray(notes.sum(axis=0))


def _decibels(mel: Array, spec: ArticleSpec) -> Array:
    """Give 10 log10 of a power; NumPy's natural logarithm is much faster than its decimal one."""
    return np.asarray(np.log(np.maximum(mel, np.float32(spec.floor_power))) * np.float32(10 / np.log(10)))


def _mfcc(decibels: list[Array], spec: ArticleSpec) -> Array:
    """Give the mean MFCCs (n_mfcc,); the cosine transform is linear, so the decibels are averaged first."""
    floor = max(block.max() for block in decibels) - np.float32(spec.floor_db)
    total = sum(np.maximum(block, floor).sum(axis=0, dtype=float) for block in decibels)
    return np.asarray(tables.dct(spec) @ total / sum(map(len, decibels)))


def _zcr(samples: Array, frames: int, spec: ArticleSpec) -> float:
    """Give the mean share of sign changes in a frame; before and after the clip nothing changes."""
    change = np.zeros(spec.n_fft + (frames - 1) * spec.hop, bool)
    room = change[spec.n_fft // 2 + 1 :][: len(samples) - 1]
    negative = samples[: len(room) + 1] < -np.float32(spec.zero)
    np.not_equal(negative[1:], negative[:-1], out=room)
    hops = change.reshape(-1, spec.hop)
    # A frame does not compare its first sample with the one before it.
    counts = _sliding(hops.sum(axis=1, dtype=np.int32), spec) - hops[:frames, 0]
    return float(counts.mean() / spec.n_fft)


def _rms(padded: Array, spec: ArticleSpec) -> float:
    """Give the mean over frames of the root of the mean square; refuse samples of which there is none."""
    hops = padded.reshape(-1, spec.hop)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vecdot(hops, hops).astype(float)
    if not squares.max() <= spectra.LARGEST**2:
        raise AudioError("the samples hold values that are not finite (NaN or infinity) or absurdly large.")
    return float(np.sqrt(_sliding(squares, spec) / spec.n_fft).mean())


def _sliding(hops: Array, spec: ArticleSpec) -> Array:
    """Sum what every hop holds into what every frame holds."""
    return np.convolve(hops, np.ones(spec.n_fft // spec.hop), "valid")


def _peaks(magnitude: Array, spec: ArticleSpec) -> tuple[Array, Array]:
    """Find the peaks of magnitudes (frames, bins): their heights, and the steps off the semitone where they lie.

    A parabola through three bins refines each, as in Smith and Serra, "PARSHL", 1987.
    """
    low, high = np.searchsorted(tables.frequencies(spec), (spec.tuning_low, spec.tuning_high))
    loud = magnitude[:, low:high] > np.float32(spec.tuning_peak) * magnitude.max(axis=1, keepdims=True)
    frame, at = np.divmod(np.flatnonzero(loud), high - low)
    at += low
    flat, index = magnitude.ravel(), frame * magnitude.shape[1] + at
    left, top, right = flat[index - 1], flat[index], flat[index + 1]
    peak = np.flatnonzero((top > left) & (top >= right))
    left, top, right, at = left[peak], top[peak], right[peak], at[peak]
    # Curve and slope in double precision, the rest in single, as librosa.
    curve = (left + right) - 2 * top.astype(float)
    slope = (right - left).astype(float) / 2
    shift = np.where(np.abs(slope) < np.abs(curve), -slope / np.where(curve, curve, 1), 0).astype(np.float32)
    pitch = (at + shift.astype(float)) * float(spec.sample_rate) / spec.n_fft
    height = top + np.float32(0.5) * ((right - left) / np.float32(2)) * shift
    return height, _steps(pitch.astype(np.float32), spec)


def _steps(pitch: Array, spec: ArticleSpec) -> Array:
    """Number the part of a semitone in which each pitch lies, from half a semitone below a note on."""
    notes = np.float32(spec.n_chroma) * np.log2(pitch / np.float32(440 / 16))
    off = notes - np.floor(notes)
    off -= off >= 0.5
    edges = tables.tuning_edges(spec)
    step = ((off.astype(float) + 0.5) * spec.tuning_steps).astype(np.int16)  # may be one off beside an edge
    step -= off < edges[step]
    step += off >= edges[step + 1]
    return np.asarray(step)


def _tuning(peaks: list[tuple[Array, Array]], spec: ArticleSpec) -> float:
    """Find where between the semitones most of the higher peaks lie, in [-0.5, 0.5); 0 without any peak."""
    heights, steps = (np.concatenate(parts) for parts in zip(*peaks, strict=True))
    if not len(heights):
        return 0.0
    ordered = np.sort(heights)
    median = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    counts = np.bincount(steps[heights >= median], minlength=spec.tuning_steps)
    return float(tables.tuning_edges(spec)[np.argmax(counts)])
