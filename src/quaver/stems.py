"""The part of a network that training leaves as it is: what it answers is computed once and kept, like features."""

import hashlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from quaver import networks
from quaver.export import to_onnx
from quaver.files import atomic_path, cache_folder
from quaver.networks.whisper import LONGEST

Array = np.ndarray[Any, np.dtype[Any]]
_BUILDING = threading.Lock()


@dataclass(frozen=True)
class Stem:
    """A network on disk that turns the features of a clip into one row of values; it may travel to other processes."""

    path: Path  # its ONNX file
    fingerprint: str  # of what it computes, for caches
    shape: tuple[int, ...]  # of what comes out
    output: str | None = None  # which of its outputs is wanted; None: the first
    longest: int = LONGEST  # frames it can hear at once; of longer clips it gives the mean over equal parts

    def __call__(self, features: Array) -> Array:
        """Give the values (*shape) float32 of one clip's features."""
        session = _session(self.path)
        (name,) = (taken.name for taken in session.get_inputs())
        parts = np.array_split(features, -(-len(features) // self.longest))
        wanted = [self.output] if self.output else None
        answers = [session.run(wanted, {name: part[None]})[0][0] for part in parts]
        return np.asarray(np.mean(answers, axis=0), np.float32)


def of(network: str) -> Stem | None:
    """Give the frozen part of a network, from quaver's cache or made anew; None for networks trained as a whole.

    Raises:
        TrainingError: the weights that it begins with cannot be had or hold other numbers, or Keras is missing.
    """
    stem = networks.stem(network)
    if stem is None:
        return None
    fingerprint = hashlib.sha256(stem.described.encode()).hexdigest()[:12]
    path = cache_folder() / "stems" / f"{network}-{fingerprint}.onnx"
    with _BUILDING:
        if not path.is_file():
            with atomic_path(path) as temporary:
                temporary.write_bytes(to_onnx(stem.build()).SerializeToString())
    return Stem(path, fingerprint, stem.shape)


@lru_cache(maxsize=2)
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # there is a process for each core already
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
