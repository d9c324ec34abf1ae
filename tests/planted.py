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


def faulty(emodb: Path, folder: Path) -> Path:
    """Write the manifest of two corpora, clips of EmoDB and what was made of some, with a fault of every kind."""
    some = [c for c in Manifest.read(emodb / "manifest.csv") if c.emotion in ("angry", "neutral", "sad")]
    own = [replace(clip, corpus="own") for clip in some if clip.speaker in ("03", "10", "14")]
    sounds = [audio.load(clip.path) for clip in own[:12]]
    changed = {
        "same.flac": (0, lambda x: x, {"emotion": "sad"}),
        "theirs.wav": (1, lambda x: x, {"speaker": "98"}),
        "coded.ogg": (2, lambda x: 0.3 * x[RATE // 5 :], {"speaker": "97"}),
        "quieter.wav": (3, lambda x: 0.1 * x, {}),
        "cut.wav": (4, lambda x: x[: int(0.7 * len(x))], {}),
        "clipped.wav": (5, lambda x: np.clip(6 * x, -1, 1), {}),
        "offcentre.wav": (6, lambda x: 0.5 * x + 0.05, {}),
        "pauses.wav": (7, lambda x: np.pad(x, (4 * RATE, 4 * RATE)), {}),
        "faint.wav": (8, lambda x: 0.004 * x, {}),
        "narrow.wav": (9, lambda x: audio.resample(audio.resample(0.5 * x, RATE, 4000), 4000, RATE), {}),
        "silent.wav": (10, lambda x: 0 * x, {}),
    }
    extra = []
    for name, (place, change, told) in changed.items():
        samples, rate = sounds[place]
        audio.write(folder / name, np.asarray(change(samples), np.float32), rate)
        extra.append(replace(own[place], path=folder / name, **told))
    samples, rate = sounds[11]
    audio.write(folder / "rate.wav", audio.resample(samples, rate, 44_100), 44_100)
    (folder / "broken.wav").write_bytes(b"RIFF and nothing else")
    extra += [replace(own[11], path=folder / name) for name in ("rate.wav", "broken.wav", "gone.wav")]
    other = [replace(clip, corpus="other") for clip in some if clip.speaker == "16" and clip.emotion == "angry"]
    Manifest.of([*own, *extra, *other]).write(folder / "faulty.csv")
    return folder / "faulty.csv"
