"""What the C twins of the frontends share: the transform's tables, mel bands, numbers as macros."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

import numpy as np

from quaver.compile.elementwise import constant
from quaver.compile.graph import Array
from quaver.errors import CompileError
from quaver.frontend import tables
from quaver.frontend.spec import MelSpec

SPARE = 16  # values behind a table or a spectrum that vectors may read
RADICES = (4, 2, 3, 5)  # in the order in which fft.c tries them


@dataclass(frozen=True)
class Sound:
    """How a program makes features of sound: the base of a twin for each kind of frontend.

    Raises:
        CompileError: fft.c has no transform of that size.
    """

    kind: ClassVar[str] = ""  # of the frontend, and the beginning of its C names
    level: ClassVar[str] = "float"  # of a frame, before it belongs to a window
    full_scale: ClassVar[int] = 1  # of a sample
    sample: ClassVar[str] = "typedef float quaver_sample; /* full scale 1 */"

    spec: MelSpec
    longest: int  # samples that are heard as a whole

    def __post_init__(self) -> None:
        size = self.spec.n_fft
        if size < 32 or size % 2 or np.prod(radices(size // 2)) != size // 2:
            raise CompileError(
                f"the frontend {self.spec.name!r} has frames of {size} samples; only even sizes from 32 on without "
                "other prime factors than 2, 3 and 5 can be compiled. Train with n_fft=400 or 2048."
            )

    @property
    def tuned(self) -> bool:
        """Tell whether the tuning is estimated for every clip."""
        return False

    @property
    def frames(self) -> int:
        """Count the frames of the longest sound."""
        raise NotImplementedError

    @property
    def work(self) -> int:
        """Count the bytes that the computation needs, as the structure in C."""
        raise NotImplementedError

    @property
    def shortest(self) -> int:
        """Count the samples without which there are no features."""
        return 1

    def text(self) -> str:
        """Write the frontend: macros, then the C twin as it stands beside the Python."""
        raise NotImplementedError

    def tables(self) -> dict[str, Array]:
        """Give the constants that the C reads, by name."""
        raise NotImplementedError


def kit(name: str) -> str:
    """Read the C that lies beside a frontend."""
    return (resources.files("quaver.frontend") / f"{name}.c").read_text("utf-8")


def transform() -> str:
    """Read the transform of real samples."""
    return "\n".join([kit("fft_wide"), kit("fft")])


def macros(spec: MelSpec, numbers: Mapping[str, int | float]) -> str:
    """Write numbers as macros under a title."""
    title = f"/* ---- The numbers of the frontend {spec.name}, {spec.fingerprint} "
    lines = [title + "-" * (117 - len(title)) + " */", ""]
    for name, value in numbers.items():
        lines.append(f"#define {name} {constant(value) if isinstance(value, float) else value}")
    return "\n".join([*lines, ""])


def mel_tables(spec: MelSpec) -> dict[str, Array]:
    """Give the window, the transform's factors, and of each mel band the weights from its first bin on."""
    bands = [np.flatnonzero(row) for row in tables.mel(spec)]
    spans = [(int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0) for used in bands]
    weights = [row[a:b] for row, (a, b) in zip(tables.mel(spec), spans, strict=True)]
    found = {
        "quaver_window": tables.window(spec),
        "quaver_fft_twiddles": twiddles(spec.n_fft // 2),
        "quaver_fft_split": split(spec.n_fft),
        "quaver_mel_weights": np.concatenate([*weights, np.zeros(SPARE)]),
    }
    made = {name: np.asarray(values, np.float32) for name, values in found.items()}
    made["quaver_mel_first"] = np.array([a for a, _ in spans], np.int16)
    made["quaver_mel_count"] = np.array([b - a for a, b in spans], np.int16)
    return made


def sampled(sound: Array, full_scale: int) -> Array:
    """Bring samples of a full scale of 1 to that of a program, in its type."""
    if full_scale == 1:
        return np.asarray(sound, np.float32)
    return np.clip(np.rint(sound * np.float64(full_scale)), -full_scale, full_scale - 1).astype(np.int16)


def radices(size: int) -> list[int]:
    """Give the passes of a complex transform; their product is smaller than `size` where there are none for it."""
    found: list[int] = []
    while radix := next((r for r in RADICES if size > 1 and size % r == 0), 0):
        found.append(radix)
        size //= radix
    return found


def twiddles(size: int) -> Array:
    """Give the factors of every pass of a complex transform, in the order in which fft.c reads them."""
    parts: list[Array] = []
    for radix in radices(size):
        turns = np.outer(np.arange(1, radix), np.arange(size // radix)) / size
        parts += [np.cos(2 * np.pi * turns).ravel(), -np.sin(2 * np.pi * turns).ravel()]
        size //= radix
    return np.concatenate(parts)


def split(size: int) -> Array:
    """Give the factors that split half a transform into that of `size` real samples: cosines, then sines."""
    turns = np.arange(size // 4 + 1) / size
    return np.concatenate([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)])
