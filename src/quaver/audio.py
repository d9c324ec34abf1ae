"""The only file that opens, resamples, mixes, pads and writes sound."""

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from quaver.containers import Sound, Source, cut_off, opened, reason
from quaver.errors import AudioError
from quaver.files import atomic_path

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]

SHORTEST = 0.1  # seconds
SILENCE_DB = -80.0  # dB below full scale; a clip whose peak lies below it is silent
SLACK = 0.01  # seconds; times in tables are rounded, so a span may end this much after the file
_OPUS_RATE = 24_000  # Hz
_READ = 1 << 14  # frames at a time
_UNKNOWN = 1 << 62  # frames; libsndfile gives a number beyond it where the header does not say
_WRITERS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".aiff": ("AIFF", "PCM_16"),
    ".aif": ("AIFF", "PCM_16"),
    ".au": ("AU", "PCM_16"),
    ".caf": ("CAF", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True)
class Info:
    """What a sound file says about itself."""

    sample_rate: int  # Hz
    channels: int
    seconds: float
    format: str  # the container, as libsndfile names it: "WAV", "OGG", ...
    subtype: str  # the coding: "PCM_16", "OPUS", ...


def load(
    path: Source, sample_rate: int | None = None, *, start: float | None = None, end: float | None = None
) -> tuple[Samples, int]:
    """Read a sound file, or the part of it between two times, as one channel.

    Args:
        path: a file, or a binary file object, in any format that libsndfile reads.
        sample_rate: the rate wanted in Hz; None keeps the file's own.
        start: seconds into the file; None means its beginning.
        end: seconds into the file; None means its end.

    Returns:
        The samples (n,) float32, and their rate in Hz.

    Raises:
        AudioError: the file cannot be read, is cut off or damaged, the span is not in it, or `check` refuses it.

    Example:
        >>> load("clip.wav", 22_050, start=1.0, end=2.0)[0].shape  # doctest: +SKIP
        (22050,)
    """
    with opened(path) as (sound, name):
        first, count = _span(sound, name, start, end)
        samples = np.concatenate([np.zeros(0, np.float32), *_parts(sound, name, first, count)])
        rate = int(sound.samplerate)
    return (samples, rate) if sample_rate is None else (resample(samples, rate, sample_rate), sample_rate)


def blocks(path: Source, sample_rate: int, seconds: float = 10.0) -> Iterator[Samples]:
    """Read a file of any length block by block, in one channel; memory stays bounded.

    The blocks together are what `load` gives, to float precision.

    Args:
        path: as for `load`.
        sample_rate: the rate wanted in Hz.
        seconds: length of a block; the last one may be shorter.

    Yields:
        Samples (round(seconds * sample_rate),) float32.

    Raises:
        AudioError: as `load`; what can only be known at the end (cut off, silent) is raised after the last block.
    """
    size = max(1, round(seconds * sample_rate))
    with opened(path) as (sound, name):
        held: list[Samples] = []
        for part in _stream(_parts(sound, name), int(sound.samplerate), sample_rate):
            held.append(part)
            if sum(map(len, held)) < size:
                continue
            joined = np.concatenate(held)
            whole = len(joined) - len(joined) % size
            yield from (joined[at : at + size] for at in range(0, whole, size))
            held = [joined[whole:]]
    if held and any(map(len, held)):
        yield np.concatenate(held)


def info(path: Source) -> Info:
    """Read the header of a sound file; only where it does not tell the length is the file decoded.

    Raises:
        AudioError: the file cannot be read.
    """
    with opened(path) as (sound, name):
        seconds = _length(sound, name) / sound.samplerate
        return Info(sound.samplerate, sound.channels, seconds, sound.format, sound.subtype)


def write(path: Path | str, samples: Samples, sample_rate: int) -> None:
    """Write one channel whole or not at all; the suffix chooses the format, 16 bit where it is lossless.

    What `load` read from 16 bits comes back bit by bit; values beyond full scale are clipped.

    Args:
        path: ends in .wav, .flac, .aiff, .au, .caf, .ogg (Vorbis), .opus or .mp3.
        samples: (n,) float32.
        sample_rate: in Hz.

    Raises:
        AudioError: an unknown suffix, values that are not finite, or a rate that the format does not have.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise AudioError(f"{path} cannot be written: its suffix must be one of {', '.join(_WRITERS)}.")
    if not np.isfinite(samples).all():
        raise AudioError(f"{path} is not written: the samples hold NaN or infinity.")
    container, coding = _WRITERS[path.suffix.lower()]
    frames = _sixteen(samples).astype(np.int16) if coding == "PCM_16" else np.asarray(samples, np.float32)
    try:
        with (
            atomic_path(path) as temporary,
            soundfile.SoundFile(temporary, "w", sample_rate, 1, coding, format=container) as sound,
        ):
            for at in range(0, len(frames), _READ):  # the Vorbis encoder overflows its stack on long arrays
                sound.write(frames[at : at + _READ])
    except (RuntimeError, OSError) as error:
        raise AudioError(f"{path} cannot be written as {coding} at {sample_rate} Hz: {reason(error)}") from error


def opus(samples: Samples, rate: int) -> bytes:
    """Encode one channel as Ogg Opus at 24 kHz, about 4 kB a second: small enough to stand inside a page.

    Args:
        samples: (n,) float32; what lies beyond full scale is clipped.
        rate: in Hz.
    """
    sound, held = np.clip(resample(np.asarray(samples, np.float32), rate, _OPUS_RATE), -1, 1), io.BytesIO()
    with soundfile.SoundFile(held, "w", _OPUS_RATE, 1, "OPUS", format="OGG", compression_level=0.9) as out:
        out.write(sound)
    return held.getvalue()


def mono(frames: np.ndarray) -> Samples:
    """Mix (n, channels) to (n,) by averaging."""
    return np.ascontiguousarray(frames.mean(axis=1, dtype=np.float32)) if frames.shape[1] > 1 else frames[:, 0].copy()


def resample(samples: Samples, rate: float, wanted: float) -> Samples:
    """Change the rate with soxr HQ; the result has ceil(n * wanted / rate) samples, as librosa's."""
    if rate == wanted:
        return samples
    return fit(soxr.resample(samples, rate, wanted, quality="HQ"), math.ceil(len(samples) * wanted / rate))


