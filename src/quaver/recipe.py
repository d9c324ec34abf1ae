"""How a network is fitted, and at which rate it learns in which epoch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Row = dict[str, float]

CHOICES = ("uar", "loss", "last")
SCHEDULES = ("stalls", "cosine")
WARM, LAST = 0.05, 0.01  # of a cosine: the share of epochs in which the rate rises, and of the rate that is left


@dataclass(frozen=True)
class Recipe:
    """How to fit: Adam on categorical cross-entropy, slower when it stalls, stopped when it no longer helps."""

    epochs: int = 60  # one shows as many rows as there are clips, in any of their variants
    batch: int = 16
    learning_rate: float = 1e-3
    schedule: str = "stalls"  # when it falls: "stalls" of the validation loss, or "cosine", over all epochs
    choose: str = "uar"  # which epoch is kept: by validation "uar", or "loss", which tells more finely where few speak;
    # or the "last", which a cosine ends in: before that rates are high, and what validates best is often a chance
    patience: int = 15  # epochs without a better one, then stop; a cosine goes to its end
    slow_after: int = 6  # epochs without a lower validation loss, then multiply the rate by `slow_by`
    slow_by: float = 0.4
    refit: bool = False  # train once more for as many epochs on the validation speakers too, whose choice is made
    calibration_folds: int = 0  # groups of speakers, each answered by a refit without it, to calibrate by
    mixup: float = 0.0  # of the Beta distribution from which two clips' shares in a mixture are drawn; 0: no mixtures
    warp: float = 0.0  # how far tempo and bands of excerpts are stretched at most, a logarithm; see excerpts.py
    adapted: bool = False  # show each clip also as a profile of its speaker makes it, where the network takes profiles
    styles: float = 0.0  # share of the other clips that is shown with somebody else's voice; see styles.py
    average: float = 0.0  # how much of the mean of earlier epochs' weights stays in each epoch; 0: no mean is taken
    balance: str = ""  # "emotion": rare classes weigh as much as common ones; "corpus": in each corpus; see balance.py
    seed: int = 0

    def rate(self, history: Sequence[Row]) -> float:
        """Give the learning rate of the epoch that follows `history`.

        With "stalls" it falls after each stall of the validation loss. With "cosine" (Loshchilov & Hutter, 2017) it
        rises over the first epochs and then falls along half a wave, whatever validation says.
        """
        if self.schedule == "cosine":
            return self.learning_rate * _wave((len(history) + 0.5) / self.epochs)
        lowest, stalled, value = math.inf, 0, self.learning_rate
        for row in history:
            stalled = 0 if row["val_loss"] < lowest else stalled + 1
            lowest = min(lowest, row["val_loss"])
            if stalled == self.slow_after:
                value, stalled = value * self.slow_by, 0
        return value

    def finished(self, history: Sequence[Row]) -> bool:
        """Tell whether another epoch after `history` is not worth it."""
        if not history or len(history) >= self.epochs:
            return len(history) >= self.epochs
        waits = self.schedule != "cosine"  # whose last epochs are the best
        return waits and len(history) - best_row(history)["epoch"] >= self.patience


def best_row(history: Sequence[Row]) -> Row:
    """Find the epoch to keep: the highest score, which the recipe chose, among equals the lowest validation loss."""
    return max(history, key=lambda row: (row["score"], -row["val_loss"]))


def _wave(part: float) -> float:
    """Give the share of the rate after a part of all epochs."""
    if part < WARM:
        return part / WARM
    return LAST + (1 - LAST) * (1 + math.cos(math.pi * (part - WARM) / (1 - WARM))) / 2
