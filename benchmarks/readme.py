"""Write the README's tables from benchmarks/results/*.json, and the demo's true output.

python benchmarks/readme.py            write them
python benchmarks/readme.py --check    exit with 1 where the README is stale
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FEW = 8  # speakers; for fewer, each one's score says more than an interval
PICTURE = ROOT / "docs" / "images" / "german-angry.png"
RESULTS = ROOT / "benchmarks" / "results"
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
    before = README.read_text()
    after = before if check else between(before, "demo", demo())  # another processor may round otherwise
    for name, make in (("article", article), ("default", default), ("frontend", frontend), ("compile", compiled)):
        after = between(after, name, make())
    if check and after != before:
        sys.exit("README.md is stale: run python benchmarks/readme.py")
    README.write_text(after)


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


def uars(runs: list[dict[str, Any]]) -> str:
    """Give the UAR of one seed with its interval, or the mean and range of several."""
    values = [run["scores"]["uar"] for run in runs]
    if not values:
        return "not run"
    if len(values) > 1:
        return f"**{percent(sum(values) / len(values))}** ({percent(min(values))}–{percent(max(values))})"
    scores = runs[0]["scores"]
    fits = runs[0]["speaker_independent"] and len(scores["speakers"]) >= FEW
    return f"**{percent(values[0])}**" + (span(scores) if fits else "")


def span(scores: dict[str, Any]) -> str:
    """Give the interval of a UAR."""
    low, high = scores["interval"]
    return f" [{percent(low)}–{percent(high)}]"


def beside(runs: list[dict[str, Any]]) -> str:
    """Give each speaker's UAR where there are too few for an interval."""
    if not runs or len(runs[0]["scores"]["speakers"]) >= FEW:
        return ""
    each = (f"{name.split('/')[1]} {percent(part['uar'])}" for name, part in runs[0]["scores"]["speakers"].items())
    return f" ({', '.join(each)})"


def default() -> str:
    """Describe the default bundle in a table."""
    told = load("default_bundle")
    count, of = len(told["folds"]), told["of_folds"]
    parts = {"none": "none", str(of): f"all {of}"}.get(str(count or "none"), f"{count}")
    lines = [
        f"`article` in eight bits ({told['bytes'] / 1e6:.1f} MB), learnt from EmoDB, BanglaSER, RAVDESS and nEMO; one",
        "seed. The first row is the shipped network on people it has not heard (the speakers of the sample clips).",
        f"Folds of `{told['protocol']}`, in which networks of the same recipe meet every speaker once: {parts} of {of}",
        "are run so far.",
        "",
        "| | clips | UAR [95 % over speakers] | WA | ECE |",
        "| --- | --- | --- | --- | --- |",
        row("int8, as shipped, four unheard speakers", told["sample_speakers"]),
    ]
    each = told["sample_speakers"]["speakers"].items()
    lines += [row(f"int8, as shipped, {name}", part) for name, part in each]
    for name in ("int8", "float32"):
        if name in told:
            lines.append(row(f"{name}, pooled folds", told[name]))
    parts_of = told["int8"]["corpora"].items() if "int8" in told else ()
    return "\n".join([*lines, *(row(f"int8, pooled folds, {name}", part) for name, part in parts_of)])


def row(name: str, scores: dict[str, Any]) -> str:
    """Make a row of one set of scores."""
    interval = span(scores) if scores.get("interval") else ""
    ece = f"{scores['ece']:.2f}" if "ece" in scores else ""
    return (
        f"| {name} | {scores['clips']:,} | **{percent(scores['uar'])}**{interval} | {percent(scores['wa'])} | {ece} |"
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
        f"{faster[0]:.0f} times as fast as librosa and ONNX Runtime; the features {faster[1]:.0f} times as fast.",
        f"The network takes {single:.2f} times as long as in ONNX Runtime in float32, {eight:.2f} times in eight bits",
        f"({' and '.join(told['machine']['vectors'])}, no VNNI; in turns in one run on a busy machine).",
    ]
    return "\n".join(lines)


def load(name: str) -> dict[str, Any]:
    """Read one file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def percent(value: float) -> str:
    """Round to one decimal of a percent, never up past what was measured."""
    return f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
