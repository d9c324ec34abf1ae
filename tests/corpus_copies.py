"""Little imitations of official copies, made of synthesised sounds."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000
# The names of each official layout: enough of them to tell what its importer must make of every part.
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "tess": (
        "OAF_Fear/OAF_back_fear.wav",
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        "OAF_neutral/OA_bite_neutral.wav",
        "YAF_fear/YAF_back_fear.wav",
        "YAF_pleasant_surprised/YAF_back_ps.wav",
    ),
    "ravdess": (
        "Actor_01/03-01-01-01-01-01-01.wav",
        "Actor_02/03-01-08-02-02-02-02.wav",
        "Actor_02/03-02-06-01-01-02-02.wav",
    ),
    "crema_d": (
        "AudioWAV/1001_DFA_ANG_XX.wav",
        "AudioWAV/1002_IEO_HAP_HI.wav",
        "AudioWAV/1040_ITH_SAD_X.wav",
    ),
    "savee": ("AudioData/DC/a01.wav", "AudioData/JE/sa15.wav", "AudioData/KL/su02.wav", "AudioData/KL/n30.wav"),
    "emodb": ("wav/03a01Fa.wav", "wav/08b10Wa.wav", "wav/16a02Lb.wav"),
    "emovo": ("EMOVO/f1/dis-f1-b1.wav", "EMOVO/m3/gio-m3-n5.wav"),
    "nemo": ("nEMO-main/samples/EB0_anger_1.wav", "nEMO-main/samples/MP0_surprised_8.wav"),
    "banglaser": (
        "BanglaSER/Actor 15/01-01-04-02-03-01-15.wav",
        "BanglaSER/Actor 02/03-01-05-01-01-03-02.wav",
    ),
    "casia": ("liuchanhg/angry/201.wav", "ZhaoZuoxiang/surprise/250.wav"),
    "urdu": ("Angry/SM1_F4_A04.wav", "Sad/SF10_F2_S02.wav", "Neutral/SM5_F72_N0100.wav"),
    "ased": ("05Angry/a5-03-01-02-50.wav", "04Sad/S4-04-02-01-29.wav"),
    "aesdd": ("anger/a03 (4).wav", "sadness/s05 (3).wav"),
    "folders": ("dog/rex/1.wav", "cat/tom/1.wav"),
}


def tone(pitch: float = 220.0, seconds: float = 0.2) -> np.ndarray:
    """A sine with a little fade, (n,) float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * pitch * time) * np.hanning(len(time))).astype(np.float32)


def put(root: Path, names: Iterable[str], *, first: float = 200.0) -> Path:
    """Write a sound of its own under each name, in the container that its suffix promises."""
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = {".opus": {"format": "OGG", "subtype": "OPUS"}, ".ogg": {"format": "OGG", "subtype": "VORBIS"}}
        soundfile.write(path, tone(first + 7 * number), RATE, **kind.get(path.suffix.lower(), {}))
    return root


def copy_of(name: str, root: Path) -> Path:
    """Imitate the official copy of a corpus."""
    return put(root, LAYOUTS[name])
