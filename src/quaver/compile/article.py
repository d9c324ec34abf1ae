"""The C twin of the frontend `article`: its numbers as macros, its tables as constants."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quaver.compile import sound
from quaver.compile.graph import Array
from quaver.frontend import tables
from quaver.frontend.spec import ArticleSpec


@dataclass(frozen=True)
class Sound(sound.Sound):
    """How a program makes the article's features of sound."""

    kind: ClassVar[str] = "article"

    spec: ArticleSpec
    keep: bool  # spectra are kept, not computed twice: faster, for a megabyte of memory

    @property
    def frames(self) -> int:
        """Count the frames of the longest sound."""
        return self.spec.frames(self.longest)

    @property
    def tuned(self) -> bool:
        """Tell whether the tuning is estimated for every clip."""
        return self.spec.tuning is None

    @property
    def work(self) -> int:
        """Count the bytes that the computation needs, as `article_work` in article.c."""
        spec, kept = self.spec, self.frames if self.keep else 1
        values = (
            2 * spec.n_fft
            + spec.bins
            + sound.SPARE
            + kept * (spec.bins + spec.n_mels)
            + 2 * spec.n_mels
            + spec.n_chroma
        )
        if not self.tuned:
            return 4 * values
        peaks = self.frames * self._peaks
        return 4 * (values + spec.n_chroma * spec.bins + 2 * peaks + spec.tuning_steps)

    @property
    def _peaks(self) -> int:
        """Count the peaks that a frame can hold at most; neighbours cannot both be peaks."""
        low, high = self._searched
        return (high - low + 1) // 2 + 1

    @property
    def _searched(self) -> tuple[int, int]:
        low, high = np.searchsorted(tables.frequencies(self.spec), (self.spec.tuning_low, self.spec.tuning_high))
        return int(low), int(high)

    def text(self) -> str:
        """Write the frontend: macros, then the C twin as it stands beside the Python."""
        fft, article, tuning = sound.transform(), sound.kit("article"), sound.kit("tuning")
        if self.tuned:  # between the structure that it works on and the functions that call it
            head, mark, rest = article.partition("} article_work;\n")
            article = f"{head}{mark}\n{tuning}{rest}"
        return "\n".join([sound.macros(self.spec, self._numbers()), fft, article])

    def _numbers(self) -> dict[str, int | float]:
        spec, (low, high) = self.spec, self._searched
        return {
            **{"SAMPLE_RATE": spec.sample_rate, "FFT_SIZE": spec.n_fft, "HOP": spec.hop, "FRAMES": self.frames},
            **{"KEEP": int(self.keep), "TUNED": int(self.tuned), "PEAKS": self._peaks, "TUNINGS": spec.tuning_steps},
            **{"MELS": spec.n_mels, "NOTES": spec.n_chroma, "MFCCS": spec.n_mfcc, "PEAK_LOW": low, "PEAK_HIGH": high},
            **{"FLOOR_POWER": spec.floor_power, "FLOOR_DB": spec.floor_db, "ZERO": spec.zero},
            **{"PEAK_SHARE": spec.tuning_peak, "CHROMA_CENTRE": spec.chroma_centre, "CHROMA_WIDTH": spec.chroma_width},
        }

    def tables(self) -> dict[str, Array]:
        """Give the constants that the C reads, by name."""
        made = {**sound.mel_tables(self.spec), "quaver_dct": np.asarray(tables.dct(self.spec), np.float32)}
        return {
            **made,
            **(self._tuning() if self.tuned else {"quaver_chroma": tables.chroma(self.spec, self.spec.tuning or 0.0)}),
        }

    def _tuning(self) -> dict[str, Array]:
        """Give what the chroma weights of any tuning are made of; see `tables.chroma`."""
        notes, widths = tables.note_places(self.spec)
        return {"quaver_bin_notes": notes.astype(np.float32), "quaver_bin_widths": widths.astype(np.float32)}
