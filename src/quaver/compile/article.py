"""The C twin of the frontend `article`: its numbers as macros, its tables as constants."""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from quaver.compile.elementwise import constant
from quaver.compile.graph import Array
from quaver.errors import CompileError
from quaver.frontend import tables
from quaver.frontend.spec import ArticleSpec


@dataclass(frozen=True)
class Sound:
    """How a program makes features of sound."""

    spec: ArticleSpec
    longest: int  # samples that are heard as a whole
    keep: bool  # spectra are kept, not computed twice: faster, for a megabyte of memory

    def __post_init__(self) -> None:
        size = self.spec.n_fft
        if size & (size - 1) or size < 32:
            raise CompileError(
                f"the frontend {self.spec.name!r} has frames of {size} samples; only powers of two from 32 on can be "
                "compiled. Train with n_fft=2048."
            )

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
        values = 2 * spec.n_fft + spec.bins + kept * (spec.bins + spec.n_mels) + 2 * spec.n_mels + spec.n_chroma
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
        folder = resources.files("quaver.frontend")
        fft, article, tuning = ((folder / f"{name}.c").read_text("utf-8") for name in ("fft", "article", "tuning"))
        if self.tuned:  # between the structure that it works on and the functions that call it
            head, mark, rest = article.partition("} article_work;\n")
            article = f"{head}{mark}\n{tuning}{rest}"
        return "\n".join([self._macros(), fft, article])

    def _macros(self) -> str:
        spec, (low, high) = self.spec, self._searched
        numbers = {
            **{"SAMPLE_RATE": spec.sample_rate, "FFT_SIZE": spec.n_fft, "HOP": spec.hop, "FRAMES": self.frames},
            **{"KEEP": int(self.keep), "TUNED": int(self.tuned), "PEAKS": self._peaks, "TUNINGS": spec.tuning_steps},
            **{"MELS": spec.n_mels, "NOTES": spec.n_chroma, "MFCCS": spec.n_mfcc, "PEAK_LOW": low, "PEAK_HIGH": high},
            **{"FLOOR_POWER": spec.floor_power, "FLOOR_DB": spec.floor_db, "ZERO": spec.zero},
            **{"PEAK_SHARE": spec.tuning_peak, "CHROMA_CENTRE": spec.chroma_centre, "CHROMA_WIDTH": spec.chroma_width},
        }
        title = f"/* ---- The numbers of the frontend {spec.name}, {spec.fingerprint} "
        lines = [title + "-" * (117 - len(title)) + " */", ""]
        for name, value in numbers.items():
            lines.append(f"#define {name} {constant(value) if isinstance(value, float) else value}")
        return "\n".join([*lines, ""])

    def tables(self) -> dict[str, Array]:
        """Give the constants that the C reads, by name."""
        spec = self.spec
        bands = [np.flatnonzero(row) for row in tables.mel(spec)]
        spans = [(int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0) for used in bands]
        found = {
            "quaver_window": tables.window(spec),
            "quaver_fft_twiddles": twiddles(spec.n_fft // 2),
            "quaver_fft_split": split(spec.n_fft),
            "quaver_mel_weights": np.concatenate(
                [row[a:b] for row, (a, b) in zip(tables.mel(spec), spans, strict=True)]
            ),
            "quaver_dct": tables.dct(spec),
        }
        made = {name: np.asarray(values, np.float32) for name, values in found.items()}
        made["quaver_mel_first"] = np.array([a for a, _ in spans], np.int16)
        made["quaver_mel_count"] = np.array([b - a for a, b in spans], np.int16)
        return {
            **made,
            **(self._tuning() if self.tuned else {"quaver_chroma": tables.chroma(spec, spec.tuning or 0.0)}),
        }

    def _tuning(self) -> dict[str, Array]:
        """Give what the chroma weights of any tuning are made of; see `tables.chroma`."""
        notes, widths = tables.note_places(self.spec)
        return {"quaver_bin_notes": notes.astype(np.float32), "quaver_bin_widths": widths.astype(np.float32)}


def twiddles(size: int) -> Array:
    """Give the factors of every pass of a complex transform, in the order in which fft.c reads them."""
    parts = []
    while size >= 4:
        turns = np.outer([1, 2, 3], np.arange(size // 4)) / size
        parts += [np.cos(2 * np.pi * turns).ravel(), -np.sin(2 * np.pi * turns).ravel()]
        size //= 4
    return np.concatenate(parts)


def split(size: int) -> Array:
    """Give the factors that split half a transform into that of `size` real samples: cosines, then sines."""
    turns = np.arange(size // 4 + 1) / size
    return np.concatenate([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)])
