"""What lies between a mouth and a microphone: the band of a channel, the reflections of a room."""

import numpy as np

from quaver.audio import Samples

_SPEED_OF_SOUND = 343.0  # m/s
_TINY = 1e-30


def band(samples: Samples, sample_rate: int, low: float, high: float) -> Samples:
    """Keep what lies between two frequencies, without shifting anything in time.

    The edges are half cosines, 100 Hz or a tenth of the frequency wide, so that nothing rings for long.

    Args:
        samples: (n,) float32.
        sample_rate: in Hz.
        low: lower edge in Hz, at half amplitude; 0 keeps everything below `high`.
        high: upper edge in Hz; at or above half the sample rate it changes nothing.

    Returns:
        (n,) float32.
    """
    size = _fft_size(len(samples) + sample_rate // 20)  # 50 ms of silence: the end must not ring into the beginning
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    keep = np.ones_like(frequency)
    if high < sample_rate / 2:
        keep *= _edge(frequency, high)
    if low > 0:
        keep *= 1 - _edge(frequency, low)
    filtered: Samples = np.fft.irfft(np.fft.rfft(samples, size) * keep, size)[: len(samples)].astype(np.float32)
    return filtered


def response(samples: Samples, sample_rate: int, corners: np.ndarray, decibels: np.ndarray) -> Samples:
    """Raise and lower parts of the spectrum, without shifting anything in time.

    Args:
        samples: (n,) float32.
        sample_rate: in Hz.
        corners: (k,) frequencies in Hz, ascending, above 0.
        decibels: (k,) gains there; on the line between them over the logarithm of frequency, and level beyond.

    Returns:
        (n,) float32.
    """
    size = _fft_size(len(samples) + sample_rate // 20)
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), corners[0])
    gain = 10.0 ** (np.interp(np.log(frequency), np.log(corners), decibels) / 20)
    filtered: Samples = np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)].astype(np.float32)
    return filtered


def reverberate(samples: Samples, response: np.ndarray) -> Samples:
    """Convolve with a room's impulse response; length and energy stay.

    Args:
        samples: (n,) float32.
        response: (k,), the direct sound first.

    Returns:
        (n,) float32.
    """
    size = _fft_size(len(samples) + len(response) - 1)
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]
    level = np.sqrt(_energy(samples) / max(_energy(wet), _TINY))
    result: Samples = (wet * level).astype(np.float32)
    return result


def room_response(sample_rate: int, rt60: float, direct_db: float, rng: np.random.Generator) -> np.ndarray:
    """Simulate the impulse response of a room: direct sound, six early reflections, a decaying tail.

    The tail is white noise under an exponential that falls by 60 dB in `rt60`, the usual statistical model of a
    diffuse field. The reflections come over detours of 1 to 8 metres, weaker the longer the detour.

    Args:
        sample_rate: in Hz.
        rt60: reverberation time in seconds.
        direct_db: energy of the direct sound over that of everything else, in dB.
        rng: where reflections and tail come from.

    Returns:
        (rt60 * sample_rate,) float64 with 1.0, its largest value, first.
    """
    time = np.arange(max(2, round(rt60 * sample_rate))) / sample_rate
    decay = 10.0 ** (-3 * time / rt60)
    late = rng.standard_normal(len(time)) * decay * (time > 0.005)
    delays = rng.uniform(1.0, 8.0, 6) / _SPEED_OF_SOUND
    places = np.clip(np.round(delays * sample_rate).astype(int), 1, len(time) - 1)
    early = np.zeros(len(time))
    np.add.at(early, places, rng.choice([-1.0, 1.0], 6) * decay[places] * delays.min() / delays)
    rest = early / np.sqrt(_energy(early) + _TINY) + late / np.sqrt(_energy(late) + _TINY)
    rest *= 10.0 ** (-direct_db / 20) / np.sqrt(_energy(rest) + _TINY)
    rest[0] = 1.0
    return np.asarray(rest)


def _energy(samples: np.ndarray) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _fft_size(size: int) -> int:
    """Round up to a power of two: a prime size would be slow."""
    return 1 << max(size - 1, 1).bit_length()


def _edge(frequency: np.ndarray, at: float) -> np.ndarray:
    """Fall from 1 to 0 around `at` as half a cosine."""
    width = max(100.0, 0.1 * at)
    fall: np.ndarray = 0.5 + 0.5 * np.cos(np.pi * np.clip((frequency - at) / width + 0.5, 0, 1))
    return fall
