"""How well networks do on speakers they have never heard: every protocol, alone and with all corpora, adapted or not.

*Own* rows train on the corpus alone, by its protocol. *Joint* rows train on all corpora at once; fold i holds out the
i-th fold of every corpus's protocol (`joint`; RAVDESS has two, hence `joint-luna5`), and answers are among the labels
of the tested corpus. *Adapted* answers use statistics of the tested speaker's clips, without labels: of all of them
(transductive), or of a few that are then not scored, the mean over several draws. A head on the statistics is what is
trained; how much a few clips count was chosen on validation speakers (benchmarks/adaptation.py). Which of the two rows
of a corpus is its headline is for them to say, too: how the networks of the best epoch, before they learnt from
validation speakers as well, answer those.

Every fold is resumable: run it again and it goes on. Each row is written to benchmarks/results/accuracy.json as soon
as it is whole. EmoDB is the Opus copy in data/emodb; the other corpora are found through QUAVER_CORPORA.

    python benchmarks/accuracy.py                         all that can be run, seed 0
    python benchmarks/accuracy.py --seed 1 --rows own     another seed of the own rows
    python benchmarks/accuracy.py --rows nemo-loso        one of them
"""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
from bundles import SETTINGS, TWICE, VARIANTS  # noqa: E402

from quaver import __version__, corpora, dataset, evaluate, networks, stems  # noqa: E402
from quaver.backend import keras  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.fit import BEST, REFIT, uar  # noqa: E402
from quaver.frontend import spec  # noqa: E402
from quaver.manifest import Clip, Manifest  # noqa: E402
from quaver.networks import small  # noqa: E402
from quaver.profiles import Profile  # noqa: E402
from quaver.scores import Predictions  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402
from quaver.train import Settings, run  # noqa: E402

Array = np.ndarray
RESULTS = HERE / "results" / "accuracy.json"
OWN = {
    "ravdess-luna5": "ravdess",
    "ravdess-emobox6": "ravdess",
    "emodb-loso": "emodb",
    "loso": "emovo",
    "tess-loso": "tess",
    "nemo-loso": "nemo",
}
# Rows that learn from the bundle's variants too: validation speakers gain by it. Those of nEMO and of all corpora
# together lose a point (seed 0), and TESS has none.
VARIED = ("ravdess-luna5", "ravdess-emobox6", "emodb-loso", "loso")
JOINT = ("ravdess", "emodb", "emovo", "tess", "nemo", "banglaser")
ENROLLED = (1, 3, 5, 10, 20)  # clips of a speaker that are heard before any is scored
DRAWS = 5
KEEP = ("clips", "uar", "wa", "macro_f1", "interval", "recall", "speakers", "genders", "ece", "labels", "confusion")


def main() -> None:
    """Run what is asked for and write each row when it is whole."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", choices=("own", "joint", "all", *OWN), default="all")
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs" / "accuracy")
    asked = parser.parse_args()
    for name, corpus in OWN.items():
        if asked.rows in ("own", "all", name) and (clips := read(corpus)):
            own(name, corpus, clips, asked.seed, asked.runs)
    if asked.rows in ("joint", "all"):
        joint(asked.seed, asked.runs)


def read(corpus: str) -> Manifest | None:
    """Read a corpus's clips, or give None where it is not on this machine."""
    if corpus == "emodb":
        return Manifest.read(HERE.parent / "data" / "emodb" / "manifest.csv")
    root = Path(os.environ.get("QUAVER_CORPORA", "")) / corpus
    if not os.environ.get("QUAVER_CORPORA") or not root.is_dir():
        say(f"{corpus}: not found; set QUAVER_CORPORA to a folder that holds it")
        return None
    return corpora.read(root, corpus)


def everything() -> Manifest:
    """Read all corpora that are on this machine."""
    found = Manifest(tuple(clip for corpus in JOINT for clip in read(corpus) or ()))
    return found.where(lambda clip: clip.group not in TWICE)


def titled(corpus: str) -> str:
    """Name the protocol whose folds of a corpus are part of the joint ones."""
    return next((n for n, c in OWN.items() if c == corpus and n != "ravdess-luna5"), "speakers-5fold")


