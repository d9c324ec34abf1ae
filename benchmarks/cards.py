"""Put into the shipped bundles' cards what other scripts have measured, so that a card tells the whole of it.

Conditions (noise, telephones, lengths) from robustness.json and corpora left out from loco.json, into the card of
`small`; the notes that every card has, into all. Run it after `bundles.py`, `loco.py` and `robustness.py`.

    python benchmarks/cards.py            write them
    python benchmarks/cards.py --check    exit with 1 where a card says something else than the results
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from quaver import plots
from quaver.bundle import Bundle, Card
from quaver.provenance import NOTES

HERE = Path(__file__).resolve().parent
SHELF = HERE.parent / "src" / "quaver" / "assets" / "bundles"
RESULTS = HERE / "results"
DIAGRAM = HERE.parent / "docs" / "images" / "small-reliability"


def main() -> None:
    """Write the cards, or check that they would not change."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for folder in sorted(path.parent for path in SHELF.glob("*/card.json")):
        bundle = Bundle.load(folder)
        card = told(bundle.card)
        if check and card != bundle.card:
            sys.exit(f"the card of {folder.name} is stale: run python benchmarks/cards.py")
        if card != bundle.card:
            Bundle.save(folder, card, {name: (folder / name).read_bytes() for name in card.files})
    if not check:
        plots.save(plots.reliability(load("bundle_small")["int8"]), DIAGRAM)
        DIAGRAM.with_suffix(".png").unlink()  # the other form of the same drawing


def told(card: Card) -> Card:
    """Give the card with everything that was measured."""
    found = dict(load(f"bundle_{card.name}").get("int8") or card.scores)
    found.pop("reliability", None)
    if card.name == "small":
        noisy, strange = load("robustness"), load("loco")["rows"]
        rounded = {name: row["uar"] for name, row in noisy["rows"].items()}
        found["conditions"] = {"clips": noisy["clips"], "uar": rounded}
        found["left_out"] = {
            name: {"uar": row["scores"]["uar"], "adapted": row["adapted"]["uar"]} for name, row in strange.items()
        }
    return replace(card, scores=found, notes={**NOTES, **{k: v for k, v in card.notes.items() if k not in NOTES}})


def load(name: str) -> dict[str, Any]:
    """Read one file of results."""
    return dict(json.loads((RESULTS / f"{name}.json").read_text()))


if __name__ == "__main__":
    main()
