"""The numbers of the frontends, in one place. Everything else asks them here."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, get_args

from quaver.errors import SpecError

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True)
class FrontendSpec:
    """How sound becomes features: the base of every frontend's spec.

    A subclass adds its numbers as fields, names its `kind`, checks itself in `__post_init__` (after this class's own)
    and gives `shape` and `names`. Raise `version` whenever the same numbers give other features.
    """

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1

    name: str
    sample_rate: int  # Hz

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _typed(getattr(self, field.name), get_args(field.type) or (field.type,))
            self.expect(value is not ..., f"{field.name} cannot be {getattr(self, field.name)!r}")
            object.__setattr__(self, field.name, value)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Give the shape of one clip's features; None where it depends on the length of the clip."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...]:
        """Name the values along the last axis that does not depend on the length of the clip."""
        raise NotImplementedError

    @property
    def fingerprint(self) -> str:
        """Identify the spec in caches, bundles and generated C: 12 hex digits; equal specs, equal prints."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """Give everything that defines the spec as plain JSON values."""
        return {"kind": self.kind, "version": self.version, **asdict(self)}

    def expect(self, holds: bool, what: str) -> None:
        """Refuse the spec unless `holds`.

        Raises:
            SpecError: naming the spec and `what` was expected.
        """
        if not holds:
            raise SpecError(f"frontend {self.name!r}: {what}.")


@dataclass(frozen=True)
class MelSpec(FrontendSpec):
    """What frontends with mel bands have in common; each gives the numbers."""

    n_fft: int  # samples of a frame
    hop: int  # samples from frame to frame
    n_mels: int
    mel_low: float  # Hz
    mel_high: float  # Hz
    floor_power: float  # smallest mel power that counts

    def __post_init__(self) -> None:
        super().__post_init__()
        nyquist = self.sample_rate / 2
        self.expect(self.sample_rate > 0 and self.hop > 0, "sample rate and hop must be positive")
        self.expect(self.n_fft >= 16 and self.n_fft % 2 == 0, f"n_fft must be even and at least 16, got {self.n_fft}")
        self.expect(self.n_mels > 0, f"at least one mel band is needed, got {self.n_mels}")
        self.expect(
            0 <= self.mel_low < self.mel_high <= nyquist,
            f"mel bands must lie between 0 and {nyquist:g} Hz, got {self.mel_low:g} to {self.mel_high:g}",
        )

    @property
    def bins(self) -> int:
        """Count the frequencies of a frame's spectrum."""
        return self.n_fft // 2 + 1


@dataclass(frozen=True)
class ArticleSpec(MelSpec):
    """The 162 numbers that the article's notebooks compute with librosa's defaults, averaged over time.

    Example:
        >>> ArticleSpec().shape, ArticleSpec().frames(22050)
        ((162,), 44)
    """

    kind: ClassVar[str] = "article"

    name: str = "article"
    sample_rate: int = 22_050  # Hz
    n_fft: int = 2048  # samples of a frame
    hop: int = 512  # samples from frame to frame
    n_chroma: int = 12
    n_mfcc: int = 20
    n_mels: int = 128
    mel_low: float = 0.0  # Hz
    mel_high: float = 11_025.0  # Hz
    floor_power: float = 1e-10  # smallest mel power that counts
    floor_db: float = 80.0  # dB below the clip's loudest mel value
    zero: float = 1e-10  # samples up to here count as zero
    chroma_centre: float = 5.0  # octaves above 27.5 Hz, where the weights peak
    chroma_width: float = 2.0  # octaves, standard deviation of the weights
    tuning: float | None = None  # fraction of a semitone off A = 440 Hz; None: estimated for each clip
    tuning_low: float = 150.0  # Hz, lowest peak that counts
    tuning_high: float = 4000.0  # Hz, first that no longer counts
    tuning_peak: float = 0.1  # of the frame's largest magnitude: smaller peaks do not count
    tuning_steps: int = 100  # parts of a semitone

    def __post_init__(self) -> None:
        super().__post_init__()
        self.expect(self.n_fft % self.hop == 0, f"n_fft must be a multiple of hop, got {self.n_fft} and {self.hop}")
        self.expect(self.n_chroma == len(NOTES), f"chroma has 12 notes, got n_chroma={self.n_chroma}")
        self.expect(0 < self.n_mfcc <= self.n_mels, f"1 to {self.n_mels} MFCCs are possible, got {self.n_mfcc}")
        nyquist = self.sample_rate / 2
        self.expect(
            0 < self.tuning_low < self.tuning_high <= nyquist,
            f"tuning peaks must lie between 0 and {nyquist:g} Hz, got {self.tuning_low:g} to {self.tuning_high:g}",
        )
        self.expect(
            min(self.floor_power, self.floor_db, self.zero, self.chroma_width) > 0, "floors and widths must be positive"
        )
        self.expect(0 < self.tuning_steps <= 1200, f"1 to 1200 tuning_steps are possible, got {self.tuning_steps}")
        self.expect(0 <= self.tuning_peak < 1, f"tuning_peak must lie in [0, 1), got {self.tuning_peak:g}")
        self.expect(
            self.tuning is None or -0.5 <= self.tuning < 0.5, f"tuning must lie in [-0.5, 0.5), got {self.tuning}"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one clip's features, (162,)."""
        return (2 + self.n_chroma + self.n_mfcc + self.n_mels,)

    @property
    def groups(self) -> dict[str, slice]:
        """Locate the five kinds of values: zcr, chroma, mfcc, rms, mel."""
        sizes = {"zcr": 1, "chroma": self.n_chroma, "mfcc": self.n_mfcc, "rms": 1, "mel": self.n_mels}
        ends = [sum(list(sizes.values())[: i + 1]) for i in range(len(sizes))]
        return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}

    @property
    def names(self) -> tuple[str, ...]:
        """Name the values: zcr, chroma_C…, mfcc_0…, rms, mel_0…."""
        chroma = (f"chroma_{note}" for note in NOTES)
        mfcc = (f"mfcc_{i}" for i in range(self.n_mfcc))
        return ("zcr", *chroma, *mfcc, "rms", *(f"mel_{i}" for i in range(self.n_mels)))

    def frames(self, n_samples: int) -> int:
        """Count the frames of a clip: centred on every hop, beginning with the first sample."""
        return 1 + n_samples // self.hop


@dataclass(frozen=True)
class LogmelSpec(MelSpec):
    """A log-mel spectrogram as Whisper takes it: logarithmic, nothing further than 8 decades below the loudest.

    Whisper hears how loud a clip is. Here the loudest value of a clip or window always lies at `peak`: how far the
    microphone stood, and how the input was set, no longer matters. Pauses are left out: how long somebody was recorded
    before and after speaking says nothing of the mood. With `peak=None`, `pause=None` and `floor_power=1e-10` the
    values are Whisper's own.

    Example:
        >>> LogmelSpec().shape, LogmelSpec().frames(16_000)
        ((None, 80), 100)
    """

    kind: ClassVar[str] = "logmel"

    name: str = "logmel"
    sample_rate: int = 16_000  # Hz
    n_fft: int = 400  # samples of a frame
    hop: int = 160  # samples from frame to frame
    n_mels: int = 80
    mel_low: float = 0.0  # Hz
    mel_high: float = 8000.0  # Hz
    floor_power: float = 1e-20  # smallest mel power that counts
    peak: float | None = 2.0  # decades; where the loudest mel value of the clip or window is moved; None: it stays
    floor_decades: float = 8.0  # below the loudest mel value of the clip or window
    pause: float | None = 3.0  # decades below the loudest mel value that no band of a pause reaches; None: all stays
    pause_edge: int = 8  # frames on either side of louder ones that are not taken for pauses
    pause_least: float = 0.2  # of all frames: if less would stay, a knock was loudest and no voice, and all of it stays
    offset: float = 4.0  # added to the logarithm, before it is divided by
    scale: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.expect(min(self.floor_power, self.floor_decades, self.scale) > 0, "floors and scale must be positive")
        self.expect(
            self.pause is None or (self.pause > 0 and self.pause_edge >= 0 and 0 <= self.pause_least <= 1),
            "pauses must lie below the loudest value, their edges be no less than 0 and what stays between 0 and 1",
        )

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Give the shape of one clip's features, (frames, 80), where the clip's length decides on the frames."""
        return None, self.n_mels

    @property
    def names(self) -> tuple[str, ...]:
        """Name the bands: mel_0…."""
        return tuple(f"mel_{i}" for i in range(self.n_mels))

    def frames(self, n_samples: int) -> int:
        """Count the frames of a clip, pauses among them: centred on every hop, none behind the last whole hop."""
        return n_samples // self.hop


KINDS: dict[str, type[FrontendSpec]] = {kind.kind: kind for kind in (ArticleSpec, LogmelSpec)}


def from_dict(values: Mapping[str, Any]) -> FrontendSpec:
    """Make the spec that `FrontendSpec.to_dict` described.

    Raises:
        SpecError: the kind or version is unknown, a number is missing or unknown, or they do not fit together.
    """
    kind = KINDS.get(str(values.get("kind")))
    if kind is None:
        raise SpecError(f"unknown kind of frontend {values.get('kind')!r}; expected one of: {', '.join(KINDS)}.")
    if values.get("version") != kind.version:
        raise SpecError(
            f"frontend {kind.kind!r} has version {values.get('version')!r}, this quaver computes {kind.version}; "
            "use the quaver that made it, or train again."
        )
    given = {key: value for key, value in values.items() if key not in ("kind", "version")}
    wrong = {field.name for field in fields(kind)} ^ given.keys()
    if wrong:
        raise SpecError(f"frontend {kind.kind!r} has missing or unknown numbers: {', '.join(sorted(wrong))}.")
    return kind(**given)


def _typed(value: Any, kinds: tuple[Any, ...]) -> Any:
    """Give `value` as one of `kinds`, or an ellipsis; 80 becomes 80.0, so that equal specs have equal fingerprints."""
    if float in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else ...
    return value if type(value) in kinds else ...
