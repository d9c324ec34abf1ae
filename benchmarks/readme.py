"""Write the README's tables from benchmarks/results/*.json, and the demo's true output.

python benchmarks/readme.py            write them
python benchmarks/readme.py --check    exit with 1 where the README is stale
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import accuracy_tables
import peer_tables
from accuracy_tables import accuracy, beside, load, percent, row, uars

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "images" / "german-angry.png"
TITLES = {"tess": "TESS, 7 classes", "ravdess": "RAVDESS speech, 8 classes", "emodb": "EmoDB (Opus), 7 classes"}
UNHEARD = {
    "tess": "`tess-loso`: each of 2 women once",
    "ravdess": "`ravdess-emobox6`: 6 folds of 4 actors",
    "emodb": "`emodb-loso`: each of 10 once",
}


def main() -> None:
    """Write the README, or check that it would not change."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    if not check:  # another processor may round otherwise
        README.write_text(between(README.read_text(), "demo", demo()))
    for page, tables in PAGES.items():
        before = after = page.read_text()
        for make in tables:
            after = between(after, make.__name__, make())
        if check and after != before:
            sys.exit(f"{page.name} is stale: run python benchmarks/readme.py")
        page.write_text(after)


def between(text: str, name: str, content: str) -> str:
    """Put content between the two marks of that name."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}{content.rstrip()}\n{found[2]}", text)


def demo() -> str:
    """Run the demo as a newcomer would, and keep its picture."""
    env = os.environ | {"NO_COLOR": "1", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "quaver", "demo", "-o", folder]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, encoding="utf-8")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(folder) / PICTURE.name, PICTURE)
    return "```text\n" + "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n```"


def article() -> str:
    """Tabulate the article's split against unheard speakers."""
    runs = load("article")["runs"]
    lines = [
        "| corpus | random: UAR | unheard: UAR [95 % over speakers] | protocol | seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for corpus in TITLES:
        own = [run for run in runs if run["corpus"] == corpus]
        leaky, honest = ([r for r in own if r["speaker_independent"] is side] for side in (False, True))
        seeds = ", ".join(str(run["seed"]) for run in honest or leaky) or "not run"
        cells = (TITLES[corpus], uars(leaky), uars(honest) + beside(honest), UNHEARD[corpus], seeds)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def default() -> str:
    """Describe the default bundle in a table, and the classic one beside it."""
    told, classic = load("bundle_small"), load("bundle_article")
    lines = [
        f"`small` in eight bits ({told['bytes'] / 1e6:.1f} MB): two and a half blocks of Whisper base's encoder as",
        "they are, but in four bits, and a head of two layers that learnt from EmoDB, BanglaSER, RAVDESS and nEMO.",
        f"Pooled rows: folds of `{told['protocol']}`, in which networks of one recipe meet every speaker once "
        f"({len(told['folds'])} of "
        f"{told['of_folds']} folds run);",
        "the last rows are the shipped networks on the speakers of the sample clips, whom nobody trained on. One seed.",
        "",
        "| | clips | UAR [95 % over speakers] | WA | ECE |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [row(f"`small` {name}, pooled folds", told[name]) for name in ("int8", "float32") if name in told]
    parts = told["int8"]["corpora"].items() if "int8" in told else ()
    lines += [row(f"`small` int8, pooled folds, {name}", part) for name, part in parts]
    lines += [row(f"`article` {name}, pooled folds", classic[name]) for name in ("int8",) if name in classic]
    lines.append(row("`small` int8, four unheard speakers", told["sample_speakers"]))
    lines += [row(f"`small` int8, {name}", part) for name, part in told["sample_speakers"]["speakers"].items()]
    lines.append(row("`article` int8, four unheard speakers", classic["sample_speakers"]))
    return "\n".join(lines)


def strangers() -> str:
    """Say in a sentence how it does on corpora that it has never heard."""
    rows = load("loco")["rows"]

    def span_of(kind: str) -> str:
        low, high = (pick(rows, key=lambda name: rows[name][kind]["uar"]) for pick in (min, max))
        return f"{percent(rows[low][kind]['uar'])} ({low}) to {percent(rows[high][kind]['uar'])} ({high})"

    lines = [
        f"On corpora **never heard** (other rooms, languages, actors) its UAR is {span_of('scores')};",
        f"with `--together`, which takes out what clips of one source have in common, {span_of('together')};",
        f"with a profile of each speaker {span_of('adapted')}.",
        "[What goes wrong](docs/small.md#corpora-it-has-never-heard)",
    ]
    return "\n".join(lines)


def predicting() -> str:
    """Say what it costs to hear a clip."""
    told = load("predict")
    return "\n".join(
        [
            f"Hearing a second of sound takes {1000 * told['processor_seconds_per_second']:.0f} ms of a core, from the "
            f"file to the answer, {told['ratio']:.1f} times",
            "what ONNX Runtime takes for the network alone. From the shell to the printed answer a new process takes "
            f"{told['cold_start_seconds']:.1f} s",
            f"({told['fastest_seconds']:.1f} to {told['slowest_seconds']:.1f}, at a load of {told['load']:g}) and "
            f"{told['memory_mb']} MB (`benchmarks/predict.py`).",
        ]
    )


def frontend() -> str:
    """Say how fast the features are."""
    told = load("frontend")["all"]
    faster, worst = told["times_faster"], max(told["worst_error"].values())
    lines = [
        f"The 162 values are librosa's, **{faster['median']:.1f} times** as fast ({faster['p5']:.1f} to "
        f"{faster['p95']:.1f} over {told['clips']} real clips):",
        f"{told['quaver_ms']:.1f} ms of one core instead of {told['librosa_ms']:.1f} for a clip of "
        f"{told['seconds_median']:.1f} s, measured in turns in one run.",
        f"No value differs by more than {worst:.1e} of the largest of its group.",
        "Whole corpora are computed in parallel and remembered by content. [How](docs/frontend.md)",
    ]
    return "\n".join(lines)


def compiled() -> str:
    """Say how fast compiled programs are on the machine where they were measured."""
    told = load("compile")
    features, whole, name = told["features"], told["whole"], "onnxruntime"
    faster = 1 / whole["quaver_takes"][f"librosa+{name}"], 1 / features["quaver_takes"]["librosa"]
    single, eight = (told[precision]["quaver_takes"][name] for precision in ("float32", "int8"))
    lines = [
        f"A clip of {whole['seconds']:.1f} s takes {whole['ms']['quaver']:.1f} ms of a core from samples to emotions,",
        f"{int(faster[0])} times as fast as librosa and ONNX Runtime; the features {int(faster[1])} times as fast.",
        f"The network takes {single:.2f} times as long as in ONNX Runtime in float32, {eight:.2f} times in eight bits",
        f"({', '.join(told['machine']['vectors'])}; in turns in one run, load {told['machine']['load'][0]:g}).",
    ]
    return "\n".join(lines)


def edge() -> str:
    """Tabulate what 200 clips said of the artifacts of every target."""
    from edge import table

    return table()


def fixed() -> str:
    """Tabulate what features in whole numbers take and lose."""
    from fixed import table

    return table()


def labels() -> str:
    """Tabulate how many exchanged labels are doubted."""
    lines = [
        "| corpus | clips | doubted as it is | of ten far ones, found | others doubted | of ten of any kind, found "
        "| others doubted |",
        "| --- |" + " ---: |" * 6,
    ]
    for name, told in load("explore")["labels"].items():
        cells = [name, f"{told['clips']:,}", str(told["doubted where no label was exchanged"])]
        cells += [f"{told[kind][what]:.1f}" for kind in ("far", "any") for what in ("found", "others named")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def looks() -> str:
    """Tabulate what a look takes, with nothing remembered and again."""
    if "looks" not in load("explore"):
        return "Not run."
    lines = [
        "| corpus | clips | seconds of a core | memory | again | page |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, told in load("explore")["looks"].items():
        first, again = told["first"], told["again"]
        cells = [name, f"{told['clips']:,}", f"{first['CPU seconds']:.0f}", f"{first['peak MB']} MB"]
        cells += [f"{again['CPU seconds']:.0f} s", f"{first['page MB']} MB"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


PAGES = {
    README: (article, default, strangers, accuracy, predicting, frontend, compiled),
    ROOT / "docs" / "small.md": accuracy_tables.OF_SMALL,
    ROOT / "docs" / "nano.md": accuracy_tables.OF_NANO,
    ROOT / "docs" / "compile.md": (edge, fixed, *peer_tables.OF_COMPILE),
    ROOT / "docs" / "explore.md": (labels, looks),
}

if __name__ == "__main__":
    main()
