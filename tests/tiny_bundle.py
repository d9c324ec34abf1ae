"""A bundle of one dense layer, made in a moment, for tests that need any bundle at all."""

from pathlib import Path

import numpy as np

from quaver import EMOTIONS, frontend
from quaver.bundle import Bundle, Card
from quaver.onnx_graph import Graph


def network(labels: int, seed: int = 0, values: int = 162, strength: float = 1.0) -> bytes:
    """A dense layer with random weights over values squashed to [-1, 1], so that every sound gives its own answer."""
    rng = np.random.default_rng(seed)
    graph = Graph((values,))
    graph.add("Mul", "level", ("by", np.full(values, 0.5)))
    graph.add("Tanh", "squashed")
    graph.add(
        "Gemm", "dense", ("kernel", strength * rng.normal(size=(labels, values))), ("bias", np.zeros(labels)), transB=1
    )
    graph.add("Softmax", "probabilities", axis=1)
    graph.shape = (labels,)
    return graph.finish().SerializeToString()


def card(**changes) -> Card:
    spec = frontend.spec("article")
    values = {
        "name": "tiny",
        "emotions": EMOTIONS,
        "frontend": spec.to_dict(),
        "fingerprint": spec.fingerprint,
        "network": {"name": "dense", "parameters": 1141, "trainable": 1141},
        "corpora": [{"name": "emodb", "language": "de", "licence": "CC0-1.0", "clips": 535}],
        "licence": "CC0-1.0",
        "training_speakers": ["emodb/03"],
        "validation_speakers": ["emodb/03"],
        "validation": "speakers",
        "protocol": "none",
        "speaker_independent": True,
    }
    return Card(**{**values, **changes})


def bundle(folder: Path, model: bytes | None = None, **changes) -> Bundle:
    made = card(**changes)
    return Bundle.save(folder, made, {"model.onnx": model or network(len(made.emotions))})
