"""Run an artifact on real clips and compare it with ONNX Runtime."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from quaver import audio, zoo
from quaver.bundle import Bundle
from quaver.compile import toolchain
from quaver.compile.graph import Array
from quaver.compile.targets import Target
from quaver.errors import CompileError
from quaver.windows import whole

# Of a probability; in eight bits a value that lies beside a step may round the other way.
BARS = {"float32": 1e-4, "int8": 0.02}
# Attention spreads such a step over all that follows; benchmarks/results/edge.json has how far it goes on 200 clips.
SPREAD = 0.04
# Samples of sixteen bits are not those that ONNX Runtime's features are made of.
SIXTEEN = 0.02
DRAWN, POSITIVE = 8, 0.01  # random inputs for a bare network; the least of those that may not be negative
_ROUNDED = 1e-7  # of what the artifact prints


@dataclass(frozen=True)
class Answers:
    """What an artifact said."""

    probabilities: Array  # (clips, labels), or (runs, clips, labels) where it was run in several ways
    measured: dict[str, Any] = field(default_factory=dict)  # what that took, where the target tells it


@dataclass(frozen=True)
class Verdict:
    """How far an artifact is from ONNX Runtime."""

    clips: int
    largest: float  # difference of a probability
    same: int  # clips with the same likeliest label
    bar: float
    measured: dict[str, Any] = field(default_factory=dict)
    heard: str = "clips"  # or "random inputs"

    @property
    def holds(self) -> bool:
        """Tell whether the artifact may be used."""
        return self.largest <= self.bar + _ROUNDED

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as plain JSON values."""
        told = {"clips": self.clips, "largest_difference": self.largest, "same_label": self.same, "bar": self.bar}
        return told if self.heard == "clips" else {**told, "heard": self.heard}


def missing(target: Target) -> str:
    """Say what lacks for running an artifact here; an empty text if nothing does."""
    if target.unseen:
        return target.unseen
    if not target.runs:
        return f"the target {target.name} gives nothing that runs here"
    if target.emulator and not shutil.which(target.emulator):
        return f"{target.emulator} is not installed"
    return ""


def verify(folder: Path, target: Target, bundle: Bundle, clips: Sequence[Path] = (), *, fixed: bool = False) -> Verdict:
    """Compare the command in `folder` with what the bundle says in Python.

    Args:
        folder: with the product of the target.
        target: how it is run.
        bundle: that it was made from.
        clips: sounds; without any the sample clips.
        fixed: whether it takes samples of sixteen bits.

    Raises:
        CompileError: the artifact fails, or differs by more than is allowed.
    """
    from quaver.predict import Predictor

    predictor, rate = Predictor(bundle), bundle.card.spec.sample_rate
    sounds = [audio.load(clip, rate)[0] for clip in clips or zoo.samples()]
    if target.whole:  # a sound is repeated until it is as long
        sounds = [np.resize(sound, round(whole(bundle.card.window) * rate)) for sound in sounds]
    expected = np.array([list(predictor.predict(sound, rate).probabilities.values()) for sound in sounds])
    with TemporaryDirectory() as room:
        names = [Path(room, f"{number}.wav") for number in range(len(sounds))]
        for name, sound in zip(names, sounds, strict=True):
            soundfile.write(name, sound, rate, subtype="FLOAT")
        answers = (target.answers or run)(folder, target, names, bundle)
    got = answers.probabilities
    same = int((got.argmax(axis=-1) == expected.argmax(axis=-1)).reshape(-1, len(sounds)).all(axis=0).sum())
    furthest = float(np.abs(got - expected).max())
    verdict = Verdict(len(sounds), furthest, same, bar(bundle, fixed), answers.measured)
    if not verdict.holds:
        raise CompileError(
            f"the artifact differs from ONNX Runtime by {verdict.largest:.2g} in a probability, {verdict.bar:g} is "
            "allowed; please report it with the bundle and the compiler. --no-verify keeps the artifact."
        )
    return verdict


def bare(folder: Path, target: Target, network: bytes) -> Verdict:
    """Compare the command of a bare network with ONNX Runtime on random inputs.

    Args:
        folder: with the product of the target.
        target: how it is run.
        network: its ONNX.

    Returns:
        The verdict; differences are parts of the largest output.

    Raises:
        CompileError: the artifact fails, or differs by more than is allowed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    # in floats, as it is written: fused, its products of weights of all eight bits are cut off on some processors
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else 1 for size in taken.shape]
    drawn = np.random.default_rng(0).normal(size=(DRAWN, *shape)).astype(np.float32)
    expected = np.stack([session.run(None, {taken.name: each})[0].reshape(-1) for each in drawn])
    if not np.isfinite(expected).all():  # roots and logarithms, which know no negative input
        drawn = np.abs(drawn) + np.float32(POSITIVE)
        expected = np.stack([session.run(None, {taken.name: each})[0].reshape(-1) for each in drawn])
    command = [*target.runner, str(folder.resolve() / target.product)]
    told = toolchain.piped(command, folder, drawn.astype("<f4").tobytes())
    if len(told) != expected.size * 4:
        raise CompileError(f"the artifact wrote {len(told)} bytes, {expected.size * 4} were expected.")
    got = np.frombuffer(told, "<f4").reshape(expected.shape)
    same = int((got.argmax(axis=1) == expected.argmax(axis=1)).sum())
    off = _apart(got, expected)
    precision = "int8" if b"DequantizeLinear" in network else "float32"
    verdict = Verdict(DRAWN, float(off), same, BARS[precision], heard="random inputs")
    if not verdict.holds:
        raise CompileError(
            f"the artifact differs from ONNX Runtime by {verdict.largest:.2g} of the largest output on random inputs, "
            f"{verdict.bar:g} is allowed; please report it with the network. --no-verify keeps the artifact."
        )
    return verdict


def _apart(got: Array, expected: Array) -> float:
    """Give the largest difference as a part of the largest finite value; infinite where only one is finite."""
    finite = np.isfinite(expected)
    if not np.array_equal(got[~finite], expected[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        return float("inf")
    off = np.abs(got[finite] - expected[finite]).max(initial=0.0)
    return float(off / max(float(np.abs(expected[finite]).max(initial=0.0)), 1e-30))


def bar(bundle: Bundle, fixed: bool = False) -> float:
    """Give the difference that is allowed, by precision, attention, and whether samples of sixteen bits come in."""
    allowed = SPREAD if bundle.card.precision == "int8" and _attends(bundle) else BARS[bundle.card.precision]
    return max(allowed, SIXTEEN) if fixed else allowed


def _attends(bundle: Bundle) -> bool:
    """Tell whether the network has attention: a softmax besides the one at its end."""
    import onnx

    return [node.op_type for node in onnx.load(bundle.model).graph.node].count("Softmax") > 1


def run(folder: Path, target: Target, clips: Sequence[Path], bundle: Bundle) -> Answers:
    """Run the command on WAV files."""
    product = folder.resolve() / target.product
    told = toolchain.run([*target.runner, str(product), *map(str, clips)], folder)
    return Answers(probabilities(told, len(clips)))


def probabilities(told: str, clips: int) -> Array:
    """Read what the command prints, a line a clip; gives (clips, labels).

    Raises:
        CompileError: it answered for fewer clips.
    """
    lines = [line for line in told.splitlines() if not line.startswith("#")]
    rows = [[float(word.partition("=")[2]) for word in line.split("\t")[2:]] for line in lines]
    if len(rows) != clips:
        raise CompileError(f"the artifact answered for {len(rows)} of {clips} clips.")
    return np.array(rows)
