"""Tell whether two clips hold the same recording, re-encoded, trimmed, filtered, noisy, stretched or pitched.

A clip becomes a `Print`: a map of its levels over time and logarithmic frequency, and its whitened waveform at 4 kHz.
Three comparisons read it, from cheap to sure:

1. `passages` and `questions`: pieces of the map under a second long, coarse in time and frequency, as unit vectors, so
   that one matrix product says who could be whose copy.
2. `same_waveform`: cross-correlation of the whitened waveforms. What keeps its tempo and pitch keeps its waveform, and
   nobody, not even the same speaker, says a sentence twice with the same one.
3. `same_melody`: the fine map, mostly the harmonics of the voice, laid over each other at every lag and at small ratios
   of tempo and pitch, for copies whose waveform was taken apart.

A change of pitch is a shift along logarithmic frequency, as in Six and Leman, "Panako", ISMIR 2014; whitening before
correlation is Knapp and Carter, "The generalized correlation method", 1976.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from quaver import audio

Array = np.ndarray[Any, np.dtype[Any]]

SAMPLE_RATE = 8_000  # Hz; all that a telephone leaves of a voice
LONGEST = 60.0  # seconds of a clip that are looked at

WINDOW = 512  # samples, 64 ms: resolves the harmonics
HOP = 128  # samples, 16 ms
FRAME = 2 * HOP / SAMPLE_RATE  # seconds from frame to frame of a map, which averages four windows
LOWEST = 300.0  # Hz, where a telephone begins
PER_OCTAVE = 24  # bins; one is half a semitone
BINS = 84  # three and a half octaves, up to 3.4 kHz
LOUDEST = 150  # the cell that counts as the loudest; by rank, so that silence around a clip changes nothing
DEPTH = 35.0  # dB below it that still count
STEP = 0.2  # dB, of the stored levels

GROUP = 6  # bins to a band of a passage
PASSAGE = 24  # frames, 0.77 s
EVERY = 3  # frames from passage to passage
ASKED = 5  # passages of a clip that are looked for in others
ORDERS = (9, 8)  # cosine terms over time and frequency that describe a passage
TEMPI = (0.8, 0.9, 1.0, 1.11, 1.25)

WAVE_RATE = 4_000  # Hz
WAVE_BAND = (300.0, 1700.0)  # Hz
WHITENED = 8.0  # Hz over which the spectrum is evened out; narrow, so that a common hum drops out
OVERLAP = 0.5  # seconds that two waveforms must share

QUIET = 2.0  # dB above the floor; a frame below it holds no speech

SMOOTH = 6  # bins to either side that make the envelope under the harmonics
ENVELOPE = 0.6  # weight of the envelope beside the harmonics
SHIFTS = 4  # bins, two semitones up or down
PHRASE = 94  # frames, 3 s
COARSE = (0.9, 0.95, 1.0, 1.05, 1.11)  # times the tempo that the passages suggest
FINE = (0.975, 0.987, 1.013, 1.025)  # times the best of those, where it is promising
FINER = (0.99, 1.0, 1.01)  # times the best of these
PROMISING = 0.5
PARTS = 6  # of two maps that lie on each other
SHARED = 0.5  # of the energy of one of the two must lie where they overlap


@dataclass(frozen=True)
class Print:
    """What is kept of a clip to compare it by."""

    digest: str  # of the decoded samples, see audio.digest
    levels: Array  # (frames, 84) uint8, steps of 0.2 dB above the floor
    wave: Array  # (n,) int8 at 4 kHz, whitened


@dataclass(frozen=True)
class Match:
    """How well one clip lies on another, and what must be done to it first."""

    score: float  # correlation, at most 1
    lag: float  # seconds after the beginning of the second at which the first begins
    tempo: float = 1.0  # the first must be made this much longer
    semitones: float = 0.0  # and this much higher


def fingerprint(samples: audio.Samples, rate: int) -> Print:
    """Take the print of a sound (n,) at `rate` Hz; its gain drops out."""
    x = audio.resample(samples[: int(LONGEST * rate)], rate, SAMPLE_RATE)
    return Print(audio.digest(samples), _levels(x), _whitened(audio.resample(x, SAMPLE_RATE, WAVE_RATE)))


def passages(levels: Array) -> Array:
    """Describe every passage of a map as unit vectors (n, 72)."""
    bands = _bands(levels)
    first, last = _voiced(bands)
    starts = np.arange(max(0, first - EVERY), max(first, last - PASSAGE + EVERY) + 1, EVERY)
    return _describe(bands, starts, PASSAGE)


def questions(levels: Array) -> Array:
    """Describe a few passages at several tempi as unit vectors (tempi, 5, 72), to look for among `passages`."""
    bands = _bands(levels)
    first, last = _voiced(bands)
    lengths = [round(PASSAGE * tempo) for tempo in TEMPI]
    starts = [np.linspace(first, max(first, last - n), ASKED).round().astype(int) for n in lengths]
    return np.stack([_describe(bands, at, n) for at, n in zip(starts, lengths, strict=True)])


def same_waveform(left: Print, right: Print) -> Match:
    """Find the lag at which two whitened waveforms agree best, sign and gain aside."""
    a, b = left.wave.astype(np.float32), right.wave.astype(np.float32)
    n = _fast_length(len(a) + len(b))
    product = np.fft.irfft(np.fft.rfft(a, n).conj() * np.fft.rfft(b, n), n)
    least = min(int(OVERLAP * WAVE_RATE), len(a), len(b))
    lags, energy, share = _overlaps(_energy(a), _energy(b), least)
    score = np.where(share < SHARED, 0, np.abs(product[lags]) / np.sqrt(energy + 1.0))
    best = int(score.argmax())
    return Match(float(score[best]), float(lags[best]) / WAVE_RATE)


def same_melody(left: Print, right: Print, tempo: float = 1.0) -> Match:
    """Find the lag, the shift in pitch and the tempo near `tempo` at which two maps agree best.

    Where they agree well, the score is the mean of the correlation over all and over the two worst sixths: a copy
    agrees everywhere, another voice that says the same agrees in places.
    """
    a, b = _relief(left.levels), _relief(right.levels)
    spare = max(0, len(a) - PHRASE) // 2
    a = a[spare : len(a) - spare]  # of a long clip the middle, where a small error in tempo does not add up

    longest = int(len(a) * tempo * COARSE[-1] * FINE[-1] * FINER[-1]) + 2
    spectrum = np.fft.rfft(b, _fast_length(longest + len(b)), axis=0)

    def lay(ratio: float) -> Match:
        return _lay(_stretch(a, ratio), b, spectrum, ratio)

    def throughout(match: Match) -> Match:
        return replace(match, score=_throughout(_stretch(a, match.tempo), b, match))

    found = max((lay(tempo * ratio) for ratio in COARSE), key=_score)
    if found.score >= PROMISING:
        found = max([found, *(lay(found.tempo * ratio) for ratio in FINE)], key=_score)
        found = max((throughout(lay(found.tempo * ratio)) for ratio in FINER), key=_score)
    return replace(found, lag=found.lag - spare * found.tempo * FRAME)


def background(left: Print, right: Print, lag: float) -> float:
    """Compare the quiet moments of two clips that lie on each other: the dB by which the second is noisier."""
    a, b = (one.levels.mean(axis=1) * STEP for one in (left, right))
    shift = round(lag / FRAME)
    begin, end = max(0, shift), min(len(b), shift + len(a))
    a, b = a[begin - shift : end - shift], b[begin:end]
    quiet = np.minimum(a, b) < QUIET
    return float((b - a)[quiet].mean()) if quiet.sum() >= 3 else 0.0


def _levels(x: audio.Samples) -> Array:
    x = np.pad(x, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::HOP]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    places, weights = _log_bins()
    power = np.einsum("fbk,bk->fb", spectrum[:, places], weights)
    rank = max(power.size - LOUDEST, 0)
    loudest = max(float(np.partition(power, rank, axis=None)[rank]), 1e-12)
    db = 10 * np.log10(np.maximum(power / loudest, 10 ** (-DEPTH / 10))) + DEPTH
    smooth = np.pad(db, ((2, 1), (0, 0)), mode="edge")
    smooth = np.stack([smooth[i : i + len(db)] for i in range(4)])[:, ::2].mean(axis=0)
    return np.asarray(np.round(smooth / STEP).clip(0, 255), np.uint8)


@lru_cache
def _log_bins() -> tuple[Array, Array]:
    """Give triangles of half semitones: the bins of the spectrum that each is made of (84, 13), and their weights.

    A product with the whole matrix, most of it zeros, would be shared out to all cores by the library behind NumPy,
    clip by clip, which on a busy machine costs several times what it saves.
    """
    at = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    centre = LOWEST * 2 ** (np.arange(BINS) / PER_OCTAVE)
    width = np.maximum(centre * (2 ** (1 / PER_OCTAVE) - 1), SAMPLE_RATE / WINDOW)
    weights = (1 - np.abs(at - centre[:, None]) / width[:, None]).clip(0)
    places = np.argsort(weights == 0, axis=1, kind="stable")[:, : int((weights > 0).sum(axis=1).max())]
    return places, np.take_along_axis(weights, places, axis=1).astype(np.float32)


def _whitened(x: audio.Samples) -> Array:
    n = _fast_length(len(x))
    spectrum = np.fft.rfft(x, n)
    at = np.fft.rfftfreq(n, 1 / WAVE_RATE)
    width = max(1, round(WHITENED * n / WAVE_RATE))
    size = np.abs(spectrum)
    even = _box(size, width // 2) + 1e-3 * size.max() + 1e-12
    wave = np.fft.irfft(np.where((at > WAVE_BAND[0]) & (at < WAVE_BAND[1]), spectrum / even, 0), n)[: len(x)]
    scale = 32 / max(float(wave.std()), 1e-12)
    return np.asarray(np.round(wave * scale).clip(-127, 127), np.int8)


def _bands(levels: Array) -> Array:
    """Average a map to quarter octaves (frames, 14) in dB."""
    return np.asarray(levels.reshape(-1, BINS // GROUP, GROUP).mean(axis=2, dtype=np.float32) * np.float32(STEP))


def _voiced(bands: Array) -> tuple[int, int]:
    """Give the first frame and the frame after the last that stand out of the background."""
    loud = bands.mean(axis=1)
    on = np.flatnonzero(loud >= 0.3 * np.sort(loud)[-8:].mean())
    return int(on[0]), int(on[-1]) + 1


def _describe(bands: Array, starts: Array, length: int) -> Array:
    """Take low cosine terms of passages, each band less its mean, so that the colour of a channel drops out."""
    pieces = bands[(starts[:, None] + np.arange(length)).clip(0, len(bands) - 1)]
    in_time, in_frequency = _cosines(length, ORDERS[0], 1), _cosines(BINS // GROUP, ORDERS[1], 0)
    vectors = np.matmul(np.matmul(in_time, pieces), in_frequency.T).reshape(len(starts), -1)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6))


@lru_cache(maxsize=64)
def _cosines(length: int, terms: int, first: int) -> Array:
    rows = np.cos(np.pi / length * np.outer(np.arange(first, first + terms), np.arange(length) + 0.5))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _relief(levels: Array) -> Array:
    """Give harmonics and, with less weight, envelope (frames, 84); background is 0, and so is the mean of each bin."""
    db = levels.astype(np.float32) * np.float32(STEP)
    envelope = _box(db.T, SMOOTH).T
    relief = (db - envelope).clip(-12, 12) + ENVELOPE * envelope
    weight = np.minimum(db.mean(axis=1, keepdims=True) / 8, 1)  # from 0 in silence to 1 at 8 dB above the floor
    return np.asarray(weight * (relief - (weight * relief).sum(axis=0) / max(float(weight.sum()), 1e-6)))


def _lay(a: Array, b: Array, fb: Array, tempo: float) -> Match:
    """Correlate two maps at every lag and every small shift in frequency; `fb` is the spectrum of `b` over time."""
    n = 2 * (len(fb) - 1)
    fa = np.fft.rfft(a, n, axis=0).conj()
    least = min(10, len(a), len(b))
    ea, eb = _energy(a), _energy(b)
    lags, energy, share = _overlaps(ea, eb, least)
    products = [
        np.einsum("tk,tk->t", fa[:, max(0, -s) : BINS - max(0, s)], fb[:, max(0, s) : BINS - max(0, -s)])
        for s in range(-SHIFTS, SHIFTS + 1)
    ]
    score = np.fft.irfft(np.stack(products), n, axis=1)[:, lags] / np.sqrt(energy + 1.0)
    score[:, share < SHARED] = -1
    shift, at = np.unravel_index(int(score.argmax()), score.shape)
    return Match(float(score[shift, at]), float(lags[at]) * FRAME, tempo, (int(shift) - SHIFTS) * 12 / PER_OCTAVE)


def _score(match: Match) -> float:
    return match.score


def _throughout(a: Array, b: Array, match: Match) -> float:
    """Average the correlation over all and over the worst two of six parts of equal energy."""
    lag, shift = round(match.lag / FRAME), round(match.semitones * PER_OCTAVE / 12)
    begin, end = max(0, lag), min(len(b), lag + len(a))
    u = a[begin - lag : end - lag, max(0, -shift) : BINS - max(0, shift)]
    v = b[begin:end, max(0, shift) : BINS - max(0, -shift)]
    product, uu, vv = (u * v).sum(axis=1), (u * u).sum(axis=1), (v * v).sum(axis=1)
    energy = np.cumsum(uu / max(uu.sum(), 1.0) + vv / max(vv.sum(), 1.0))
    parts = (energy / energy[-1] * PARTS).astype(int).clip(0, PARTS - 1)
    sums = (np.bincount(parts, weights=x, minlength=PARTS) for x in (product, uu, vv))
    by_part = np.sort(next(sums) / np.sqrt(next(sums) * next(sums) + 1.0))
    return float((match.score + by_part[0] + by_part[1]) / 3)


def _stretch(relief: Array, tempo: float) -> Array:
    at = np.linspace(0, len(relief) - 1, max(2, round(len(relief) * tempo)))
    low = np.floor(at).astype(int)
    part = (at - low)[:, None].astype(np.float32)
    return np.asarray(relief[low] * (1 - part) + relief[np.minimum(low + 1, len(relief) - 1)] * part)


def _energy(x: Array) -> Array:
    """Sum the squares before each frame (n + 1,)."""
    squares = x.astype(np.float64) ** 2
    return np.concatenate(([0.0], np.cumsum(squares if x.ndim == 1 else squares.sum(axis=1))))


def _overlaps(a: Array, b: Array, least: int) -> tuple[Array, Array, Array]:
    """List the lags that leave `least` frames in common, with the energies there multiplied, and the larger share."""
    na, nb = len(a) - 1, len(b) - 1
    lags = np.arange(least - na, nb - least + 1)
    begin, end = np.maximum(0, lags), np.minimum(nb, lags + na)
    in_a, in_b = a[end - lags] - a[begin - lags], b[end] - b[begin]
    return lags, in_a * in_b, np.maximum(in_a / max(a[-1], 1e-9), in_b / max(b[-1], 1e-9))


def _box(x: Array, half: int) -> Array:
    """Average along the first axis over `half` neighbours to either side."""
    padding = [(half + 1, half)] + [(0, 0)] * (x.ndim - 1)
    sums = np.cumsum(np.pad(x, padding, mode="edge"), axis=0, dtype=np.float64)
    return ((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)


def _fast_length(n: int) -> int:
    return 1 << max(1, (n - 1).bit_length())
