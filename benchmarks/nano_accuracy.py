"""`nano` on the protocols of `accuracy.py`, each corpus alone, and taught fold by fold by the `small` of the same row.

Needs the folds of the own rows that `benchmarks/accuracy.py` has trained: they teach. What a network of 240 kB reaches
on a corpus's unheard speakers: in eight bits, with a profile of each speaker made of all clips without labels, and
before eight bits. Resumable; rows are written as soon as they are whole.

    QUAVER_CORPORA=… python benchmarks/nano_accuracy.py
    QUAVER_CORPORA=… python benchmarks/nano_accuracy.py --row ravdess-emobox6
"""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

from accuracy import KEEP, OWN, read, say  # noqa: E402
from bundles import SETTINGS, scores  # noqa: E402

from quaver import __version__  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.scores import Scores  # noqa: E402
from quaver.splits import protocol  # noqa: E402
from quaver.teaching import Teaching  # noqa: E402
from quaver.train import run  # noqa: E402

RESULTS = HERE / "results" / "nano_accuracy.json"
RUNS = Path(os.environ.get("QUAVER_RUNS", HERE.parent / "runs")) / "accuracy"
SEED = 0
SHOWN = 400_000  # rows in all, about as many as for the bundle


def main() -> None:
    """Run what is asked for and write each row when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--row", choices=OWN, action="append", help="these protocols only")
    for name in parser.parse_args().row or OWN:
        corpus = OWN[name]
        if clips := read(corpus):
            alike = SETTINGS["nano"]
            teacher = Teaching(str(RUNS / f"{corpus}-{name}-seed{SEED}"), share=1.0)
            recipe = replace(alike.recipe, epochs=round(SHOWN / len(clips)))
            settings = replace(alike, protocol=name, teaching=teacher, recipe=recipe)
            folder = RUNS / f"nano-{corpus}-{name}-seed{SEED}"
            if run(clips, settings, folder, resume=True, say=lambda text, n=name: say(f"nano {n}: {text}")):
                keep(name, corpus, scores(folder, protocol(name).folds(clips, SEED)))


def keep(name: str, corpus: str, found: dict[str, Scores]) -> None:
    """Put a row into the file."""
    done = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
    told = {kind: each.to_dict() for kind, each in found.items()}
    row = {"corpus": corpus, "seed": SEED, "quaver": __version__}
    row |= {kind: {key: each[key] for key in KEEP} for kind, each in told.items()}
    write_json(RESULTS, {"script": "benchmarks/nano_accuracy.py", "rows": {**done, name: row}})
    say(f"nano {name}: UAR " + ", ".join(f"{kind} {100 * each.uar:.1f}" for kind, each in found.items()))


if __name__ == "__main__":
    main()
