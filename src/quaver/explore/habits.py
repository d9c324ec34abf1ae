"""What the clips of a corpus have in common by the way it was recorded, and by which corpora tell themselves apart."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quaver.explore.sounds import Sounds
from quaver.frontend.tables import Array

ENOUGH = 20  # clips from which a corpus has habits
PAUSES = 30.0  # percent of the median clip: more is worth trimming
LEVELLED_DB = 0.5  # between the peaks of most clips: nobody speaks so evenly
WIDER = 1.4  # times the bandwidth of another corpus
LOUDER_DB = 10.0  # between the voices of two corpora


@dataclass(frozen=True)
class Habit:
    """One thing that holds for whole corpora."""

    kind: str
    tone: str  # as of a finding
    text: str


def habits(sounds: Sounds) -> Iterator[Habit]:
    """List what holds for whole corpora, each of at least twenty clips."""
    names = np.array([clip.corpus for clip in sounds.clips], dtype=str)
    places = {str(name): np.flatnonzero(names == name) for name in np.unique(names)}
    held = {n: {m: v[at] for m, v in sounds.values.items()} for n, at in places.items() if len(at) >= ENOUGH}
    yield from _paused(held)
    yield from _levelled(held)
    yield from _mixed(held)
    yield from _apart(held)


Held = dict[str, dict[str, Array]]  # the measures of each corpus


def _paused(held: Held) -> Iterator[Habit]:
    middles = {name: float(np.median(values["silence"])) for name, values in held.items()}
    shown = [f"{middle:.0f} % of the median clip of {name}" for name, middle in middles.items() if middle > PAUSES]
    if shown:
        words = f"pauses and silence are {_listed(shown)}: trim the ends, or averages over a clip describe the silence"
        yield Habit("pauses", "look", words)


def _levelled(held: Held) -> Iterator[Habit]:
    spread = {name: np.ptp(np.quantile(values["peak"], (0.05, 0.95))) for name, values in held.items()}
    level = [name for name, wide in spread.items() if wide < LEVELLED_DB]
    if level:
        words = f"nearly all clips of {_listed(level)} have the same peak: they were levelled, and how loud"
        yield Habit("levelled", "know", f"{words} somebody spoke beside the others is lost")


def _mixed(held: Held) -> Iterator[Habit]:
    for name, values in held.items():
        rates, counts = np.unique(values["rate"], return_counts=True)
        if len(rates) > 1 and counts.max() < 0.9 * counts.sum():
            shown = [f"{rate:g} kHz ({count})" for rate, count in zip(rates, counts, strict=True)]
            words = f"sample rates are mixed in {name}: {_listed(shown)}. Make sure that none goes with an emotion"
            yield Habit("mixed-rates", "look", words)


def _apart(held: Held) -> Iterator[Habit]:
    """Say by what one would know the corpus without any voice."""
    band, level = ({n: float(np.median(v[m])) for n, v in held.items()} for m in ("bandwidth", "level"))
    if len(band) < 2:
        return
    low, high = min(band, key=lambda n: band[n]), max(band, key=lambda n: band[n])
    if band[high] > WIDER * band[low]:
        words = f"sounds of {low} reach up to {band[low]:.3g} kHz, of {high} up to {band[high]:.3g}: bring all to one"
        yield Habit("bands", "look", f"{words} sample rate, or what is above tells the corpus")
    low, high = min(level, key=lambda n: level[n]), max(level, key=lambda n: level[n])
    if level[high] > level[low] + LOUDER_DB:
        words = f"voices of {high} are {level[high] - level[low]:.0f} dB louder than those of {low}"
        yield Habit("levels", "know", f"{words}: where loudness is a feature, it tells the corpus")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
