"""The page of the target `web`: one HTML file that holds the model, its style and its scripts."""

import base64
import gzip
import json
import math
from pathlib import Path

from quaver import __version__, page, plots
from quaver.bundle import Bundle
from quaver.compile.emit import kit
from quaver.compile.program import Program
from quaver.files import atomic_text

PAGE = "index.html"
RUN = "run.mjs"  # hears files under node


def write(folder: Path, program: Program, bundle: Bundle | None) -> None:
    """Write the page beside the compiled model, and a script that hears files under node.

    Args:
        folder: with `quaver_model.wasm`.
        program: that was compiled.
        bundle: that it was made from.
    """
    labels = program.contract.labels
    wasm = (folder / "quaver_model.wasm").read_bytes()
    fill = {
        "STYLE": kit("web.css"),
        "FOOTER": page.FOOTER,
        "ABOUT": "".join(page.paragraph(page.text(note)) for note in program.contract.notes),
        "VERSION": __version__,
        "UNSURE": f"{bundle.card.unsure if bundle else 0.0:g}",
        "UNFAMILIAR": f"{bundle.card.unfamiliar if bundle else math.inf:g}".replace("inf", "Infinity"),
        "COLOURS": json.dumps([plots.colour(label, labels) for label in labels]),
        "TAP": kit("web_tap.js"),
        "MODEL": kit("web_model.js"),
        "WORKER": kit("web_worker.js"),
        "SCRIPT": kit("web.js"),
        "WASM": base64.b64encode(gzip.compress(wasm, mtime=0)).decode(),
    }
    made = kit("web.html")
    for name, text in fill.items():
        made = made.replace(f"@{name}@", text)
    for name, text in ((PAGE, made), (RUN, kit("web_run.mjs").replace("@MODEL@", kit("web_model.js")))):
        with atomic_text(folder / name) as out:
            out.write(text)
