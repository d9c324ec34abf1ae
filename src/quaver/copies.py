"""Find the clips that are copies of one another, among the voices of many.

The passages of every clip lie in one matrix, some 25 rows of 72 numbers a clip; blocks of questions are multiplied with
blocks of it, so that memory stays bounded. The few best of each clip are then looked at closely.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from quaver.likeness import TEMPI, Array, Match, Print, background, passages, questions, same_melody, same_waveform
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
    voices: Sequence[Voice], prints: Prints, asking: str = "", done: Callable[[int], None] = lambda n: None
) -> list[Copy]:
    """Find copies among voices of different groups; the result is remembered for the same set of voices.

    Args:
        voices: the prints to compare, in any order.
        prints: where they are kept.
        asking: the one group that is compared with the others; empty compares all with all.
        done: told how many voices are finished, now and then.
    """
    length = prints.lengths(voice.key for voice in voices)
    order = sorted(range(len(voices)), key=lambda i: (length[voices[i].key], voices[i].key, voices[i].group))
    name = hashlib.sha256(json.dumps([SEARCH, asking, *(vars(voices[i]) for i in order)]).encode()).hexdigest()
    known = prints.note(name)
    if known is None:
        found = _search([voices[i] for i in order], prints, asking, done)
        prints.remember(name, known := json.dumps([vars(copy) for copy in found]))
    done(len(voices))
    noted = (Copy(**{**row, "first": order[row["first"]], "second": order[row["second"]]}) for row in json.loads(known))
    return [copy for copy in noted if _is_copy(copy, voices)]


def _is_copy(copy: Copy, voices: Sequence[Voice]) -> bool:
    own = voices[copy.first].speaker == voices[copy.second].speaker
    return copy.waveform >= WAVEFORM or copy.melody >= (OWN_MELODY if own else MELODY)


def _search(voices: Sequence[Voice], prints: Prints, asking: str, done: Callable[[int], None]) -> list[Copy]:
    askers = [i for i, voice in enumerate(voices) if asking in ("", voice.group)]
    if len(voices) < 2 or not askers:
        return []
    described = [passages(prints.get(voice.key).levels) for voice in voices]
    starts = np.cumsum([0] + [len(d) for d in described])
    matrix = np.concatenate(described)
    groups = np.unique([voice.group for voice in voices], return_inverse=True)[1]
    digests = prints.digests({voice.key for voice in voices})
    found = []
    for at in range(0, len(askers), ROWS):
        block = askers[at : at + ROWS]
        begin = 0 if asking else block[0]  # where all ask all, the shorter of two asks
        asked = np.stack([questions(prints.get(voices[i].key).levels) for i in block])
        scores, tempi = _answers(asked, matrix, starts, begin)
        other = np.arange(begin, len(voices))
        scores[groups[other] == groups[block][:, None]] = -1
        if not asking:
            scores[other <= np.array(block)[:, None]] = -1
        for i, row, tempo in zip(block, scores, tempi, strict=True):
            best = np.argsort(-row)[:NEAREST]
            for rank, j in enumerate(best[row[best] >= WORTH].tolist()):
                if digests[voices[i].key] != digests[voices[begin + j].key]:
                    likeness = row[j] if rank < PURSUED else 0.0
                    found += _look(i, begin + j, likeness, TEMPI[tempo[j]], voices, prints)
        done(at + len(block))
    return found


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


def _look(i: int, j: int, likeness: float, tempo: float, voices: Sequence[Voice], prints: Prints) -> list[Copy]:
    a, b = voices[i], voices[j]
    first, second = prints.get(a.key), prints.get(b.key)
    wave = same_waveform(first, second)
    if wave.score >= WAVEFORM:
        return [_near(i, j, wave, first, second)]
    if likeness < WORTH_MORE:
        return []
    melody = same_melody(first, second, 1 / tempo)
    if melody.score < NOTED:
        return []
    return [Copy(i, j, wave.score, melody.score, melody.tempo, melody.semitones)]


def _near(i: int, j: int, wave: Match, first: Print, second: Print) -> Copy:
    return Copy(i, j, wave.score, 0.0, noise=background(first, second, wave.lag))
