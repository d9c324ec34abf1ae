"""One row of openSMILE's functionals a file; for `baselines.py`, in an environment that has the package opensmile.

python opensmile_rows.py eGeMAPSv02 paths.txt rows.npz
"""

import sys
from pathlib import Path

import numpy as np
import opensmile
import soundfile
import soxr

RATE = 16_000  # corpora come in several rates; the sets look at no more than 8 kHz


def main() -> None:
    """Write the values of every file, in order."""
    name, paths, out = sys.argv[1:]
    smile = opensmile.Smile(getattr(opensmile.FeatureSet, name), opensmile.FeatureLevel.Functionals)
    rows = []
    for path in Path(paths).read_text().splitlines():
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        rows.append(smile.process_signal(soxr.resample(sound.mean(axis=1), rate, RATE), RATE).to_numpy()[0])
        if len(rows) % 200 == 0:
            print(f"{name}: {len(rows)} files", file=sys.stderr, flush=True)
    np.savez(f"{out}.part.npz", rows=np.array(rows, np.float32))
    Path(f"{out}.part.npz").replace(out)


if __name__ == "__main__":
    main()
