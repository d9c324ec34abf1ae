"""Named, versioned protocols: who trains, who chooses the checkpoint, who is tested.

The same manifest gives the same folds on every machine, whatever the order of its rows. A seed changes who validates,
never who is tested.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from quaver import deal
from quaver.emotions import EMOTIONS, in_order
from quaver.errors import ManifestError
from quaver.manifest import Clip, Manifest

Rule = Literal["published", "speakers", "groups", "corpora", "joint", "rows"]
ValidationBy = Literal["speakers", "sentences", "rows"]

VALIDATION_SHARE = 0.18  # of the training speakers, sentences or rows
TEST_SHARE = 0.25  # of the rows, where a protocol splits rows
VARIANTS = ("", "noise", "stretch+pitch")  # the rows that the article makes of a clip
MOST_FOLDS = 12  # of a corpus without a protocol of its own in joint folds; with more speakers they are dealt out
_SONG = re.compile(r"\d\d-02-")  # RAVDESS: the second field of the name is the vocal channel


@dataclass(frozen=True)
class Fold:
    """One division of a manifest. Speakers of the test side are heard nowhere else, unless the protocol says so."""

    index: int  # from 1; 0 for a fold without a test side
    train: Manifest
    validation: Manifest
    test: Manifest
    validation_by: ValidationBy = "speakers"  # what no clip of `train` shares with one of `validation`
    protocol: str = ""
    speaker_independent: bool = True
    dropped: int = 0  # clips of the manifest that the protocol leaves out


@dataclass(frozen=True)
class Protocol:
    """A rule that divides a manifest into folds.

    Example:
        >>> p = protocol("emodb-loso")
        >>> p.corpus, p.speaker_independent, "boredom" in p.labels
        ('emodb', True, True)
    """

    name: str
    version: int
    title: str
    rule: Rule
    labels: tuple[str, ...] = EMOTIONS  # empty: whatever the manifest holds
    corpus: str = ""  # the corpus it needs; empty: any
    speaker_independent: bool = True
    published: tuple[tuple[int, ...], ...] = ()  # test speakers of each fold, by number
    groups: int = 0  # how many folds, where the speakers are dealt out
    joined: tuple[str, ...] = ()  # protocols of corpora whose folds are tested at once
    variants: tuple[str, ...] = ("",)  # rows that every clip becomes
    skip: Callable[[Clip], bool] | None = field(default=None, compare=False)

    def select(self, manifest: Manifest) -> Manifest:
        """Keep the clips the protocol is about, in their order.

        Raises:
            ManifestError: no clip is left.
        """
        ours = manifest.where(lambda clip: not self.corpus or clip.corpus == self.corpus)
        if not ours:
            raise ManifestError(
                f"protocol {self.name} needs clips of {self.corpus or 'any corpus'}; the manifest has "
                f"{', '.join(manifest.corpora) or 'no clips'}. Add them or choose another protocol."
            )
        labels = self.labels_of(ours)
        kept = ours.where(lambda clip: clip.emotion in labels and not (self.skip and self.skip(clip)))
        if not kept:
            raise ManifestError(
                f"protocol {self.name} knows the labels {', '.join(labels)}; "
                f"the manifest has {', '.join(ours.emotions)}. Choose a protocol that keeps them, such as loso-own."
            )
        return kept

    def labels_of(self, manifest: Manifest) -> tuple[str, ...]:
        """List the labels that the protocol keeps of this manifest, the seven first."""
        present = manifest.emotions
        return in_order(e for e in present if e in self.labels) if self.labels else present

    def folds(self, manifest: Manifest, seed: int = 0) -> list[Fold]:
        """Divide a manifest.

        Args:
            manifest: clips of any corpora; those the protocol is not about are left out and counted in `dropped`.
            seed: changes who validates, never who is tested.

        Returns:
            The folds in a fixed order; the clips of each side keep the order of the manifest.

        Raises:
            ManifestError: the corpus is missing, or there are too few speakers or corpora.
        """
        kept = self.select(manifest)
        if self.rule == "rows":
            return [self._rows(kept, seed, len(manifest) - len(kept), TEST_SHARE)]
        sides = self.test_sides(kept)
        if len(sides) < 2:
            raise ManifestError(
                f"protocol {self.name} found {len(sides)} fold in {len(kept.speakers)} speakers of "
                f"{', '.join(kept.corpora)}; at least 2 folds are needed. Add speakers or choose another protocol."
            )
        return [self._fold(i, kept, tested, seed, len(manifest) - len(kept)) for i, tested in sides.items()]

    def final(self, manifest: Manifest, seed: int = 0) -> Fold:
        """Put everybody into training but the validation speakers; the test side is empty.

        Raises:
            ManifestError: as for `folds`.
        """
        kept = self.select(manifest)
        dropped = len(manifest) - len(kept)
        return self._rows(kept, seed, dropped, 0.0) if self.rule == "rows" else self._fold(0, kept, (), seed, dropped)

    def test_sides(self, kept: Manifest) -> dict[int, tuple[str, ...]]:
        """Map the index of each fold to the `corpus/speaker` keys it tests."""
        if self.rule == "published":
            return _published(kept, self.published, self.name)
        if self.rule == "corpora":
            sides = [tuple(s for s in kept.speakers if s.startswith(f"{name}/")) for name in kept.corpora]
            return dict(enumerate(sides, start=1))
        if self.rule == "joint":
            return _joint(kept, self.joined)
        if self.rule == "groups" and len(kept.speakers) >= self.groups:
            return dict(enumerate(deal.speakers_into(self.groups, kept), start=1))
        if self.rule == "groups":
            raise ManifestError(
                f"protocol {self.name} needs {self.groups} speakers; the manifest has {len(kept.speakers)}. Try loso."
            )
        return {i: (speaker,) for i, speaker in enumerate(kept.speakers, start=1)}

    def _fold(self, index: int, kept: Manifest, tested: Sequence[str], seed: int, dropped: int) -> Fold:
        test = kept.where(lambda clip: clip.group in tested and not clip.variant)
        rest = kept.where(lambda clip: clip.group not in tested)
        # the test side is part of the salt: folds with the same speakers left do not share their draw by accident
        train, validation, by = _part(rest, f"{seed}|{self.name}|{','.join(tested)}")
        return Fold(index, train, validation, test, by, self.name, self.speaker_independent, dropped)

    def _rows(self, kept: Manifest, seed: int, dropped: int, share: float) -> Fold:
        """Split rows at random after every clip became several rows: copies end up on both sides, on purpose."""
        rows = Manifest(
            tuple(
                replace(clip, extra={**clip.extra, "variant": variant})
                for clip in kept
                if not clip.variant
                for variant in self.variants
            )
        )
        tested = deal.held_out_rows(rows, math.ceil(share * len(rows)), self.name)
        test = rows.where(lambda clip: deal.row_key(clip) in tested)
        train, validation = _by_rows(rows.where(lambda clip: deal.row_key(clip) not in tested), f"{seed}|{self.name}")
        return Fold(int(share > 0), train, validation, test, "rows", self.name, self.speaker_independent, dropped)


def protocol(name: str) -> Protocol:
    """Find a protocol by its name.

    Raises:
        ManifestError: nobody knows the name; the message lists those there are.
    """
    if name not in _PROTOCOLS:
        raise ManifestError(f"there is no protocol {name!r}; choose one of {', '.join(_PROTOCOLS)}.")
    return _PROTOCOLS[name]


def protocol_names() -> tuple[str, ...]:
    """List the protocols there are.

    Example:
        >>> "tess-loso" in protocol_names()
        True
    """
    return tuple(_PROTOCOLS)


def _is_song(clip: Clip) -> bool:
    return bool(_SONG.match(clip.path.name)) or clip.extra.get("channel") == "song"


def _published(kept: Manifest, table: Sequence[Sequence[int]], name: str) -> dict[int, tuple[str, ...]]:
    fold_of = {number: i for i, numbers in enumerate(table, start=1) for number in numbers}
    sides: dict[int, list[str]] = {}
    for speaker in kept.speakers:
        digits = re.search(r"\d+$", speaker)
        number = int(digits.group()) if digits else -1
        if number not in fold_of:
            raise ManifestError(f"protocol {name} has no fold for speaker {speaker}; are the speakers' names official?")
        sides.setdefault(fold_of[number], []).append(speaker)
    return {i: tuple(sides[i]) for i in sorted(sides)}


def _joint(kept: Manifest, joined: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Let fold i test the i-th fold of every corpus that has so many: few runs serve the protocols of all corpora."""
    sides: dict[int, tuple[str, ...]] = {}
    known = {_PROTOCOLS[name].corpus: name for name in joined}
    for name in kept.corpora:
        ours = Manifest(tuple(clip for clip in kept if clip.corpus == name))
        few = len(ours.speakers) <= MOST_FOLDS
        own = _PROTOCOLS[known.get(name, "loso" if few else "speakers-5fold")]
        for index, speakers in own.test_sides(ours).items():
            sides[index] = sides.get(index, ()) + speakers
    return sides


