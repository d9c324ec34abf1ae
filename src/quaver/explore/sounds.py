"""Listen to every clip once: how long, how loud, how clean, and what identifies it."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quaver import audio
from quaver.errors import AudioError
from quaver.explore.heard import Forgetful, Heard, Memory
from quaver.frontend.tables import Array
from quaver.machine import cores
from quaver.manifest import Clip, Manifest
from quaver.prints import identity

Progress = Callable[[int, int], None]

LOT = 256  # clips that are at hand together
FRAME = 0.02  # seconds
QUIET_DB = 40.0  # below the level of the voice: a pause
FLAT = 4  # equal samples in a row at the very top that make a clipped peak
TOP = 0.99  # of the peak: where tops are flat
FULL = 0.9995  # of full scale: where a lossy coding leaves clipped tops
FFT = 1024
DEEP_DB = 70.0  # below the strongest band nothing counts as sound


@dataclass(frozen=True)
class Measure:
    """What one number about a clip is."""

    name: str
    title: str
    unit: str
    nothing: float = 0.0  # a difference that nobody would care about

    def is_alike(self, values: Array) -> bool:
        """Tell whether values (n,) are as good as the same."""
        return float(np.ptp(values)) <= self.nothing


MEASURES = (
    Measure("seconds", "Duration", "s", 0.05),
    Measure("level", "Level of the voice", "dB of full scale", 0.2),
    Measure("peak", "Peak", "dB of full scale", 0.2),
    Measure("noise", "Background below the voice", "dB", 0.2),
    Measure("silence", "Pauses and silence", "% of the clip", 0.5),
    Measure("clipped", "Clipped samples", "% of the clip", 0.01),
    Measure("dc", "DC offset", "% of full scale", 0.1),
    Measure("bandwidth", "Bandwidth", "kHz", 0.1),
    Measure("rate", "Sample rate", "kHz"),
    Measure("channels", "Channels", ""),
)


@dataclass(frozen=True)
class Sounds:
    """The numbers of every clip that can be read, and the others with the reason."""

    clips: Manifest  # the n clips
    values: dict[str, Array]  # (n,) float32 by the names of MEASURES
    digests: tuple[str, ...]  # of the decoded samples, see audio.digest
    failures: tuple[tuple[Clip, str], ...]


def listen(manifest: Manifest, progress: Progress | None = None, *, cache: bool = True) -> Sounds:
    """Decode and measure every clip; one that cannot be used does not stop the rest.

    Args:
        manifest: the clips.
        progress: called with (done, total) now and then.
        cache: whether what was measured is remembered by content, so that nothing is decoded twice.
    """
    rows: list[tuple[float, ...]] = []
    digests, clips, failures = list[str](), list[Clip](), list[tuple[Clip, str]]()
    with closing(Memory() if cache else Forgetful()) as memory:
        for done, (clip, heard) in enumerate(_heard(manifest, memory), start=1):
            if isinstance(heard, str):
                failures.append((clip, heard))
            else:
                clips.append(clip)
                digests.append(heard.digest)
                rows.append(heard.values)
            if progress and (done % 16 == 0 or done == len(manifest)):
                progress(done, len(manifest))
    columns = np.array(rows, np.float32).reshape(len(rows), len(MEASURES)).T
    values = {m.name: column for m, column in zip(MEASURES, columns, strict=True)}
    return Sounds(Manifest(tuple(clips)), values, tuple(digests), tuple(failures))


def measure(samples: audio.Samples, rate: int) -> dict[str, float]:
    """Measure one channel: the numbers of MEASURES but `rate` and `channels`, in their units."""
    peak, mean = float(np.abs(samples).max()), float(samples.mean(dtype=np.float64))
    size = max(1, int(FRAME * rate))
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64) - mean
    levels = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    voice = levels[levels > levels.max() - 20]  # the loud frames: what the voice is like when it speaks
    level = float(10 * np.log10((10 ** (voice / 10)).mean()))
    return {
        "seconds": len(samples) / rate,
        "level": level,
        "peak": float(20 * np.log10(max(peak, 1e-6))),
        "noise": level - float(np.quantile(levels, 0.05)),
        "silence": 100 * float((levels < level - QUIET_DB).mean()),
        "clipped": 100 * clipped(samples),
        "dc": 100 * abs(mean),
        "bandwidth": _bandwidth(samples, rate) / 1000,
    }


def clipped(samples: audio.Samples) -> float:
    """Give the share of samples that lie on flat tops or at full scale."""
    size = np.abs(samples)
    top = max(float(size.max()), 1e-6)
    flat = (np.diff(samples) == 0) & (size[1:] >= TOP * top)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flat.astype(np.int8), [0]))))
    runs = edges[1::2] - edges[::2] + 1
    return float(max(runs[runs >= FLAT].sum(), (size >= FULL).sum()) / len(samples))


def _heard(manifest: Iterable[Clip], memory: Forgetful) -> Iterator[tuple[Clip, Heard | str]]:
    # Threads suffice: libsndfile, NumPy and hashlib let go of the interpreter while they work.
    waiting, files = iter(manifest), dict[Path, str]()
    with ThreadPoolExecutor(cores()) as pool:
        while lot := list(itertools.islice(waiting, LOT)):
            keys = [identity(clip, files) for clip in lot]
            known: dict[str, Heard] = memory.recall(keys)
            todo = [place for place, key in enumerate(keys) if key not in known]
            heard = dict(zip(todo, pool.map(_hear, (lot[place] for place in todo)), strict=True))
            memory.keep({keys[place]: one for place, one in heard.items() if keys[place]})
            yield from ((clip, heard.get(i) or known[key]) for i, (clip, key) in enumerate(zip(lot, keys, strict=True)))


def _hear(clip: Clip) -> Heard | str:
    try:
        info = audio.info(clip.path)
        samples, rate = audio.load(clip.path, start=clip.start, end=clip.end)
    except AudioError as error:
        return str(error)
    told = measure(samples, rate) | {"rate": info.sample_rate / 1000, "channels": float(info.channels)}
    return Heard(tuple(told[m.name] for m in MEASURES), audio.digest(samples))


def _bandwidth(samples: audio.Samples, rate: int) -> float:
    """Give the frequency in Hz above which nothing comes within 70 dB of the strongest."""
    x = np.pad(samples, (0, max(0, FFT - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(x, FFT)[:: FFT // 2]
    power = np.zeros(FFT // 2 + 1)
    for at in range(0, len(frames), 512):  # a long clip in pieces
        power += (np.abs(np.fft.rfft(frames[at : at + 512] * np.hanning(FFT))) ** 2).sum(axis=0)
    power[:2] = 0
    heard = np.flatnonzero(power > power.max() * 10 ** (-DEEP_DB / 10))
    return float((heard[-1] if len(heard) else 0) * rate / FFT)
