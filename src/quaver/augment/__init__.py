"""Variants of a clip that keep its emotion, for training only. Drawing and applying are apart.

`draw` takes numbers from a Generator, `apply` needs no chance any more: the same numbers give the same samples on
every machine and in every process. Nothing here may touch validation or test clips; training sees to that.

Each effect states the range within which listeners still hear the same emotion, and refuses others: tempo and pitch
are themselves cues of emotion (Scherer, 2003; Juslin and Laukka, 2003), so they may change only a little.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from quaver.audio import Samples
from quaver.augment.channels import Babble, Colour, Crop, Microphone, Overdrive, Telephone
from quaver.augment.effects import (
    BandLimit,
    Gain,
    Noise,
    NoiseAtSnr,
    Params,
    Pitch,
    Room,
    Shift,
    Speed,
    Stretch,
)
from quaver.augment.masks import FrequencyMask, TimeMask
from quaver.errors import SpecError

__all__ = [
    "RECIPES",
    "Babble",
    "BandLimit",
    "Chain",
    "Colour",
    "Crop",
    "Effect",
    "FrequencyMask",
    "Gain",
    "Microphone",
    "Noise",
    "NoiseAtSnr",
    "Overdrive",
    "Pitch",
    "Room",
    "Shift",
    "Speed",
    "Stretch",
    "Telephone",
    "TimeMask",
    "recipe",
    "vary",
]


class Effect(Protocol):
    """What every augmentation offers."""

    def draw(self, rng: np.random.Generator, samples: np.ndarray, sample_rate: int) -> dict[str, float]:
        """Choose the numbers of one variant of these samples."""

    def apply(self, samples: np.ndarray, sample_rate: int, params: Mapping[str, float]) -> np.ndarray:
        """Make the variant; the input stays as it is."""


@dataclass(frozen=True)
class Chain:
    """Several effects, one after the other; itself an effect.

    Example:
        >>> Chain((Gain(low=-6, high=-6),)).draw(np.random.default_rng(0), np.zeros(9, np.float32), 16_000)
        {'0.db': -6.0}
    """

    effects: tuple[Effect, ...] = ()

    def draw(self, rng: np.random.Generator, samples: np.ndarray, sample_rate: int) -> Params:
        """Choose the numbers of every effect, named by its place in the chain."""
        drawn = [effect.draw(rng, samples, sample_rate) for effect in self.effects]
        return {f"{place}.{name}": value for place, params in enumerate(drawn) for name, value in params.items()}

    def apply(self, samples: np.ndarray, sample_rate: int, params: Mapping[str, float]) -> np.ndarray:
        """Apply every effect in order to a copy."""
        out = samples.copy()
        for place, effect in enumerate(self.effects):
            own = {name.partition(".")[2]: value for name, value in params.items() if name.startswith(f"{place}.")}
            out = effect.apply(out, sample_rate, own)
        return out


RECIPES: Mapping[str, Callable[[], Effect]] = {
    "noise": Noise,
    "snr": NoiseAtSnr,
    "stretch": Stretch,
    "shift": Shift,
    "pitch": Pitch,
    "gain": Gain,
    "speed": Speed,
    "band": BandLimit,
    "room": Room,
    "colour": Colour,
    "babble": Babble,
    "telephone": Telephone,
    "microphone": Microphone,
    "overdrive": Overdrive,
    "crop": Crop,
}


def recipe(variant: str) -> Chain:
    """Find the effects that a variant name stands for.

    Args:
        variant: names of `RECIPES` joined by "+", and perhaps "#" and a number, which only changes the draw;
            "" is the untouched clip.

    Raises:
        SpecError: a name that is not in `RECIPES`.

    Example:
        >>> recipe("stretch+pitch#2").effects
        (Stretch(low=0.8, high=0.8), Pitch(low=0.7, high=0.7))
    """
    names, mark, number = variant.partition("#")
    if mark and not number.isdecimal():
        raise SpecError(f"variant {variant!r}: after # a number is expected, as in 'noise#2'.")
    chosen = names.split("+") if names else []
    for name in chosen:
        if name not in RECIPES:
            raise SpecError(f"variant {variant!r}: unknown effect {name!r}; there are {', '.join(RECIPES)}.")
    return Chain(tuple(RECIPES[name]() for name in chosen))


def vary(samples: Samples, sample_rate: int, variant: str, seed_text: str) -> Samples:
    """Make one variant of a clip; the same arguments give the same samples in every process.

    Args:
        samples: (n,) float32.
        sample_rate: in Hz.
        variant: see `recipe`.
        seed_text: what identifies the clip, such as its digest; it is hashed with the variant into the seed.

    Returns:
        (m,) float32; m differs from n where the tempo changes.

    Raises:
        SpecError: an unknown variant.
    """
    chain = recipe(variant)
    seed = hashlib.sha256(f"{seed_text}\0{variant}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed, "little"))
    return chain.apply(samples, sample_rate, chain.draw(rng, samples, sample_rate))