def _part(rest: Manifest, salt: str) -> tuple[Manifest, Manifest, ValidationBy]:
    """Take the validation side out of what is not tested: by speakers, else by sentences, else by rows."""
    if len(rest.speakers) >= 2:
        held = deal.held_out_speakers(rest, VALIDATION_SHARE, salt)
        return *_divide(rest, lambda clip: clip.group in held), "speakers"
    sentences = deal.held_out_sentences(rest, VALIDATION_SHARE, salt)
    if sentences:
        return *_divide(rest, lambda clip: clip.sentence in sentences), "sentences"
    return *_by_rows(rest, salt), "rows"


def _by_rows(rest: Manifest, salt: str) -> tuple[Manifest, Manifest]:
    held = deal.held_out_rows(rest, deal.count(VALIDATION_SHARE, len(rest)), salt)
    kept = rest.where(lambda clip: deal.row_key(clip) not in held)
    return kept, rest.where(lambda clip: deal.row_key(clip) in held)


def _divide(rest: Manifest, held: Callable[[Clip], bool]) -> tuple[Manifest, Manifest]:
    """Give the clips to train on, and the untouched ones of those held out."""
    return rest.where(lambda clip: not held(clip)), rest.where(lambda clip: held(clip) and not clip.variant)


_EMOBOX = ((1, 11, 20, 21), (4, 10, 12, 14), (8, 9, 19, 23), (3, 5, 7, 24), (2, 15, 16, 18), (6, 13, 17, 22))
_LUNA = ((2, 5, 14, 15, 16), (3, 6, 7, 13, 18), (10, 11, 12, 19, 20), (8, 17, 21, 23, 24), (1, 4, 9, 22))
_EIGHT = (*EMOTIONS, "calm")
_EMODB = ("angry", "disgust", "fear", "happy", "neutral", "sad", "boredom")
_NEMO = ("angry", "fear", "happy", "neutral", "sad", "surprise")

