"""The mean of a network's weights over the latest epochs, which varies less by chance than the weights themselves."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def averaged(before: Sequence[Array], now: Sequence[Array], keep: float, epoch: int) -> list[Array]:
    """Take the weights of one more epoch into their mean.

    The mean over all epochs at first, then one in which older epochs count for less and less (Polyak and Juditsky,
    1992; Izmailov et al., 2018).

    Args:
        before: the mean so far; of anything in the first epoch.
        now: the weights after this epoch. Whole numbers among them, such as the state of a generator, stay as they are.
        keep: how much of the mean so far stays, in [0, 1); 0 gives `now`.
        epoch: 1, 2, ….
    """
    share = min(keep, 1 - 1 / epoch)
    return [
        (share * old + (1 - share) * new).astype(new.dtype) if share and np.issubdtype(new.dtype, np.floating) else new
        for old, new in zip(before, now, strict=True)
    ]
