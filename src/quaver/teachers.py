"""Pretrained encoders that networks begin with: Whisper's (MIT licence), from whichever file somebody has.

Three kinds of file hold the same numbers: OpenAI's own `.pt`, the hub's `model.safetensors`, and NumPy archives of the
encoder alone. All are read without PyTorch, and whatever the file, the numbers themselves are compared with a SHA-256.
"""

import hashlib
import json
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from quaver.corpora.download import download
from quaver.corpora.listen import Progress
from quaver.errors import CorpusError, TrainingError
from quaver.files import cache_folder

Array = np.ndarray[Any, np.dtype[Any]]
SUFFIXES = (".npz", ".safetensors", ".pt")
_DAMAGED = (zipfile.BadZipFile, pickle.UnpicklingError)
CHECKED = ("conv1.", "conv2.", "blocks.0.", "blocks.1.", "blocks.2.")  # what every archive of an encoder holds


@dataclass(frozen=True)
class Teacher:
    """Where a pretrained encoder comes from, and how to know it."""

    name: str
    address: str  # of the original file
    file_sha256: str  # of that file
    sha256: str  # of the encoder's numbers, see `digest`
    licence: str = "MIT"


_OPENAI = "https://openaipublic.azureedge.net/main/whisper/models"
TEACHERS = {
    "whisper-tiny.en": Teacher(
        "whisper-tiny.en",
        f"{_OPENAI}/d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03/tiny.en.pt",
        "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
        "7886c5461c9b551355a505e22ac188be7003771fb75a891d51f05ba860a6dca2",
    ),
    "whisper-base": Teacher(
        "whisper-base",
        f"{_OPENAI}/ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e/base.pt",
        "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e",
        "90954cd01cdc65cf93594ecab814a8adbd902451a0a0e9e4139428258f466f65",
    ),
}


def load(name: str, *, progress: Progress | None = None) -> dict[str, Array]:
    """Give a teacher's weights, from a file on this machine or, where there is none, downloaded and kept.

    Files are looked for as `NAME*.npz`, `NAME*.safetensors` or `NAME*.pt` in the folder that QUAVER_TEACHERS names,
    then in quaver's cache.

    Args:
        name: one of `TEACHERS`.
        progress: called with (bytes done, bytes in all) while downloading.

    Returns:
        Float32 weights under the names of openai/whisper's `AudioEncoder`.

    Raises:
        TrainingError: nobody knows the teacher, it cannot be downloaded, or a file holds other numbers.
    """
    if name not in TEACHERS:
        raise TrainingError(f"no teacher is called {name!r}; there are: {', '.join(TEACHERS)}.")
    teacher = TEACHERS[name]
    path = find(name) or _fetched(teacher, progress)
    weights = read(path)
    if digest(weights) != teacher.sha256:
        raise TrainingError(f"{path} holds other numbers than {name}; delete it, and it is downloaded from {_OPENAI}.")
    return weights


def find(name: str) -> Path | None:
    """Locate a teacher's file on this machine."""
    folders = [Path(own)] if (own := os.environ.get("QUAVER_TEACHERS")) else []
    for folder in (*folders, cache_folder() / "teachers"):
        for path in sorted(folder.glob(f"{name}*")) if folder.is_dir() else ():
            if path.suffix in SUFFIXES:
                return path
    return None


def read(path: Path) -> dict[str, Array]:
    """Read the encoder from a file.

    Args:
        path: `.npz`, `.safetensors` or `.pt`.

    Returns:
        Float32 weights under the names of openai/whisper's `AudioEncoder`; a decoder is left out.

    Raises:
        TrainingError: the file cannot be read or holds no such encoder.
    """
    readers: dict[str, Callable[[Path], Mapping[str, Array]]] = {
        ".npz": _npz,
        ".safetensors": _safetensors,
        ".pt": _checkpoint,
    }
    if path.suffix not in readers:
        raise TrainingError(f"{path}: expected the encoder as {', '.join(SUFFIXES)}.")
    try:
        held = {_original(name): values for name, values in readers[path.suffix](path).items()}
    except (OSError, ValueError, KeyError, TypeError, OverflowError, *_DAMAGED) as error:
        raise TrainingError(f"{path} cannot be read as an encoder's weights: {error}.") from error
    weights = {name: np.asarray(values, np.float32) for name, values in held.items() if name}
    if "conv1.weight" not in weights or "blocks.0.attn.query.weight" not in weights:
        raise TrainingError(f"{path} holds no Whisper encoder; its first names are: {', '.join(list(held)[:3])}.")
    return weights


