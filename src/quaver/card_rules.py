"""What may stand in the fields of a bundle's card, rule by rule."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

SCHEMA = 1
CARD = "card.json"
PRECISIONS = ("float32", "int8")


def short(value: Any) -> str:
    """Show a value in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def safely(holds: Callable[[Any], object], value: Any) -> bool:
    """Ask a rule; a value of a type that it did not expect breaks it."""
    try:
        return bool(holds(value))
    except (TypeError, KeyError, AttributeError, ValueError):
        return False


def _fraction(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _distance(value: Any) -> bool:
    return _number(value) and value > 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(values: Any) -> bool:
    return isinstance(values, tuple) and all(isinstance(v, str) and v for v in values)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


_PLAIN_NAME = re.compile(r"[\w][\w.+-]*")

RULES: dict[str, tuple[Callable[[Any], object], str]] = {
    "schema": (lambda v: v == SCHEMA, f"{SCHEMA}"),
    "name": (_PLAIN_NAME.fullmatch, "a plain name of letters, digits, dots and dashes"),
    "emotions": (lambda v: _texts(v) and len(v) > 1 and len(set(v)) == len(v), "at least two different labels"),
    "frontend": (_mapping, "the numbers of a frontend"),
    "network": (lambda v: _text(v["name"]) and int(v["parameters"]) >= 0, "a name and a count of parameters"),
    "precision": (lambda v: v in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
    "corpora": (
        lambda v: all({"name", "language", "licence", "clips"} <= c.keys() for c in v),
        "a list of name, language, licence and clips",
    ),
    "licence": (lambda v: _text(v) and v, "the licence of the weights"),
    "training_speakers": (_texts, "a list of corpus/speaker"),
    "validation_speakers": (_texts, "a list of corpus/speaker"),
    "validation": (_text, "'speakers' or 'sentences'"),
    "protocol": (_text, "the name of a protocol"),
    "speaker_independent": (lambda v: isinstance(v, bool), "true or false"),
    "scores": (_mapping, "scores or {}"),
    "temperature": (lambda v: _number(v) and v > 0, "a number above 0"),
    "thresholds": (
        lambda v: (
            not v or (_fraction(v["unsure"]) and _fraction(v["set"]["0.9"]) and _distance(v.get("unfamiliar", 1)))
        ),
        "`unsure` and `set`, from 0 to 1, and perhaps a distance `unfamiliar`, or {}",
    ),
    "window": (lambda v: _number(v["seconds"]) and 0 < v["hop"] <= v["seconds"], "`seconds` and a `hop` up to them"),
    "notes": (_mapping, "notes or {}"),
    "files": (
        lambda v: all(_PLAIN_NAME.fullmatch(n) and n != CARD and re.fullmatch("[0-9a-f]{64}", h) for n, h in v.items()),
        "plain file names with their SHA-256",
    ),
}
