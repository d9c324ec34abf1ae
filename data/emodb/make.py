"""Make this folder from the official copy of EmoDB: `python data/emodb/make.py EMODB_FOLDER`.

EMODB_FOLDER holds the official layout (`wav/03a01Fa.wav` ...), whatever the suffix, as long as it is lossless.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import soundfile

from quaver import audio, corpora
from quaver.manifest import Clip, Manifest

HERE = Path(__file__).resolve().parent
# libsndfile maps the level l to (1 - l) * 250 + 6 kbit/s and channel, so this asks for 33.5 kbit/s (variable);
# EmoDB comes out at 36, and the 535 files stay under 8 MB on disks that count in blocks of 4 KiB.
LEVEL = 0.89


def encode(clip: Clip, folder: Path) -> Clip:
    """Write one clip as Ogg Opus at its own 16 kHz and describe the copy by what is decoded from it."""
    samples, rate = audio.load(clip.path)
    copy = folder / f"{clip.path.stem}.opus"
    soundfile.write(copy, samples, rate, format="OGG", subtype="OPUS", compression_level=LEVEL)
    decoded, _ = audio.load(copy)
    return replace(clip, path=copy, seconds=round(len(decoded) / rate, 4), sha256=audio.digest(decoded))


def main(source: str) -> None:
    """Write `wav/` and `manifest.csv` beside this script."""
    folder = HERE / "wav"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    manifest = Manifest.of(encode(clip, folder) for clip in corpora.read(source, "emodb"))
    manifest.write(HERE / "manifest.csv")
    sys.stderr.write(f"{len(manifest)} clips, {sum(p.stat().st_size for p in folder.iterdir()) / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1])
