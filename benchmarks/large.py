"""Look at 50,000 clips: how long it takes, how much it holds, and whether what is planted among them is named.

    QUAVER_CORPORA=DIR python benchmarks/large.py FOLDER      # some 2 GB, kept there, so that it can go on

Every clip of the corpora gives pieces of 0.9 s, and so does the same clip played backwards, which no search takes for a
copy: 50,000 pieces that are real speech. Thirty of them are stored again under another speaker with the same samples,
thirty as MP3 and a third as loud, and ten are overdriven. An interrupted run goes on where it was when started again;
then the times are those of the last part. Results go to benchmarks/results/explore.json.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from explore import RESULTS, found, timed

from quaver import audio
from quaver.errors import AudioError
from quaver.files import write_json
from quaver.manifest import Clip, Manifest

CLIPS, PIECE, RATE = 50_000, 0.9, 16_000
COPIES, OVERDRIVEN = 30, 10
KINDS = {
    "duplicate": ("exact", COPIES),
    "near-duplicate": ("near", COPIES),
    "odd-clipped": ("clipped", OVERDRIVEN),
}


def main() -> None:
    """Write the manifest unless it is there, look at it, and count what was named."""
    folder = Path(sys.argv[1])
    csv = folder / "manifest.csv"
    if not csv.exists():
        build(folder).write(csv)
    took = timed([csv], folder, folder / "cache", "--json")
    told = json.loads((folder / "told.json").read_text())
    named = {kind: [c["file"] for f in told["findings"] if f["kind"] == kind for c in f["clips"]] for kind in KINDS}
    results, large = json.loads(RESULTS.read_text()), {"clips": told["clips"], **took}
    for kind, (name, of) in KINDS.items():
        right = sum(any(f"{name}-{i:02d}." in file for file in named[kind]) for i in range(of))
        large[kind] = {"planted": of, "named": right, "others named": len(named[kind]) - right}
    write_json(RESULTS, results | {"large": large})


def build(folder: Path) -> Manifest:
    """Cut the pieces, and plant what is to be found."""
    (folder / "back").mkdir(parents=True, exist_ok=True)
    rows = [piece for manifest in found().values() for clip in manifest for piece in pieces(clip, folder)]
    rng = np.random.default_rng(0)
    some = rng.permutation(len(rows))[: CLIPS - 2 * COPIES - OVERDRIVEN]
    rows = [rows[i] for i in sorted(some.tolist())]
    chosen = [rows[i] for i in rng.permutation(len(rows))[: 2 * COPIES + OVERDRIVEN].tolist()]
    return Manifest.of([*rows, *(planted(clip, number, rows, folder) for number, clip in enumerate(chosen))])


def pieces(clip: Clip, folder: Path) -> Iterator[Clip]:
    """Give the pieces of a clip, forwards and backwards; its first and last moments are silence in some corpora."""
    try:
        samples, _ = audio.load(clip.path, RATE)
    except AudioError:
        return
    back = folder / "back" / f"{clip.corpus}-{clip.path.stem}.flac"
    if not back.exists():
        audio.write(back, 0.7 * samples[::-1], RATE)
    skip = 0.9 if clip.corpus == "ravdess" else 0.05
    for path in (clip.path, back):
        for i in range(min(int((len(samples) / RATE - 2 * skip) / PIECE), 12)):
            start = round(skip + i * PIECE, 3)
            yield replace(clip, path=path, start=start, end=round(start + PIECE, 3), seconds=PIECE, sha256="")


def planted(clip: Clip, number: int, rows: list[Clip], folder: Path) -> Clip:
    """Store a piece again: as it is or coded under another speaker, or overdriven under its own."""
    samples, rate = audio.load(clip.path, start=clip.start, end=clip.end)
    kind = ("exact", "near")[number // COPIES] if number < 2 * COPIES else "clipped"
    path = folder / f"{kind}-{number % COPIES:02d}.{'mp3' if kind == 'near' else 'wav'}"
    plain = replace(clip, path=path, start=None, end=None)
    if kind == "clipped":
        audio.write(path, np.clip(6 * samples / max(float(np.abs(samples).max()), 1e-6), -1, 1), rate)
        return plain
    if kind == "exact":
        import soundfile

        soundfile.write(path, samples, rate, subtype="FLOAT")  # every sample as it was decoded
    else:
        audio.write(path, samples / 3, rate)
    other = next(row for row in rows if row.corpus == clip.corpus and row.speaker != clip.speaker)
    return replace(plain, speaker=other.speaker, gender=other.gender)


if __name__ == "__main__":
    main()
