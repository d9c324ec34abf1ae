"""The tables of the frontends as pure functions of the spec, computed once, read-only."""

from functools import lru_cache
from typing import Any

import numpy as np

from quaver.frontend.spec import ArticleSpec, MelSpec

Array = np.ndarray[Any, np.dtype[Any]]
_GROUP = 16  # mel bands multiplied at once
_MEL_STEP = 200 / 3  # Hz per mel below 1000 Hz
_MEL_BREAK = 1000.0  # Hz; logarithmic above
_MEL_LOG = np.log(6.4) / 27  # natural log of the ratio of neighbouring mels above


@lru_cache
def window(spec: MelSpec) -> Array:
    """Give the periodic Hann window (n_fft,) float64."""
    return _fixed(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(spec.n_fft) / spec.n_fft))


@lru_cache
def frequencies(spec: MelSpec) -> Array:
    """Give the frequency of every bin of the spectrum (bins,) float64, in Hz."""
    return _fixed(np.arange(spec.bins) * (spec.sample_rate / spec.n_fft))


@lru_cache
def mel(spec: MelSpec) -> Array:
    """Give the triangular mel weights (n_mels, bins) float32, each of equal area.

    The scale is linear up to 1000 Hz and logarithmic above, as in Slaney, Auditory Toolbox, 1998.
    """
    lowest, highest = _hz_to_mel(np.array([spec.mel_low, spec.mel_high])).tolist()
    edges = _mel_to_hz(np.linspace(lowest, highest, spec.n_mels + 2))
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    at = frequencies(spec)
    weights = np.minimum((at - low) / (centre - low), (high - at) / (high - centre)).clip(0)
    return _fixed((weights * (2 / (high - low))).astype(np.float32))


@lru_cache
def mel_bands(spec: MelSpec) -> tuple[tuple[slice, slice, Array], ...]:
    """Cut the mel weights into groups of neighbouring bands without the bins that are zero in all of them.

    Returns:
        For each group its bands, its bins, and their weights (bins, bands) float32.
    """
    groups = []
    for first in range(0, spec.n_mels, _GROUP):
        weights = mel(spec)[first : first + _GROUP]
        used = np.flatnonzero(weights.any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        groups.append((slice(first, first + len(weights)), bins, _fixed(weights[:, bins].T)))
    return tuple(groups)


@lru_cache
def dct(spec: ArticleSpec) -> Array:
    """Give the first rows of the orthonormal DCT-II (n_mfcc, n_mels) float32."""
    n = spec.n_mels
    rows = np.cos(np.pi / n * np.outer(np.arange(spec.n_mfcc), np.arange(n) + 0.5)) * np.sqrt(2 / n)
    rows[0] /= np.sqrt(2)
    return _fixed(rows.astype(np.float32))


@lru_cache
def tuning_edges(spec: ArticleSpec) -> Array:
    """Give the bounds (tuning_steps + 1,) float64 between which tunings are counted, in semitones."""
    return _fixed(np.linspace(-0.5, 0.5, spec.tuning_steps + 1))


@lru_cache(maxsize=256)
def chroma(spec: ArticleSpec, tuning: float) -> Array:
    """Give the weights (12, bins) float32 that sort the spectrum into notes, C first.

    Gaussian bumps around each note, narrower where a bin spans more than a semitone, columns of unit length, faded
    towards very low and high octaves: Ellis, "Chroma feature analysis and synthesis", 2007.

    Args:
        spec: the numbers.
        tuning: fraction of a semitone by which the sound lies off A = 440 Hz.
    """
    n = spec.n_chroma
    notes, widths = note_places(spec, tuning)
    distance = np.remainder(notes - np.arange(n)[:, None] + n // 2, n) - n // 2
    weights = np.exp(-0.5 * (2 * distance / widths) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((notes / n - spec.chroma_centre) / spec.chroma_width) ** 2)
    return _fixed(np.roll(weights, -3, axis=0).astype(np.float32))  # from A to C


def note_places(spec: ArticleSpec, tuning: float = 0.0) -> tuple[Array, Array]:
    """Give the place of every bin in semitones above A0, and how many semitones it spans, (bins,) float64 both."""
    n = spec.n_chroma
    hz = np.arange(1, spec.bins + 1) * (spec.sample_rate / spec.n_fft)  # one bin more, for the width of the last
    places = n * np.log2(hz / (440 * 2 ** (tuning / n) / 16))
    places = np.concatenate(([places[0] - 1.5 * n], places))  # the lowest bin has no pitch: wide, and far off
    return places[:-1], np.maximum(np.diff(places), 1.0)


def _hz_to_mel(hz: Array) -> Array:
    above = _MEL_BREAK / _MEL_STEP + np.log(np.maximum(hz, _MEL_BREAK) / _MEL_BREAK) / _MEL_LOG
    return np.where(hz < _MEL_BREAK, hz / _MEL_STEP, above)


def _mel_to_hz(mels: Array) -> Array:
    first = _MEL_BREAK / _MEL_STEP
    return np.where(mels < first, mels * _MEL_STEP, _MEL_BREAK * np.exp(_MEL_LOG * (mels - first)))


def _fixed(table: Array) -> Array:
    table = np.ascontiguousarray(table)
    table.setflags(write=False)
    return table
