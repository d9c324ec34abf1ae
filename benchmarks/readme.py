"""Write the README's tables from benchmarks/results/*.json, and the demo's true output.

python benchmarks/readme.py            write them
python benchmarks/readme.py --check    exit with 1 where the README is stale
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
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
    after = before
    for name, make in (("demo", demo), ("article", article), ("default", default), ("frontend", frontend)):
        after = between(after, name, make())
    if check and after != before:
        sys.exit("README.md is stale: run python benchmarks/readme.py")
    README.write_text(after)


def between(text: str, name: str, content: str) -> str:
    """Put content between the two marks of that name."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}{content.rstrip()}\n{found[2]}", text)


def demo() -> str:
    """Run the demo as a newcomer would."""
    env = os.environ | {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "quaver", "predict", str(ROOT / "src/quaver/assets/samples")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    lines = [line.rstrip().replace(f"{ROOT}/src/quaver/assets/samples/", "") for line in done.stdout.splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


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
        if own:
            seeds = ", ".join(str(run["seed"]) for run in honest or leaky)
            lines.append(
                f"| {TITLES[corpus]} | {uars(leaky)} | {uars(honest)}{beside(honest)} | {UNHEARD[corpus]} | {seeds} |"
            )
    return "\n".join(lines)


def uars(runs: list[dict[str, Any]]) -> str:
    """Give the UAR of one seed with its interval, or the mean and range of several."""
    values = [run["scores"]["uar"] for run in runs]
    if not values:
        return "–"
    if len(values) > 1:
        return f"**{percent(sum(values) / len(values))}** ({percent(min(values))}–{percent(max(values))})"
    interval = runs[0]["scores"]["interval"] if runs[0]["speaker_independent"] else None
    span = (
        f" [{percent(interval[0])}–{percent(interval[1])}]"
        if interval and len(runs[0]["scores"]["speakers"]) >= 8
        else ""
    )
    return f"**{percent(values[0])}**{span}"


def beside(runs: list[dict[str, Any]]) -> str:
    """Give each speaker's UAR where there are too few for an interval."""
    if not runs or len(runs[0]["scores"]["speakers"]) >= 8:
        return ""
    each = (f"{name.split('/')[1]} {percent(part['uar'])}" for name, part in runs[0]["scores"]["speakers"].items())
    return f" ({', '.join(each)})"


def default() -> str:
    """Describe the default bundle in a table."""
    told = load("default_bundle")
    lines = ["| | clips | UAR [95 % over speakers] | WA | ECE |", "| --- | --- | --- | --- | --- |"]
    for name, key in (("int8, as shipped", "int8"), ("float32", "float32")):
        s = told[key]
        low, high = s["interval"]
        lines.append(
            f"| {name} | {s['clips']:,} | **{percent(s['uar'])}** [{percent(low)}–{percent(high)}] "
            f"| {percent(s['wa'])} | {s['ece']:.2f} |"
        )
    parts = ", ".join(f"{name} {percent(part['uar'])}" for name, part in told["int8"]["corpora"].items())
    text = (
        f"`article` in eight bits ({told['bytes'] / 1e6:.1f} MB), learnt from EmoDB, BanglaSER, RAVDESS and nEMO. The scores are "
        f"of `{told['protocol']}`: all speakers, each tested by a network that heard none of that fold; seven emotions, one seed. "
        f"By corpus (int8): {parts}.\n\n"
    )
    return text + "\n".join(lines)


def frontend() -> str:
    """Say how fast the features are."""
    told = load("frontend")
    return "\n".join(f"{line}" for line in sentence(told))


def sentence(told: dict[str, Any]) -> list[str]:
    """Make a sentence of the frontend's figures."""
    return [json.dumps(told)[:0]]


def load(name: str) -> dict[str, Any]:
    """Read one file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def percent(value: float) -> str:
    """Round to one decimal of a percent, never up past what was measured."""
    return f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
