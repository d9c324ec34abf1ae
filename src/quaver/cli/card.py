"""A bundle's card for people: what it learnt from, how well it does and where it does badly, what it is not for."""

import math
from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quaver.bundle import Bundle, Card

WIDTH, INDENT = 80, 15


def sheet(bundle: "Bundle") -> str:
    """Write the card, a fact a paragraph, at most 80 columns wide."""
    facts = _facts(bundle)
    return f"{bundle.card.name}\n" + "\n".join(_wrapped(name, text) for name, text in facts.items())


def _facts(bundle: "Bundle") -> dict[str, str]:
    card = bundle.card
    return {
        "network": f"{card.network['name']}, {card.network['parameters']:,} parameters, {card.precision}",
        "size": f"{size(bundle)}: {', '.join(card.files)}",
        "frontend": f"{card.spec.name}, fingerprint {card.fingerprint}, {card.spec.sample_rate:,} Hz",
        "emotions": " ".join(card.emotions),
        "learned from": "; ".join(f"{c['name']} ({c['clips']:,} clips, {c['licence']})" for c in card.corpora),
        "speakers": f"{len(card.training_speakers)} heard, {len(card.validation_speakers)} of them for validation",
        "protocol": f"{card.protocol}, {'speaker-independent' if card.speaker_independent else 'SPEAKER-DEPENDENT'}",
        "UAR": uar(card),
        **dict(_measured(card.scores)),
        "windows": f"{card.window['seconds']:g} s every {card.window['hop']:g} s",
        "calibration": f"temperature {card.temperature:g}, unsure below {card.unsure:.0%}, "
        f"set from {card.set_bar():.1%}"
        + (f", no voice from a distance of {card.unfamiliar:g}" if math.isfinite(card.unfamiliar) else ""),
        "licence": card.licence,
        "made": f"{card.created} by quaver {card.quaver}{f', commit {card.commit}' if card.commit else ''}",
        **{name: text for name, text in card.notes.items() if text},
    }


def uar(card: "Card") -> str:
    """Give the unweighted average recall with its interval, as a percentage."""
    value, interval = card.scores.get("uar"), card.scores.get("interval")
    if not isinstance(value, int | float):
        return "not scored"
    return f"{_percent(value)} %" + (f" ({100 * interval[0]:.0f}-{100 * interval[1]:.0f})" if interval else "")


def size(bundle: "Bundle") -> str:
    """Give the bytes of all files of a bundle."""
    return f"{bundle.size / 1e6:.1f} MB"


def _measured(scores: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Tell what lies behind the one figure, where the card has it."""
    if recall := scores.get("recall"):
        yield "recall", _listed(recall) + " %"
    for field in ("corpora", "genders"):
        if parts := scores.get(field):
            yield f"by {'corpus' if field == 'corpora' else 'sex'}", _listed(_uars(parts)) + " %"
    if speakers := sorted(_uars(scores.get("speakers", {})).values()):
        middle = speakers[len(speakers) // 2]
        yield "by speaker", f"{_percent(speakers[0])} to {_percent(speakers[-1])} %, median {_percent(middle)} %"
    if "ece" in scores:
        yield "calibrated", f"expected calibration error {scores['ece']:.3f}"
    if conditions := scores.get("conditions"):
        yield "heard as", f"UAR of {conditions['clips']:,} clips: {_listed(conditions['uar'], '; ')} %"
    if strange := scores.get("left_out"):
        yield "strangers", f"corpora left out of training, without and with a profile: {_pairs(strange)} %"


def _uars(parts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: part["uar"] for name, part in parts.items()}


def _listed(values: Mapping[str, float], between: str = ", ") -> str:
    return between.join(f"{name} {_percent(value)}" for name, value in values.items())


def _pairs(rows: Mapping[str, Mapping[str, float]]) -> str:
    return ", ".join(f"{name} {_percent(row['uar'])} / {_percent(row['adapted'])}" for name, row in rows.items())


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _wrapped(name: str, text: str) -> str:
    return fill(str(text), WIDTH, initial_indent=f"  {name:{INDENT - 2}}", subsequent_indent=" " * INDENT)
