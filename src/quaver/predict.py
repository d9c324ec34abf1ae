"""From a sound to calibrated probabilities over a bundle's labels, short clips whole, long files window by window."""

import io
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from quaver import audio, calibrate, familiar, zoo
from quaver.bundle import COVERAGE, Bundle
from quaver.card_rules import CARD
from quaver.containers import Source
from quaver.errors import AudioError
from quaver.prediction import Prediction, Segment
from quaver.profiles import Profile
from quaver.runtime import Network, network
from quaver.windows import Window, Windows, whole

Array = np.ndarray[Any, np.dtype[Any]]
Sound = Source | Array

BATCH = 64  # windows that run through the network together
BLOCK = 10.0  # seconds of a long file that are read at once
ARRAY = "the array"  # stands for a file name in messages


class Predictor:
    """A bundle's network, ready to run. One may serve several threads.

    Example:
        >>> Predictor(zoo.load("article")).predict("clip.wav").emotion  # doctest: +SKIP
        'happy'
    """

    def __init__(self, bundle: Bundle, threads: int = 1, coverage: float = COVERAGE, runtime: str = "onnx") -> None:
        """Open the network.

        Args:
            bundle: from `zoo.load` or `Bundle.load`.
            threads: of ONNX Runtime for one clip; 0 leaves it to ONNX Runtime. One is enough for these networks.
            coverage: how often the set of a prediction is to hold the true label; one of those in the card.
            runtime: "onnx" for ONNX Runtime; "native" compiles the bundle for this machine when it first meets it,
                features included where they have C, and keeps that in the cache.

        Raises:
            BundleError: the network does not run, or does not fit the card's frontend and labels, or the card has no
                such coverage.
            CompileError: "native" finds no C compiler, or the network has no C.
        """
        self.bundle, self.bar = bundle, bundle.card.set_bar(coverage)
        self.spec = bundle.card.spec
        self.labels = bundle.card.emotions
        self.network = network(bundle, threads, runtime)

    def probabilities(self, features: Array) -> Array:
        """Run the network.

        Args:
            features: (n, ...) of the bundle's frontend.

        Returns:
            (n, k) float64 calibrated probabilities in the order of `labels`.
        """
        features = np.asarray(features, dtype=np.float32)
        parts = [self.network.run(features[i : i + BATCH])[0] for i in range(0, len(features), BATCH)]
        raw = np.concatenate(parts) if parts else np.empty((0, len(self.labels)))
        return calibrate.apply(raw, self.bundle.card.temperature)

    def predict(self, sound: Sound, sample_rate: int | None = None, profile: Profile | None = None) -> Prediction:
        """Tell what a sound expresses.

        A sound up to one and a half of the card's windows is heard whole. A longer one is heard in windows that
        overlap, the last one up to its end. Its probabilities are their mean, without windows that are silent, and
        without those that are unlike a voice where others are not.

        Args:
            sound: a file, an open binary file, or samples: (n,) or (n, channels), floats within [-1, 1] or integers.
            sample_rate: of samples, in Hz; not needed for files.
            profile: what is known of who speaks, from `profiles.load`.

        Raises:
            AudioError: the sound cannot be read, is too short, silent, or not finite.
            ProfileError: this bundle's network cannot adapt to speakers.
        """
        return self.listen(sound, sample_rate, profile)[0]

    def listen(
        self, sound: Sound, sample_rate: int | None = None, profile: Profile | None = None
    ) -> tuple[Prediction, Profile | None]:
        """Do what `predict` does, and give the profile as it is after this sound too.

        Raises:
            AudioError: the sound cannot be read, is too short, silent, or not finite.
            ProfileError: this bundle's network cannot adapt to speakers.
        """
        prediction = self._listen(sound, sample_rate, ear := _Ear(self.network, profile))
        return prediction, ear.learnt(self.familiar(prediction))

    def overhear(self, sound: Sound, sample_rate: int | None = None) -> tuple[Prediction, Array]:
        """Do what `predict` does, and give what the network tells of the voice (segments, m), for `again`.

        Raises:
            AudioError: the sound cannot be read, is too short, silent, or not finite.
            ProfileError: this bundle's network cannot adapt to voices.
        """
        self.network.require_voice()
        ear = _Ear(self.network, None)
        return self._listen(sound, sample_rate, ear), np.array(ear.voices)

    def again(self, before: Prediction, voices: Array, profile: Profile) -> Prediction:
        """Answer anew to a sound that was heard before, now that more is known of those who speak.

        Args:
            before: from `overhear`.
            voices: likewise.
            profile: of the voices.

        Raises:
            ProfileError: this bundle's network cannot adapt, or the profile belongs to another one.
        """
        options = self.network.adapted(profile)
        raw = np.array([self.network.again(voice, options) for voice in voices])
        told = [(segment.start, segment.end, segment.distance) for segment in before.segments]
        return self._prediction(self._answered(told, raw), before.file, before.seconds)

    def familiar(self, prediction: Prediction) -> Array:
        """Tell which segments are like voices that the network has heard (n,); all where the card draws no line."""
        return np.array(familiar.like_voices(prediction.segments, self.bundle.card))

    def _listen(self, sound: Sound, sample_rate: int | None, ear: "_Ear") -> Prediction:
        if isinstance(sound, np.ndarray | list | tuple):
            samples = _samples(np.asarray(sound), sample_rate, self.spec.sample_rate)
            return self._hear([samples], None, ear)
        if not isinstance(sound, str | Path) and not sound.seekable():  # a pipe can be read only once
            sound = _Kept(sound)
        return self._hear_file(sound, ear)

    def _hear_file(self, sound: Source, ear: "_Ear") -> Prediction:
        rate, name = self.spec.sample_rate, str(sound if isinstance(sound, str | Path) else getattr(sound, "name", "-"))
        if audio.info(sound).seconds <= whole(self.bundle.card.window):
            return self._hear([audio.load(sound, rate)[0]], name, ear)
        return self._hear(audio.blocks(sound, rate, BLOCK), name, ear)

    def _hear(self, blocks: Iterable[audio.Samples], name: str | None, ear: "_Ear") -> Prediction:
        """Turn blocks of samples at the frontend's rate into a prediction, holding few of them at a time."""
        rate, window = self.spec.sample_rate, self.bundle.card.window
        heard = Windows(blocks, *(round(s * rate) for s in (window["seconds"], window["hop"], whole(window))))
        rows = (self._described(w, name or ARRAY) for w in heard if not _silent(w[1]))
        segments: list[Segment] = []
        while batch := list(islice(rows, BATCH)):
            segments += self._segments(batch, ear)
        if not segments:
            raise AudioError(f"{name or ARRAY} is silent: its peak lies below {audio.SILENCE_DB:.0f} dBFS.")
        return self._prediction(segments, name, heard.length / rate)

    def _described(self, window: Window, name: str) -> tuple[float, float, Array]:
        """Give the times of a window in seconds and its features, so that its samples can be let go."""
        first, samples = window
        audio.check(samples, self.spec.sample_rate, name)
        ends = first / self.spec.sample_rate, (first + len(samples)) / self.spec.sample_rate
        return *ends, self.network.features(samples)

    def _segments(self, rows: Sequence[tuple[float, float, Array]], ear: "_Ear") -> list[Segment]:
        heard = [features for _, _, features in rows]
        alike = len({features.shape for features in heard}) == 1  # without pauses, windows differ in length
        parts = [np.stack(heard)] if alike else [features[None] for features in heard]
        raw = np.concatenate([ear.run(part) for part in parts])
        voices: Sequence[Array | None] = ear.voices[-len(rows) :] or [None] * len(rows)
        told = (familiar.told(voice, each, self.bundle.card) for voice, each in zip(voices, heard, strict=True))
        return self._answered([(start, end, off) for (start, end, _), off in zip(rows, told, strict=True)], raw)

    def _answered(self, told: Sequence[tuple[float, float, float | None]], raw: Array) -> list[Segment]:
        probabilities = calibrate.apply(raw, self.bundle.card.temperature)
        return [
            Segment(start, end, self.labels[int(row.argmax())], self._by_label(row), off)
            for (start, end, off), row in zip(told, probabilities, strict=True)
        ]

    def _prediction(self, segments: list[Segment], name: str | None, seconds: float) -> Prediction:
        card = self.bundle.card
        likes = familiar.like_voices(segments, card)
        counted = [each for each, like in zip(segments, likes, strict=True) if like] or segments
        mean = np.mean([list(segment.probabilities.values()) for segment in counted], axis=0)
        far, top = [each.distance for each in counted if each.distance is not None], int(mean.argmax())
        return Prediction(
            file=name,
            emotion=self.labels[top],
            confidence=float(mean[top]),
            probabilities=self._by_label(mean),
            unsure=bool(mean[top] < card.unsure) or not any(likes),
            distance=float(np.mean(far)) if far else None,
            unfamiliar=not any(likes),
            set=tuple(label for i, label in enumerate(self.labels) if i == top or mean[i] >= self.bar),
            seconds=seconds,
            segments=tuple(segments),
            bundle=card.name,
            frontend=self.spec.name,
        )

    def _by_label(self, row: Array) -> dict[str, float]:
        return dict(zip(self.labels, row.tolist(), strict=True))


