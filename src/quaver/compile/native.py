"""A bundle's program as a shared library, called from Python in place of ONNX Runtime."""

import ctypes
import hashlib
import json
import platform
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quaver import __version__, audio, frontend, zoo
from quaver.bundle import MODEL, Bundle
from quaver.compile import voice
from quaver.compile.make import make
from quaver.compile.program import Contract, Program
from quaver.compile.source import plan_of, program_of
from quaver.compile.targets import find
from quaver.compile.verify import bar
from quaver.errors import CompileError
from quaver.files import cache_folder, write_json
from quaver.onnx_graph import VOICE_DEVIATION, VOICE_MEAN
from quaver.profiles import ENOUGH
from quaver.runtime import Network as Reference
from quaver.runtime import Options

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY, FACTS = "libquaver.so", "native.json"
LAYOUT = "3"  # of what lies in the cache
_COMMAND = "quaver.load(..., runtime='native')"
_CPUINFO = Path("/proc/cpuinfo")
_FLOATS = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")


@dataclass(frozen=True)
class Facts:
    """What the library cannot be asked."""

    arena: int  # bytes
    inputs: int  # values
    hears: bool  # it computes the features as well
    shortest: int = 0  # samples
    longest: int = 0
    frame: int = 0  # values of a frame, where the network is told how many frames come; 0: always `inputs` values
    voices: int = 0  # that describe who speaks; 0: the network does not adapt


