"""The label set and its order. How a corpus's own labels map to it stands in that corpus's importer."""

from collections.abc import Iterable

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""The seven emotions, always in this order."""


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Order labels: those of the seven first, in their order, then the others by name.

    Example:
        >>> in_order({"sad", "calm", "angry"})
        ('angry', 'sad', 'calm')
    """
    present = set(labels)
    return tuple(e for e in EMOTIONS if e in present) + tuple(sorted(present.difference(EMOTIONS)))
