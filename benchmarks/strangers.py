"""What was tried so that `small` hears strangers better: by corpora left out of training, on half of their speakers.

Each try trains the head of `small` four times, each time without one of the corpora that shipped weights learn from, by
the protocol `corpora-loco`, and answers the clips of that corpus. Only every second of its speakers is scored here, so
that the others have decided nothing when benchmarks/loco.py scores everybody. TESS and EMOVO decide nothing at all.
Adds to benchmarks/results/strangers.json; resumable.

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
from quaver.frontend import spec  # noqa: E402
from quaver.networks import small  # noqa: E402
from quaver.sides import Side, augmented  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402

RESULTS = HERE / "results" / "strangers.json"
SHIPPED = SETTINGS["small"]
SECOND = 2 * small.WIDTH  # where what the second block gives begins
STUDIO = tuple(variant for variant in SHIPPED.variants if "microphone" not in variant)
VOICES, BEFORE = {"styles": 0.5}, {"choose": "uar", "average": 0.0}


@dataclass(frozen=True)
class Try:
    """What differs from the shipped recipe."""

    recipe: dict[str, Any] = field(default_factory=dict)
    first: int = 0  # of the values that the blocks give
    variants: tuple[str, ...] = SHIPPED.variants
    changes: dict[str, Any] = field(default_factory=dict)  # of the frontend
    members: int = small.MEMBERS  # of the head, as large together as those of the shipped one


HEARD = {"pause": None}
TRIES = {
    "as shipped": Try(),
    "epochs by UAR": Try({"choose": "uar"}),
    "epochs by UAR, no mean of weights": Try({"choose": "uar", "average": 0.0}),
    "half with other voices": Try(VOICES),
    "no variants": Try(variants=("",)),
    "no microphones": Try(variants=STUDIO),
    "the second block alone": Try(first=SECOND),
    "pauses heard, epochs by UAR, no mean, one member": Try(BEFORE, changes=HEARD, members=1),
    "the same, half with other voices": Try(BEFORE | VOICES, changes=HEARD, members=1),
    "the same, balance of emotions": Try({**BEFORE, **VOICES, "balance": "emotion"}, changes=HEARD, members=1),
    "the same, no balance": Try({**BEFORE, **VOICES, "balance": ""}, changes=HEARD, members=1),
    "as the first of these, the second block alone": Try(BEFORE, SECOND, changes=HEARD, members=1),
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
                write_json(RESULTS, {what: done[what] for what in TRIES if what in done})
                print(f"{what}, {corpus} left out: {done[what][corpus]}", file=sys.stderr, flush=True)


def tried(fold: Fold, how: Try) -> dict[str, float]:
    """Train a head; give the UAR on half of the speakers left out, as they are, taken together, and adapted."""
    frontend, recipe = replace(spec("logmel"), **how.changes), replace(SHIPPED.recipe, **how.recipe)
    train, validation, test = (
        from_value(side(clips, frontend), how.first)
        for clips in (augmented(fold.train, how.variants), fold.validation, fold.test)
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


def from_value(heard: Side, first: int) -> Side:
    """Leave out the values before one."""
    return Side(heard.clips, replace(heard.data, features=heard.data.features[:, first:]))


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
