"""Keras on whichever backend is there."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from quaver.errors import TrainingError

BACKENDS = ("jax", "tensorflow", "torch")  # in the order in which they are tried


def keras() -> Any:
    """Import Keras, on the backend that KERAS_BACKEND names, else on the first that is installed.

    Raises:
        TrainingError: Keras or a backend is missing.
    """
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", next((name for name in BACKENDS if find_spec(name)), BACKENDS[0]))
    try:
        return import_module("keras")
    except ImportError as error:
        raise TrainingError(
            f"training needs Keras and a backend ({error}); pip install 'quaver[train]' brings Keras and JAX."
        ) from error
