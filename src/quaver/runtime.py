"""A bundle's network in ONNX Runtime: features in, probabilities out, and what it knows of the voice."""

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from quaver import frontend
from quaver.bundle import MODEL, Bundle
from quaver.errors import BundleError, ProfileError
from quaver.onnx_graph import VOICE, VOICE_DEVIATION, VOICE_MEAN
from quaver.profiles import Profile

Array = np.ndarray[Any, np.dtype[Any]]
Options = dict[str, Array]

NOTHING = 4  # frames that are empty

# Where the class Network of each runtime lives. Named, not imported: the compiler lies above everything that predicts.
RUNTIMES = {"onnx": "quaver.runtime", "native": "quaver.compile.native"}


def network(bundle: Bundle, threads: int, runtime: str = "onnx") -> "Network":
    """Open the network of a bundle in one of `RUNTIMES`.

    Raises:
        BundleError: there is no such runtime, or the bundle does not run.
        CompileError: "native" finds no compiler, or the bundle has no C.
    """
    if runtime not in RUNTIMES:
        raise BundleError(f"there is no runtime {runtime!r}; there are: {', '.join(RUNTIMES)}.")
    opened: Network = import_module(RUNTIMES[runtime]).Network(bundle, threads)
    return opened


class Network:
    """The network of a bundle, opened and compared with its card. One may serve several threads."""

    def __init__(self, bundle: Bundle, threads: int) -> None:
        """Open the network.

        Raises:
            BundleError: it does not run, or does not fit the card's frontend and labels.
        """
        self.card, self.model = bundle.card, bundle.card.files[MODEL]
        self._session = _session(bundle, threads)
        (self._input,) = (taken.name for taken in self._session.get_inputs())
        told = {given.name: given.shape[-1] for given in self._session.get_outputs()}
        self.adapts, self.voices = VOICE in told, int(told.get(VOICE) or 0)  # how many values describe a voice
        self._check()

    def run(self, features: Array, options: Options | None = None) -> tuple[Array, Array | None]:
        """Run the network.

        Args:
            features: (n, ...) float32.
            options: from `adapted`.

        Returns:
            Uncalibrated probabilities (n, k), and (n, m) of what describes the voice where the network tells it.
        """
        probabilities, *more = self._session.run(None, {self._input: features, **(options or {})})
        return np.asarray(probabilities), np.asarray(more[0]) if self.adapts else None

    def again(self, voice: Array, options: Options) -> Array:
        """Answer to a sound that was heard before, by what the network told of the voice: only its head matters.

        ONNX Runtime takes values at a network's inputs alone. So the network hears some empty frames, and what its
        encoder makes of them is exchanged for `voice` at the place where profiles are taken out.

        Args:
            voice: (m,) from `run`.
            options: from `adapted`.

        Returns:
            Uncalibrated probabilities (k,).
        """
        known = (voice - options.get(VOICE_MEAN, 0.0)) / options.get(VOICE_DEVIATION, 1.0)
        nothing = {VOICE_MEAN: self._of_nothing - known, VOICE_DEVIATION: np.ones_like(known)}
        probabilities, _ = self.run(self._nothing, {name: v.astype(np.float32) for name, v in nothing.items()})
        return np.asarray(probabilities[0])

    def require_voice(self) -> None:
        """Refuse a network that tells nothing of the voice.

        Raises:
            ProfileError: it cannot adapt.
        """
        if not self.adapts:
            raise ProfileError(
                f"the bundle {self.card.name!r} cannot adapt to voices; use one that can: small or nano."
            )

    @cached_property
    def _of_nothing(self) -> Array:
        """Give what the network tells of empty frames (m,)."""
        self.require_voice()
        voice: Array = np.asarray(self.run(self._nothing)[1])[0]
        return voice

    @property
    def _nothing(self) -> Array:
        return np.zeros((1, *(size or NOTHING for size in self.card.spec.shape)), np.float32)

    def features(self, samples: Array) -> Array:
        """Compute the features of one clip, (n,) float32 at the frontend's rate; see `frontend.features`."""
        return frontend.features(samples, self.card.spec)

    def adapted(self, profile: Profile | None) -> Options:
        """Give the inputs that adapt the network to a speaker; {} without a profile or before its first clip.

        Raises:
            ProfileError: the network cannot adapt, or the profile belongs to another one.
        """
        if profile is None:
            return {}
        self.require_voice()
        if profile.model != self.model:
            raise ProfileError(f"the profile {profile.name!r} was made with another network than {self.card.name!r}.")
        found = profile.adaptation()
        return dict(zip((VOICE_MEAN, VOICE_DEVIATION), found, strict=True)) if found else {}

    def _check(self) -> None:
        card = self.card
        (_, *taken), (_, *given) = (end[0].shape for end in (self._session.get_inputs(), self._session.get_outputs()))
        if not _fits(taken, card.spec.shape):
            raise BundleError(
                f"bundle {card.name!r}: the network takes {tuple(taken)}, the frontend gives {card.spec.shape}; "
                "the files of two bundles were mixed."
            )
        if not _fits(given, (len(card.emotions),)):
            raise BundleError(
                f"bundle {card.name!r}: the network gives {tuple(given)} probabilities, the card has "
                f"{len(card.emotions)} emotions; the files of two bundles were mixed."
            )


def _session(bundle: Bundle, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # the error comes back as an exception; stderr is the user's
    try:
        return onnxruntime.InferenceSession(bundle.model.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no other base
        reason = str(error).splitlines()[0]
        raise BundleError(f"bundle {bundle.card.name!r}: ONNX Runtime cannot open the network: {reason}") from error


def _fits(shape: Sequence[int | str | None], expected: tuple[int | None, ...]) -> bool:
    """Compare shapes; a size that is no number fits every one."""
    return len(shape) == len(expected) and all(
        a == b or not isinstance(a, int) or not isinstance(b, int) for a, b in zip(shape, expected, strict=True)
    )
