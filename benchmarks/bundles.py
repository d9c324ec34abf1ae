"""Train, score and write the bundles that come with quaver, on the corpora whose licences allow shipping weights.

EmoDB (the Opus copy in data/emodb), BanglaSER, RAVDESS speech and nEMO; `small-open` learns from the first two alone,
whose licences allow commercial use. The speakers of the sample clips are left out
altogether. First the protocol's folds, which give the card its speaker-independent scores, float and int8; then one
network on everybody else, in eight bits, into src/quaver/assets/bundles. Resumable; `article` takes hours on two cores,
`small` the half of one, since only its head is trained. `nano` learns from the answers of `small`, whose folds must be
there: each fold's teacher has heard none of the fold's test speakers. Its folds are trained from the labels alone too.

    QUAVER_CORPORA=… python benchmarks/bundles.py small
    QUAVER_CORPORA=… python benchmarks/bundles.py nano --teacher runs/bundles/small
    QUAVER_CORPORA=… python benchmarks/bundles.py article --fold 1    the scores of one fold only
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE.parent / "runs" / "compiled"))

import numpy as np  # noqa: E402
import onnx  # noqa: E402

from quaver import __version__, corpora, dataset, evaluate, train  # noqa: E402
from quaver.bundle import Bundle  # noqa: E402
from quaver.compile.source import Wishes  # noqa: E402
from quaver.compile.source import read as read_program  # noqa: E402
from quaver.files import write_json  # noqa: E402
from quaver.manifest import Manifest  # noqa: E402
from quaver.quantise import quantise  # noqa: E402
from quaver.recipe import Recipe  # noqa: E402
from quaver.scores import Predictions, Scores  # noqa: E402
from quaver.splits import Fold, protocol  # noqa: E402
from quaver.teaching import Teaching  # noqa: E402

RESULTS = HERE / "results"
RUNS = Path(os.environ.get("QUAVER_RUNS", HERE.parent / "runs")) / "bundles"
SHELF = HERE.parent / "src" / "quaver" / "assets" / "bundles"
UNHEARD = {"emodb/03", "emodb/08", "banglaser/33", "banglaser/34"}  # the speakers of the sample clips
# BanglaSER has ten recordings of speaker 19 a second time as speaker 13 or 16; the leak guard finds them
TWICE = {"banglaser/19"}
CORPORA = ("banglaser", "ravdess", "nemo")  # besides EmoDB
FREE = ("banglaser",)  # besides EmoDB, under licences that allow commercial use
LICENCE = "CC BY-NC-SA 4.0"  # the strictest of the corpora's
CALIBRATION = 512  # clips that fix the ranges of the eight-bit network
VARIANTS = (
    *("", "microphone+colour", "room+snr", "telephone", "babble", "crop", "speed+overdrive"),
    "microphone+speed",
)
SETTINGS = {
    "article": train.Settings(
        protocol="speakers-3fold",
        variants=("", "noise"),
        recipe=Recipe(epochs=40, patience=6, slow_after=3, balance="emotion"),
    ),
    "small": train.Settings(
        network="small",
        frontend="logmel",
        protocol="speakers-5fold",
        variants=VARIANTS,
        recipe=Recipe(
            epochs=60,
            batch=128,
            patience=10,
            slow_after=4,
            mixup=1.0,
            adapted=True,
            average=0.8,
            choose="loss",
            balance="corpus",
            refit=True,
            calibration_folds=5,
        ),
    ),
    "nano": train.Settings(
        network="nano",
        frontend="logmel-nano",
        protocol="speakers-5fold",
        variants=VARIANTS,  # as small: kept answers
        recipe=Recipe(
            epochs=80,
            batch=64,
            learning_rate=2e-3,
            schedule="cosine",
            choose="last",
            warp=0.12,
            adapted=True,
            styles=0.5,
            balance="corpus-root",
        ),
    ),
}
SETTINGS["small-open"] = SETTINGS["small"]
KEEP = (
    *("clips", "uar", "wa", "macro_f1", "interval", "recall", "speakers", "corpora", "genders", "ece"),
    *("labels", "confusion", "reliability"),
)


def main() -> None:
    """Train the folds and the final network, then write bundle and results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", choices=SETTINGS)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--fold", type=int, action="append", help="score these folds only; the results say so")
    parser.add_argument("--no-folds", action="store_true", help="score the speakers of the sample clips only")
    parser.add_argument("--teacher", type=Path, help="run from which nano learns; without, the run of small")
    parser.add_argument("--labels-alone", action="store_true", help="train the folds of nano without a teacher too")
    asked = parser.parse_args()
    name, settings = asked.bundle, SETTINGS[asked.bundle]
    everybody, alone = read(FREE if name == "small-open" else CORPORA), settings
    if name == "nano":
        settings = replace(settings, teaching=Teaching(str(asked.teacher or asked.runs / "small"), share=1.0))
    out = asked.runs / name
    heard = everybody.where(lambda clip: clip.group not in UNHEARD | TWICE)
    parts = protocol(settings.protocol).folds(heard, settings.recipe.seed)
    scored = [part for part in parts if part.index in (asked.fold or [part.index]) and not asked.no_folds]
    pooled = {}
    if scored:
        train.run(heard, settings, out, folds=[part.index for part in scored], resume=True, say=say)
        pooled = {kind: kept(found) for kind, found in scores(out, scored).items()}
        if asked.labels_alone:
            beside = asked.runs / f"{name}-labels"
            train.run(heard, alone, beside, folds=[part.index for part in scored], resume=True, say=say)
            pooled |= {f"{kind}, labels alone": kept(found) for kind, found in scores(beside, scored).items()}
    licence = "CC BY 4.0" if name == "small-open" else LICENCE
    trained = train.final(heard, settings, out, resume=True, name=name, licence=licence, say=say)
    shipped = ship(trained, heard, SHELF / name)
    if name == "small":
        shipped = cautious(shipped)
    samples = everybody.where(lambda clip: clip.group in UNHEARD)
    unheard = kept(evaluate.bundle(shipped, samples))
    told = (
        "Pooled over folds of the protocol." if pooled else f"Of this network, on {', '.join(sorted(UNHEARD))} alone."
    )
    card = replace(shipped.card, scores=pooled.get("int8", unheard), notes={**shipped.card.notes, "scores": told})
    shipped = Bundle.save(SHELF / name, card, files_of(shipped))
    result = {
        "quaver": __version__,
        "script": f"benchmarks/bundles.py {name}",
        "protocol": settings.protocol,
        "variants": settings.variants,
        "folds": [part.index for part in scored],
        "of_folds": len(parts),
        "clips": heard.describe(),
        **pooled,
        "sample_speakers": unheard,
        "bytes": shipped.size,
        **(of_nano(shipped, samples) if name == "nano" else {}),
    }
    write_json(RESULTS / f"bundle_{name}.json", result)


