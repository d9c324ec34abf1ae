"""A phase vocoder: another tempo at the same pitch, another pitch at the same tempo."""

import numpy as np

from quaver.audio import Samples, fit, resample

N_FFT = 2048  # samples; with the hop below the defaults of librosa's effects, which the article uses
HOP = N_FFT // 4
_TURN = 2 * np.pi
_WINDOW = 0.5 - 0.5 * np.cos(_TURN * np.arange(N_FFT) / N_FFT)  # periodic Hann


def stretch(samples: Samples, rate: float) -> Samples:
    """Change the tempo and keep the pitch, with a phase vocoder.

    The phase vocoder is Flanagan and Golden's (1966) in the form of Dolson (1986): magnitudes are interpolated
    between frames, phases advance by each bin's own frequency. It follows librosa's `time_stretch`.

    Args:
        samples: (n,) float32.
        rate: above 1 is faster and shorter, below 1 slower and longer.

    Returns:
        (round(n / rate),) float32.
    """
    length = round(len(samples) / rate)
    if length == 0:
        return samples[:0].copy()
    spectrum = np.pad(_stft(samples), ((0, 2), (0, 0)))
    steps = np.arange(0, len(spectrum) - 2, rate)
    left = steps.astype(np.intp)
    part = (steps - left)[:, None]
    magnitude = np.abs(spectrum)
    magnitude = (1 - part) * magnitude[left] + part * magnitude[left + 1]
    angle = np.angle(spectrum)
    expected = HOP * _TURN / N_FFT * np.arange(spectrum.shape[1])
    advance = angle[left + 1] - angle[left] - expected
    advance += expected - _TURN * np.round(advance / _TURN)
    phase = np.cumsum(np.concatenate([angle[:1], advance[:-1]]), axis=0)
    return _istft(magnitude * np.exp(1j * phase), length)


def pitch(samples: Samples, sample_rate: int, semitones: float) -> Samples:
    """Shift the pitch (formants with it) and keep tempo and length: stretch, then resample, as librosa's `pitch_shift`.

    Args:
        samples: (n,) float32.
        sample_rate: in Hz.
        semitones: up where positive; twelve are an octave.

    Returns:
        (n,) float32.
    """
    rate = 2.0 ** (-semitones / 12)
    return fit(resample(stretch(samples, rate), sample_rate / rate, sample_rate), len(samples))


def _stft(samples: Samples) -> np.ndarray:
    """Transform centred frames: (1 + n // HOP, N_FFT / 2 + 1) complex."""
    padded = np.pad(samples.astype(np.float64), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    return np.fft.rfft(frames * _WINDOW)


def _istft(spectrum: np.ndarray, length: int) -> Samples:
    """Overlap and add, weighted so that an unchanged spectrum gives the samples back."""
    frames = np.fft.irfft(spectrum, N_FFT) * _WINDOW
    total, weight = (np.zeros((len(frames) + 3, HOP)) for _ in range(2))
    for k in range(4):
        part = slice(k * HOP, (k + 1) * HOP)
        total[k : k + len(frames)] += frames[:, part]
        weight[k : k + len(frames)] += np.square(_WINDOW[part])
    safe = np.where(weight > np.finfo(np.float32).tiny, weight, 1.0)
    return fit((total / safe).ravel()[N_FFT // 2 :].astype(np.float32), length)
