"""The C twin of the frontend `logmel`: its numbers as macros, its tables as constants."""

from dataclasses import dataclass
from typing import ClassVar

from quaver.compile import sound
from quaver.compile.graph import Array
from quaver.frontend.spec import LogmelSpec
from quaver.frontend.spectra import LARGEST


@dataclass(frozen=True)
class Sound(sound.Sound):
    """How a program makes a log-mel spectrogram, a frame for each hop."""

    kind: ClassVar[str] = "logmel"

    spec: LogmelSpec

    @property
    def frames(self) -> int:
        """Count the frames of the longest sound."""
        return self.spec.frames(self.longest)

    @property
    def work(self) -> int:
        """Count the bytes that the computation needs, as `logmel_work` in logmel.c."""
        return 4 * (2 * self.spec.n_fft + self.spec.bins + sound.SPARE)

    @property
    def shortest(self) -> int:
        """Count the samples without which there are no features: a hop, and what is mirrored at the ends."""
        return max(self.spec.hop, self.spec.n_fft // 2 + 1)

    def text(self) -> str:
        """Write the frontend: macros, then the C twin as it stands beside the Python."""
        spec = self.spec
        numbers = {
            **{"FFT_SIZE": spec.n_fft, "HOP": spec.hop, "MELS": spec.n_mels, "LARGEST": LARGEST},
            **{"FLOOR_POWER": max(spec.floor_power, 1.2e-38), "FLOOR_DECADES": spec.floor_decades},
            **{"LEVELLED": int(spec.peak is not None), "PEAK": spec.peak or 0.0},
            **{"OFFSET": spec.offset, "SCALE": spec.scale},
            **self._pauses(spec.pause or 0.0),
        }
        return "\n".join([sound.macros(spec, numbers), sound.transform(), self._twin("logmel")])

    def _pauses(self, pause: float) -> dict[str, int | float]:
        """Give the macros of pauses, which lie so far below the loudest value, if they are left out."""
        spec = self.spec
        macros = {"PAUSE": pause, "PAUSE_EDGE": spec.pause_edge, "PAUSE_LEAST": spec.pause_least}
        return {} if spec.pause is None else macros

    def _twin(self, name: str) -> str:
        """Read the C twin, with what leaves pauses out if they are."""
        pauses = "" if self.spec.pause is None else f"{sound.kit('pauses')}\n"
        return sound.kit(name).replace("@PAUSES@", pauses)

    def tables(self) -> dict[str, Array]:
        """Give the constants that the C reads, by name."""
        return sound.mel_tables(self.spec)
