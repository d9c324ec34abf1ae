"""One training: epochs, the best checkpoint by validation, and a stop at any moment that can be resumed."""

import csv
import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from quaver import excerpts, networks
from quaver.answers import predict
from quaver.averages import averaged
from quaver.backend import keras
from quaver.balance import Data, mixed, targets, weights
from quaver.errors import TrainingError
from quaver.files import atomic_path, atomic_text, write_json
from quaver.recipe import Recipe, Row, best_row

Say = Callable[[str], None]
Array = np.ndarray[Any, np.dtype[Any]]

BEST, REFIT = "best.keras", "refit.keras"
MEAN = "mean-of-"  # before the name of a checkpoint: its weights are the mean over epochs
FIELDS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "val_uar", "score", "learning_rate", "seconds")


def fit(
    build: Callable[[], Any],
    train: Data,
    validation: Data,
    labels: int,
    recipe: Recipe,
    folder: Path,
    *,
    share: float = 1.0,
    resume: bool = False,
    say: Say = lambda text: None,
) -> list[Row]:
    """Train what `build` makes; leave the best of it in `folder` as best.keras.

    After each epoch the folder holds a checkpoint of everything, so that a run stopped at any moment goes on with
    `resume` as if nothing had happened: the order of the clips and the dropout masks depend on the seed and the epoch
    alone, and the optimiser's state is restored.

    Args:
        build: makes an uncompiled network.
        train: what to learn from.
        validation: unseen speakers that choose the epoch.
        labels: number of classes.
        recipe: how to fit.
        folder: for best.keras, history.csv and the checkpoint.
        share: how much of `train` an epoch shows, drawn anew each time.
        resume: go on from the checkpoint where there is one.
        say: receives a line an epoch.

    Returns:
        One row an epoch, as in history.csv.

    Raises:
        TrainingError: there is nothing to train or to validate on.
    """
    if not len(train.truth) or not len(validation.truth):
        raise TrainingError(
            f"{len(train.truth)} clips to train on and {len(validation.truth)} to validate on; both are needed."
        )
    folder.mkdir(parents=True, exist_ok=True)
    model, mean, history = _restore(folder, recipe) if resume else (None, None, [])
    if model is None:
        model, mean, history = _compiled(build(), recipe), build(), []
    while not recipe.finished(history):
        row = _epoch((model, mean), train, validation, labels, recipe, share, history)
        history.append(row)
        if best_row(history) is row:
            save(mean, folder / BEST)
        _checkpoint(model, mean if recipe.average else None, history, folder)
        say(_line(history, recipe))
    return history


def refit(
    build: Callable[[], Any],
    data: Data,
    labels: int,
    recipe: Recipe,
    history: Sequence[Row],
    path: Path,
    *,
    share: float = 1.0,
) -> None:
    """Train anew on everybody for as many epochs as the best one of `history` took, at the same rates, and save it.

    With few speakers those that chose the epoch are missed in training. Once the choice is made, they may teach.

    Args:
        build: makes an uncompiled network.
        data: training and validation clips together.
        labels: number of classes.
        recipe: as in `fit`.
        history: from `fit`.
        path: the file to make.
        share: how much of `data` an epoch shows, drawn anew each time.
    """
    models, epochs = (_compiled(build(), recipe), build()), int(best_row(history)["epoch"])
    for number in range(epochs):
        _learn(models, data, labels, recipe, share, history[:number])
    save(models[1], path)


def uar(probabilities: Array, truth: Array) -> float:
    """Average the recall over the classes that occur in `truth`."""
    hit = probabilities.argmax(axis=1) == truth
    return float(np.mean([hit[truth == label].mean() for label in np.unique(truth)]))


def _compiled(model: Any, recipe: Recipe) -> Any:
    """Prepare training; the loss is Keras's own unless some clips say nothing about some classes."""
    loss: Any = "categorical_crossentropy"
    if recipe.balance.startswith("corpus"):
        from quaver.networks.layers import known_crossentropy as loss
    model.compile(keras().optimizers.Adam(recipe.learning_rate), loss, metrics=["accuracy"])
    return model


def _epoch(
    models: tuple[Any, Any],
    train: Data,
    validation: Data,
    labels: int,
    recipe: Recipe,
    share: float,
    history: Sequence[Row],
) -> Row:
    began, number = time.monotonic(), len(history) + 1
    done = _learn(models, train, labels, recipe, share, history)
    probabilities = predict(models[1], validation.features, validation.frames)
    picked = probabilities[np.arange(len(validation.truth)), validation.truth]
    loss, recall = float(-np.log(np.maximum(picked, 1e-7)).mean()), uar(probabilities, validation.truth)
    return {
        "epoch": number,
        "loss": float(done["loss"][0]),
        "accuracy": float(done["accuracy"][0]),
        "val_loss": loss,
        "val_accuracy": float((probabilities.argmax(axis=1) == validation.truth).mean()),
        "val_uar": recall,
        "score": {"uar": recall, "loss": -loss, "last": float(number)}[recipe.choose],
        "learning_rate": recipe.rate(history),
        "seconds": round(time.monotonic() - began, 2),
    }


