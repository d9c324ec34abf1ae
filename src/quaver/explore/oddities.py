"""Clips that stand out by their sound: what somebody should hear, and perhaps mend, before training."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from quaver.explore.sounds import Sounds
from quaver.frontend.tables import Array

FAR = 5.0  # robust deviations from the median of the corpus

# What is too much whatever the corpus: percent of the samples, of full scale, of the clip.
CLIPPED, DC, SILENCE = 0.05, 1.0, 60.0

# The least deviation that counts, so that a corpus of equals has no outliers: seconds, dB, dB, kHz.
LEAST = {"seconds": 0.4, "level": 2.0, "noise": 3.0, "bandwidth": 0.8}


@dataclass(frozen=True)
class Odd:
    """A clip, by its place, that stands out in one measure."""

    place: int
    measure: str
    value: float
    usual: float  # the median of its corpus, or the bar
    excess: float  # how far it stands out, to order by


def odd(sounds: Sounds) -> list[Odd]:
    """List the clips that stand out, by measure, the farthest first."""
    found: list[Odd] = []
    for name, bar in (("clipped", CLIPPED), ("dc", DC), ("silence", SILENCE)):
        values = sounds.values[name]
        found += [_odd(i, name, values[i], bar, values[i] / bar) for i in np.flatnonzero(values > bar)]
    corpora = np.array([clip.corpus for clip in sounds.clips], dtype=str)
    for corpus in np.unique(corpora):
        inside = np.flatnonzero(corpora == corpus)
        for name, least in LEAST.items():
            found += _far(name, inside, sounds.values[name][inside], least)
        for name in ("rate", "channels"):
            found += _unlike(name, inside, sounds.values[name][inside])
    return sorted(found, key=lambda one: (one.measure, -one.excess, one.place))


def _far(name: str, places: Array, values: Array, least: float) -> list[Odd]:
    median = float(np.median(values))
    scale = max(1.4826 * float(np.median(np.abs(values - median))), least)
    excess = (values - median) / scale
    excess = -excess if name in ("noise", "bandwidth") else np.abs(excess)  # a cleaner or wider clip is no fault
    return [_odd(places[i], name, values[i], median, excess[i]) for i in np.flatnonzero(excess > FAR)]


def _unlike(name: str, places: Array, values: Array) -> list[Odd]:
    """List the clips whose rate or number of channels is not that of at least nine in ten of their corpus."""
    usual, count = Counter(values.tolist()).most_common(1)[0]
    if count == len(values) or count < 0.9 * len(values):
        return []
    return [_odd(places[i], name, values[i], usual, 1.0) for i in np.flatnonzero(values != usual)]


def _odd(place: Any, measure: str, value: float, usual: float, excess: float) -> Odd:
    return Odd(int(place), measure, round(float(value), 3), round(float(usual), 3), float(excess))
