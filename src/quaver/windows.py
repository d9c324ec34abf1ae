"""Cut sound of any length into windows that overlap, while it is being read."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from quaver.audio import Samples

WHOLE = 1.5  # windows; sound that is not longer is one piece
Window = tuple[int, Samples]  # the index of its first sample, and its samples


def whole(window: Mapping[str, float]) -> float:
    """Give the seconds up to which a sound is heard in one piece, by the `window` of a card.

    Example:
        >>> whole({"seconds": 3.0, "hop": 1.5}), whole({"seconds": 3.0, "hop": 1.5, "whole": 3.0})
        (4.5, 3.0)
    """
    return window.get("whole", WHOLE * window["seconds"])


class Windows:
    """The windows of blocks of samples; the last one ends where the sound ends. Only a window and a block are held.

    Example:
        >>> windows = Windows([np.arange(4.0), np.arange(4.0, 7.0)], window=3, hop=2)
        >>> [(first, samples.tolist()) for first, samples in windows]
        [(0, [0.0, 1.0, 2.0]), (2, [2.0, 3.0, 4.0]), (4, [4.0, 5.0, 6.0])]
        >>> windows.length
        7
    """

    def __init__(self, blocks: Iterable[Samples], window: int, hop: int, whole: int | None = None) -> None:
        """Take blocks of any size.

        Args:
            blocks: the sound, read once.
            window: samples of a window.
            hop: samples from the beginning of a window to that of the next.
            whole: samples up to which the sound is one piece; one and a half windows unless given.
        """
        self.blocks, self.window, self.hop = blocks, window, hop
        self.whole = int(WHOLE * window) if whole is None else whole
        self.length = 0  # samples so far; of the whole sound at the end

    def __iter__(self) -> Iterator[Window]:
        held = np.empty(0, np.float32)  # the samples from `first` on
        first = start = end = 0  # `start` of the next window, `end` of the last one
        for block in self.blocks:
            held = np.concatenate([held, block])
            self.length += len(block)
            while self.length > self.whole and start + self.window <= self.length:
                yield start, held[start - first :][: self.window]
                start, end = start + self.hop, start + self.window
            if end:  # keep what the next window may need, or the one at the end
                kept = min(start, self.length - self.window)
                held, first = held[kept - first :], kept
        if not end:
            yield 0, held
        elif end < self.length:
            yield self.length - self.window, held[-self.window :]
