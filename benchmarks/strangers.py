"""What was tried so that `small` hears strangers better: by corpora left out of training, on half of their speakers.

Each try trains the head of `small` four times, each time without one of the corpora that shipped weights learn from, by
the protocol `corpora-loco`, and answers the clips of that corpus. Only every second of its speakers is scored here, so
that the others have decided nothing when benchmarks/loco.py scores everybody. TESS and EMOVO decide nothing at all.
Adds to benchmarks/results/strangers.json, whose rows that begin with "tiny.en" this script made when the encoder was
that of Whisper tiny.en, two blocks; resumable.

    QUAVER_CORPORA=… python benchmarks/strangers.py
"""

import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
from bundles import SETTINGS, TWICE, UNHEARD, read  # noqa: E402
from tries import side  # noqa: E402

from quaver import EMOTIONS, networks, voices  # noqa: E402
from quaver.answers import predict  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.fit import BEST, fit, uar  # noqa: E402
from quaver.networks import small  # noqa: E402
from quaver.sides import Side, augmented  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402

RESULTS = HERE / "results" / "strangers.json"
SHIPPED = SETTINGS["small"]
STUDIO = tuple(variant for variant in SHIPPED.variants if "microphone" not in variant)


@dataclass(frozen=True)
class Try:
    """What differs from the shipped recipe."""

    recipe: dict[str, Any] = field(default_factory=dict)
    depths: tuple[int, ...] = small.DEPTHS  # of those that the encoder gives
    variants: tuple[str, ...] = SHIPPED.variants
    members: int = small.MEMBERS  # of the head, as large together as those of the shipped one


TRIES = {
    "as shipped": Try(),
    "two blocks alone": Try(depths=small.DEPTHS[:1]),
    "after the attention of the third alone": Try(depths=small.DEPTHS[1:]),
    "one member": Try(members=1),
    "half with other voices": Try({"styles": 0.5}),
    "no microphones": Try(variants=STUDIO),
    "no variants": Try(variants=("",)),
}


def main() -> None:
    """Run the tries that are not in the table yet."""
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    heard = read().where(lambda clip: clip.group not in UNHEARD | TWICE)
    for what, how in TRIES.items():
        for fold in protocol("corpora-loco").folds(heard, SHIPPED.recipe.seed):
            corpus = fold.test.corpora[0]
            if corpus not in done.setdefault(what, {}):
                done[what][corpus] = tried(fold, how)
                write_json(RESULTS, done)
                print(f"{what}, {corpus} left out: {done[what][corpus]}", file=sys.stderr, flush=True)


def tried(fold: Fold, how: Try) -> dict[str, float]:
    """Train a head; give the UAR on half of the speakers left out, as they are, taken together, and adapted."""
    recipe = replace(SHIPPED.recipe, **how.recipe)
    train, validation, test = (
        part(side(clips), how.depths) for clips in (augmented(fold.train, how.variants), fold.validation, fold.test)
    )
    mean, variance = train.data.features.mean(axis=0), train.data.features.var(axis=0)
    shown = train.with_adapted()
    shown = train.with_styles(shown) if recipe.styles else shown
    shape, share = shown.features.shape[1:], 1 / len(how.variants)
    with TemporaryDirectory() as folder:
        known = {"mean": mean, "variance": variance, "members": how.members}
        made = lambda: small.build(shape, len(EMOTIONS), **known)  # noqa: E731
        fit(made, shown, validation.data, len(EMOTIONS), recipe, Path(folder), share=share)
        model = networks.load(Path(folder) / BEST)
    return scored(model, test, mean, np.sqrt(variance))


def part(heard: Side, depths: tuple[int, ...]) -> Side:
    """Keep the values of some depths."""
    each = np.split(heard.data.features, len(small.DEPTHS), axis=1)
    kept = np.hstack([values for depth, values in zip(small.DEPTHS, each, strict=True) if depth in depths])
    return Side(heard.clips, replace(heard.data, features=kept))


def scored(model: Any, test: Side, mean: np.ndarray, deviation: np.ndarray) -> dict[str, float]:
    """Score every second speaker."""
    groups, values = np.array([clip.group for clip in test.clips]), test.data.features
    chosen = np.isin(groups, np.unique(groups)[1::2])
    known = {
        "as is": values,
        "together": voices.adapted(values, ["everybody"] * len(values), mean, deviation),
        "adapted": voices.adapted(values, groups, mean, deviation),
    }
    truth = test.data.truth[chosen]
    return {kind: round(uar(predict(model, each)[chosen], truth), 6) for kind, each in known.items()}


if __name__ == "__main__":
    main()
