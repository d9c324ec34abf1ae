"""Bundles that are made to be compiled: of anybody's network with one of our frontends, and in eight bits."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import EMOTIONS, __version__, audio, frontend, zoo
from quaver.bundle import MODEL, Bundle, Card
from quaver.compile.graph import Array
from quaver.errors import CompileError
from quaver.files import cache_folder
from quaver.quantise import quantise

if TYPE_CHECKING:
    import onnx

PARTS = 2  # of a sample clip, besides the whole
SOUNDS = (".wav", ".flac", ".opus", ".ogg", ".mp3")


def adopt(model: bytes, name: str, frontend_name: str) -> Bundle:
    """Make a bundle of a bare network that takes the values of one of our frontends.

    Args:
        model: ONNX.
        name: of the network.
        frontend_name: one of `frontend.NAMES`.

    Returns:
        A bundle in the cache. Seven outputs are taken for quaver's emotions in their order; others get numbers.

    Raises:
        CompileError: the network does not take what the frontend gives.
    """
    import onnx

    spec, parsed = frontend.spec(frontend_name), onnx.load_from_string(model)
    (taken, *_), (given, *_) = parsed.graph.input, parsed.graph.output
    _fit(parsed, taken, spec.shape, f"the frontend {frontend_name!r}")
    count = given.type.tensor_type.shape.dim[-1].dim_value if given.type.tensor_type.shape.dim else 0
    if count < 2:
        raise CompileError(f"{name} gives {count or 'an unknown number of'} values; a label each is needed, 2 or more.")
    weights = sum(int(np.prod(tensor.dims)) for tensor in parsed.graph.initializer)
    card = Card(
        name=re.sub(r"[^\w.+-]+", "-", name).lstrip("-.+") or "network",
        emotions=EMOTIONS if count == len(EMOTIONS) else tuple(f"class{i}" for i in range(count)),
        frontend=spec.to_dict(),
        fingerprint=spec.fingerprint,
        network={"name": "custom", "parameters": weights, "trainable": weights},
        corpora=(),
        licence="that of the network, which quaver does not know",
        training_speakers=(),
        validation_speakers=(),
        validation="speakers",
        protocol="none",
        speaker_independent=False,
    )
    return _kept(card, parsed.SerializeToString())


def in_eight_bits(bundle: Bundle, clips: Sequence[Path] = ()) -> Bundle:
    """Make a bundle of the same network in eight bits; calibration decides which range each tensor has.

    Args:
        bundle: in float32; one in eight bits comes back as it is.
        clips: sounds like those that will be heard, some hundred of them. Without any, quaver's sample clips, whole
            and in halves: enough to compile, not the best that can be had.

    Raises:
        CompileError: the network cannot be quantised.
    """
    import onnx

    if bundle.card.precision == "int8":
        return bundle
    heard = [frontend.features(np.asarray(sound, np.float32), bundle.card.spec) for sound in _sounds(bundle, clips)]
    ragged = len({values.shape for values in heard}) > 1
    calibration = np.empty(len(heard), object) if ragged else np.stack(heard)
    if ragged:
        calibration[:] = heard
    try:
        made = quantise(onnx.load(bundle.model), calibration)
    except Exception as error:  # ONNX Runtime's quantiser raises whatever it met
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CompileError(f"bundle {bundle.card.name!r} cannot be brought to eight bits: {reason}") from error
    return _kept(replace(bundle.card, precision="int8", scores={}), made.SerializeToString())


def clips_in(folder: Path) -> list[Path]:
    """List the sounds in a folder, however deep.

    Raises:
        CompileError: there are none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
    if not found:
        raise CompileError(f"{folder} holds no sounds ({', '.join(SOUNDS)}); give a folder of clips to --calibration.")
    return found


def _sounds(bundle: Bundle, clips: Sequence[Path]) -> Iterable[Array]:
    rate, longest = bundle.card.spec.sample_rate, round(bundle.card.window["seconds"] * bundle.card.spec.sample_rate)
    for clip in clips:
        yield audio.load(clip, rate)[0][:longest]
    for clip in () if clips else zoo.samples():
        sound = audio.load(clip, rate)[0][:longest]
        yield from (sound, *np.array_split(sound, PARTS))


def _fit(model: "onnx.ModelProto", taken: Any, wanted: tuple[int | None, ...], source: str) -> None:
    """Let the network take (batch, *wanted): the same, or a reshape before it."""
    from onnx import TensorProto, helper, numpy_helper

    dims = taken.type.tensor_type.shape.dim
    sizes = [dim.dim_value for dim in dims]
    inner_sizes = sizes[1:]
    if len(inner_sizes) == len(wanted) and all(not a or a == b for a, b in zip(inner_sizes, wanted, strict=True)):
        return
    known = None not in wanted and int(np.prod(sizes[1:])) == int(np.prod([size or 0 for size in wanted]))
    if not known:
        shown = ", ".join(str(size or "any") for size in sizes[1:])
        raise CompileError(f"the network takes ({shown}) values, {source} gives {wanted}; choose another frontend.")
    inner = f"{taken.name}/reshaped"
    for node in model.graph.node:
        node.input[:] = [inner if name == taken.name else name for name in node.input]
    shape = numpy_helper.from_array(np.array([-1 if not sizes[0] else 1, *sizes[1:]], np.int64), f"{inner}/shape")
    model.graph.initializer.append(shape)
    model.graph.node.insert(0, helper.make_node("Reshape", [taken.name, shape.name], [inner], name=f"{taken.name}/as"))
    batch = dims[0].dim_param or "batch" if not sizes[0] else 1
    taken.CopyFrom(helper.make_tensor_value_info(taken.name, TensorProto.FLOAT, [batch, *wanted]))


def _kept(card: Card, model: bytes) -> Bundle:
    """Save a bundle in the cache, under what it is made of."""
    digest = hashlib.sha256(f"{__version__}\n{card.name}\n{card.fingerprint}\n".encode() + model).hexdigest()[:16]
    folder = cache_folder() / "compiled" / digest
    return Bundle.load(folder) if (folder / MODEL).is_file() else Bundle.save(folder, card, {MODEL: model})
