"""`quaver bundles`: which models are here, and what stands in their cards."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.output import Json, emit

if TYPE_CHECKING:
    from quaver.bundle import Bundle, Card

Name = Annotated[str | None, typer.Argument(metavar="[NAME|DIR]", help="Show the card of this one.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bundles)


def bundles(name: Name = None, as_json: Json = False) -> None:
    """List the models that are installed, or show the card of one.

    quaver bundles                what is here
    quaver bundles article        what it learned from, how well it does, what it is not for
    quaver bundles run/final      the same of one that you have trained
    """
    from quaver import zoo

    if name is not None:
        bundle = zoo.load(name)
        emit(bundle.card.to_dict(), as_json, lambda: _sheet(bundle))
        return
    found = [zoo.load(each) for each in zoo.names()]
    emit([_row(bundle) for bundle in found], as_json, lambda: _table(found))


def _row(bundle: "Bundle") -> dict[str, Any]:
    card = bundle.card
    return {
        "name": card.name,
        "network": card.network["name"],
        "frontend": card.spec.name,
        "parameters": card.network["parameters"],
        "bytes": bundle.size,
        "licence": card.licence,
        "scores": dict(card.scores),
    }


def _table(found: "list[Bundle]") -> Any:
    from rich.table import Table

    if not found:
        return "No bundle is installed; train one: quaver train m.csv --final -o run"
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("name", "frontend", "parameters", "size", "UAR", "corpora", "licence"):
        table.add_column(
            title, justify="right" if title in ("parameters", "size", "UAR", "corpora") else "left", overflow="fold"
        )
    for bundle in found:
        card = bundle.card
        table.add_row(
            *(card.name, card.spec.name, f"{card.network['parameters']:,}", _size(bundle), _uar(card)),
            *(str(len(card.corpora)), card.licence),
        )
    return table


def _sheet(bundle: "Bundle") -> str:
    """Write the card for people."""
    card = bundle.card
    facts = {
        "network": f"{card.network['name']}, {card.network['parameters']:,} parameters, {card.precision}",
        "size": f"{_size(bundle)}: {', '.join(card.files)}",
        "frontend": f"{card.spec.name}, fingerprint {card.fingerprint}, {card.spec.sample_rate:,} Hz",
        "emotions": " ".join(card.emotions),
        "learned from": "; ".join(f"{c['name']} ({c['clips']:,} clips, {c['licence']})" for c in card.corpora),
        "speakers": f"{len(card.training_speakers)} heard, {len(card.validation_speakers)} of them for validation",
        "protocol": f"{card.protocol}, {'speaker-independent' if card.speaker_independent else 'SPEAKER-DEPENDENT'}",
        "UAR": _uar(card),
        "windows": f"{card.window['seconds']:g} s every {card.window['hop']:g} s",
        "calibration": f"temperature {card.temperature:g}, unsure below {card.unsure:.0%}, "
        f"set from {card.set_bar():.1%}",
        "licence": card.licence,
        "made": f"{card.created} by quaver {card.quaver}{f', commit {card.commit}' if card.commit else ''}",
        **{name: text for name, text in card.notes.items() if text},
    }
    return f"{card.name}\n" + "\n".join(_wrapped(name, text) for name, text in facts.items())


def _wrapped(name: str, text: str) -> str:
    from textwrap import fill

    return fill(str(text), 80, initial_indent=f"  {name:13}", subsequent_indent=" " * 15)


def _uar(card: "Card") -> str:
    """Give the unweighted average recall with its interval, as a percentage."""
    uar, interval = card.scores.get("uar"), card.scores.get("interval")
    if not isinstance(uar, int | float):
        return "not scored"
    spread = f" ({100 * interval[0]:.0f}-{100 * interval[1]:.0f})" if interval else ""
    return f"{100 * uar:.1f} %{spread}"


def _size(bundle: "Bundle") -> str:
    return f"{bundle.size / 1e6:.1f} MB"
