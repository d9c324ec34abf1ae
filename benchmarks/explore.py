"""Measure `quaver explore`: how long it takes and how much it holds, and how many wrong labels it names.

    python benchmarks/explore.py                   # data/emodb
    QUAVER_CORPORA=DIR python benchmarks/explore.py
    QUAVER_CORPORA=DIR python benchmarks/explore.py labels     # the wrong labels alone; or: copies, looks
    QUAVER_CORPORA=DIR python benchmarks/explore.py looks ravdess tess     # these corpora alone

Each corpus is looked at twice, with an empty cache and with the one that this filled. A corpus whose folder is missing
is left out. Results go to benchmarks/results/explore.json; the times are processor seconds, which hardly depend on what
else the machine does.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import leaks
import numpy as np

from quaver import audio, copies, dataset, frontend
from quaver.cells import Cells
from quaver.explore import doubts, seen, space
from quaver.files import write_json
from quaver.frontend.tables import Array
from quaver.likeness import fingerprint, passages, questions
from quaver.manifest import Manifest

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "explore.json"
CORPORA = ("emodb", "ravdess", "tess", "nemo", "emovo", "banglaser", "crema_d")
PARTS = ("labels", "copies", "looks")
WRONG, DRAWS = 10, 10  # labels exchanged at a time; times
AMONG, PLANTED, TIMES = 1500, 12, 33  # clips that copies are planted among; of each kind; for a corpus of 50,000
KINDS = (
    *("augment: noise", "augment: stretch", "augment: pitch", "augment: speed", "augment: room+snr"),
    *("Opus, lowest rate", "first 30 % cut", "15 % cut at both ends", "cut, a third as loud, Opus", "8 kHz"),
)
FAR = {"angry": "sad", "sad": "angry", "happy": "neutral", "neutral": "angry"}  # hard to confuse


def main() -> None:
    """Measure every corpus that is there, and all of them together."""
    manifests = found()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    asked = set(sys.argv[1:]) & set(PARTS) or set(PARTS)
    some = {name: manifest for name, manifest in manifests.items() if name in sys.argv} or manifests
    with tempfile.TemporaryDirectory() as folder:
        if "copies" in asked:
            results["copies"] = copied(manifests)
            print(results["copies"], flush=True)
            write_json(RESULTS, results)
        for name, manifest in some.items() if "labels" in asked else ():
            results.setdefault("labels", {})[name] = labels(manifest)
            write_json(RESULTS, results)
        if "looks" in asked:
            whole = {"all": list(manifests.values())} if some is manifests else {}
            for name, parts in ({n: [m] for n, m in some.items()} | whole).items():
                csvs = [Path(folder) / f"{name}-{i}.csv" for i in range(len(parts))]
                for csv, part in zip(csvs, parts, strict=True):
                    part.write(csv)
                cache = Path(folder) / f"cache-{name}"
                runs = {how: timed(csvs, Path(folder), cache) for how in ("first", "again")}
                results.setdefault("looks", {})[name] = {"clips": sum(map(len, parts)), **runs}
                write_json(RESULTS, results)


def found() -> dict[str, Manifest]:
    """Read the manifests of the corpora that are there."""
    from quaver import corpora

    folder = os.environ.get("QUAVER_CORPORA")
    if not folder:
        return {"emodb": Manifest.read(ROOT / "data" / "emodb" / "manifest.csv")}
    there = [name for name in CORPORA if (Path(folder) / name).is_dir()]
    return {name: Manifest(tuple(corpora.read(Path(folder) / name, name))) for name in there}


def labels(manifest: Manifest) -> dict[str, object]:
    """Exchange ten labels, ten times, and count those that are doubted, and what is doubted beside them."""
    spec = frontend.ArticleSpec()
    held = dataset.extract(manifest, spec)
    groups = [clip.group for clip in held.clips]
    heard = seen._heard(held.clips, groups, True, lambda what, done, total: None)
    points = [space.within(space.levels(held.values, spec), groups), heard]
    truth = [clip.emotion for clip in held.clips]
    clean = len(doubts.doubts(points, truth))
    told = {"clips": len(truth), "doubted where no label was exchanged": clean}
    return told | {"far": exchanged(points, truth, FAR), "any": exchanged(points, truth, {})}


def exchanged(points: list[Array], truth: list[str], into: Mapping[str, str]) -> dict[str, float]:
    """Exchange labels for those in `into`, or for any other."""
    kinds, hit, others = sorted(set(truth)), 0, 0
    for draw in range(DRAWS):
        rng, given = np.random.default_rng(draw), list(truth)
        able = [i for i, label in enumerate(truth) if not into or (label in into and into[label] in kinds)]
        wrong = set(rng.choice(able, WRONG, replace=False).tolist())
        for i in wrong:
            given[i] = into.get(truth[i]) or str(rng.choice([kind for kind in kinds if kind != truth[i]]))
        doubted = {doubt.place for doubt in doubts.doubts(points, given)}
        hit, others = hit + len(doubted & wrong), others + len(doubted - wrong)
    return {"found": hit / DRAWS, "of": WRONG, "others named": others / DRAWS}


def copied(manifests: Mapping[str, Manifest]) -> dict[str, object]:
    """Plant copies among clips of all corpora, and compare what the cells give with what the whole search gives."""
    rng, clips = np.random.default_rng(1), [clip for manifest in manifests.values() for clip in manifest]
    base = [clips[i] for i in sorted(rng.permutation(len(clips))[:AMONG].tolist())]
    sounds = [fingerprint(*audio.load(clip.path)) for clip in base]
    truth = [int(i) for _ in KINDS for i in rng.permutation(len(base))[:PLANTED]]
    kinds = [kind for kind in KINDS for _ in range(PLANTED)]
    for kind, place in zip(kinds, truth, strict=True):
        x, rate = leaks.KINDS[kind](*audio.load(base[place].path), str(place))
        sounds.append(fingerprint(np.asarray(x, np.float32), rate))
    described = [passages(one.levels) for one in sounds]
    starts, rows = np.cumsum([0] + [len(d) for d in described]), np.concatenate(described)
    asked = np.stack([questions(one.levels) for one in sounds[len(base) :]])
    whole, _ = copies._answers(asked, rows, starts, 0)
    some, _ = copies._near(asked, Cells.of(rows.astype(np.float16)), starts, 0)
    each = np.arange(len(truth))
    return {
        "clips": len(base),
        "planted": len(truth),
        "least score of a copy": round(float(whole[each, truth].min()), 3),
        "found by the whole search": int((whole[each, truth] >= copies.WORTH).sum()),
        "found by cells": int((some[each, truth] >= copies.WORTH_OF_MANY).sum()),
        **grown(
            described[: len(base)], np.stack([questions(one.levels) for one in sounds[: copies.ROWS_OF_MANY]]), rng
        ),
    }


def grown(described: list[Array], asked: Array, rng: np.random.Generator) -> dict[str, float]:
    """Make many more clips by adding noise to the passages of some, and time the search among them."""
    rows, starts, times = np.concatenate(described), np.cumsum([0] + [len(d) for d in described]), TIMES
    matrix = np.concatenate([(rows + rng.normal(0, 0.06, rows.shape)).astype(np.float16) for _ in range(times)])
    ends = np.concatenate([[0], *(starts[1:] + i * len(rows) for i in range(times))])
    begin = time.process_time()
    cells = Cells.of(matrix)
    built = time.process_time() - begin
    copies._near(asked, cells, ends, 0)
    searched = (time.process_time() - begin - built) / len(asked)
    clips = times * len(described)
    return {"clips of the index": clips, "CPU seconds to build it": round(built, 1)} | {
        "CPU seconds to ask for all of them": round(searched * clips)
    }


def timed(csvs: list[Path], folder: Path, cache: Path, *more: str) -> dict[str, float]:
    """Run the program, keep what it prints in told.json, and tell what it took."""
    page, before = folder / "page.html", resource.getrusage(resource.RUSAGE_CHILDREN)
    code = "import resource,sys\nfrom quaver.cli.app import main\nif __name__ == '__main__':\n    main(sys.argv[1:])\n"
    code += "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    (folder / "run.py").write_text(code)
    begin = time.perf_counter()
    command = [sys.executable, str(folder / "run.py"), "explore", *map(str, csvs), "-o", str(page), *more]
    own = {**os.environ, "QUAVER_CACHE": str(cache)}
    with (folder / "told.json").open("w") as told:
        done = subprocess.run(command, check=True, env=own, stdout=told, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    megabytes = int(done.stderr.split()[-1]) / 1024
    seconds = round(time.perf_counter() - begin)
    return {
        "CPU seconds": round(cpu, 1),
        "seconds": seconds,
        "peak MB": round(megabytes),
        "page MB": round(page.stat().st_size / 1e6, 1),
    }


if __name__ == "__main__":
    main()
