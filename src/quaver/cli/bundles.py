"""`quaver bundles`: which models are here, and what stands in their cards."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.card import sheet, size, uar
from quaver.cli.output import Json, emit

if TYPE_CHECKING:
    from quaver.bundle import Bundle

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
        emit(bundle.card.to_dict(), as_json, lambda: sheet(bundle))
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
            *(card.name, card.spec.name, f"{card.network['parameters']:,}", size(bundle), uar(card)),
            *(str(len(card.corpora)), card.licence),
        )
    return table
