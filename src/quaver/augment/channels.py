"""What stands between a voice and a listener: other voices, coloured noise, telephones, loud inputs, cuts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quaver.audio import Samples, fit, resample
from quaver.augment import acoustics
from quaver.augment.effects import TELEPHONE, Params, seed, single, within

_TINY = 1e-30
_LOWEST = 20.0  # Hz; below it coloured noise no longer grows
_LINE_RATE = 8000  # Hz, of a telephone line
_MU = 255.0  # of mu-law
_OCTAVES = (62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz
_MOST = 12.0  # dB that a microphone raises or lowers an octave


@dataclass(frozen=True)
class Colour:
    """Noise whose power falls with frequency as 1 / f^a, white (a = 0) to brown (a = 2), at a ratio in dB.

    Traffic, wind, fans and rooms are louder at low frequencies than white noise is. Limits: 0 to 60 dB.
    """

    low: float = 3.0
    high: float = 25.0

    def __post_init__(self) -> None:
        within("Colour in dB", (self.low, self.high), 0.0, 60.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `snr` in dB, the `exponent` a, and the `seed` of the noise."""
        snr, exponent = float(rng.uniform(self.low, self.high)), float(rng.uniform(0.0, 2.0))
        return {"snr": snr, "exponent": exponent, "seed": seed(rng)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Add the noise; the length stays."""
        white = np.random.default_rng(int(params["seed"])).standard_normal(len(samples))
        if len(samples) < 2:
            return single(samples)
        frequency = np.maximum(np.fft.rfftfreq(len(samples), 1 / sample_rate), _LOWEST)
        noise = np.fft.irfft(np.fft.rfft(white) * frequency ** (-params["exponent"] / 2), len(samples))
        return _mixed(samples, noise, params["snr"])


@dataclass(frozen=True)
class Babble:
    """Six voices talking at once, made of the clip itself: rolled, reversed, faster and slower, at a ratio in dB.

    Limits: 0 to 60 dB. It says nothing that anybody could understand, but has the spectrum and the rhythm of speech.
    """

    low: float = 3.0
    high: float = 20.0
    voices: int = 6

    def __post_init__(self) -> None:
        within("Babble in dB", (self.low, self.high), 0.0, 60.0)
        within("Babble voices", (self.voices, self.voices), 2, 20)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `snr` in dB and the `seed` of the voices."""
        return {"snr": float(rng.uniform(self.low, self.high)), "seed": seed(rng)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Add the voices; the length stays."""
        rng, noise = np.random.default_rng(int(params["seed"])), np.zeros(len(samples))
        for _ in range(self.voices if len(samples) > 1 else 0):
            speed, at, backwards = rng.uniform(0.8, 1.25), rng.uniform(), rng.uniform() < 0.5
            voice = resample(samples, sample_rate * speed, sample_rate)
            voice = np.resize(np.roll(voice, int(at * len(voice))), len(samples))
            noise += voice[::-1] if backwards else voice
        return _mixed(samples, noise, params["snr"])


@dataclass(frozen=True)
class Telephone:
    """A telephone line: 300 to 3,400 Hz, 8,000 samples a second, eight bits by mu-law (as ITU-T G.711, smooth)."""

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose the `level` of the line in dB below full scale, on which the steps depend."""
        return {"level": float(rng.uniform(0.0, 20.0))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Pass the line; level and length stay."""
        peak = float(np.abs(samples).max(initial=0.0)) * 10.0 ** (params["level"] / 20)
        if not peak:
            return single(samples)
        narrow = acoustics.band(samples, sample_rate, *TELEPHONE)
        line = np.clip(resample(narrow, sample_rate, _LINE_RATE) / peak, -1, 1)
        pressed = np.round(127 * np.sign(line) * np.log1p(_MU * np.abs(line)) / np.log1p(_MU)) / 127
        heard = np.sign(pressed) * np.expm1(np.abs(pressed) * np.log1p(_MU)) / _MU
        return single(peak * fit(resample(heard.astype(np.float32), _LINE_RATE, sample_rate), len(samples)))


@dataclass(frozen=True)
class Microphone:
    """Another microphone: a frequency response drawn anew, for every octave a gain from a normal distribution in dB.

    Limits: a deviation of 0 to 6 dB of the gain in an octave, held within 12 dB; cheap microphones reach that.
    """

    deviation: float = 5.0

    def __post_init__(self) -> None:
        within("Microphone in dB", (self.deviation, self.deviation), 0.0, 6.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose the gain of each octave in dB, by its frequency in Hz."""
        drawn = np.clip(rng.normal(0.0, self.deviation, len(_OCTAVES)), -_MOST, _MOST)
        return {f"{corner:g}": float(gain) for corner, gain in zip(_OCTAVES, drawn, strict=True)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Filter without delay; length and peak stay."""
        heard = acoustics.response(
            samples, sample_rate, np.array(_OCTAVES), np.array([params[f"{c:g}"] for c in _OCTAVES])
        )
        peak, now = (float(np.abs(x).max(initial=0.0)) for x in (samples, heard))
        return single(heard * (peak / max(now, _TINY)))


@dataclass(frozen=True)
class Overdrive:
    """An input that is set too loud: the peak would lie up to 20 dB over full scale and is cut off there.

    Limits: 0 to 20 dB. At 20 dB the wave is nearly square, and words are still understood.
    """

    low: float = 0.0
    high: float = 20.0

    def __post_init__(self) -> None:
        within("Overdrive in dB", (self.low, self.high), 0.0, 20.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `over`, dB over full scale."""
        return {"over": float(rng.uniform(self.low, self.high))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Scale and cut off; the length stays."""
        peak = max(float(np.abs(samples).max(initial=0.0)), _TINY)
        return single(np.clip(samples.astype(np.float64) / peak * 10.0 ** (params["over"] / 20), -1, 1))


@dataclass(frozen=True)
class Crop:
    """A part of the clip, the loudest of three draws; a clip that is shorter stays whole.

    Limits: 0.5 to 5 s. Less than half a second is less than two syllables.
    """

    low: float = 0.6
    high: float = 1.6

    def __post_init__(self) -> None:
        within("Crop in seconds", (self.low, self.high), 0.5, 5.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `seconds` and where it begins, `at`, in seconds."""
        seconds = float(rng.uniform(self.low, self.high))
        size = round(seconds * sample_rate)
        starts = rng.integers(0, max(1, len(samples) - size + 1), 3)
        power = [float(np.square(samples[at : at + size], dtype=np.float64).sum()) for at in starts]
        return {"seconds": seconds, "at": float(starts[int(np.argmax(power))] / sample_rate)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Give at most `seconds` of it."""
        at = round(params["at"] * sample_rate)
        return single(samples[at : at + round(params["seconds"] * sample_rate)])


def _mixed(samples: Samples, noise: np.ndarray, snr: float) -> Samples:
    """Add noise at a ratio of powers over the whole clip, in dB; silence stays silence."""
    power, of_noise = (float(np.square(x, dtype=np.float64).sum()) for x in (samples, noise))
    return single(samples + np.sqrt(power / max(of_noise, _TINY)) * 10.0 ** (-snr / 20) * noise)
