"""The second half of training `nano`: its end anew, on what its trained beginning gives, and with voices.

While the convolutions learn, excerpts change from epoch to epoch and so does what they give, so no speaker has
statistics. Once they are fixed, every clip is one row of values, and the last layer can learn from mixtures, from
voices as profiles make them and from clips with other voices, in seconds.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from quaver import networks
from quaver.balance import Data
from quaver.export import to_onnx
from quaver.fit import BEST, fit
from quaver.networks import nano
from quaver.recipe import Recipe
from quaver.sides import Side

Array = np.ndarray[Any, np.dtype[Any]]
FOLDER = "head"  # in that of the fold
BATCH, RATE = 128, 1e-3


def anew(
    model: Any,
    train: Side,
    validation: Side,
    labels: int,
    recipe: Recipe,
    folder: Path,
    *,
    share: float,
    say: Callable[[str], None],
) -> Any:
    """Train the end of `nano` anew, with the mixtures, profiles and other voices that the recipe asks for.

    Args:
        model: the network after training as a whole.
        train: clips and variants, features in full length.
        validation: unseen speakers, who choose the epoch.
        labels: number of classes.
        recipe: of the whole training.
        folder: of the fold.
        share: how much of the rows an epoch shows.
        say: receives a line an epoch.

    Returns:
        The whole network, which knows speakers.
    """
    heard = _hearing(nano.backbone(model))
    sides = [replace(side, data=_pooled(side.data, heard)) for side in (train, validation)]
    shown = sides[0].with_adapted() if recipe.adapted else sides[0].data
    shown = sides[0].with_styles(shown) if recipe.styles else shown
    mean, variance = sides[0].data.moments()
    choose = "uar" if recipe.choose == "last" else recipe.choose  # its epochs differ little from one to the next
    own = replace(recipe, batch=BATCH, learning_rate=RATE, choose=choose)
    fit(
        lambda: nano.head(labels, mean, variance, recipe.seed),
        shown,
        sides[1].data,
        labels,
        own,
        folder / FOLDER,
        share=share,
        say=lambda text: say(f"head: {text}"),
    )
    return nano.with_head(model, networks.load(folder / FOLDER / BEST))


def _pooled(data: Data, heard: Callable[[Array], Array]) -> Data:
    return replace(data, features=np.stack([heard(clip) for clip in data.features]), frames=0)


def _hearing(beginning: Any) -> Callable[[Array], Array]:
    """Give what runs a network on clips of any length; Keras would be compiled anew for each."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    made = to_onnx(beginning).SerializeToString()
    session = onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda clip: np.asarray(session.run(None, {name: clip[None]})[0][0])