def settings(name: str, seed: int) -> Settings:
    """Give the recipe of a row: the head of `small`, as its bundle learns, but in smaller batches."""
    recipe = replace(SETTINGS["small"].recipe, batch=64, patience=12, calibration_folds=0, seed=seed)
    variants = VARIANTS if name in VARIED else ("",)
    return Settings(network="small", frontend="logmel", protocol=name, variants=variants, recipe=recipe)


def own(name: str, corpus: str, clips: Manifest, seed: int, runs: Path) -> None:
    """Make a row of a corpus alone."""
    folder = runs / f"{corpus}-{name}-seed{seed}"
    scores = run(clips, settings(name, seed), folder, resume=True, say=lambda text: say(f"{corpus} {name}: {text}"))
    if scores:
        folds = protocol(name).folds(clips, seed)
        keep(corpus, name, "own", seed, *sides(folder, folds, corpus, protocol(name).labels_of(clips)))


def joint(seed: int, runs: Path) -> None:
    """Make the rows of all corpora together."""
    clips = everything()
    jointly("joint", clips, clips.corpora, seed, runs)
    if "ravdess" in clips.corpora:  # its other folds
        jointly("joint-luna5", clips, ("ravdess",), seed, runs)


def jointly(name: str, clips: Manifest, tested: tuple[str, ...], seed: int, runs: Path) -> None:
    """Make the rows of the corpora to be tested, by the folds that test any of their speakers."""
    folder = runs / f"{name}-seed{seed}"
    of = {corpus: clips.where(lambda clip, c=corpus: clip.corpus == c) for corpus in tested}
    speakers = {speaker for ours in of.values() for speaker in ours.speakers}
    folds = [fold for fold in protocol(name).folds(clips, seed) if speakers.intersection(fold.test.speakers)]
    numbers = [fold.index for fold in folds]
    run(clips, settings(name, seed), folder, folds=numbers, resume=True, say=lambda text: say(f"{name}: {text}"))
    for corpus, ours in of.items():
        found = sides(folder, folds, corpus, ours.emotions)
        keep(corpus, "ravdess-luna5" if name == "joint-luna5" else titled(corpus), "joint", seed, *found)


def sides(folder: Path, folds: list[Fold], corpus: str, labels: tuple[str, ...]) -> tuple[list["Part"], list["Part"]]:
    """Give what folds test of a corpus, and whom of it they validate on, where those are speakers of their own."""
    tested, validated = [], []
    for fold in folds:
        chosen = fold.validation if fold.validation_by == "speakers" else ()
        for clips, parts, name in ((fold.test, tested, REFIT), (chosen, validated, BEST)):
            ours = Manifest(tuple(clip for clip in clips if clip.corpus == corpus))
            if ours:
                parts.append(Part(folder / f"fold-{fold.index:02d}", ours, labels, name))
    return tested, validated


class Part:
    """One fold of a row: the clips tested, what the head makes of them, and how it adapts to their speakers."""

    def __init__(self, folder: Path, test: Manifest, present: tuple[str, ...], name: str = REFIT) -> None:
        """Load the head of a fold and compute what it takes of the test clips; `present` are the corpus's labels."""
        card = json.loads((folder / "card.json").read_text())
        self.folder, self.temperature = folder, card["temperature"]
        heard = dataset.extract(test, spec("logmel"), through=stems.of("small"))
        head = small.merged(networks.load(folder / name))
        normalised = keras().Model(head.input, head.get_layer("speaker").output)
        self.voice = np.asarray(normalised.predict(heard.values, verbose=0), np.float64)
        layers = (head.get_layer(name) for name in ("hidden", "dense"))
        self.hidden, self.dense = ([np.asarray(w, np.float64) for w in layer.get_weights()] for layer in layers)
        self.clips = heard.clips.clips
        self.columns = [i for i, label in enumerate(card["emotions"]) if label in present]
        self.labels = tuple(card["emotions"][i] for i in self.columns)
        self.truth = np.array([self.labels.index(clip.emotion) for clip in self.clips])

    def answers(self, voice: Array) -> Array:
        """Give calibrated probabilities (n, k) among the labels of the tested corpus."""
        hidden = np.maximum(voice @ self.hidden[0] + self.hidden[1], 0)
        logits = (hidden @ self.dense[0] + self.dense[1])[:, self.columns] / self.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def adapted(
        self, rng: np.random.Generator | None = None, enrolled: int = 0, *, together: bool = False
    ) -> tuple[Array, Array]:
        """Give the answers of clips and which clips they are.

        Without `enrolled` each speaker's profile is made of all clips, with it of so many that are then left out;
        `together` makes one profile of everybody's clips.
        """
        voice, scored = self.voice.copy(), np.ones(len(self.clips), bool)
        for rows in [np.arange(len(self.clips))] if together else by_speaker(self.clips):
            known = rng.permutation(rows)[:enrolled] if enrolled and rng else rows
            profile = Profile("speaker", "")
            for row in known:
                profile = profile.heard(self.voice[row])
            mean, deviation = profile.adaptation() or (0.0, 1.0)
            voice[rows] = (self.voice[rows] - mean) / deviation
            if enrolled:
                scored[known] = False
        return self.answers(voice[scored]), scored


