"""quaver hears the emotion in a voice.

Names are imported when they are first used, so that `import quaver` costs nothing.

Example:
    >>> import quaver
    >>> quaver.EMOTIONS[0]
    'angry'
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "EMOTIONS": "emotions",
    "QuaverError": "errors",
    "FrontendSpec": "frontend",
    "Clip": "manifest",
    "Manifest": "manifest",
    "Bundle": "bundle",
    "Prediction": "predict",
    "Predictor": "predict",
    "load": "predict",
    "predict": "predict",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quaver' has no attribute {name!r}")
    return getattr(import_module(f"quaver.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