def cautious(bundle: Bundle) -> Bundle:
    """Set the bars of unsure answers and of sets, and the line to what is no voice, by corpora it has not heard.

    Whoever uses the bundle is such a corpus: another room, another language. By the validation speakers, who were
    recorded with those that it learnt from, the sets would hold the truth less often than they promise.
    """
    from loco import answers, bars_of
    from unfamiliar import line

    notes = {**bundle.card.notes, "thresholds": "Chosen on corpora left out of training, one at a time."}
    card = replace(bundle.card, thresholds={**bars_of(list(answers())), "unfamiliar": line()}, notes=notes)
    return Bundle.save(bundle.path, card, files_of(bundle))


def read(names: tuple[str, ...] = CORPORA) -> Manifest:
    """Read EmoDB and others of the corpora that shipped weights may learn from."""
    root = Path(os.environ["QUAVER_CORPORA"])
    manifest = Manifest.read(HERE.parent / "data" / "emodb" / "manifest.csv")
    for name in names:
        manifest += corpora.read(root / name, name)
    return manifest


def scores(out: Path, folds: list[Fold]) -> dict[str, Scores]:
    """Pool the test sides of folds: as they were trained, and with the networks in eight bits."""
    return {name: evaluate.pooled(of_folds) for name, of_folds in predictions(out, folds).items()}


