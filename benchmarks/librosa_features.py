"""What people compute before quaver: the features of the bundles by librosa. It needs nothing else of quaver."""

import warnings
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def article(samples: Array, rate: int = 22_050) -> Array:
    """Compute the 162 values (162,) as the article's notebooks do."""
    import librosa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clips that are shorter than a frame
        spectrum = np.abs(librosa.stft(samples))
        kinds = (
            librosa.feature.zero_crossing_rate(y=samples),
            librosa.feature.chroma_stft(S=spectrum, sr=rate),
            librosa.feature.mfcc(y=samples, sr=rate),
            librosa.feature.rms(y=samples),
            librosa.feature.melspectrogram(y=samples, sr=rate),
        )
    return np.hstack([np.mean(kind.T, axis=0) for kind in kinds]).astype(np.float32)


def logmel(samples: Array, spec: dict[str, Any]) -> Array:
    """Compute the log-mel spectrogram (frames, mels) of a spec that leaves pauses in, from the spec's own numbers."""
    import librosa

    bands = librosa.feature.melspectrogram(
        y=samples,
        sr=spec["sample_rate"],
        n_fft=spec["n_fft"],
        hop_length=spec["hop"],
        n_mels=spec["n_mels"],
        fmin=spec["mel_low"],
        fmax=spec["mel_high"],
        pad_mode="reflect",
    )
    logs = np.log10(np.maximum(bands[:, : len(samples) // spec["hop"]].T, spec["floor_power"]))
    logs += spec["peak"] - logs.max()
    floored = np.maximum(logs, logs.max() - spec["floor_decades"])
    return np.asarray((floored + spec["offset"]) / spec["scale"], np.float32)


def features(samples: Array, spec: dict[str, Any]) -> Array:
    """Compute what a spec, as its `to_dict` gives it, describes."""
    return logmel(samples, spec) if spec["kind"] == "logmel" else article(samples, spec["sample_rate"])
