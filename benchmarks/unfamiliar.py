"""How well `small` notices that it hears no voice, by how far what its encoder gives lies from what it learnt from.

Only where a second or more is heard without pauses; shorter sounds lie far from everything. The line is drawn by
corpora left out (`loco.py`): of each corpus and each of the variants that training shows, a network that has not heard
it may take one clip in a thousand for no voice; the line is the farthest that any of the four asks for. Crops do not
count, since a second cut out of a clip may hold no voice. A row of the table tells how many clips lie beyond the line:
of the four corpora with the line of the other three, of corpora from which no shipped weights learn with the shipped
bundle; and which of some sounds that are no voices, made here, it notices. Writes results/unfamiliar.json; `bundles.py`
takes the line from here.

    QUAVER_CORPORA=… python benchmarks/unfamiliar.py
"""

import os
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
from accuracy import Part, read  # noqa: E402
from bundles import SETTINGS, say  # noqa: E402
from loco import folder, given_clips, trained  # noqa: E402

from quaver import EMOTIONS, dataset  # noqa: E402
from quaver import predict as predicting  # noqa: E402
from quaver.familiar import TOLD_FROM, distance  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.frontend import spec  # noqa: E402
from quaver.sides import augmented  # noqa: E402

SPEC = spec(SETTINGS["small"].frontend)
OTHERS = ("tess", "emovo", "crema_d")
SHARE = 0.001  # of clips that may be taken for no voice
RATE, SECONDS = 16_000, 3

Array = np.ndarray[Any, np.dtype[Any]]


def main() -> None:
    """Measure, and write the table."""
    far = left_out()
    lines = {name: far_enough([each for other, each in far.items() if other != name]) for name in far}
    rows = {name: row(far[name], lines[name]) for name in far}
    predictor = predicting.load("small")
    line = predictor.bundle.card.unfamiliar
    for name in OTHERS:
        if (clips := read(name)) is not None:
            heard = [predictor.predict(clip.path).distance for clip in clips if _sounds(clip)]
            rows[name] = row({"": np.array([off for off in heard if off is not None])}, line)
    made = {}
    for name, samples in no_voices().items():
        told = predictor.predict(samples, RATE)
        made[name] = {"distance": told.distance, "unfamiliar": told.unfamiliar}
    write_json(HERE / "results" / "unfamiliar.json", {"line": line, "voices": rows, "no voices": made})
    for name, told in rows.items():
        say(f"{name}: {told}")
    say(f"no voices: {sum(each['unfamiliar'] for each in made.values())} of {len(made)} noticed")


def line() -> float:
    """Give the distance from which a sound counts as no voice."""
    return far_enough(list(left_out().values()))


def left_out() -> dict[str, dict[str, Array]]:
    """Give, for every corpus left out, by variant, how far its clips lie from what the network has heard."""
    found: dict[str, dict[str, Array]] = {}
    for fold in trained():
        name = fold.test.corpora[0]
        clips = augmented(given_clips([fold], name), SETTINGS["small"].variants)
        part, frames = Part(folder(fold), clips, EMOTIONS), dataset.extract(clips, SPEC).values
        told = np.array([len(each) * SPEC.hop >= TOLD_FROM * SPEC.sample_rate for each in frames])
        variants = np.array([clip.variant for clip in part.clips])
        found[name] = {
            each: distance(part.voice[told & (variants == each)]) for each in dict.fromkeys(variants.tolist())
        }
    return found


def far_enough(corpora: list[dict[str, Array]]) -> float:
    """Draw the line so that of each corpus and variant one clip in a thousand lies beyond it, or fewer."""
    every = [np.quantile(far, 1 - SHARE) for variants in corpora for name, far in variants.items() if name != "crop"]
    return round(float(max(every)), 4)


def row(far: dict[str, Array], line: float) -> dict[str, Any]:
    """Tell the median distance as recorded, and how many clips lie beyond the line, as recorded and at worst."""
    shares = {name: round(float((each >= line).mean()), 5) for name, each in far.items()}
    told = {"clips": len(far[""]), "line": line, "median": round(float(np.median(far[""])), 3), "beyond": shares[""]}
    worst = max(shares, key=lambda name: shares[name])
    return told | ({"worst": worst, "beyond at worst": shares[worst]} if len(far) > 1 else {})


def no_voices() -> dict[str, Array]:
    """Make sounds that are no voices: tones, noises, and simple music."""
    rng, t = np.random.default_rng(0), np.arange(SECONDS * RATE) / RATE
    noise = rng.normal(size=t.size)
    made = {
        "tone of 440 Hz": np.sin(2 * np.pi * 440 * t),
        "wavering tone": np.sin(2 * np.pi * 300 * t + 30 * np.sin(2 * np.pi * 3 * t)),
        "rising tone": np.sin(2 * np.pi * (200 * t + 300 * t * t)),
        "siren": np.sin(2 * np.pi * np.cumsum(700 + 300 * np.sin(np.pi * t)) / RATE),
        "bird": np.sin(2 * np.pi * np.cumsum(3000 + 1000 * np.sin(16 * np.pi * t)) / RATE)
        * (np.sin(4 * np.pi * t) > 0),
        "buzzer": np.sign(np.sin(2 * np.pi * 150 * t)),
        "mains hum": sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 5)),
        "white noise": noise,
        "pulsing noise": noise * (1 + np.sin(8 * np.pi * t)),
        "wind": np.convolve(noise, np.ones(60), "same") * np.interp(t, np.arange(4), rng.uniform(0.2, 1, 4)),
        "clicks": (rng.random(t.size) < 2e-4) * noise,
        "drums": played(t.size, lambda at: noise[: at.size] * np.exp(-25 * at) + np.sin(500 * at) * np.exp(-15 * at)),
        "chords": played(t.size, lambda at: sum(string(at, f * rng.choice([220, 262, 330])) for f in (1, 1.26, 1.5))),
    }
    return {name: (0.3 * each / np.abs(each).max()).astype(np.float32) for name, each in made.items()}


def played(length: int, sound: Any) -> Array:
    """Play a sound four times a second."""
    whole = np.zeros(length)
    for first in range(0, length, RATE // 4):
        part = sound(np.arange(min(RATE // 2, length - first)) / RATE)
        whole[first : first + part.size] += part
    return whole


def string(at: Array, pitch: float) -> Array:
    """Pluck a string."""
    return np.asarray(sum(np.sin(2 * np.pi * pitch * k * at) / k**1.5 for k in range(1, 9)) * np.exp(-3 * at))


def _sounds(clip: Any) -> bool:
    """Leave out CREMA-D's clip that is silent."""
    return clip.path.stem != "1076_MTI_SAD_XX"


if __name__ == "__main__":
    main()