class _Ear:
    """The network as it hears one sound of one speaker, and what it notices of the voice."""

    def __init__(self, network: Network, profile: Profile | None) -> None:
        self.network, self.profile, self.options = network, profile, network.adapted(profile)
        self.voices: list[Array] = []

    def run(self, features: Array) -> Array:
        probabilities, voice = self.network.run(features, self.options)
        if voice is not None:
            self.voices += list(voice)
        return probabilities

    def learnt(self, familiar: Array) -> Profile | None:
        """Give the profile after this sound, as one clip however long it is; what is no voice teaches nothing."""
        if self.profile is None or not familiar.any():
            return self.profile
        return self.profile.heard(np.array(self.voices)[familiar].mean(axis=0))


def load(
    name_or_path: Path | str = zoo.DEFAULT, threads: int = 1, coverage: float = COVERAGE, runtime: str = "onnx"
) -> Predictor:
    """Load a bundle, ready to predict; see `Predictor`.

    Raises:
        BundleError: there is no such bundle or runtime, or the bundle does not pass its checks.
        CompileError: the runtime "native" finds no C compiler, or the network has no C.
    """
    return Predictor(zoo.load(name_or_path), threads, coverage, runtime)


def predict(sound: Sound, sample_rate: int | None = None, bundle: Path | str | None = None) -> Prediction:
    """Tell what a sound expresses; the bundle is loaded once.

    Args:
        sound: a file, an open binary file, or samples.
        sample_rate: of samples, in Hz.
        bundle: name or folder; the default one without.

    Raises:
        AudioError: the sound cannot be used.
        BundleError: the bundle cannot be used.
    """
    folder = zoo.find(bundle or zoo.DEFAULT)
    card = folder / CARD
    return _cached(folder, card.stat().st_mtime_ns if card.is_file() else 0).predict(sound, sample_rate)


