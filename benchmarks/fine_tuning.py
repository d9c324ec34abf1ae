"""What it gives to train the last of two blocks of Whisper tiny.en with the head of `small`, instead of the head alone.

First the head alone is trained, on the frozen encoder (the warm-up), then both: the block at 5e-5, the head at 3e-4, on
excerpts of two seconds, with mixtures of clips of a corpus, with voices as profiles make them half of the time, and
corpora and emotions in balance. The head hears the second block alone. Test speakers decide nothing: told is the UAR of
the validation speakers of the first fold of the shipped bundle's protocol, and of RAVDESS left out altogether, each as
it is and with a profile of each speaker; and what lies between the weights before and after (Wortsman et al., 2022).

Rates for single layers need PyTorch's optimiser; a GPU is used where there is one. Adds to results/fine_tuning.json.

    KERAS_BACKEND=torch QUAVER_CORPORA=… python benchmarks/fine_tuning.py
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from bundles import SETTINGS, TWICE, UNHEARD, read  # noqa: E402

from quaver import EMOTIONS, dataset, networks, teachers, voices  # noqa: E402
from quaver.balance import Data, mixed, targets, weights  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.fit import uar  # noqa: E402
from quaver.frontend import spec  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.networks.layers import Statistics, known_crossentropy  # noqa: E402
from quaver.networks.whisper import encoder  # noqa: E402
from quaver.profiles import Profile  # noqa: E402
from quaver.sides import augmented  # noqa: E402
from quaver.splits import protocol  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "fine_tuning.json"
VARIANTS = ("", "speed+overdrive", "colour", "room+snr")
TEACHER, BLOCKS, WIDTH = "whisper-tiny.en", 2, 384  # the encoder of `small` until it was Whisper base's
WARM, EPOCHS, BATCH = 25, 6, 64
EXCERPT = 100  # steps of 20 ms
RATES = {"block": 5e-5, "head": 3e-4}
BETWEEN = (0.3, 0.6)  # of the way from the weights before to those after
Array = np.ndarray


class Sounds:
    """Clips as the block hears them: what the part before it gives, in every variant."""

    def __init__(self, clips: Manifest, variants: tuple[str, ...], first: Any) -> None:
        self.clips, self.steps = clips, []
        for variant in variants:
            rows = augmented(clips, (variant,)) if variant else clips
            features = dataset.extract(rows, spec("logmel"), cache=False).values
            with torch.no_grad():
                self.steps.append([np.float16(heard(first, each[None])[0]) for each in features])
        corpus = np.array([clips.corpora.index(clip.corpus) for clip in clips])
        self.groups = [clip.group for clip in clips]
        self.data = Data(np.arange(len(clips)), np.array([EMOTIONS.index(clip.emotion) for clip in clips]), corpus)
        self.wanted, self.heavy = targets(self.data, len(EMOTIONS), "corpus"), weights(self.data, "corpus")

    def excerpts(self, rows: Array, rng: np.random.Generator) -> Array:
        """Draw one excerpt of each of these clips, in any variant; shorter clips are repeated."""
        drawn = []
        for row in rows:
            steps = self.steps[rng.integers(len(self.steps))][row]
            start = rng.integers(max(len(steps) - EXCERPT, 0) + 1)
            drawn.append(np.take(steps, np.arange(start, start + EXCERPT), axis=0, mode="wrap"))
        return np.stack(drawn).astype(np.float32)


class Tuned:
    """The block and the head, and the scale of what lies between them."""

    def __init__(self, weights_of: dict[str, Array]) -> None:
        whole = encoder(weights_of, BLOCKS)
        given, block = keras.Input((None, WIDTH)), whole.get_layer(f"block{BLOCKS}")
        self.block = keras.Model(given, Statistics()(block(given)))
        self.block.trainable = True
        self.head: Any = None
        self.mean = self.deviation = np.zeros(0, np.float32)

    def pooled(self, steps: list[Array]) -> Array:
        """Give what the block and the statistics make of whole clips (n, 768)."""
        with torch.no_grad():
            return np.stack([heard(self.block, np.float32(each)[None])[0] for each in steps])

    def scores(self, sounds: Sounds) -> dict[str, float]:
        """Give the UAR as it is and with a profile of each speaker."""
        values = self.pooled(sounds.steps[0])
        known = voices.adapted(values, sounds.groups, self.mean, self.deviation)
        with torch.no_grad():
            told = {"as is": heard(self.head, values), "adapted": heard(self.head, known)}
        return {kind: round(uar(answers, sounds.data.truth), 6) for kind, answers in told.items()}


def heard(model: Any, values: Array) -> Array:
    """Run a Keras model on one batch."""
    return np.asarray(model(keras.ops.convert_to_tensor(values), training=False).cpu())


def main() -> None:
    """Tune what is not in the table yet."""
    done = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known = read().where(lambda clip: clip.group not in UNHEARD | TWICE and clip.emotion in EMOTIONS)
    fold = protocol(SETTINGS["small"].protocol).folds(known, 0)[0]
    out = next(fold for fold in protocol("corpora-loco").folds(known, 0) if fold.test.corpora[0] == "ravdess")
    first = encoder(teachers.load(TEACHER), BLOCKS - 1)
    for name, train, tested in (
        ("validation speakers", fold.train, fold.validation),
        ("ravdess left out", out.train + out.validation, out.test),
    ):
        if name not in done:
            done[name] = tuned(Sounds(train, VARIANTS, first), Sounds(tested, ("",), first))
            write_json(RESULTS, done)
            print(name, done[name], file=sys.stderr, flush=True)


def tuned(train: Sounds, tested: Sounds) -> dict[str, dict[str, float]]:
    """Train the head, then the block too; score each, and what lies between."""
    torch.manual_seed(0)
    model = Tuned(teachers.load(TEACHER))
    warm(model, train)
    told, before = {"head alone": model.scores(tested)}, kept(model)
    optimiser = torch.optim.Adam(
        [
            {"params": list(model.block.parameters()), "lr": RATES["block"]},
            {"params": list(model.head.parameters()), "lr": RATES["head"]},
        ]
    )
    rng, batches = np.random.default_rng(0), EPOCHS * (len(train.groups) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, list(RATES.values()), batches, pct_start=0.05)
    values = model.pooled(train.steps[0])
    for _ in range(EPOCHS):
        values = epoch(model, train, values, optimiser, schedule, rng)
    told["block too"], after = model.scores(tested), kept(model)
    for share in BETWEEN:
        put(model, [share * b + (1 - share) * a for a, b in zip(before, after, strict=True)])
        told[f"{share:g} of the way"] = model.scores(tested)
    return told


def warm(model: Tuned, train: Sounds) -> None:
    """Train the head on what the frozen block gives, each clip also as a profile of its speaker has it."""
    pooled = [model.pooled(steps) for steps in train.steps]
    model.mean, model.deviation = pooled[0].mean(axis=0), pooled[0].std(axis=0)
    model.head = networks.build("small", (2 * WIDTH,), len(EMOTIONS), mean=model.mean, variance=pooled[0].var(axis=0))
    known = [voices.adapted(values, train.groups, model.mean, model.deviation) for values in pooled]
    optimiser = torch.optim.Adam(model.head.parameters(), lr=1e-3)
    rng, count = np.random.default_rng(1), 2 * len(train.groups) // (2 * BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, WARM * count)
    for _ in range(WARM):
        for rows in np.array_split(rng.permutation(np.repeat(np.arange(len(train.groups)), 2)), count):
            which, side = rng.integers(len(pooled), size=len(rows)), rng.random(len(rows)) < 0.5
            values = np.stack([(known if k else pooled)[w][row] for w, k, row in zip(which, side, rows, strict=True)])
            step(model, train, rows, keras.ops.convert_to_tensor(values), optimiser, schedule, rng)


def epoch(model: Tuned, train: Sounds, values: Array, optimiser: Any, schedule: Any, rng: np.random.Generator) -> Array:
    """Train block and head on an excerpt of each clip; gives what was pooled (n, 768), for the next profiles."""
    shift, scale = profiles(model, train, values)
    seen = values.copy()
    for rows in np.array_split(rng.permutation(len(train.groups)), len(train.groups) // BATCH):
        pooled = model.block(keras.ops.convert_to_tensor(train.excerpts(rows, rng)), training=True)
        seen[rows] = pooled.detach().cpu()
        away, by, mean = (keras.ops.convert_to_tensor(each) for each in (shift[rows], scale[rows], model.mean))
        known = (pooled - away) / by + mean
        side = keras.ops.convert_to_tensor(rng.random((len(rows), 1)) < 0.5)
        step(model, train, rows, torch.where(side, known, pooled), optimiser, schedule, rng)
    return seen


def profiles(model: Tuned, train: Sounds, values: Array) -> tuple[Array, Array]:
    """Give for every clip what its speaker's profile takes away, and by what it then divides (n, 768) each."""
    shift, scale = np.tile(model.mean, (len(values), 1)), np.ones_like(values)
    groups = np.array(train.groups)
    for group in np.unique(groups):
        own = (values[groups == group] - model.mean) / model.deviation
        profile = Profile("voice", "", len(own), own.mean(axis=0), own.var(axis=0) * len(own))
        if (known := profile.adaptation()) is not None:
            shift[groups == group] += model.deviation * known[0]
            scale[groups == group] = known[1]
    return shift, scale


def step(model: Tuned, train: Sounds, rows: Array, pooled: Any, optimiser: Any, schedule: Any, rng: Any) -> None:
    """Learn from one batch, mixed."""
    alone = np.eye(len(rows), dtype=np.float32)  # becomes the shares that each mixture has of the clips
    shares, wanted, heavy = mixed(alone, train.wanted[rows], train.heavy[rows], train.data.corpus[rows], 1.0, rng)
    answers = model.head(keras.ops.convert_to_tensor(shares) @ pooled, training=True)
    each = known_crossentropy(keras.ops.convert_to_tensor(wanted), answers)
    loss = (keras.ops.convert_to_tensor(heavy) * each).mean() + sum(model.head.losses)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([*model.block.parameters(), *model.head.parameters()], 1.0)
    optimiser.step()
    schedule.step()


def kept(model: Tuned) -> list[Array]:
    """Copy all weights."""
    return [*model.block.get_weights(), *model.head.get_weights()]


def put(model: Tuned, values: list[Array]) -> None:
    """Set all weights."""
    count = len(model.block.get_weights())
    model.block.set_weights(values[:count])
    model.head.set_weights(values[count:])


if __name__ == "__main__":
    main()