def _learn(
    models: tuple[Any, Any], train: Data, labels: int, recipe: Recipe, share: float, history: Sequence[Row]
) -> Any:
    """Train for the epoch that follows `history`; what is shown depends on the seed and the epoch alone.

    Of the two networks, which are alike, the first learns, and the second takes the mean of its weights over epochs.
    """
    (model, mean), number = models, len(history) + 1
    _seed_dropout(model, recipe.seed, number)
    model.optimizer.learning_rate = recipe.rate(history)
    shown = max(1, round(share * len(train.truth)))
    batch = min(recipe.batch, shown)
    rng, whole = np.random.default_rng([recipe.seed, number]), shown // batch * batch  # else compiled again
    heavy = weights(train, recipe.balance) if recipe.balance else None
    order = rng.permutation(len(train.truth))[:whole]
    if train.frames and heavy is not None:  # no excerpt is like another: rather hear a clip more often than louder
        order, heavy = rng.choice(len(heavy), whole, p=heavy / heavy.sum(dtype=float)), None
    features, wanted = train.features[order], targets(train, labels, recipe.balance)[order]
    features = excerpts.drawn(features, train.frames, rng, recipe.warp) if train.frames else features
    if recipe.styles and train.styles:
        rng = np.random.default_rng([recipe.seed, number, 2])
        features = train.styles.exchanged(features, order, recipe.styles, rng)
    heavy = None if heavy is None else heavy[order]
    if recipe.mixup:
        corpus = train.corpus[order] if train.corpus is not None else np.zeros(len(order), int)
        heavy = np.ones(len(order), np.float32) if heavy is None else heavy
        rng = np.random.default_rng([recipe.seed, number, 1])
        features, wanted, heavy = mixed(features, wanted, heavy, corpus, recipe.mixup, rng)
    if len(model.output_shape) == 3:  # every member learns from every clip
        wanted = np.repeat(wanted[:, None], model.output_shape[1], axis=1)
        heavy = None if heavy is None else np.repeat(heavy[:, None], model.output_shape[1], axis=1)
    fitted = model.fit(features, wanted, batch_size=batch, sample_weight=heavy, shuffle=False, verbose=0)
    mean.set_weights(averaged(mean.get_weights(), model.get_weights(), recipe.average, number))
    return fitted.history


def _seed_dropout(model: Any, seed: int, epoch: int) -> None:
    for number, layer in enumerate(model.layers):
        if generator := getattr(layer, "seed_generator", None):
            generator.state.assign(np.array([1000 * seed + number, epoch], np.uint32))


def _checkpoint(model: Any, mean: Any | None, history: list[Row], folder: Path) -> None:
    """Save everything under a new name, point state.json to it, and only then drop the older one."""
    name = f"checkpoint-{len(history):03d}.keras"
    save(model, folder / name)
    if mean is not None:
        save(mean, folder / f"{MEAN}{name}")
    with atomic_text(folder / "history.csv") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
    write_json(folder / "state.json", {"checkpoint": name, "history": history})
    for old in folder.glob("*checkpoint-*.keras"):
        if not old.name.endswith(name):
            old.unlink()


def _restore(folder: Path, recipe: Recipe) -> tuple[Any, Any, list[Row]]:
    try:
        state = json.loads((folder / "state.json").read_text())
        mean = f"{MEAN if recipe.average else ''}{state['checkpoint']}"
        return networks.load(folder / state["checkpoint"]), networks.load(folder / mean), state["history"]
    except FileNotFoundError:
        return None, None, []
    except (ValueError, KeyError, OSError) as error:
        raise TrainingError(f"{folder} holds a checkpoint that cannot be read ({error}); delete it.") from error


def save(model: Any, path: Path) -> None:
    """Write a network as `.keras` or `.h5`, whole or not at all."""
    with atomic_path(path) as temporary, _quiet():
        model.save(temporary)


@contextmanager
def _quiet() -> Any:
    """Silence Keras's advice against HDF5: the `.h5` is written beside the `.keras` on purpose."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _line(history: Sequence[Row], recipe: Recipe) -> str:
    row, best = history[-1], best_row(history)
    return (
        f"epoch {row['epoch']}/{recipe.epochs}  loss {row['loss']:.3f}  accuracy {row['accuracy']:.3f}  "
        f"validation: loss {row['val_loss']:.3f}  UAR {100 * row['val_uar']:.1f} "
        f"(best {100 * best['val_uar']:.1f} in epoch {best['epoch']})  {row['seconds']:.0f} s"
    )
