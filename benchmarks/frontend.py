"""How much faster than librosa the article's features are, and how far from it.

Both compute the same 162 values of the same clips in one process, clip by clip in turns, so that whatever else the
machine does meets both. Only one thread is used. The first rounds, which compile and fill caches, do not count.

    python benchmarks/frontend.py                      # clips of data/emodb
    QUAVER_CORPORA=DIR python benchmarks/frontend.py   # and of the corpora below DIR
    python benchmarks/frontend.py --clips 10 --output /dev/null
"""

import os

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # before NumPy is imported

import argparse  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import librosa  # noqa: E402
import numpy as np  # noqa: E402
from librosa_features import article as reference  # noqa: E402

from quaver import audio, frontend  # noqa: E402
from quaver.errors import AudioError  # noqa: E402
from quaver.files import write_json  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "frontend.json"
PAGE = ROOT / "docs" / "frontend.md"
SPEC = frontend.spec("article")
SOUNDS = (".opus", ".ogg", ".flac", ".wav")
MARK = "<!-- table: benchmarks/results/frontend.json -->\n"
WARM = 3  # rounds over the first clips that are not counted


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=40, help="of each corpus")
    parser.add_argument("--rounds", type=int, default=9, help="times each clip is measured")
    parser.add_argument("--output", type=Path, default=RESULT)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    sounds = {folder.name: clips(folder, given.clips) for folder in folders()}
    for samples in next(iter(sounds.values()))[:WARM]:
        compare(samples, WARM)
    rows = {name: [compare(samples, given.rounds) for samples in some] for name, some in sounds.items()}
    corpora = {name: summary(some) for name, some in rows.items()}
    everything = summary([row for some in rows.values() for row in some])
    result = machine() | {"frontend": SPEC.name, "rounds": given.rounds, "all": everything, "corpora": corpora}
    write_json(given.output, result)
    told = table({**corpora, "all": everything})
    if given.output == RESULT:
        before, _, rest = PAGE.read_text().partition(MARK)
        PAGE.write_text(before + MARK + told + MARK + rest.partition(MARK)[2])
    print(told)


def folders() -> list[Path]:
    """Give the corpus of the repository, and those below QUAVER_CORPORA but it."""
    own = ROOT / "data" / "emodb"
    more = Path(os.environ["QUAVER_CORPORA"]) if os.environ.get("QUAVER_CORPORA") else None
    others = sorted(path for path in more.iterdir() if path.is_dir() and path.name != own.name) if more else []
    return [own, *(folder for folder in others if any(files(folder)))]


def files(folder: Path) -> list[Path]:
    """List the sound files of a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)


def clips(folder: Path, count: int) -> list[np.ndarray]:
    """Read `count` clips spread over a folder."""
    found = files(folder)
    read = []
    for path in found[:: max(1, len(found) // count)][:count]:
        try:
            read.append(audio.load(path, SPEC.sample_rate)[0])
        except AudioError as error:
            print(f"left out: {error}")
    return read


def compare(samples: np.ndarray, rounds: int) -> dict[str, Any]:
    """Time both in turns on one clip; the ratio is that of each turn, so that a busy moment meets both."""
    pairs = []
    for _ in range(rounds):
        theirs, wanted = timed(reference, samples)
        ours, got = timed(lambda some: frontend.features(some, SPEC), samples)
        pairs.append((theirs, ours))
    off, size = np.abs(got - wanted), np.abs(wanted)
    return {
        "seconds": len(samples) / SPEC.sample_rate,
        "librosa": float(np.median([theirs for theirs, _ in pairs])),
        "quaver": float(np.median([ours for _, ours in pairs])),
        "ratio": float(np.median([theirs / ours for theirs, ours in pairs])),
        "errors": {kind: float(off[part].max() / size[part].max()) for kind, part in SPEC.groups.items()},
    }


def timed(compute: Callable[[np.ndarray], np.ndarray], samples: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the processor seconds that this thread took, and what came out."""
    began = time.thread_time()
    value = compute(samples)
    return time.thread_time() - began, value


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum up clips: ratios with their spread, milliseconds a clip, and the worst errors."""
    ratios = [row["ratio"] for row in rows]
    low, median, high = np.percentile(ratios, [5, 50, 95])
    return {
        "clips": len(rows),
        "seconds_median": round(float(np.median([row["seconds"] for row in rows])), 2),
        "librosa_ms": round(1000 * float(np.median([row["librosa"] for row in rows])), 2),
        "quaver_ms": round(1000 * float(np.median([row["quaver"] for row in rows])), 2),
        "times_faster": {"median": round(median, 1), "p5": round(low, 1), "p95": round(high, 1)},
        "worst_error": {kind: float(f"{max(row['errors'][kind] for row in rows):.1e}") for kind in SPEC.groups},
    }


def machine() -> dict[str, str]:
    """Say what was measured on, and with which versions."""
    return {
        "processor": processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "librosa": librosa.__version__,
        "threads": "1",
        "clock": "processor time of the thread",
        "load": f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else "unknown",
    }


def processor() -> str:
    """Name the processor where the system tells it."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.exists() else []
    names = [row.split(":")[1].strip() for row in rows if row.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(summaries: dict[str, dict[str, Any]]) -> str:
    """Tell a summary a line, as in the documentation."""
    kinds = list(SPEC.groups)
    head = ["corpus", "clips", "librosa ms", "quaver ms", "times faster (5th to 95th percentile)"]
    head += [f"{kind}, worst error" for kind in kinds]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, values in summaries.items():
        faster, worst = values["times_faster"], values["worst_error"]
        row = [name, values["clips"], values["librosa_ms"], values["quaver_ms"]]
        row += [f"{faster['median']} ({faster['p5']} to {faster['p95']})", *(f"{worst[kind]:.0e}" for kind in kinds)]
        rows.append([str(value) for value in row])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


if __name__ == "__main__":
    main()