@lru_cache(maxsize=4)
def _cached(folder: Path, stamp: int) -> Predictor:
    """Keep the last few predictors; `stamp` changes when a bundle is trained again."""
    return load(folder)


class _Kept(io.BytesIO):
    """What came through a pipe, under the pipe's name."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__(source.read())
        self.name = str(getattr(source, "name", "-"))


def _samples(values: Array, rate: int | None, wanted: int) -> audio.Samples:
    """Check an array and give it as (n,) float32 at the rate wanted."""
    if not rate or rate < 1:
        raise AudioError(f"samples need their sample rate in Hz, got {rate}; call predict(samples, sample_rate).")
    if values.ndim not in (1, 2) or (values.dtype.kind != "f" and values.dtype not in (np.int16, np.int32)):
        raise AudioError(
            f"samples must be floats within [-1, 1], int16 or int32, (n,) or (n, channels); "
            f"got {values.dtype} {values.shape}."
        )
    if values.dtype.kind == "i":
        values = values / -float(np.iinfo(values.dtype).min)
    samples = audio.mono(values.astype(np.float32)[:, None] if values.ndim == 1 else values.astype(np.float32))
    audio.check(samples, rate, ARRAY)
    return audio.resample(samples, rate, wanted)


def _silent(samples: audio.Samples) -> bool:
    return bool(len(samples)) and bool(np.abs(samples).max() < 10 ** (audio.SILENCE_DB / 20))


class _Callable(ModuleType):
    """Lets `quaver.predict` be called though importing this module puts the module under that name."""

    def __call__(self, sound: Sound, sample_rate: int | None = None, bundle: Path | str | None = None) -> Prediction:
        """Tell what a sound expresses; see `predict`."""
        return predict(sound, sample_rate, bundle)


sys.modules[__name__].__class__ = _Callable
