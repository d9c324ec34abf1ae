"""Find the clips that are copies of one another, among the voices of many.

The passages of every clip lie in one matrix, some 25 rows of 72 numbers a clip; blocks of questions are multiplied with
blocks of it, so that memory stays bounded. Of many clips the questions only go to the passages in the cells nearest to
them, since asking all takes time that grows with the square. The few best of each clip are then looked at closely.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from quaver.cells import Cells
from quaver.likeness import (
    BINS,
    EVERY,
    ORDERS,
    TEMPI,
    Array,
    Match,
    Print,
    background,
    passages,
    questions,
    same_melody,
    same_waveform,
)
from quaver.prints import Prints

SEARCH = 5  # version of what is remembered; raise it when the search itself changes
NEAREST = 3  # clips that are looked at closely, for each clip
AGREEING = 3  # of the five questions of a clip that must be answered well
PURSUED = 2  # of those, how many are compared by melody too, which is slower
WORTH = 0.66  # mean cosine of those below which nobody looks closely
WORTH_MORE = 0.68  # the same for the slower comparison
WAVEFORM = 0.3  # correlation of waveforms that makes a copy
MELODY = 0.67  # agreement of maps that makes a copy, from speaker to speaker
NOTED = 0.55  # from which a pair is remembered, so that these bars can move without another search
OWN_MELODY = 0.8  # the same where both clips are by one speaker, who may well repeat a melody
NOISIER = 1.5  # dB between the backgrounds of a clip and its copy that make it a noisy or reverberant one
ROWS, COLUMNS = 64, 512  # clips to a block

# Of more clips than MANY. Planted copies of ten kinds, noisy, cut, coded, stretched and pitched, scored 0.84 and more.
MANY = 6000
CLOSE = 0.7  # cosine from which an answer counts
WORTH_OF_MANY = 0.78  # in place of WORTH and WORTH_MORE: the more clips, the more that merely sound alike
ROWS_OF_MANY = 256


@dataclass(frozen=True)
class Voice:
    """One print, and whose it is. Only prints of different groups are compared."""

    key: str  # of the print
    group: str
    speaker: str


@dataclass(frozen=True)
class Copy:
    """Two clips that hold the same recording, by their place in the list of voices."""

    first: int
    second: int
    waveform: float
    melody: float  # 0 where the waveform was enough
    tempo: float = 1.0  # the second is so many times as long
    semitones: float = 0.0  # the second is so much higher
    noise: float = 0.0  # dB by which the background of the second is louder

    @property
    def altered(self) -> bool:
        """Tell whether it was changed on purpose, not merely cut or encoded again."""
        return self.melody > 0 or abs(self.noise) >= NOISIER


def copies(
    voices: Sequence[Voice],
    prints: Prints,
    asking: str = "",
    done: Callable[[int], None] = lambda n: None,
    *,
    own_melodies: bool = True,
) -> list[Copy]:
    """Find copies among voices of different groups; the result is remembered for the same set of voices.

    Args:
        voices: the prints to compare, in any order.
        prints: where they are kept.
        asking: the one group that is compared with the others; empty compares all with all.
        done: told how many voices are finished, now and then.
        own_melodies: whether two clips of one speaker are compared by melody too; it is the slower comparison.
    """
    length = prints.lengths(voice.key for voice in voices)
    order = sorted(range(len(voices)), key=lambda i: (length[voices[i].key], voices[i].key, voices[i].group))
    ways = ["cells"] * (len(voices) > MANY) + ["own"] * (not own_melodies)
    told = json.dumps([SEARCH, *ways, asking, *(vars(voices[i]) for i in order)])
    name = hashlib.sha256(told.encode()).hexdigest()
    known = prints.note(name)
    if known is None:
        found = _Search([voices[i] for i in order], prints, own_melodies).run(asking, done)
        prints.remember(name, known := json.dumps([vars(copy) for copy in found]))
    done(len(voices))
    noted = (Copy(**{**row, "first": order[row["first"]], "second": order[row["second"]]}) for row in json.loads(known))
    return [copy for copy in noted if _is_copy(copy, voices)]


def _is_copy(copy: Copy, voices: Sequence[Voice]) -> bool:
    own = voices[copy.first].speaker == voices[copy.second].speaker
    return copy.waveform >= WAVEFORM or copy.melody >= (OWN_MELODY if own else MELODY)


class _Search:
    """The voices to compare, the passages of all of them in one matrix, and which row of it is whose."""

    def __init__(self, voices: Sequence[Voice], prints: Prints, own_melodies: bool) -> None:
        self.voices, self.prints, self.own_melodies = voices, prints, own_melodies
        self.many = len(voices) > MANY
        self.worth = WORTH_OF_MANY if self.many else WORTH
        self.digests = prints.digests({voice.key for voice in voices})
        self.groups = np.unique([voice.group for voice in voices], return_inverse=True)[1]

    def run(self, asking: str, done: Callable[[int], None]) -> list[Copy]:
        askers = [i for i, voice in enumerate(self.voices) if asking in ("", voice.group)]
        if len(self.voices) < 2 or not askers:
            return []
        matrix, starts = _gathered(self.voices, self.prints, np.float16 if self.many else np.float32)
        cells = Cells.of(matrix) if self.many else None
        found, rows = list[Copy](), ROWS_OF_MANY if cells else ROWS
        for at in range(0, len(askers), rows):
            block = askers[at : at + rows]
            begin = 0 if asking else block[0]  # where all ask all, the shorter of two asks
            asked = np.stack([questions(self.prints.get(self.voices[i].key).levels) for i in block])
            answers = _near(asked, cells, starts, begin) if cells else _answers(asked, matrix, starts, begin)
            found += self._followed(block, begin, not asking, *answers)
            done(at + len(block))
        return found

    def _followed(self, block: Sequence[int], begin: int, mutual: bool, scores: Array, tempi: Array) -> Iterator[Copy]:
        """Look closely at the nearest of each clip of a block."""
        other = np.arange(begin, len(self.voices))
        scores[self.groups[other] == self.groups[block][:, None]] = -1
        if mutual:
            scores[other <= np.array(block)[:, None]] = -1
        for i, row, tempo in zip(block, scores, tempi, strict=True):
            best = np.flatnonzero(row >= self.worth)
            for rank, j in enumerate(best[np.argsort(-row[best], kind="stable")][:NEAREST].tolist()):
                if self.digests[self.voices[i].key] != self.digests[self.voices[begin + j].key]:
                    likeness = row[j] if rank < PURSUED else 0.0
                    yield from self._look(i, begin + j, likeness, TEMPI[tempo[j]])

    def _look(self, i: int, j: int, likeness: float, tempo: float) -> Iterator[Copy]:
        a, b = self.voices[i], self.voices[j]
        first, second = self.prints.get(a.key), self.prints.get(b.key)
        wave = same_waveform(first, second)
        if wave.score >= WAVEFORM:
            yield _same(i, j, wave, first, second)
        elif likeness >= WORTH_MORE and (self.own_melodies or a.speaker != b.speaker):
            melody = same_melody(first, second, 1 / tempo)
            if melody.score >= NOTED:
                yield Copy(i, j, wave.score, melody.score, melody.tempo, melody.semitones)


def _gathered(voices: Sequence[Voice], prints: Prints, kind: type) -> tuple[Array, Array]:
    """Give the passages of all voices (rows, 72), and the row at which each voice begins, and the last one ends."""
    length = prints.lengths(voice.key for voice in voices)
    room = sum(length[voice.key] // BINS // EVERY + 2 for voice in voices)  # pages that are never written cost nothing
    starts = [0]
    matrix: Array = np.empty((room, ORDERS[0] * ORDERS[1]), kind)
    for voice in voices:
        rows = passages(prints.get(voice.key).levels)
        matrix[starts[-1] : starts[-1] + len(rows)] = rows
        starts.append(starts[-1] + len(rows))
    return matrix[: starts[-1]], np.array(starts)


def _answers(asked: Array, matrix: Array, starts: Array, begin: int) -> tuple[Array, Array]:
    """Score each asking clip against every clip from `begin` on, and give the number of the best tempo."""
    rows = asked.reshape(-1, asked.shape[-1])
    scores, tempi = [], []
    for first in range(begin, len(starts) - 1, COLUMNS):
        last = min(first + COLUMNS, len(starts) - 1)
        cosines = rows @ matrix[starts[first] : starts[last]].T
        best = np.maximum.reduceat(cosines, starts[first:last] - starts[first], axis=1)
        answered = np.sort(best.reshape(*asked.shape[:3], -1), axis=2)[:, :, -AGREEING:].mean(axis=2)
        scores.append(answered.max(axis=1))
        tempi.append(answered.argmax(axis=1))
    return np.concatenate(scores, axis=1), np.concatenate(tempi, axis=1)


def _near(asked: Array, cells: Cells, starts: Array, begin: int) -> tuple[Array, Array]:
    """Score as `_answers` does, by what the cells near each question hold; -1 where fewer than three were answered."""
    clips, (_, tempi, each) = len(starts) - 1 - begin, asked.shape[:3]
    who, row, cosine = cells.near(asked.reshape(-1, asked.shape[-1]), CLOSE)
    clip = np.searchsorted(starts, row, side="right") - 1 - begin
    who, clip, cosine = who[clip >= 0], clip[clip >= 0], cosine[clip >= 0]
    order = np.lexsort((-cosine, who * clips + clip))  # of each question the best passage of each clip
    order = order[_firsts((who * clips + clip)[order])]
    asks, clip, cosine = who[order] // each, clip[order], cosine[order]
    order = np.lexsort((-cosine, asks * clips + clip))  # of each clip at each tempo the questions answered best
    asks, clip, cosine = asks[order], clip[order], cosine[order]
    at = np.flatnonzero(_firsts(asks * clips + clip))
    at = at[np.diff(at, append=len(asks)) >= AGREEING]
    mean = np.mean([cosine[at + i] for i in range(AGREEING)], axis=0)
    scores, best = np.full((len(asked), clips), -1, np.float32), np.zeros((len(asked), clips), np.int8)
    at, mean = at[np.argsort(mean, kind="stable")], np.sort(mean, kind="stable")  # what is written last stays
    scores[asks[at] // tempi, clip[at]], best[asks[at] // tempi, clip[at]] = mean, asks[at] % tempi
    return scores, best


def _firsts(ordered: Array) -> Array:
    """Mark where a new value begins in ordered ones."""
    return np.asarray(np.diff(ordered, prepend=-1) != 0)


def _same(i: int, j: int, wave: Match, first: Print, second: Print) -> Copy:
    return Copy(i, j, wave.score, 0.0, noise=background(first, second, wave.lag))