def predictions(out: Path, folds: list[Fold]) -> dict[str, list[Predictions]]:
    """Let the folds' networks answer their test sides: as they were trained, and in eight bits."""
    answers: dict[str, list[Predictions]] = {"float32": [], "int8": []}
    for fold in folds:
        bundle = Bundle.load(out / f"fold-{fold.index:02d}")
        small = Bundle.save(out / f"int8-{fold.index:02d}", *eight_bits(bundle, fold.train))
        ragged = bundle.card.network["name"] == "nano"  # whose test.npz is of excerpts
        kept_before = None if ragged else evaluate.load_predictions(bundle.path / "test.npz")
        answers["float32"].append(kept_before or answered(bundle, fold.test))
        answers["int8"].append(answered(small, fold.test))
        if ragged:  # the rows of `small` tell how it adapts, see accuracy.py
            answers.setdefault("int8, adapted", []).append(answered(small, fold.test, adapt="speaker"))
    return answers


def answered(bundle: Bundle, clips: Manifest, adapt: str = "") -> Predictions:
    """Let a bundle hear clips as everybody does: whole, through its ONNX file; or adapted to each speaker."""
    test, guessed = evaluate.adapted(bundle, clips, adapt) if adapt else evaluate.answers(bundle, clips)
    truth = np.array([bundle.card.emotions.index(clip.emotion) for clip in test.clips])
    return Predictions.of(guessed, truth, test.clips.clips, bundle.card.emotions)


def eight_bits(bundle: Bundle, heard: Manifest) -> tuple[object, dict[str, bytes]]:
    """Quantise a bundle's network on clips it has heard; give the card and the file of the small one."""
    rows = np.random.default_rng(0).choice(len(heard), min(CALIBRATION, len(heard)), replace=False)
    calibration = dataset.extract(Manifest(tuple(heard.clips[row] for row in sorted(rows))), bundle.card.spec)
    model = quantise(onnx.load(bundle.model), calibration.values)
    return replace(bundle.card, precision="int8"), {"model.onnx": model.SerializeToString()}


def ship(bundle: Bundle, heard: Manifest, folder: Path) -> Bundle:
    """Write the eight-bit bundle into the package."""
    return Bundle.save(
        folder, *eight_bits(bundle, heard.where(lambda clip: clip.group in bundle.card.training_speakers))
    )


def of_nano(bundle: Bundle, samples: Manifest) -> dict[str, object]:
    """Say how it does with profiles of the speakers nobody has heard, and what it takes as C, features included."""
    window, spec = bundle.card.window["seconds"], bundle.card.spec
    program, _ = read_program(str(bundle.path), "", Wishes(lean=True, seconds=window))
    frames = spec.frames(round(window * spec.sample_rate))
    compiled = {
        "frames": frames,
        "macs": program.plan.macs,
        "constants": program.constant_bytes,
        "arena": program.arena,
        "of_it_features": 4 * frames * spec.n_mels,
    }
    adapted = kept(evaluate.bundle(bundle, samples, adapt="speaker"))
    return {"sample_speakers_adapted": adapted, "compiled": compiled}


def files_of(bundle: Bundle) -> dict[str, bytes]:
    """Read the files that a bundle's card lists."""
    return {name: (bundle.path / name).read_bytes() for name in bundle.card.files}


def kept(scores: Scores) -> dict[str, object]:
    """Give the figures worth keeping."""
    told = scores.to_dict()
    return {key: told[key] for key in KEEP}


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
