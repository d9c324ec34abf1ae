"""Effects on sound that keep its emotion. See `quaver.augment` for how they are used, and for masks on features."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quaver.audio import Samples, resample
from quaver.augment import acoustics, vocoder
from quaver.errors import SpecError

Params = dict[str, float]


def within(what: str, values: tuple[float, float], lowest: float, highest: float) -> None:
    """Refuse a range that is not in order or leaves the limits, with a SpecError that names them."""
    low, high = values
    if not lowest <= low <= high <= highest:
        got = f"{low} to {high}" if low != high else f"{low}"
        raise SpecError(f"{what}: got {got}, expected a range within {lowest} to {highest}, where the emotion stays.")


def seed(rng: np.random.Generator) -> int:
    """Draw the seed of what an effect makes later."""
    return int(rng.integers(2**53))  # survives JSON and float64


def single(samples: np.ndarray) -> Samples:
    """Give a copy in single precision."""
    return samples.astype(np.float32)


def _white(params: Mapping[str, float], size: int) -> np.ndarray:
    return np.random.default_rng(int(params["seed"])).standard_normal(size)


@dataclass(frozen=True)
class Noise:
    """White Gaussian noise as the article adds it: its deviation is U(0, 1) * level * the clip's peak.

    Limits: level up to 0.1. For a peak 15 dB above the mean power, 0.035 leaves at worst 14 dB of SNR, 0.1 leaves 5 dB.
    """

    level: float = 0.035

    def __post_init__(self) -> None:
        within("Noise level", (self.level, self.level), 1e-6, 0.1)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `amplitude`, a fraction of the peak, and the `seed` of the noise."""
        return {"amplitude": self.level * float(rng.uniform()), "seed": seed(rng)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Add the noise; the length stays."""
        peak = float(np.abs(samples).max(initial=0.0))
        return single(samples + params["amplitude"] * peak * _white(params, len(samples)))


@dataclass(frozen=True)
class NoiseAtSnr:
    """White Gaussian noise at a signal-to-noise ratio drawn from [low, high] dB over the whole clip.

    Limits: 0 to 60 dB. At 0 dB the noise is as strong as the voice; below that nobody vouches for the label.
    """

    low: float = 10.0
    high: float = 30.0

    def __post_init__(self) -> None:
        within("NoiseAtSnr in dB", (self.low, self.high), 0.0, 60.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `snr` in dB and the `seed` of the noise."""
        return {"snr": float(rng.uniform(self.low, self.high)), "seed": seed(rng)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Add noise whose measured power gives exactly this ratio; silence stays silence."""
        noise = _white(params, len(samples))
        power = float(np.square(samples, dtype=np.float64).sum())
        gain = np.sqrt(power / max(float(np.square(noise).sum()), 1e-30)) * 10.0 ** (-params["snr"] / 20)
        return single(samples + gain * noise)


@dataclass(frozen=True)
class Stretch:
    """Another tempo at the same pitch; the article's rate is 0.8, so its clips become 1.25 times as long.

    Limits: 0.7 to 1.4. Slowness is a cue of sadness, speed one of anger, fear and joy; the article's 0.8 is near the
    edge already, 0.9 to 1.1 is safe.
    """

    low: float = 0.8
    high: float = 0.8

    def __post_init__(self) -> None:
        within("Stretch rate", (self.low, self.high), 0.7, 1.4)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `rate`; below 1 is slower."""
        return {"rate": float(rng.uniform(self.low, self.high))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Give round(n / rate) samples."""
        return vocoder.stretch(samples, params["rate"])


@dataclass(frozen=True)
class Shift:
    """Roll the clip around by up to `most` samples either way, the end coming in at the beginning, as in the article.

    Limits: 1 to 22,050 samples. One cut appears in the clip, which is harmless where it begins and ends in a pause.
    """

    most: int = 5000

    def __post_init__(self) -> None:
        within("Shift in samples", (self.most, self.most), 1, 22_050)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `samples`, later in time where positive."""
        return {"samples": int(rng.uniform(-self.most, self.most))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Roll; the length stays."""
        return np.roll(samples, int(params["samples"]))


@dataclass(frozen=True)
class Pitch:
    """Another pitch at the same tempo, in semitones; the article's is 0.7 up.

    Limits: -3 to 3. Formants move along, as if the speaker's throat were shorter or longer, and a raised pitch is
    a cue of fear, joy and anger; -1 to 1 is safe.
    """

    low: float = 0.7
    high: float = 0.7

    def __post_init__(self) -> None:
        within("Pitch in semitones", (self.low, self.high), -3.0, 3.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `semitones`, up where positive."""
        return {"semitones": float(rng.uniform(self.low, self.high))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Shift the pitch; the length stays."""
        return vocoder.pitch(samples, sample_rate, params["semitones"])


@dataclass(frozen=True)
class Gain:
    """Another level, in dB; a gain that would clip is lowered until the peak is exactly full scale.

    Limits: -40 to 20 dB. The level says where the microphone stood; the effort of a voice is in its spectrum too and
    stays, as long as nothing clips.
    """

    low: float = -10.0
    high: float = 10.0

    def __post_init__(self) -> None:
        within("Gain in dB", (self.low, self.high), -40.0, 20.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `db`."""
        return {"db": float(rng.uniform(self.low, self.high))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Scale; the length stays."""
        factor = 10.0 ** (params["db"] / 20)
        peak = float(np.abs(samples).max(initial=0.0))
        if peak * factor > 1.0:  # never louder than full scale, nor quieter than a clip that already exceeds it
            factor = max(1.0 / peak, min(factor, 1.0))
        return single(samples * factor)


@dataclass(frozen=True)
class Speed:
    """Another speed of the tape: tempo and pitch change together (Ko et al., 2015, who take 0.9 and 1.1).

    Limits: 0.8 to 1.25, almost four semitones; 0.9 to 1.1 is safe.
    """

    low: float = 0.9
    high: float = 1.1

    def __post_init__(self) -> None:
        within("Speed", (self.low, self.high), 0.8, 1.25)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `speed`; above 1 is faster and higher."""
        return {"speed": float(rng.uniform(self.low, self.high))}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Give ceil(n / speed) samples."""
        return resample(samples, sample_rate * params["speed"], sample_rate)


TELEPHONE = (300.0, 3400.0)  # Hz; the classical telephone channel of ITU-T
WIDEBAND = (50.0, 7000.0)
SMALL_SPEAKER = (200.0, 6000.0)


@dataclass(frozen=True)
class BandLimit:
    """The band of one of several channels: telephone, wideband telephone, the small speaker of a device.

    Limits: lower edge 0 to 500 Hz, upper edge 2,000 Hz or more, so that harmonics and the first two formants stay.
    """

    bands: tuple[tuple[float, float], ...] = (TELEPHONE, WIDEBAND, SMALL_SPEAKER)

    def __post_init__(self) -> None:
        if not self.bands:
            raise SpecError("BandLimit has no bands; give at least one pair (low, high) in Hz.")
        for low, high in self.bands:
            within("BandLimit lower edge in Hz", (low, low), 0.0, 500.0)
            within("BandLimit upper edge in Hz", (high, high), 2000.0, 48_000.0)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose a band: `low` and `high` in Hz."""
        low, high = self.bands[int(rng.integers(len(self.bands)))]
        return {"low": low, "high": high}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Filter without delay; the length stays."""
        return acoustics.band(samples, sample_rate, params["low"], params["high"])


@dataclass(frozen=True)
class Room:
    """A simulated room with a reverberation time drawn from [low, high] seconds; direct sound first, so times stay.

    Limits: 0.1 to 0.6 s, a furnished room to a hard meeting room, at 0 to 12 dB of direct sound over the rest.
    """

    low: float = 0.1
    high: float = 0.6

    def __post_init__(self) -> None:
        within("Room reverberation time in seconds", (self.low, self.high), 0.1, 0.6)

    def draw(self, rng: np.random.Generator, samples: Samples, sample_rate: int) -> Params:
        """Choose `rt60` in seconds, `direct` in dB, and the `seed` of the reflections."""
        rt60, direct = float(rng.uniform(self.low, self.high)), float(rng.uniform(0.0, 12.0))
        return {"rt60": rt60, "direct": direct, "seed": seed(rng)}

    def apply(self, samples: Samples, sample_rate: int, params: Mapping[str, float]) -> Samples:
        """Reverberate; length and energy stay."""
        rng = np.random.default_rng(int(params["seed"]))
        return acoustics.reverberate(
            samples, acoustics.room_response(sample_rate, params["rt60"], params["direct"], rng)
        )
