"""What was tried for the head of `small`, by validation speakers alone: test speakers decide nothing.

Each try changes one number of the head or its recipe and trains the first two folds of three corpora. The table in
benchmarks/results/tries.json holds the mean validation UAR at the best epoch, good and bad alike. Resumable.

    QUAVER_CORPORA=… python benchmarks/tries.py
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402

from quaver import corpora, dataset, networks, stems  # noqa: E402
from quaver.balance import Data  # noqa: E402
from quaver.emotions import in_order  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.fit import Recipe, best_row, fit  # noqa: E402
from quaver.frontend import spec  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.networks import small  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402

RESULTS = HERE / "results" / "tries.json"
PROTOCOLS = {"emodb": "emodb-loso", "ravdess": "ravdess-emobox6", "banglaser": "speakers-5fold"}
FOLDS = 2
BASE = Recipe(epochs=60, batch=64, patience=12, slow_after=4, balance="corpus")
TRIES = {  # name: numbers of the head, numbers of the recipe
    **{f"weight decay {decay:g}": ({"DECAY": decay}, {}) for decay in (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)},
    "weight decay 0.01, dropout 0.5": ({"DECAY": 1e-2, "DROPOUT": 0.5}, {}),
    "weight decay 0.01, no balance": ({"DECAY": 1e-2}, {"balance": ""}),
}


def main() -> None:
    """Run the tries that are not in the table yet."""
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for corpus, name in PROTOCOLS.items():
        for fold in protocol(name).folds(read(corpus))[:FOLDS]:
            sides = [side(fold, part) for part in (fold.train, fold.validation)]
            for what, (numbers, recipe) in TRIES.items():
                key = f"{corpus} {name} fold {fold.index}"
                if key not in done.setdefault(what, {}):
                    done[what][key] = round(validation_uar(sides, numbers, replace(BASE, **recipe)), 6)
                    write_json(RESULTS, done)
    for what, found in done.items():
        print(f"{what:20} {100 * np.mean(list(found.values())):.1f}", file=sys.stderr)


def read(corpus: str) -> Manifest:
    """Read a corpus's clips."""
    if corpus == "emodb":
        return Manifest.read(HERE.parent / "data" / "emodb" / "manifest.csv")
    return corpora.read(Path(os.environ["QUAVER_CORPORA"]) / corpus, corpus)


def side(fold: Fold, clips: Manifest) -> Data:
    """Give what the head sees of clips."""
    labels = in_order(clip.emotion for clip in fold.train)
    values = dataset.extract(clips, spec("logmel"), through=stems.of("small")).values
    return Data(values, np.array([labels.index(clip.emotion) for clip in clips]), np.zeros(len(clips), int))


def validation_uar(sides: list[Data], numbers: dict[str, float], recipe: Recipe) -> float:
    """Train a head and give the UAR on validation speakers at its best epoch."""
    train, validation = sides
    labels, before = int(train.truth.max()) + 1, {name: getattr(small, name) for name in numbers}
    mean, variance = train.features.mean(axis=0), train.features.var(axis=0)
    for name, value in numbers.items():
        setattr(small, name, value)
    try:
        with TemporaryDirectory() as folder:
            shape = train.features.shape[1:]
            made = lambda: networks.build("small", shape, labels, mean=mean, variance=variance)  # noqa: E731
            return best_row(fit(made, train, validation, labels, recipe, Path(folder)))["val_uar"]
    finally:
        for name, value in before.items():
            setattr(small, name, value)


if __name__ == "__main__":
    main()
