"""Count the instructions that compiled programs take on microcontrollers, with QEMU; needs ziglang and qemu-system.

    python benchmarks/boards.py [TARGET ...]

Two programs with random weights run on the sample clips on every board: one convolutional network in float32 and in
eight bits, which tells what a multiply-accumulate costs, and its features on article-edge, which tell what a second of
sound costs. Instructions are not cycles. Writes results/boards.json; `quaver.compile.speed` repeats its numbers.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from quaver import EMOTIONS, audio, frontend, zoo
from quaver.bundle import Bundle, Card
from quaver.compile import adopt
from quaver.compile.make import make
from quaver.compile.source import program_of
from quaver.compile.targets import find
from quaver.onnx_graph import Graph

RESULTS = Path(__file__).parent / "results" / "boards.json"
TARGETS = ("cortex-m4", "cortex-m7", "cortex-m55", "riscv32")
LAYERS = ((8, 64, 1), (8, 64, 1), (5, 96, 2))  # taps, channels, stride


def network() -> bytes:
    """Three convolutions over the 162 values, one of them pooled, and a dense layer: 5.8 million products."""
    rng, inner = np.random.default_rng(3), 1
    graph = Graph((162,))
    graph.add("Mul", "level", ("by", np.full(162, 0.1)))
    graph.add("Tanh", "squashed")
    graph.shape = (162, 1)
    graph.lay_out("steps")
    for number, (taps, channels, stride) in enumerate(LAYERS):
        kernel = rng.normal(size=(taps, inner, channels)) / np.sqrt(taps * inner)
        config = {"strides": [stride], "dilation_rate": [1], "padding": "same"}
        graph.convolve(f"conv{number}", kernel, rng.normal(size=channels) / 4, config)
        graph.add("Relu", f"relu{number}")
        inner = channels
        if number == 1:
            graph.add("MaxPool", "pool", kernel_shape=[1, 8], strides=[1, 8], pads=[0, 0, 0, 0])
            graph.shape = (graph.shape[0] // 8, channels)
    graph.flatten("flatten")
    values, labels = graph.shape[0], len(EMOTIONS)
    kernel = rng.normal(size=(labels, values)) / np.sqrt(values)
    graph.add("Gemm", "dense", ("kernel", kernel), ("bias", np.zeros(labels)), transB=1)
    graph.shape, graph.unrolled = (labels,), None
    graph.add("Softmax", "probabilities", axis=1)
    return graph.finish().SerializeToString()


def bundle(folder: Path) -> Bundle:
    """Make a bundle of it."""
    spec = frontend.spec("article-edge")
    card = Card(
        name="boards",
        emotions=EMOTIONS,
        frontend=spec.to_dict(),
        fingerprint=spec.fingerprint,
        network={"name": "custom", "parameters": 0, "trainable": 0},
        corpora=(),
        licence="none, its weights are random",
        training_speakers=(),
        validation_speakers=(),
        validation="speakers",
        protocol="none",
        speaker_independent=False,
    )
    return Bundle.save(folder, card, {"model.onnx": network()})


def measure(target: str, made: Bundle, folder: Path) -> dict[str, float]:
    """Compile, run and count."""
    told = make(program_of(made, "benchmarks/boards.py", keep=False), find(target), folder / target, bundle=made)
    counted, rate = told["measured"], made.card.spec.sample_rate
    seconds = np.mean([len(audio.load(clip, rate)[0]) / rate for clip in zoo.samples()])
    return {
        "instructions_of_a_product": round(counted["instructions_of_network"] / told["macs"], 2),
        "instructions_of_a_second": int(
            (counted["instructions_per_clip"] - counted["instructions_of_network"]) / seconds
        ),
        "stack": counted["stack"],
        "code": told["flash"]["code"],
        "largest_difference": told["verified"]["largest_difference"],
    }


def main() -> None:
    """Measure all boards."""
    found = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    with TemporaryDirectory() as room:
        whole = bundle(Path(room, "boards"))
        for target in sys.argv[1:] or TARGETS:
            precisions = {"float32": whole, "int8": adopt.in_eight_bits(whole)}
            found[target] = {name: measure(target, made, Path(room)) for name, made in precisions.items()}
            print(target, found[target], flush=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
