"""The leak guard: what must not be on both sides of a split, and who stops the run when it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from quaver.copies import Copy, Voice, copies
from quaver.errors import LeakError
from quaver.manifest import Clip, Manifest
from quaver.prints import Prints, Progress, Source, source
from quaver.splits import Fold

Kind = Literal["speaker", "same audio", "augmented copy", "near-duplicate"]
KINDS: tuple[Kind, ...] = ("speaker", "same audio", "augmented copy", "near-duplicate")
SHOWN = 10  # pairs in the message


@dataclass(frozen=True)
class Leak:
    """Something heard on both sides: a speaker, of whom one clip each is given, or a recording."""

    kind: Kind
    left: Clip
    right: Clip
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {_name(self.left)} and {_name(self.right)} ({self.detail})"


@dataclass(frozen=True)
class _Heard:
    """What listening to the clips told."""

    digests: Mapping[Source, str] = field(default_factory=dict)
    copies: Sequence[tuple[Source, Source, Copy]] = ()


def find(left: Manifest, right: Manifest, *, progress: Progress | None = None) -> list[Leak]:
    """List what two sides have in common.

    Clips that cannot be read are passed over. Prints of the clips are kept in the cache folder, so that only the first
    search over a corpus takes long.

    Args:
        left: the one side.
        right: the other.
        progress: called with what is done and the total.

    Returns:
        One leak for each speaker on both sides, and one for each clip of the right side and its like on the left.
    """
    return _between(left, right, _listen((left, right), progress))


def guard(fold: Fold, allow_leak: bool = False, *, progress: Progress | None = None) -> list[Leak]:
    """Stop a run whose sides share a speaker or a recording.

    Training is compared with test, validation with test, and training with validation where that is by speakers. With
    a protocol that is not speaker-independent leaks are the point: they are listed by speaker and file, never an error.

    Returns:
        The leaks; empty unless they are allowed.

    Raises:
        LeakError: something leaks and neither `allow_leak` nor the protocol allows it; the message lists it.
    """
    sides = [("train", "test"), ("validation", "test")]
    if fold.validation_by == "speakers":
        sides.append(("train", "validation"))
    # all sides at once: every fold of a manifest holds the same clips, so that one search serves them all
    everything = fold.train + fold.validation + fold.test
    heard = _listen((everything,), progress) if fold.speaker_independent else _Heard()
    leaks = [
        replace(leak, detail=f"{one} and {other}; {leak.detail}")
        for one, other in sides
        for leak in _between(getattr(fold, one), getattr(fold, other), heard)
    ]
    if leaks and fold.speaker_independent and not allow_leak:
        raise LeakError(message(leaks))
    return leaks


def repeated(manifest: Manifest, *, progress: Progress | None = None) -> list[Leak]:
    """List the recordings that a manifest has under more than one speaker."""
    heard = _listen((manifest,), progress)
    same: dict[str, list[Clip]] = {}
    for clip in {source(clip): clip for clip in manifest}.values():
        same.setdefault(heard.digests.get(source(clip), str(clip.path)), []).append(clip)
    pairs = (pair for clips in same.values() for pair in combinations(clips, 2))
    exact = [Leak("same audio", a, b, "the same samples") for a, b in pairs if a.group != b.group]
    return exact + list(_copied(manifest, manifest, heard.copies))[::2]  # each comes in both directions


def message(leaks: Sequence[Leak]) -> str:
    """Say how many leaks of each kind there are, what to do, and which the first ones are."""
    count = Counter(leak.kind for leak in leaks)
    kinds = ", ".join(f"{count[kind]} x {kind}" for kind in KINDS if count[kind])
    more = [f"and {len(leaks) - SHOWN} more"] if len(leaks) > SHOWN else []
    return "\n  ".join(
        [
            f"the sides of this split share what they must not: {kinds}. Take the clips out of one side, or go on with "
            "--allow-leak, which marks every result speaker-dependent.",
            *map(str, leaks[:SHOWN]),
            *more,
        ]
    )


def _name(clip: Clip) -> str:
    span = "" if clip.start is None and clip.end is None else f"[{clip.start or 0:g}-{clip.end or 'end'}]"
    return f"{clip.group}/{clip.path.name}{span}" + (f" as {clip.variant}" if clip.variant else "")


def _between(left: Manifest, right: Manifest, heard: _Heard) -> list[Leak]:
    return [*_speakers(left, right), *_identical(left, right, heard.digests), *_copied(left, right, heard.copies)]


def _speakers(left: Manifest, right: Manifest) -> Iterator[Leak]:
    a, b = _by_group(left), _by_group(right)
    for group in sorted(a.keys() & b.keys()):
        detail = f"{group}: {len(a[group])} and {len(b[group])} clips"
        yield Leak("speaker", a[group][0], b[group][0], detail)


def _by_group(side: Manifest) -> dict[str, list[Clip]]:
    groups: dict[str, list[Clip]] = {}
    for clip in side:
        groups.setdefault(clip.group, []).append(clip)
    return groups


def _identical(left: Manifest, right: Manifest, digests: Mapping[Source, str]) -> Iterator[Leak]:
    """Find the same file, or the same samples in another file."""
    index: dict[object, list[Clip]] = {}
    for clip in left:
        for identity in _identities(clip, digests):
            index.setdefault(identity, []).append(clip)
    for clip in right:
        alike = [other for identity in _identities(clip, digests) for other in index.get(identity, ())]
        if not alike:
            continue
        same = next((other for other in alike if other.variant == clip.variant), None)
        other = same or alike[0]
        file = "the same file" if source(other) == source(clip) else "the same samples"
        yield Leak("same audio" if same else "augmented copy", other, clip, file)


def _identities(clip: Clip, digests: Mapping[Source, str]) -> Iterator[object]:
    yield source(clip)
    yield from {digest for digest in (clip.sha256, digests.get(source(clip), "")) if digest}


def _copied(left: Manifest, right: Manifest, found: Iterable[tuple[Source, Source, Copy]]) -> Iterator[Leak]:
    a = {source(clip): clip for clip in reversed(left.clips)}
    b = {source(clip): clip for clip in reversed(right.clips)}
    for first, second, copy in found:
        kind: Kind = "augmented copy" if copy.altered else "near-duplicate"
        if first in a and second in b:
            yield Leak(kind, a[first], b[second], _detail(copy, 1))
        if second in a and first in b:
            yield Leak(kind, a[second], b[first], _detail(copy, -1))


def _detail(copy: Copy, sign: int) -> str:
    """Tell what was measured, as seen from the left clip."""
    if not copy.melody:
        noise = f", the background {sign * copy.noise:+.0f} dB" if copy.altered else ""
        return f"waveforms correlate {copy.waveform:.2f}{noise}"
    tempo, pitch = copy.tempo**sign, sign * copy.semitones
    return f"melodies correlate {copy.melody:.2f}, {tempo:.2f} times as long, {pitch:+.1f} semitones"


def _listen(sides: Sequence[Manifest], progress: Progress | None) -> _Heard:
    """Take the prints of all clips and find copies: between two sides, or among the speakers of a single one."""
    clips = {source(clip): clip for side in sides for clip in side}
    total = 2 * len(clips)

    def tell(done: int) -> None:
        if progress:
            progress(min(done, total), total)

    with closing(Prints()) as prints:
        keys = prints.take(list(clips.values()), tell)
        places: dict[Voice, list[Source]] = {}
        for number, side in enumerate(sides):
            for at in {source(clip): None for clip in side if source(clip) in keys}:
                group = clips[at].group if len(sides) == 1 else f"side {number}"
                places.setdefault(Voice(keys[at], group, clips[at].group), []).append(at)
        asking = f"side {min((0, 1), key=lambda i: len(sides[i]))}" if len(sides) == 2 else ""
        voices = list(places)
        found = copies(voices, prints, asking, lambda n: tell(len(clips) + n))
        digest = prints.digests(keys.values())
    tell(total)
    return _Heard(
        {at: digest[key] for at, key in keys.items()},
        [(a, b, copy) for copy in found for a in places[voices[copy.first]] for b in places[voices[copy.second]]],
    )
