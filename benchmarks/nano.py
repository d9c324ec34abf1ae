"""What was tried for `nano`, by validation speakers alone: test speakers decide nothing.

Each try changes the shape of the network or how it learns, and trains the first fold of the bundle's protocol: those of
the shape for a few epochs at a rate that falls when it stalls, the long ones as the bundle is trained. The table in
benchmarks/results/nano_tries.json holds the best validation UAR, good and bad alike. Resumable; it needs the folds of
`small` that `benchmarks/bundles.py small` has made: they teach.

    QUAVER_CORPORA=… python benchmarks/nano.py --teacher runs/bundles/small
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bundles import RUNS, SETTINGS, TWICE, UNHEARD, read

from quaver import dataset, networks
from quaver.balance import Data
from quaver.emotions import in_order
from quaver.files import write_json
from quaver.fit import fit
from quaver.frontend import spec
from quaver.manifest import Manifest
from quaver.networks import nano
from quaver.recipe import Recipe, best_row
from quaver.sides import augmented
from quaver.splits import Fold, protocol
from quaver.teaching import Teaching

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "nano_tries.json"
ALIKE = SETTINGS["nano"]
BRIEF = Recipe(epochs=10, batch=32, learning_rate=2e-3, patience=10, slow_after=3, balance="corpus-root")
LONG = {**vars(ALIKE.recipe), "adapted": False, "styles": 0.0}  # without the end that is trained anew
PLAIN = Teaching("", share=0.0)
# Networks over time alone, as the bundle had them before it saw pictures: filters, kernel, stride, dilation
EARLY = ((64, 5, 2, 1), (96, 3, 1, 1), (96, 3, 2, 1), (128, 3, 1, 1), (128, 3, 1, 2), (128, 1, 1, 1))
LATE = ((64, 5, 1, 1), (96, 3, 2, 1), (96, 3, 1, 1), (128, 3, 2, 1), (128, 3, 1, 2), (128, 1, 1, 1))
NARROW = ((48, 5, 2, 1), (64, 3, 1, 1), (64, 3, 2, 1), (96, 3, 1, 1), (96, 3, 1, 2), (96, 1, 1, 1))
DEEP = ((64, 5, 2, 1), (64, 3, 1, 1), (96, 3, 2, 1), (96, 3, 1, 1), (96, 3, 1, 2), (96, 3, 1, 4), (160, 1, 1, 1))
LONG_TIME = {**LONG, "epochs": 100}
Try = tuple[dict[str, object], dict[str, object], Teaching]  # numbers of the network, recipe, teacher


def over_time(stages: tuple[tuple[int, ...], ...] = EARLY, **more: object) -> dict[str, object]:
    """Give the numbers of a network that convolves over time alone."""
    return {"PICTURE": (), "STAGES": stages, **more}


TRIES: dict[str, Try] = {
    "long, all from the teacher, warped": ({}, LONG, Teaching("", 1.0)),
    "long, labels alone, warped": ({}, LONG, PLAIN),
    "time alone, 100 epochs, all from the teacher, warped": (over_time(), LONG_TIME, Teaching("", 1.0)),
    "time alone, 100 epochs, all from the teacher": (over_time(), {**LONG_TIME, "warp": 0.0}, Teaching("", 1.0)),
    "time alone, 100 epochs, half of it labels, warped": (over_time(), LONG_TIME, Teaching("", 0.5)),
    "time alone, 100 epochs, labels alone, warped": (over_time(), LONG_TIME, PLAIN),
    "time alone, 40 epochs, by stalls, half of it labels": (over_time(), {"epochs": 40}, Teaching("", 0.5)),
    "time alone, half of it labels": (over_time(), {}, Teaching("", 0.5)),
    "time alone, labels alone": (over_time(), {}, PLAIN),
    "time alone, all from the teacher": (over_time(), {}, Teaching("", 1.0)),
    "time alone, first stride after conv 2": (over_time(LATE), {}, Teaching("", 0.5)),
    "time alone, narrow": (over_time(NARROW), {}, Teaching("", 0.5)),
    "time alone, deep, more dilation": (over_time(DEEP), {}, Teaching("", 0.5)),
    "time alone, dropout 0.5": (over_time(DROPOUT=0.5), {}, Teaching("", 0.5)),
    "time alone, temperature 2": (over_time(), {}, Teaching("", 0.5, 2.0)),
    "time alone, no balance": (over_time(), {"balance": ""}, Teaching("", 0.5)),
    "time alone, balance corpus": (over_time(), {"balance": "corpus"}, Teaching("", 0.5)),
}


def main() -> None:
    """Run the tries that are not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--teacher", type=Path, default=RUNS / "small")
    parser.add_argument("--folds", type=int, default=1)
    parser.add_argument("--tries", type=int, default=len(TRIES), help="only the first so many")
    asked = parser.parse_args()
    heard = read().where(lambda clip: clip.group not in UNHEARD | TWICE)
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for fold in protocol(ALIKE.protocol).folds(heard)[: asked.folds]:
        key, sides = f"fold {fold.index}", None
        for name, (numbers, recipe, teaching) in list(TRIES.items())[: asked.tries]:
            if key in done.setdefault(name, {}):
                continue
            sides = sides or (side(fold, augmented(fold.train, ALIKE.variants)), side(fold, fold.validation))
            taught = answered(replace(teaching, teacher=str(asked.teacher)), fold, sides[0])
            done[name][key] = tried(taught, sides[1][0], numbers, replace(BRIEF, **recipe))
            write_json(RESULTS, done)
            print(f"{name:40} {key}: {done[name][key]}", file=sys.stderr, flush=True)


def side(fold: Fold, clips: Manifest) -> tuple[Data, Manifest]:
    """Give what the network sees of clips."""
    labels, corpora = in_order(clip.emotion for clip in fold.test), (fold.train + fold.test).corpora
    truth = np.array([labels.index(clip.emotion) for clip in clips])
    corpus = np.array([corpora.index(clip.corpus) for clip in clips])
    return Data(dataset.extract(clips, spec(ALIKE.frontend)).values, truth, corpus, nano.FRAMES), clips


def answered(teaching: Teaching, fold: Fold, heard: tuple[Data, Manifest]) -> Data:
    """Add what the fold's teacher thinks, who has heard none of those that are tested."""
    teacher, labels = teaching.find(Path(f"fold-{fold.index:02d}")), in_order(clip.emotion for clip in fold.test)
    teacher.check(fold, labels)
    return teacher.teach(*heard, labels) if teaching.share else heard[0]


def tried(train: Data, validation: Data, numbers: dict[str, object], recipe: Recipe) -> dict[str, float]:
    """Train, and give the UAR on validation speakers at the best epoch and what it took."""
    labels, before = int(train.truth.max()) + 1, {name: getattr(nano, name) for name in numbers}
    for name, value in numbers.items():
        setattr(nano, name, value)
    try:
        mean, variance = train.moments()
        shape = spec(ALIKE.frontend).shape
        made = lambda: networks.build("nano", shape, labels, mean=mean, variance=variance)  # noqa: E731
        with TemporaryDirectory() as folder:
            share = 1 / len(ALIKE.variants)
            history = fit(made, train, validation, labels, recipe, Path(folder), share=share, say=tell)
        best = best_row(history)
        told = {"uar": round(best["val_uar"], 6), "epoch": int(best["epoch"]), "parameters": made().count_params()}
        return told | {"seconds_an_epoch": round(float(np.median([row["seconds"] for row in history])), 1)}
    finally:
        for name, value in before.items():
            setattr(nano, name, value)


def tell(text: str) -> None:
    """Print a line of progress."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
