"""What noise, telephones, rooms, levels and lengths do to the default bundle's answers, on speakers never heard.

The eight-bit networks of the bundle's folds hear clips of their test speakers, the same sample of clips under every
condition, as `quaver predict` would hear them. UAR; how many answers fall to each emotion, which tells of a network
that gives one answer to everything; and how many lie beyond the shipped bundle's line to what is no voice. Needs the
folds that `benchmarks/bundles.py small` has made.

    QUAVER_CORPORA=… python benchmarks/robustness.py
"""

import argparse
import io
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from bundles import RUNS, SETTINGS, TWICE, UNHEARD, read

from quaver import audio, zoo
from quaver.augment import Room
from quaver.bundle import Bundle
from quaver.files import write_json
from quaver.manifest import Clip, Manifest
from quaver.predict import Predictor
from quaver.splits import protocol

HERE = Path(__file__).resolve().parent
RATE = 16_000
EACH = 3  # clips of each emotion of each corpus in a fold
Samples = np.ndarray
Condition = Callable[[Samples, np.random.Generator], Samples]


def main() -> None:
    """Hear the sample under every condition and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--each", type=int, default=EACH)
    each = parser.parse_args().each
    heard = read().where(lambda clip: clip.group not in UNHEARD | TWICE)
    settings = SETTINGS["small"]
    folds = protocol(settings.protocol).folds(heard, settings.recipe.seed)
    run = RUNS / "small"
    truth: list[str] = []
    answers: dict[str, list[str]] = {}
    no_voice: Counter[str] = Counter()
    line = zoo.load("small").card.unfamiliar
    for fold in folds:
        predictor = Predictor(Bundle.load(run / f"int8-{fold.index:02d}"))
        clips = sample(fold.test, each)
        sounds = [audio.load(clip.path, RATE)[0] for clip in clips]
        truth += [clip.emotion for clip in clips]
        conditions = made(sounds)
        for name, change in conditions.items():
            for number, sound in enumerate(sounds):
                changed = change(sound, np.random.default_rng([fold.index, number])).astype(np.float32)
                told = predictor.predict(changed, RATE)
                answers.setdefault(name, []).append(told.emotion)
                no_voice[name] += told.distance is not None and told.distance >= line
        print(f"fold {fold.index}: {len(clips)} clips, {len(conditions)} conditions", file=sys.stderr, flush=True)
    rows = {
        name: {"uar": uar(truth, given), "answers": dict(Counter(given)), "no_voice": no_voice[name]}
        for name, given in answers.items()
    }
    write_json(HERE / "results" / "robustness.json", {"clips": len(truth), "truth": dict(Counter(truth)), "rows": rows})
    for name, row in rows.items():
        print(f"{name:32} {100 * row['uar']:.1f}  most frequent {max(row['answers'].values()) / len(truth):.0%}")


def sample(test: Manifest, each: int) -> list[Clip]:
    """Take the same few clips of each emotion of each corpus, spread over the speakers."""
    groups: dict[tuple[str, str], list[Clip]] = {}
    for clip in test:
        groups.setdefault((clip.corpus, clip.emotion), []).append(clip)
    return [clips[i] for clips in groups.values() for i in np.linspace(0, len(clips) - 1, each).astype(int)]


def uar(truth: list[str], given: list[str]) -> float:
    """Average the recall over the emotions."""
    pairs = list(zip(truth, given, strict=True))
    recalls = [np.mean([g == t for t, g in pairs if t == label]) for label in sorted(set(truth))]
    return round(float(np.mean(recalls)), 6)


def made(others: list[Samples]) -> dict[str, Condition]:
    """Give the conditions; `others` are the voices that babble."""
    conditions: dict[str, Condition] = {"as recorded": lambda sound, rng: sound}
    for snr in (20, 10, 5, 0):
        conditions[f"white noise, {snr} dB"] = noisy(lambda n, rng: rng.standard_normal(n), snr)
        conditions[f"babble of six voices, {snr} dB"] = noisy(lambda n, rng: babble(n, rng, others), snr)
        conditions[f"chords, {snr} dB"] = noisy(chords, snr)
    conditions["telephone, 300-3400 Hz, mu-law"] = lambda sound, rng: telephone(sound)
    conditions["Opus at about 9 kbit/s"] = lambda sound, rng: opus(sound)
    for seconds in (0.3, 0.6):
        room = Room(seconds, seconds)
        conditions[f"simulated room, {seconds:g} s"] = lambda sound, rng, room=room: drawn(room, sound, rng)
    for db in (-20, -40):
        conditions[f"level {db} dB, 16 bits"] = lambda sound, rng, db=db: quieter(sound, db)
    conditions["clipped, 20 dB over"] = lambda sound, rng: np.clip(10 * sound / np.abs(sound).max(), -1, 1)
    for seconds in (0.5, 1.0, 2.0):
        conditions[f"middle {seconds:g} s"] = lambda sound, rng, s=seconds: middle(sound, s)
    conditions["repeated to 10 s"] = lambda sound, rng: np.resize(sound, 10 * RATE)
    return conditions


def noisy(noise: Callable[[int, np.random.Generator], Samples], snr: float) -> Condition:
    """Add a noise at a signal-to-noise ratio in dB over the whole clip."""

    def change(sound: Samples, rng: np.random.Generator) -> Samples:
        added = noise(len(sound), rng)
        ratio = np.sqrt(np.mean(sound**2) / np.mean(added**2)) * 10 ** (-snr / 20)
        mixed = sound + ratio * added
        return mixed / max(1.0, float(np.abs(mixed).max()))

    return change


def babble(length: int, rng: np.random.Generator, others: list[Samples]) -> Samples:
    """Sum six voices, each brought to the same power and repeated as long as needed."""
    chosen = [others[i] for i in rng.choice(len(others), 6, replace=False)]
    return sum(np.resize(np.roll(v, rng.integers(len(v))), length) / np.sqrt(np.mean(v**2)) for v in chosen)


def chords(length: int, rng: np.random.Generator) -> Samples:
    """Play chords of four notes with overtones, two a second."""
    time, out = np.arange(length) / RATE, np.zeros(length)
    for beat in range(-(-2 * length // RATE)):
        inside = (time >= beat / 2) & (time < (beat + 1) / 2)
        root = 110 * 2 ** (rng.integers(0, 12) / 12)
        for interval in (0, 4, 7, 12):
            for overtone in range(1, 6):
                hz = root * 2 ** (interval / 12) * overtone
                out[inside] += np.sin(2 * np.pi * hz * time[inside]) / overtone
    return out


def telephone(sound: Samples) -> Samples:
    """Keep 300 to 3400 Hz at 8 kHz and pass it through mu-law, as a telephone line does."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    narrow = np.fft.irfft(spectrum * ((hz >= 300) & (hz <= 3400)), len(sound))
    return coded(audio.resample(narrow.astype(np.float32), RATE, 8000), 8000, "WAV", "ULAW")


def opus(sound: Samples) -> Samples:
    """Pass the sound through Opus at the lowest rate that libsndfile offers."""
    return coded(sound, RATE, "OGG", "OPUS", compression_level=1.0)


def coded(sound: Samples, rate: int, kind: str, subtype: str, **options: float) -> Samples:
    """Write and read a sound in memory."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format=kind, subtype=subtype, **options)
    file.seek(0)
    decoded, back = soundfile.read(file, dtype="float32")
    return audio.resample(decoded, back, RATE)


def drawn(effect: Room, sound: Samples, rng: np.random.Generator) -> Samples:
    """Apply an augmentation with numbers of its own."""
    return effect.apply(sound, RATE, effect.draw(rng, sound, RATE))


def quieter(sound: Samples, db: float) -> Samples:
    """Lower the level, with what 16 bits leave of it."""
    return np.round(sound * 10 ** (db / 20) * 32767) / 32767


def middle(sound: Samples, seconds: float) -> Samples:
    """Cut a part out of the middle."""
    length = round(seconds * RATE)
    first = max(0, (len(sound) - length) // 2)
    return sound[first : first + length]


if __name__ == "__main__":
    main()