_RAVDESS = Protocol("ravdess-", 1, "RAVDESS speech, 8 classes", "published", _EIGHT, "ravdess", skip=_is_song)
_LOSO = Protocol("loso", 1, "the seven emotions, each speaker once", "speakers")
_DEALT = Protocol("speakers-5fold", 1, "the seven emotions, speakers dealt out to 5 folds", "groups", groups=5)
_ARTICLE = "every clip thrice (as it is; noise; stretch and pitch), rows split at random: copies on both sides"

_AT_ONCE = "every label, fold i of each corpus's own protocol at once"
_OTHERS = ("emodb-loso", "tess-loso", "nemo-loso")
_JOINT = Protocol("joint", 1, _AT_ONCE, "joint", (), skip=_is_song, joined=("ravdess-emobox6", *_OTHERS))
_LUNA_AT_ONCE = f"{_AT_ONCE}, RAVDESS's that of ravdess-luna5"

_PROTOCOLS: Mapping[str, Protocol] = {
    p.name: p
    for p in (
        replace(_RAVDESS, name="ravdess-emobox6", title=f"{_RAVDESS.title}, folds of EmoBox", published=_EMOBOX),
        replace(_RAVDESS, name="ravdess-luna5", title=f"{_RAVDESS.title}, folds of Luna-Jiménez", published=_LUNA),
        Protocol("emodb-loso", 1, "EmoDB, 7 classes with boredom, each speaker once", "speakers", _EMODB, "emodb"),
        Protocol("tess-loso", 1, "TESS, each woman once, validation by unseen words", "speakers", corpus="tess"),
        Protocol("nemo-loso", 1, "nEMO, 6 classes, each speaker once", "speakers", _NEMO, "nemo"),
        _LOSO,
        replace(_LOSO, name="loso-own", title="every label of the manifest, each speaker once", labels=()),
        replace(_DEALT, name="speakers-3fold", title=_DEALT.title.replace("5", "3"), groups=3),
        _DEALT,
        _JOINT,
        replace(_JOINT, name="joint-luna5", title=_LUNA_AT_ONCE, joined=("ravdess-luna5", *_OTHERS)),
        Protocol("corpora-loco", 1, "the seven emotions, each corpus once", "corpora"),
        Protocol("article-random", 1, _ARTICLE, "rows", (), speaker_independent=False, variants=VARIANTS),
    )
}
