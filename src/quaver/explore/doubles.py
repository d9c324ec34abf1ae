"""Recordings that a manifest holds more than once: the same samples, or copies that the leak guard recognises."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from quaver.copies import Voice, copies
from quaver.explore.sounds import Progress, Sounds
from quaver.manifest import Clip
from quaver.prints import Prints, source

SAME = "the same samples"
SURE = 0.5  # correlation of waveforms that leaves no doubt
MOST = 50_000  # clips among which near-duplicates are sought unless somebody insists: it takes minutes


@dataclass(frozen=True)
class Double:
    """Two or more clips that hold the same recording."""

    clips: tuple[Clip, ...]
    detail: str
    likeness: float = 1.0  # how well the waveforms correlate; less where only melodies agree

    @property
    def exact(self) -> bool:
        """Tell whether the samples are the same."""
        return self.detail == SAME

    @property
    def sure(self) -> bool:
        """Tell whether it is one recording beyond doubt: short clips may agree in part without being copies."""
        return self.likeness >= SURE

    @property
    def labels(self) -> tuple[str, ...]:
        """List the emotions that the recording is said to express."""
        return tuple(sorted({clip.emotion for clip in self.clips}))

    @property
    def speakers(self) -> tuple[str, ...]:
        """List who is said to speak."""
        return tuple(sorted({clip.group for clip in self.clips}))


def exact(sounds: Sounds) -> list[Double]:
    """List the clips that hold the same samples, whatever their container."""
    same: dict[str, list[Clip]] = {}
    for clip, digest in zip(sounds.clips, sounds.digests, strict=True):
        same.setdefault(digest, []).append(clip)
    return [Double(tuple(clips), SAME) for clips in same.values() if len(clips) > 1]


def near(clips: Sequence[Clip], progress: Progress | None = None) -> list[Double]:
    """List pairs of clips that are copies of one another, though not of the same samples.

    The search is the leak guard's, see `quaver.copies`; what it listens to is kept in the cache folder. Of one speaker
    only copies with the same waveform count: somebody who says a sentence twice may well repeat the melody.
    """
    by_source = {source(clip): clip for clip in clips}
    total = 2 * len(by_source)
    tell: Callable[[int], None] = (lambda n: progress(min(n, total), total)) if progress else (lambda n: None)
    with closing(Prints()) as prints:
        keys = prints.take(list(by_source.values()), tell)
        digests = prints.digests(keys.values())
        first = {digests[key]: at for at, key in reversed(keys.items())}  # one clip stands for all of the same samples
        places = list(first.values())
        voices = [Voice(keys[at], str(number), by_source[at].group) for number, at in enumerate(places)]
        found = copies(voices, prints, done=lambda n: tell(len(by_source) + n), own_melodies=False)
    pairs = [(by_source[places[copy.first]], by_source[places[copy.second]], copy) for copy in found]
    doubles = (
        Double((a, b), _detail(copy.waveform, copy.melody), SURE * copy.melody if copy.melody else copy.waveform)
        for a, b, copy in pairs
        if a.group != b.group or not copy.melody
    )
    return sorted(doubles, key=lambda double: -double.likeness)


def _detail(waveform: float, melody: float) -> str:
    return f"melodies agree to {melody:.2f}" if melody else f"waveforms correlate {waveform:.2f}"
