"""Corpora for the tests of explore: tones that stand for voices, and EmoDB with mistakes planted in it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from quaver import audio
from quaver.manifest import Clip, Manifest

RATE = 16_000
FAR = {"angry": "sad", "sad": "angry", "boredom": "happy", "happy": "boredom"}  # no listener confuses them


def tone(folder: Path, name: str, hz: float, rng, seconds: float = 0.4) -> Path:
    """Write a sound with harmonics and a little noise."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 6)) * np.hanning(len(t)) * 0.2
    audio.write(folder / name, (wave + rng.normal(0, 1e-3, len(t))).astype(np.float32), RATE)
    return folder / name


def corpus(folder: Path, rng, speakers=("a", "b"), emotions=("sad", "happy"), takes=3, name="own") -> Manifest:
    """Write a few tones of each speaker and emotion."""
    return Manifest.of(
        Clip(tone(folder, f"{name}-{s}-{e}-{i}.wav", 120 + 30 * j + 40 * k + i, rng), name, s, e, language="xx")
        for j, s in enumerate(speakers)
        for k, e in enumerate(emotions)
        for i in range(takes)
    )


def emodb_with_mistakes(emodb: Path, folder: Path) -> tuple[Manifest, set[str]]:
    """Plant ten wrong labels, a double under another speaker, a clipped and an off-centre clip, a broken file.

    Returns:
        The manifest, and the names of the files whose labels are wrong.
    """
    clips, wrong = list(Manifest.read(emodb / "manifest.csv")), set()
    for i in np.random.default_rng(5).permutation(len(clips)).tolist():
        if len(wrong) < 10 and clips[i].emotion in FAR:
            clips[i] = replace(clips[i], emotion=FAR[clips[i].emotion])
            wrong.add(clips[i].path.name)
    samples, rate = audio.load(clips[0].path)
    made = {"first": samples, "double": samples, "clipped": 6 * samples, "offcentre": samples / 2 + 0.05}
    for name, sound in made.items():
        audio.write(folder / f"{name}.wav", np.clip(sound, -1, 1), rate)
    (folder / "broken.wav").write_bytes(b"RIFF and nothing else")
    extra = [replace(clips[0], path=folder / f"{name}.wav") for name in ("first", "clipped", "offcentre", "broken")]
    extra.append(replace(clips[0], path=folder / "double.wav", speaker="99", gender=""))
    return Manifest.of([*clips, *extra]), wrong


def many(folder: Path, rng, files: int, clips: int) -> Manifest:
    """Write long files, each of so many clips of 0.2 s, as corpora with hundreds of hours come."""
    emotions, length = ("angry", "fear", "happy", "neutral", "sad"), RATE // 5
    t, rows = np.arange(length) / RATE, []
    for number in range(files):
        sound = rng.normal(0, 0.002, clips * length).astype(np.float32)
        for i in range(clips):
            emotion, speaker = (i * 7 + number) % len(emotions), f"{number}-{i // 50 % 10}"
            wave = 0.1 * np.sin(2 * np.pi * (100 + 15 * emotion + i % 20) * t) * np.hanning(length)
            sound[i * length : (i + 1) * length] += wave.astype(np.float32)
            span = {"start": round(0.2 * i, 1), "end": round(0.2 * i + 0.2, 1)}
            rows.append(Clip(folder / f"{number}.wav", f"c{number % 2}", speaker, emotions[emotion], **span))
        audio.write(folder / f"{number}.wav", sound, RATE)
    return Manifest.of(rows)
