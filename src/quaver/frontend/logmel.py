"""The log-mel spectrogram that Whisper's encoder takes (Radford et al., 2022), in NumPy, of sound of any length."""

import numpy as np

from quaver.errors import AudioError
from quaver.frontend import spectra
from quaver.frontend.spec import LogmelSpec
from quaver.frontend.tables import Array


def features(samples: Array, spec: LogmelSpec) -> Array:
    """Compute the spectrogram of a clip or window.

    Whisper's own code pads everything to 30 s; here a clip loses its pauses and stays as long as it then is, its
    loudest value is moved to `spec.peak`, and the floor lies below that.

    Args:
        samples: (n,) float32, one channel at `spec.sample_rate`, more than half a frame of them.
        spec: the numbers.

    Returns:
        (frames, n_mels) float32, about -1 to 2 with Whisper's numbers; no more than `spec.frames` of them.

    Raises:
        AudioError: too few samples, more than one channel, whole numbers, or values that are not finite.
    """
    samples = spectra.one_channel(samples)
    frames, half = spec.frames(len(samples)), spec.n_fft // 2
    if not frames or len(samples) <= half:
        raise AudioError(f"got {len(samples)} samples; {spec.name} needs at least {max(spec.hop, half + 1)}.")
    if not np.abs(samples).max() <= spectra.LARGEST:
        raise AudioError("the samples hold values that are not finite (NaN or infinity) or absurdly large.")
    padded = np.pad(samples, half, mode="reflect")
    powers = np.square(spectra.magnitudes(spectra.overlapping(padded, spec)[:frames], spec))
    logs = np.log(np.maximum(spectra.mel(powers, spec), np.float32(spec.floor_power))) * np.float32(1 / np.log(10))
    if spec.pause is not None:
        heard = _heard(logs.max(axis=1) > logs.max() - np.float32(spec.pause), spec.pause_edge)
        enough = heard.sum() >= np.float32(spec.pause_least) * np.float32(len(heard))
        logs = logs[heard] if enough else logs
    if spec.peak is not None:
        logs += np.float32(spec.peak) - logs.max()
    floored = np.maximum(logs, logs.max() - np.float32(spec.floor_decades))
    return np.asarray((floored + np.float32(spec.offset)) / np.float32(spec.scale), np.float32)


def _heard(loud: Array, edge: int) -> Array:
    """Tell which frames (frames,) are loud, or no further than `edge` from one that is."""
    so_far = np.cumsum(np.pad(loud.astype(int), (edge + 1, edge)))
    return np.asarray(so_far[2 * edge + 1 :] > so_far[: -2 * edge - 1])
