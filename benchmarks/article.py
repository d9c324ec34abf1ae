"""The article's split against speakers never heard: the same clips, features, network and recipe, two questions.

`article-random` is what the article and its kind do: every clip becomes three rows (as it is; with noise; stretched
and shifted in pitch), and the rows are split at random, so that copies of a clip and clips of a speaker stand on both
sides. The other protocol of each corpus tests only speakers that nothing was learnt from, and on untouched clips.

Every fold is resumable: run it again and it goes on. Results are written to benchmarks/results/article.json after each
run. EmoDB is the Opus copy in data/emodb; TESS and RAVDESS are found through QUAVER_CORPORA.

    python benchmarks/article.py                    all that can be run
    python benchmarks/article.py emodb --seed 1     one corpus, another seed
"""

import argparse
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "article.json"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

from quaver import __version__, corpora  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.recipe import Recipe  # noqa: E402
from quaver.train import Settings, run  # noqa: E402

PROTOCOLS = {
    "emodb": ("article-random", "emodb-loso"),
    "tess": ("article-random", "tess-loso"),
    "ravdess": ("article-random", "ravdess-emobox6"),
}
KEEP = ("clips", "uar", "wa", "macro_f1", "interval", "recall", "speakers", "genders", "ece", "labels", "confusion")


def main() -> None:
    """Run what is asked for and write the results after each protocol."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", nargs="*", default=list(PROTOCOLS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs" / "article")
    asked = parser.parse_args()
    for corpus in asked.corpus:
        manifest = read(corpus)
        if manifest is None:
            say(f"{corpus}: not found; set QUAVER_CORPORA to a folder that holds it")
            continue
        for name in PROTOCOLS[corpus]:
            settings = Settings(protocol=name, recipe=Recipe(seed=asked.seed))
            folder = asked.runs / f"{corpus}-{name}-seed{asked.seed}"
            scores = run(manifest, settings, folder, resume=True, say=lambda text, c=corpus: say(f"{c}: {text}"))
            if scores:
                keep(corpus, name, settings, folder, scores.to_dict())


def read(corpus: str) -> Manifest | None:
    """Read a corpus's clips, or give None where it is not on this machine."""
    if corpus == "emodb":
        return Manifest.read(HERE.parent / "data" / "emodb" / "manifest.csv")
    root = Path(os.environ.get("QUAVER_CORPORA", "")) / corpus
    return corpora.read(root, corpus) if os.environ.get("QUAVER_CORPORA") and root.is_dir() else None


def keep(corpus: str, name: str, settings: Settings, folder: Path, scores: dict[str, object]) -> None:
    """Put one run's figures in place of older ones of the same run."""
    rows = json.loads(RESULTS.read_text())["runs"] if RESULTS.exists() else []
    seed = settings.recipe.seed
    rows = [row for row in rows if (row["corpus"], row["protocol"], row["seed"]) != (corpus, name, seed)]
    told = json.loads((folder / "run.json").read_text())
    finished = sorted(folder.glob("fold-*/scores.json"))
    epochs = [json.loads(path.read_text())["best_epoch"] for path in finished]
    rows.append(
        {
            "corpus": corpus,
            "protocol": name,
            "seed": seed,
            "speaker_independent": name != "article-random",
            "best_epochs": epochs,
            "settings": {key: told[key] for key in ("network", "frontend", "variants", "recipe")},
            "scores": {key: scores[key] for key in KEEP},
        }
    )
    rows.sort(key=lambda row: (row["corpus"], row["protocol"], row["seed"]))
    write_json(RESULTS, {"quaver": __version__, "script": "benchmarks/article.py", "runs": rows})


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
