"""What was tried for the head of `small`, by validation speakers alone: test speakers decide nothing.

Each try changes a few numbers of the head, the recipe or the variants, and trains the first fold of the shipped
bundle's protocol. The table in benchmarks/results/tries.json holds the validation UAR of the network at its best epoch
for each fold, as it is and with a profile of each speaker's clips, good and bad alike. Resumable.

    QUAVER_CORPORA=… python benchmarks/tries.py
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
from bundles import SETTINGS, TWICE, UNHEARD, read  # noqa: E402

from quaver import EMOTIONS, dataset, networks, stems  # noqa: E402
from quaver.answers import predict  # noqa: E402
from quaver.balance import Data  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.fit import BEST, fit, uar  # noqa: E402
from quaver.frontend import spec  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.networks import small  # noqa: E402
from quaver.sides import Side, augmented  # noqa: E402
from quaver.splits import protocol  # noqa: E402

RESULTS = HERE / "results" / "tries.json"
FOLDS = 1
SHIPPED = SETTINGS["small"]
TRIES: dict[str, tuple[dict[str, float], dict[str, Any], tuple[str, ...]]] = {  # the head, the recipe, the variants
    "as shipped": ({}, {}, SHIPPED.variants),
    "no variants": ({}, {}, ("",)),
    "no mixtures": ({}, {"mixup": 0.0}, SHIPPED.variants),
    "without adapted voices": ({}, {"adapted": False}, SHIPPED.variants),
    "neither mixtures nor adapted voices": ({}, {"mixup": 0.0, "adapted": False}, SHIPPED.variants),
    "no balance": ({}, {"balance": ""}, SHIPPED.variants),
    "dropout 0.3": ({"DROPOUT": 0.3}, {}, SHIPPED.variants),
    "weight decay 0.01": ({"DECAY": 1e-2}, {}, SHIPPED.variants),
    "weight decay 0.0001": ({"DECAY": 1e-4}, {}, SHIPPED.variants),
    "64 hidden values": ({"HIDDEN": 64}, {}, SHIPPED.variants),
    "512 hidden values": ({"HIDDEN": 512}, {}, SHIPPED.variants),
    "a third of the learning rate": ({}, {"learning_rate": 3e-4}, SHIPPED.variants),
}


def main() -> None:
    """Run the tries that are not in the table yet."""
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    heard = read().where(lambda clip: clip.group not in UNHEARD | TWICE)
    for fold in protocol(SHIPPED.protocol).folds(heard, SHIPPED.recipe.seed)[:FOLDS]:
        validation = side(fold.validation)
        for what, (numbers, recipe, variants) in TRIES.items():
            if str(fold.index) not in done.setdefault(what, {}):
                train = side(augmented(fold.train, variants))
                told = tried(train, validation, numbers, recipe, 1 / len(variants))
                done[what][str(fold.index)] = told
                write_json(RESULTS, done)
                print(f"fold {fold.index}, {what}: {told}", file=sys.stderr, flush=True)


def side(clips: Manifest) -> Side:
    """Give what the head sees of clips."""
    found = dataset.extract(clips, spec("logmel"), through=stems.of("small"), seed=SHIPPED.recipe.seed)
    clips = found.clips  # some variants of a few cannot be made
    truth = np.array([EMOTIONS.index(clip.emotion) for clip in clips])
    return Side(clips, Data(found.values, truth, np.array([clips.corpora.index(clip.corpus) for clip in clips])))


def tried(train: Side, validation: Side, numbers: dict[str, float], recipe: dict[str, Any], share: float) -> Any:
    """Train a head; give the UAR on validation speakers at its best epoch, as it is and adapted."""
    settings, before = replace(SHIPPED.recipe, **recipe), {name: getattr(small, name) for name in numbers}
    mean, variance = train.data.features.mean(axis=0), train.data.features.var(axis=0)
    shown = train.with_adapted() if settings.adapted else train.data
    shown = train.with_styles(shown) if settings.styles else shown
    for name, value in numbers.items():
        setattr(small, name, value)
    try:
        with TemporaryDirectory() as folder:
            shape = shown.features.shape[1:]
            made = lambda: networks.build("small", shape, len(EMOTIONS), mean=mean, variance=variance)  # noqa: E731
            fit(made, shown, validation.data, len(EMOTIONS), settings, Path(folder), share=share)
            model, known = networks.load(Path(folder) / BEST), validation.with_adapted(mean, np.sqrt(variance))
            answers = predict(model, known.features)
    finally:
        for name, value in before.items():
            setattr(small, name, value)
    half = len(answers) // 2
    return {
        "as is": round(uar(answers[:half], validation.data.truth), 6),
        "adapted": round(uar(answers[half:], validation.data.truth), 6),
    }


if __name__ == "__main__":
    main()