def digest(weights: Mapping[str, Array]) -> str:
    """Give the SHA-256 of the convolutions and the first three blocks in half precision, which is how they came."""
    told = hashlib.sha256()
    for name in sorted(name for name in weights if name.startswith(CHECKED)):
        told.update(name.encode() + np.ascontiguousarray(weights[name], "<f2").tobytes())
    return told.hexdigest()


def _fetched(teacher: Teacher, progress: Progress | None) -> Path:
    path = cache_folder() / "teachers" / f"{teacher.name}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        download(teacher.address, path, sha256=teacher.file_sha256, progress=progress)
    except CorpusError as error:
        reason = str(error).partition(";")[0].rstrip(".")
        raise TrainingError(
            f"the weights of {teacher.name} cannot be downloaded: {reason}. Put OpenAI's .pt or the hub's "
            f".safetensors, as {teacher.name}.pt or .safetensors, into a folder and name it in QUAVER_TEACHERS."
        ) from error
    return path


_HUB = (  # the hub's names in openai/whisper's
    ("layers.", "blocks."),
    ("self_attn_layer_norm.", "attn_ln."),
    ("self_attn.q_proj.", "attn.query."),
    ("self_attn.k_proj.", "attn.key."),
    ("self_attn.v_proj.", "attn.value."),
    ("self_attn.out_proj.", "attn.out."),
    ("fc1.", "mlp.0."),
    ("fc2.", "mlp.2."),
    ("final_layer_norm.", "mlp_ln."),
    ("embed_positions.weight", "positional_embedding"),
)


def _original(name: str) -> str:
    """Give openai/whisper's name of a weight within the encoder, or nothing for what belongs elsewhere."""
    _, prefix, inner = name.rpartition("encoder.")
    if not prefix and (name.startswith(("decoder.", "model.decoder.")) or name == "n_head"):
        return ""
    for hub, openai in _HUB:
        inner = inner.replace(hub, openai)
    return "ln_post" + inner.removeprefix("layer_norm") if inner.startswith("layer_norm.") else inner


def _npz(path: Path) -> dict[str, Array]:
    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def _safetensors(path: Path) -> dict[str, Array]:
    """Read the hub's format: the length of a JSON header, the header, then the numbers."""
    kinds = {"F32": "<f4", "F16": "<f2"}
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        weights = {}
        for name, told in header.items():
            if name != "__metadata__" and told["dtype"] in kinds:
                first, last = told["data_offsets"]
                file.seek(start + first)
                weights[name] = np.frombuffer(file.read(last - first), kinds[told["dtype"]]).reshape(told["shape"])
    return weights


def _checkpoint(path: Path) -> dict[str, Array]:
    """Read PyTorch's format: a zip archive with a pickle of the structure and a file for each array."""
    with zipfile.ZipFile(path) as archive:
        (structure,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(structure) as file:
            held = _Unpickler(file, archive, structure.removesuffix("data.pkl")).load()
    return dict(held.get("model_state_dict", held))


class _Unpickler(pickle.Unpickler):
    """Rebuilds arrays and nothing else: a pickle that names any other function is refused."""

    def __init__(self, file: IO[bytes], archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(file)
        self.archive, self.root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("torch", "HalfStorage"): "<f2",
            ("torch", "FloatStorage"): "<f4",
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no weights need")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> Array:
        _, kind, key, *_ = pid
        return np.frombuffer(self.archive.read(f"{self.root}data/{key}"), kind)


def _rebuilt(storage: Array, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Array:
    """View a part of an array's numbers, as PyTorch describes it."""
    steps = tuple(step * storage.itemsize for step in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)
