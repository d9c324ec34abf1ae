"""What the frontends share: samples in overlapping frames, their magnitudes, and mel bands of these."""

import numpy as np

from quaver.errors import AudioError
from quaver.frontend import tables
from quaver.frontend.spec import MelSpec
from quaver.frontend.tables import Array

CHUNK = 32  # frames transformed together, so that their double precision stays in the processor's cache
SLICE = 20  # rows of one matrix product
LARGEST = 1e12  # of a sample, so that no power overflows


def one_channel(samples: Array) -> Array:
    """Check samples and give them as (n,) float32.

    Raises:
        AudioError: no samples, more than one channel, or whole numbers.
    """
    samples = np.asarray(samples)
    if samples.ndim != 1 or not samples.size:
        raise AudioError(f"got samples of shape {samples.shape}; expected one channel (n,) with at least one sample.")
    if not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(f"got {samples.dtype} samples; expected floating point, full scale being 1.")
    with np.errstate(over="ignore"):  # the frontends refuse what is too large
        return np.ascontiguousarray(samples, dtype=np.float32)


def overlapping(padded: Array, spec: MelSpec) -> Array:
    """See the samples as overlapping frames (frames, n_fft), without copying them."""
    step = padded.itemsize
    shape = 1 + (len(padded) - spec.n_fft) // spec.hop, spec.n_fft
    return np.ndarray(shape, padded.dtype, padded, strides=(spec.hop * step, step))


def magnitudes(frames: Array, spec: MelSpec) -> Array:
    """Give the magnitude spectra (frames, bins) float32 of (frames, n_fft) samples.

    The transform is in double precision and rounded as librosa rounds it: NumPy's single precision is slower, and a
    peak that moves by one part in a million can change the tuning.
    """
    magnitude = np.empty((len(frames), spec.bins), np.float32)
    # Buffers, because fresh memory costs as much as the transform.
    chunk = min(CHUNK, len(frames))
    windowed, spectrum = np.empty((chunk, spec.n_fft)), np.empty((chunk, spec.bins), complex)
    rounded = np.empty((chunk, spec.bins), np.complex64)
    for first in range(0, len(frames), chunk):
        rows = slice(0, len(frames[first : first + chunk]))
        windowed[rows] = frames[first : first + chunk]
        windowed[rows] *= tables.window(spec)
        np.fft.rfft(windowed[rows], out=spectrum[rows])
        rounded[rows] = spectrum[rows]
        np.abs(rounded[rows], out=magnitude[first : first + chunk])
    return magnitude


def mel(power: Array, spec: MelSpec) -> Array:
    """Sum (frames, bins) into mel bands (frames, n_mels)."""
    bands = np.empty((len(power), spec.n_mels), np.float32)
    for rows, bins, weights in tables.mel_bands(spec):
        multiply(power[:, bins], weights, bands[:, rows])
    return bands


def multiply(rows: Array, weights: Array, out: Array) -> None:
    """Put rows @ weights into `out`, in products too small for BLAS to share them among threads.

    On a busy machine waiting for the other threads takes many times as long as everything else here.
    """
    whole = len(rows) - len(rows) % SLICE
    pieces = -1 if whole else 0, SLICE
    np.matmul(rows[:whole].reshape(*pieces, rows.shape[1]), weights, out=out[:whole].reshape(*pieces, out.shape[1]))
    np.matmul(rows[whole:], weights, out=out[whole:])