class Network(Reference):
    """The network of a bundle in machine code, and its features where they have C. One may serve several threads."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Compile the bundle, or take what was compiled before.

        Args:
            bundle: from `zoo.load`.
            threads: taken for ONNX Runtime's sake; a compiled network runs on one.

        Raises:
            CompileError: no C compiler, an operator without C, or an answer that is not ONNX Runtime's.
        """
        self.card, self.model = bundle.card, bundle.card.files[MODEL]
        folder = cache_folder() / "native" / _key(bundle)
        if not (folder / FACTS).is_file():
            _compile(bundle, folder)
        self._open(folder)

    def _open(self, folder: Path) -> None:
        self._facts = Facts(**json.loads((folder / FACTS).read_text(encoding="utf-8")))
        try:
            library = ctypes.CDLL(str(folder / LIBRARY))
        except OSError as error:
            raise CompileError(f"the compiled bundle {self.card.name!r} cannot be loaded: {error}.") from error
        self.voices, self.adapts = self._facts.voices, self._facts.voices > 0
        told = (ctypes.c_int,) if self._facts.frame else ()
        self._network = library.quaver_network_of if self.adapts else library.quaver_network
        known, voice = ((ctypes.c_void_p,), (_FLOATS,)) if self.adapts else ((), ())
        self._network.argtypes = (ctypes.c_void_p, *known, _FLOATS, *told, *voice, _FLOATS)
        self._network.restype = None
        if self._facts.hears:
            self._features = library.quaver_features
            counted = (ctypes.POINTER(ctypes.c_int),) if self._facts.frame else ()
            self._features.argtypes = (ctypes.c_void_p, _FLOATS, ctypes.c_int, *counted, _FLOATS)

    def run(self, features: Array, options: Options | None = None) -> tuple[Array, Array | None]:
        """Run the network.

        Args:
            features: (n, ...) float32.
            options: from `adapted`.

        Returns:
            Uncalibrated probabilities (n, k), and (n, m) of what describes the voice where the network tells it.
        """
        told = np.empty((len(features), len(self.card.emotions)), np.float32)
        voices = np.zeros((len(features), self.voices), np.float32)
        arena, known = self._arena(), _profile(self.voices, options) if options else None
        for row, own, probabilities in zip(features, voices, told, strict=True):
            given = np.ascontiguousarray(row, np.float32).reshape(-1)
            frames = (len(row),) if self._facts.frame else ()
            if given.size > self._facts.inputs or (not frames and given.size < self._facts.inputs):
                raise CompileError(f"the compiled network takes {self._facts.inputs} values, got {given.size}.")
            profile, noticed = ((known,), (own,)) if self.adapts else ((), ())
            self._network(arena.ctypes.data, *profile, given, *frames, *noticed, probabilities)
        return told, voices if self.adapts else None

    def features(self, samples: Array) -> Array:
        """Compute the features of one clip, in C where they have C."""
        samples = np.ascontiguousarray(samples, np.float32)
        if self._facts.hears and self._facts.shortest <= len(samples) <= self._facts.longest:
            made, arena, frames = np.empty(self._facts.inputs, np.float32), self._arena(), ctypes.c_int()
            told = (ctypes.byref(frames),) if self._facts.frame else ()
            if self._features(arena.ctypes.data, samples, len(samples), *told, made) == 0:
                return made.reshape(-1, self._facts.frame)[: frames.value].copy() if told else made
        return frontend.features(samples, self.card.spec)  # which also says what is wrong with the samples

    def _arena(self) -> Array:
        """Give memory for one call, aligned for vectors."""
        room = np.empty(self._facts.arena // 4 + 16, np.float32)
        return room[-(room.ctypes.data // 4) % 16 :]


def _profile(values: int, options: Options) -> ctypes.Array[ctypes.c_char]:
    """Give a `quaver_profile` that adapts as the options say: of so many clips that nobody else's numbers count."""
    clips = 2**30
    own = clips / (clips + ENOUGH)
    mean = np.asarray(options[VOICE_MEAN], float) / own
    squares = clips * (np.asarray(options[VOICE_DEVIATION], float) ** 2 - (1 - own)) / own
    parts = (np.array([clips, 0], np.int32), mean, squares, np.zeros(values, np.float32))
    return ctypes.create_string_buffer(b"".join(part.tobytes() for part in parts))


def _compile(bundle: Bundle, folder: Path) -> None:
    program = _program(bundle)
    fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        make(program, find("native"), fresh, check=False)
        sound = program.contract.sound
        longest = (program.contract.shortest, sound.longest) if sound else (0, 0)
        shape = program.plan.input.shape
        inputs, frame = int(np.prod(shape)), int(shape[-1]) if program.plan.open else 0
        voices = voice.size(program.plan) if sound else 0
        facts = Facts(program.arena, inputs, sound is not None, *longest, frame, voices)
        write_json(fresh / FACTS, vars(facts))
        _check(bundle, fresh)
        if not folder.exists():  # nobody else was faster
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _program(bundle: Bundle) -> Program:
    """Make the whole program, or the network alone where its features have no C."""
    try:
        return program_of(bundle, _COMMAND, roomy=True)
    except CompileError:
        return Program(
            plan_of(bundle.model, f"bundle {bundle.card.name!r}", roomy=True), Contract(bundle.card.name, _COMMAND)
        )


def _check(bundle: Bundle, folder: Path) -> None:
    """Compare with ONNX Runtime on the sample clips, before anybody relies on it."""
    made, reference = object.__new__(Network), Reference(bundle, 1)
    made.card = bundle.card
    made._open(folder)
    for clip in zoo.samples():
        samples = audio.load(clip, bundle.card.spec.sample_rate)[0]
        samples = samples[: round(bundle.card.window["seconds"] * bundle.card.spec.sample_rate)]
        got = made.run(made.features(samples)[None])[0]
        off = float(np.abs(got - reference.run(reference.features(samples)[None])[0]).max())
        if not off <= bar(bundle):
            raise CompileError(
                f"the compiled bundle {bundle.card.name!r} differs from ONNX Runtime by {off:.2g} in a probability; "
                "please report it with the compiler, and leave runtime='native' out."
            )


def _key(bundle: Bundle) -> str:
    """Name what the library depends on: the bundle, quaver and this processor."""
    flags = sorted({line for line in _processor() if line.startswith(("flags", "Features", "model name"))})
    parts = [LAYOUT, bundle.card.files[MODEL], bundle.card.fingerprint, str(bundle.card.window["seconds"]), __version__]
    return hashlib.sha256("\n".join([*parts, platform.machine(), *flags]).encode()).hexdigest()[:16]


def _processor() -> list[str]:
    return _CPUINFO.read_text().splitlines() if _CPUINFO.is_file() else [platform.processor()]
