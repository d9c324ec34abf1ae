"""Read the sound of many clips in parallel: how long each is, what identifies it, and which cannot be used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from quaver import audio
from quaver.errors import AudioError
from quaver.machine import cores
from quaver.manifest import Clip

Progress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True)
class Heard:
    """A clip with its length and digest filled in, or with the reason why it cannot be used."""

    clip: Clip
    error: str = ""


def listen(clips: Iterable[Clip], progress: Progress | None = None) -> Iterator[Heard]:
    """Decode every clip, in its order; a clip that cannot be used does not stop the rest.

    Args:
        clips: what to read; their spans are respected.
        progress: called with (done, total) after each clip.

    Yields:
        One `Heard` for each clip.
    """
    clips = list(clips)
    # Threads suffice: libsndfile, NumPy and hashlib let go of the interpreter while they work.
    with ThreadPoolExecutor(cores()) as pool:
        for done, heard in enumerate(pool.map(_hear, clips), start=1):
            if progress:
                progress(done, len(clips))
            yield heard


def _hear(clip: Clip) -> Heard:
    try:
        samples, rate = audio.load(clip.path, start=clip.start, end=clip.end)
    except AudioError as error:
        return Heard(clip, str(error))
    return Heard(replace(clip, seconds=round(len(samples) / rate, 4), sha256=audio.digest(samples)))
