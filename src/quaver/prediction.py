"""What comes out: labels with probabilities, of a whole sound and of its windows."""

from dataclasses import dataclass
from typing import Any

DIGITS = 6  # of a probability in JSON


@dataclass(frozen=True)
class Segment:
    """A window of a sound, in seconds, and what it sounds like."""

    start: float
    end: float
    emotion: str
    probabilities: dict[str, float]
    distance: float | None = None  # from the voices that the network learnt from, see familiar.distance; None: untold

    def to_dict(self) -> dict[str, Any]:
        """Give the segment as plain JSON values."""
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "emotion": self.emotion,
            "probabilities": rounded(self.probabilities),
            "distance": self.distance and round(self.distance, 3),
        }


@dataclass(frozen=True)
class Prediction:
    """What a sound expresses, as far as the bundle can tell."""

    file: str | None  # as given; None for samples
    emotion: str  # the likeliest label
    confidence: float  # its probability
    probabilities: dict[str, float]  # by label, in the card's order; the mean over the segments
    unsure: bool  # the confidence lies below the card's threshold, or the sound is unfamiliar
    set: tuple[str, ...]  # labels that hold the truth as often as asked, on unheard speakers like the validation's
    seconds: float
    segments: tuple[Segment, ...]
    bundle: str
    frontend: str
    distance: float | None = None  # from the voices that the network learnt from: about 1 for such; None: not told
    unfamiliar: bool = False  # no segment is like a voice, by the card's threshold: music, a tone, noise

    def to_dict(self) -> dict[str, Any]:
        """Give the prediction as plain JSON values; rounded probabilities still sum to 1."""
        probabilities = rounded(self.probabilities)
        return {
            "file": self.file,
            "emotion": self.emotion,
            "confidence": probabilities[self.emotion],
            "probabilities": probabilities,
            "unsure": self.unsure,
            "set": list(self.set),
            "distance": self.distance and round(self.distance, 3),
            "unfamiliar": self.unfamiliar,
            "seconds": round(self.seconds, 3),
            "segments": [segment.to_dict() for segment in self.segments],
            "bundle": self.bundle,
            "frontend": self.frontend,
        }


def rounded(probabilities: dict[str, float]) -> dict[str, float]:
    """Round to six digits; the largest takes up what is lost, so that the sum stays 1."""
    values = {label: round(p, DIGITS) for label, p in probabilities.items()}
    top = max(probabilities, key=lambda label: probabilities[label])
    values[top] = round(1 - sum(p for label, p in values.items() if label != top), DIGITS)
    return values
