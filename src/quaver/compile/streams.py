"""How a program hears a sound while it comes: it keeps the samples, or the frames that were made of them."""

from dataclasses import dataclass

from quaver.compile import emit
from quaver.compile.sound import Sound
from quaver.frontend import LogmelSpec

_WHOLE = " * What quaver_finish gives is what quaver_classify gives for the whole sound, to the last bit. */"
_FRAMES = """\
 * Frames are kept, not samples. What quaver_finish gives is what quaver_classify gives for the whole sound, to the last
 * bit, up to QUAVER_LONGEST samples. In a longer one the window at the end begins at a whole frame, up to
 * QUAVER_FRAME_HOP - 1 samples early, and its first frames hear what came before it instead of a mirror. */"""


@dataclass(frozen=True)
class Stream:
    """The parts of a program that hear a sound while it comes."""

    header: str  # the structure
    source: str
    ends: str  # what is promised for the whole sound
    numbers: dict[str, int]

    def size(self, sound: Sound, outputs: int) -> int:
        """Count the bytes of a quaver_stream, as a compiler lays it out."""
        sample, told = 4 if sound.full_scale == 1 else 2, self.numbers
        if "QUAVER_HELD" in told:
            return -(-(4 * (6 + outputs) + sample * told["QUAVER_HELD"]) // 4) * 4
        edges = 2 * told["QUAVER_STARTS"] * told["QUAVER_EDGE"]
        at = -(-(4 * (7 + outputs) + 1 + told["QUAVER_KEPT"]) // 4) * 4
        at += 4 * told["QUAVER_BANDS"] * (told["QUAVER_KEPT"] + edges)
        return -(-(at + sample * (2 * told["QUAVER_EDGE"] + 1) * told["QUAVER_FRAME_HOP"]) // 4) * 4

    @classmethod
    def of(cls, sound: Sound, window: tuple[int, int], shortest: int, framed: bool) -> "Stream":
        """Choose what is kept.

        Args:
            sound: how features are made.
            window: samples of a window, and from one to the next.
            shortest: samples of the shortest sound.
            framed: whether a network of any length takes frames, and memory matters.
        """
        spec = sound.spec
        if not (framed and isinstance(spec, LogmelSpec) and _whole(spec, sound.longest, window, shortest)):
            numbers = {"QUAVER_HELD": max(sound.longest, sum(window))}  # samples
            return cls(emit.kit("stream_samples.h"), emit.kit("stream_samples.c"), _WHOLE, numbers)
        kept, (_, step) = sound.longest // spec.hop, window
        numbers = {"QUAVER_FRAME_HOP": spec.hop, "QUAVER_BANDS": spec.n_mels, "QUAVER_EDGE": _edge(spec)}
        numbers |= {"QUAVER_KEPT": kept, "QUAVER_STARTS": kept // (step // spec.hop) + 1}
        header, source = (emit.kit(f"stream_frames.{suffix}") for suffix in "hc")
        return cls(header, source, _FRAMES, numbers)


def _edge(spec: LogmelSpec) -> int:
    """Count the hops that a frame reaches to either side."""
    return -(-spec.n_fft // (2 * spec.hop))


def _whole(spec: LogmelSpec, longest: int, window: tuple[int, int], shortest: int) -> bool:
    """Tell whether windows share their frames, and none is shorter than its two edges."""
    return not any(each % spec.hop for each in (longest, *window)) and shortest >= 2 * _edge(spec) * spec.hop