def fit(samples: Samples, length: int) -> Samples:
    """Cut or zero-pad at the end to exactly `length` samples."""
    return np.pad(samples[:length], (0, max(0, length - len(samples))))


def check(samples: Samples, rate: int, name: str) -> None:
    """Refuse what no feature can be computed from.

    Raises:
        AudioError: under 0.1 s, not finite, or silent (peak below -80 dBFS).
    """
    _check_finite(samples, name)
    _check_whole(len(samples), rate, float(np.abs(samples).max(initial=0.0)), name)


def digest(samples: Samples) -> str:
    """Identify decoded samples whatever the container: SHA-256 of them as 16 bit, little-endian.

    The same 16-bit samples give the same digest from WAV, FLAC, AIFF, CAF or floats; lossy formats give others.
    """
    return hashlib.sha256(_sixteen(samples).astype("<i2").tobytes()).hexdigest()


def _sixteen(samples: Samples) -> np.ndarray:
    """Scale by 32,768, the inverse of how integers are read; the one value too many is clipped."""
    return np.clip(np.round(np.asarray(samples, np.float32) * np.float32(32768)), -32768, 32767)


def _length(sound: Sound, name: str) -> int:
    """Count the frames; a FLAC written to a pipe does not say how many, and is decoded."""
    if sound.frames < _UNKNOWN:
        return int(sound.frames)
    count = sum(map(len, _parts(sound, name)))
    sound.seek(0)
    return count


def _span(sound: Sound, name: str, start: float | None, end: float | None) -> tuple[int, int | None]:
    """Turn times into the first frame and the number of frames, None for all."""
    if start is None and end is None:
        return 0, None
    length, rate, first = _length(sound, name), sound.samplerate, start or 0.0
    seconds = length / rate
    last = seconds if end is None else end
    if not 0 <= first < (math.inf if end is None else end):
        raise AudioError(f"{name}: the span from {first} s to {end} s is not in order; start < end is expected.")
    if first >= seconds or last > seconds + SLACK:
        raise AudioError(f"{name} lasts {seconds:.2f} s; the span from {first} s to {last:.2f} s is not in it.")
    begin = round(first * rate)
    return begin, min(round(last * rate), length) - begin


def _parts(sound: Sound, name: str, first: int = 0, count: int | None = None) -> Iterator[Samples]:
    """Read one channel from `first` on, checked as it comes and, at the end, as a whole."""
    expected = count if count is not None else sound.frames - first if sound.frames < _UNKNOWN else None
    done, peak = 0, 0.0
    for part in _decoded(sound, name, first, expected):
        _check_finite(part, name)
        done, peak = done + len(part), max(peak, float(np.abs(part).max()))
        yield part
    if expected is not None and done < expected - sound.slack:
        raise cut_off(name, (first + expected) / sound.samplerate, (first + done) / sound.samplerate)
    _check_whole(done, sound.samplerate, peak, name)


def _decoded(sound: Sound, name: str, first: int, expected: int | None) -> Iterator[Samples]:
    done = 0
    try:
        _skip(sound, first)
        while expected is None or done < expected:
            left = _READ if expected is None else min(_READ, expected - done)
            frames = sound.read(left, dtype="float32", always_2d=True)
            if not len(frames):
                break
            done += len(frames)
            yield mono(frames)
    except RuntimeError as error:  # libsndfile's errors are RuntimeErrors
        raise AudioError(
            f"{name} is cut off or damaged about {(first + done) / sound.samplerate:.1f} s from its beginning: "
            f"{reason(error)} Copy or export it again."
        ) from error


def _skip(sound: Sound, first: int) -> None:
    """Go to a frame. MP3 is decoded up to it: its frames borrow bits from those before, so a seek gives noise."""
    if sound.format != "MP3":
        sound.seek(first)
        return
    for at in range(0, first, _READ):
        sound.read(min(_READ, first - at), dtype="float32")


def _stream(parts: Iterator[Samples], rate: int, wanted: int) -> Iterator[Samples]:
    """Resample part by part to exactly what `resample` gives."""
    if rate == wanted:
        yield from parts
        return
    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")
    taken = given = 0
    for part in parts:
        taken += len(part)
        out = stream.resample_chunk(part)
        given += len(out)
        yield out
    tail = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    yield fit(tail, math.ceil(taken * wanted / rate) - given)


def _check_finite(samples: Samples, name: str) -> None:
    if not np.isfinite(samples).all():
        raise AudioError(f"{name} holds values that are not finite (NaN or infinity); export it again.")


def _check_whole(length: int, rate: int, peak: float, name: str) -> None:
    if length < SHORTEST * rate:
        raise AudioError(f"{name} holds {length / rate:.2f} s of sound; at least {SHORTEST} s is needed.")
    if peak < 10 ** (SILENCE_DB / 20):
        raise AudioError(f"{name} is silent: its peak lies below {SILENCE_DB:.0f} dBFS.")
