"""The C twin of the frontend `logmel` in whole numbers: its numbers as macros, its tables as constants."""

from dataclasses import dataclass
from math import log2, log10
from typing import ClassVar

import numpy as np

from quaver.compile import logmel, sound
from quaver.compile.graph import Array

LEVEL_BITS = 22  # of a logarithm of base two behind the point
WEIGHT_BITS = 24  # of the largest weight of a mel band
DEGREE = 7  # of the polynomial for the logarithm
_HALVED = {2: 1, 3: 2, 4: 2, 5: 3}  # by which power of two a pass divides


@dataclass(frozen=True)
class Sound(logmel.Sound):
    """How a program makes a log-mel spectrogram of samples of sixteen bits without floating point."""

    level: ClassVar[str] = "int"
    sample: ClassVar[str] = "typedef short quaver_sample; /* full scale 32768 */"
    full_scale: ClassVar[int] = 32768

    @property
    def work(self) -> int:
        """Count the bytes that the computation needs, as `logmel_work` in logmel_fixed.c."""
        return 4 * 4 * self.spec.bins

    def text(self) -> str:
        """Write the frontend: macros, then the C twin as it stands beside the Python."""
        spec, unit = self.spec, 1 << LEVEL_BITS
        numbers: dict[str, int | float] = {
            **{"FFT_SIZE": spec.n_fft, "HOP": spec.hop, "MELS": spec.n_mels, "LEVELLED": int(spec.peak is not None)},
            **{"LEVEL_ZERO": round(self._zero * unit), "LEVEL_FLOOR": round(max(log2(spec.floor_power), -400) * unit)},
            **{"LEVEL_RANGE": round(spec.floor_decades / log10(2) * unit), "LEVEL_SCALE": log10(2) / unit / spec.scale},
            **{"LEVEL_PEAK": ((spec.peak or 0.0) + spec.offset) / spec.scale},
        }
        numbers |= self._pauses(round((spec.pause or 0.0) / log10(2) * unit))
        terms = f"#define LOG_TERMS {', '.join(str(round(term * 2**30)) for term in _logarithm())}\n"
        return "\n".join([sound.macros(spec, numbers) + terms, sound.kit("fft_fixed"), self._twin("logmel_fixed")])

    def tables(self) -> dict[str, Array]:
        """Give the constants that the C reads, by name."""
        made = super().tables()
        for name in ("quaver_window", "quaver_fft_twiddles", "quaver_fft_split"):
            made[name] = np.clip(np.round(self._exact(name) * 2**31), -(2**31) + 1, 2**31 - 1).astype(np.int32)
        weights = made["quaver_mel_weights"].astype(np.float64)
        made["quaver_mel_weights"] = np.round(weights / weights.max() * 2**WEIGHT_BITS).astype(np.int32)
        return made

    def _exact(self, name: str) -> Array:
        """Give a table before it is rounded to single precision."""
        from quaver.frontend import tables

        made = {
            "quaver_window": tables.window(self.spec),
            "quaver_fft_twiddles": sound.twiddles(self.spec.n_fft // 2),
            "quaver_fft_split": sound.split(self.spec.n_fft),
        }
        return np.asarray(made[name], np.float64)

    @property
    def _zero(self) -> float:
        """Give the logarithm of what a band sums up to for a power of one, in a frame that did not grow."""
        lost = sum(_HALVED[radix] for radix in sound.radices(self.spec.n_fft // 2))
        largest = float(super().tables()["quaver_mel_weights"].max())
        return WEIGHT_BITS - log2(largest) + 2 * (log2(self.full_scale) - lost) + 2  # powers come four times as large


def _logarithm() -> list[float]:
    """Give the polynomial (DEGREE + 1,) nearest to log2(1 + x) for x from 0 to 1."""
    fitted = np.polynomial.Chebyshev.interpolate(lambda x: np.log2(1 + x), DEGREE, [0, 1])
    return [float(term) for term in fitted.convert(kind=np.polynomial.Polynomial).coef]