def by_speaker(clips: tuple[Clip, ...]) -> list[Array]:
    """Give the rows of each speaker."""
    groups = np.array([clip.group for clip in clips])
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]


def keep(corpus: str, name: str, kind: str, seed: int, parts: list[Part], validated: list[Part]) -> None:
    """Score a row, put it in place of an older one of the same run, and write the file."""
    row = {"corpus": corpus, "protocol": name, "network": "small", "training": kind, "seed": seed}
    row |= {"quaver": __version__, "script": "benchmarks/accuracy.py", "speaker_independent": True}
    row["scores"] = scored(parts, lambda part: (part.answers(part.voice), np.ones(len(part.clips), bool)))
    row["adapted"] = scored(parts, lambda part: part.adapted())
    row["enrolled"] = {str(count): enrolment(parts, count) for count in ENROLLED}
    row["folds"] = [
        {"fold": part.folder.name, "clips": len(part.clips), "uar": round(uar(part.answers(part.voice), part.truth), 6)}
        for part in parts
    ]
    if validated:
        answers = np.concatenate([part.answers(part.voice) for part in validated])
        row["validation_uar"] = round(uar(answers, np.concatenate([part.truth for part in validated])), 6)
    rows = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    key = ("corpus", "protocol", "network", "training", "seed")
    rows = [other for other in rows if [other[k] for k in key] != [row[k] for k in key]]
    rows.append(row)
    write_json(RESULTS, {"rows": sorted(rows, key=lambda each: [str(each[k]) for k in key])})
    as_is, adapted = (100 * row[what]["uar"] for what in ("scores", "adapted"))
    say(f"{corpus} {name} {kind}: UAR {as_is:.1f}, adapted {adapted:.1f}")


def scored(parts: list[Part], answer: Any) -> dict[str, Any]:
    """Pool the folds of a row and score them."""
    pooled = []
    for part in parts:
        probabilities, used = answer(part)
        clips = tuple(clip for clip, keep_it in zip(part.clips, used, strict=True) if keep_it)
        pooled.append(Predictions.of(probabilities.astype(np.float32), part.truth[used], clips, part.labels))
    told = evaluate.pooled(pooled).to_dict()
    return {key: told[key] for key in KEEP}


def enrolment(parts: list[Part], count: int) -> dict[str, Any]:
    """Score with profiles of a few clips, over several draws of which; `plain` is the same clips without."""
    adapted, plain = [], []
    for draw in range(DRAWS):
        rng = np.random.default_rng([draw, count])
        answers, untouched, truth = [], [], []
        for part in parts:
            probabilities, used = part.adapted(rng, count)
            answers.append(probabilities)
            untouched.append(part.answers(part.voice[used]))
            truth.append(part.truth[used])
        adapted.append(uar(np.concatenate(answers), np.concatenate(truth)))
        plain.append(uar(np.concatenate(untouched), np.concatenate(truth)))
    return {"uar": round(float(np.mean(adapted)), 6), "plain": round(float(np.mean(plain)), 6), "draws": DRAWS}


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
