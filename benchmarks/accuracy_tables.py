"""Tables of docs/small.md and docs/nano.md, and what the README's share with them, from results/*.json."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
PROTOCOLS = (
    ("ravdess", "ravdess-luna5"),
    ("ravdess", "ravdess-emobox6"),
    ("emodb", "emodb-loso"),
    ("emovo", "loso"),
    ("tess", "tess-loso"),
    ("nemo", "nemo-loso"),
)
LEFT_OUT = ("banglaser", "emodb", "nemo", "ravdess")  # corpora that shipped weights learn from, one after another
FEW = 8  # speakers; for fewer, each one's score says more than an interval


def load(name: str) -> dict[str, Any]:
    """Read one file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def percent(value: float) -> str:
    """Round to one decimal of a percent, never up past what was measured."""
    return f"{100 * value:.1f}"


def span(scores: dict[str, Any]) -> str:
    """Give the interval of a UAR."""
    low, high = scores["interval"]
    return f" [{percent(low)}–{percent(high)}]"


def uars(runs: list[dict[str, Any]], mark: str = "**") -> str:
    """Give the UAR, of several seeds their mean and range, with the interval of the first."""
    values = [run["scores"]["uar"] for run in runs]
    if not values:
        return "not run"
    scores = runs[0]["scores"]
    fits = runs[0]["speaker_independent"] and len(scores["speakers"]) >= FEW
    spread = f" ({percent(min(values))}–{percent(max(values))})" if len(values) > 1 else ""
    return f"{mark}{percent(sum(values) / len(values))}{mark}{spread}" + (span(scores) if fits else "")


def beside(runs: list[dict[str, Any]]) -> str:
    """Give each speaker's UAR where there are too few for an interval."""
    if not runs or len(runs[0]["scores"]["speakers"]) >= FEW:
        return ""
    each = (f"{name.split('/')[1]} {percent(part['uar'])}" for name, part in runs[0]["scores"]["speakers"].items())
    return f" ({', '.join(each)})"


def row(name: str, scores: dict[str, Any]) -> str:
    """Make a row of one set of scores."""
    interval = span(scores) if scores.get("interval") else ""
    ece = f"{scores['ece']:.2f}" if "ece" in scores else ""
    return (
        f"| {name} | {scores['clips']:,} | **{percent(scores['uar'])}**{interval} | {percent(scores['wa'])} | {ece} |"
    )


def accuracy() -> str:
    """Tabulate every protocol: alone and jointly, as is and adapted to the speaker."""
    rows = load("accuracy")["rows"]
    lines = [
        "| corpus, protocol | own corpus | adapted | after 5 clips | all corpora | adapted | after 5 clips |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for corpus, name in PROTOCOLS:
        cells, runs = [f"{corpus}, `{name}`"], of_kind(rows, corpus, name)
        for kind, found in runs.items():
            mark = "**" if kind == headline(runs) else ""
            cells += [uars([{**run, "scores": run[what]} for run in found], mark) for what in ("scores", "adapted")]
            few = [run["enrolled"]["5"]["uar"] for run in found]
            cells.append(percent(sum(few) / len(few)) if few else "not run")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def of_kind(rows: list[dict[str, Any]], corpus: str, name: str) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of a protocol, of its own corpus and of all corpora."""
    ours = [row for row in rows if (row["corpus"], row["protocol"]) == (corpus, name)]
    return {kind: [row for row in ours if row["training"] == kind] for kind in ("own", "joint")}


def headline(runs: dict[str, list[dict[str, Any]]]) -> str:
    """Tell which kind of training the validation speakers prefer, by the first seed; "" where there are none."""
    told = {kind: found[0].get("validation_uar") for kind, found in runs.items() if found}
    return max(told, key=lambda kind: told[kind]) if len(told) > 1 and None not in told.values() else ""


def baselines() -> str:
    """Tabulate hand-made features with a linear machine on the same folds."""
    done = load("baselines")["rows"]
    kinds = [kind for kind in ("eGeMAPSv02", "article", "ComParE_2016") if any(key.startswith(kind) for key in done)]
    head = [f"{kind} | adapted" for kind in kinds]
    lines = [f"| corpus, protocol | {' | '.join(head)} |", "| --- |" + " --- | --- |" * len(kinds)]
    for corpus, name in PROTOCOLS:
        cells = [f"{corpus}, `{name}`"]
        for kind in kinds:
            told = done.get(f"{kind} {corpus} {name}", {})
            cells += [baseline(told.get(what)) for what in ("scores", "adapted")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def baseline(scores: dict[str, Any] | None) -> str:
    """Give the UAR with its interval where there are speakers enough."""
    if scores is None:
        return "not run"
    return percent(scores["uar"]) + (span(scores) if len(scores["speakers"]) >= FEW else "")


def tries() -> str:
    """Tabulate what was tried for the head, best first."""
    if not (RESULTS / "tries.json").is_file():
        return "Not run."
    means = {
        name: [sum(part[kind] for part in found.values()) / len(found) for kind in ("as is", "adapted")]
        for name, found in load("tries").items()
    }
    lines = ["| try | as is | adapted |", "| --- | --- | --- |"]
    for name in sorted(means, key=lambda name: -sum(means[name])):
        lines.append(f"| {name} | {' | '.join(percent(value) for value in means[name])} |")
    return "\n".join(lines)


def strangers() -> str:
    """Tabulate what was tried for corpora left out: each of them, and the means."""
    if not (RESULTS / "strangers.json").is_file():
        return "Not run."
    found = {what: rows for what, rows in load("strangers").items() if len(rows) == len(LEFT_OUT)}
    lines = ["| try | " + " | ".join(LEFT_OUT) + " | mean | together | adapted |", "| --- |" + " --- |" * 7]
    for what, rows in found.items():
        means = [sum(row[kind] for row in rows.values()) / len(rows) for kind in ("as is", "together", "adapted")]
        each = [rows[corpus]["as is"] for corpus in LEFT_OUT]
        lines.append(f"| {what} | {' | '.join(percent(value) for value in (*each, *means))} |")
    return "\n".join(lines)


def fine_tuning() -> str:
    """Tabulate what training the encoder's last block gives."""
    if not (RESULTS / "fine_tuning.json").exists():
        return "Not run."
    done = load("fine_tuning")
    lines = ["| | " + " | ".join(f"{name}, as is | adapted" for name in done) + " |"]
    lines.append("| --- |" + " --- | --- |" * len(done))
    for what in next(iter(done.values())):
        cells = [f"{percent(rows[what][kind])}" for rows in done.values() for kind in ("as is", "adapted")]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def loco() -> str:
    """Tabulate corpora that the network has never heard."""
    lines = [
        "| corpus | clips | UAR | together | adapted | ECE | sets of 0.9: held, labels | unsure | right of the rest |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, told in load("loco")["rows"].items():
        scores, covered, doubt = told["scores"], told["sets"]["0.9"], told["unsure"]
        cells = [
            name,
            f"{scores['clips']:,}",
            f"**{percent(scores['uar'])}**",
            f"**{percent(told['together']['uar'])}**",
            f"**{percent(told['adapted']['uar'])}**",
        ]
        cells += [f"{scores['ece']:.2f}", f"{percent(covered['coverage'])} %, {covered['labels']:.1f}"]
        cells += [f"{percent(doubt['share'])} %", f"{percent(doubt['accuracy_of_rest'])} %"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def unfamiliar() -> str:
    """Tabulate how many clips are taken for no voice, and which sounds that are none are noticed."""
    told = load("unfamiliar")
    lines = [
        "| corpus | clips | median distance | line | beyond it | in the worst variant |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in told["voices"].items():
        worst = f"{_hundredths(row['beyond at worst'])} % {row['worst']}".rstrip() if "worst" in row else ""
        cells = (
            name,
            f"{row['clips']:,}",
            f"{row['median']:.2f}",
            f"{row['line']:.2f}",
            f"{_hundredths(row['beyond'])} %",
        )
        lines.append(f"| {' | '.join(cells)} | {worst} |")
    far = {name: f"{name} {row['distance']:.1f}" for name, row in told["no voices"].items()}
    missed = [text for name, text in far.items() if not told["no voices"][name]["unfamiliar"]]
    noticed = [text for name, text in far.items() if text not in missed]
    lines += ["", f"Noticed, with their distances: {', '.join(noticed)}. Not noticed: {', '.join(missed) or 'none'}."]
    return "\n".join(lines)


def _hundredths(share: float) -> str:
    return f"{100 * share:.2f}"


def nano() -> str:
    """Tabulate nano: taught and from labels alone, in floats and in eight bits."""
    if not (RESULTS / "bundle_nano.json").exists():
        return "Not run."
    told = load("bundle_nano")
    lines = [
        f"{len(told['folds'])} of {told['of_folds']} folds of `{told['protocol']}`, pooled; one seed.",
        "",
        "| | clips | UAR [95 % over speakers] | WA | ECE |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in ("int8", "int8, adapted", "float32", "int8, labels alone", "float32, labels alone"):
        lines += [row(kind, told[kind])] if kind in told else []
    parts = told["int8"]["corpora"].items() if "int8" in told else ()
    lines += [row(f"int8, {name}", part) for name, part in parts]
    if "int8, adapted" in told:
        lines += [row(f"int8, adapted, {name}", part) for name, part in told["int8, adapted"]["corpora"].items()]
    lines.append(row("int8, four unheard speakers", told["sample_speakers"]))
    if "sample_speakers_adapted" in told:
        lines.append(row("int8, adapted, four unheard speakers", told["sample_speakers_adapted"]))
    size = told["compiled"]
    lines += [
        "",
        f"The shipped bundle: {told['bytes']:,} bytes, its card included. As C for {size['frames']} frames: "
        f"{size['constants']:,} bytes of constants, {size['arena']:,} bytes of arena, of which the features are "
        f"{size['of_it_features']:,}, and {size['macs'] / 1e6:.1f} million multiply-accumulates.",
    ]
    return "\n".join(lines)


def nano_accuracy() -> str:
    """Tabulate nano on each protocol that was run, alone and with all corpora."""
    done = load("nano_accuracy") if (RESULTS / "nano_accuracy.json").exists() else {}
    titles = "| corpus, protocol | learnt from | parameters | clips | int8 | adapted | float32 |"
    lines = [titles, "| --- | --- | --- | --- | --- | --- | --- |"]
    for corpus, name in PROTOCOLS:
        for kind, told in (("rows", "it alone"), ("joint", "all corpora")):
            row = done.get(kind, {}).get(name, {})
            size = f"{row['parameters']:,} | {row['int8']['clips']:,}" if row else " | "
            cells = " | ".join(baseline(row.get(how)) for how in ("int8", "int8, adapted", "float32"))
            lines.append(f"| {corpus}, `{name}` | {told} | {size} | {cells} |")
    return "\n".join(lines)


def nano_tries() -> str:
    """Tabulate what was tried for nano, best first."""
    found = load("nano_tries") if (RESULTS / "nano_tries.json").exists() else {}
    if not found:
        return "Not run."
    means = {name: sum(part["uar"] for part in parts.values()) / len(parts) for name, parts in found.items() if parts}
    lines = ["| try | folds | parameters | validation UAR |", "| --- | --- | --- | --- |"]
    for name in sorted(means, key=lambda name: -means[name]):
        parts = list(found[name].values())
        lines.append(f"| {name} | {len(parts)} | {parts[0]['parameters']:,} | {percent(means[name])} |")
    return "\n".join(lines)


def robustness() -> str:
    """Tabulate what conditions do to the answers."""
    told = load("robustness")
    titles = "| condition | UAR | most frequent answer | no voice? |"
    lines = [f"{told['clips']} clips.", "", titles, "| --- | --- | --- | --- |"]
    for name, row in told["rows"].items():
        most = max(row["answers"], key=lambda emotion: row["answers"][emotion])
        often, none = (f"{percent(count / told['clips'])} %" for count in (row["answers"][most], row["no_voice"]))
        lines.append(f"| {name} | {percent(row['uar'])} | {most} {often} | {none} |")
    return "\n".join(lines)


def adaptation() -> str:
    """Tabulate how soon a speaker's own statistics should count."""
    told = load("adaptation")
    counts = list(next(iter(told["after"].values())))
    lines = [
        f"| k | {' | '.join('all' if c == 'all' else f'{c} clips' for c in counts)} |",
        "| --- |" + " --- |" * len(counts),
    ]
    lines += [f"| {k} | {' | '.join(percent(row[c]) for c in counts)} |" for k, row in told["after"].items()]
    return "\n".join([*lines, "", f"Without a profile: {percent(told['plain'])}. Chosen: k = {told['best']:g}."])


OF_SMALL = (accuracy, baselines, loco, unfamiliar, tries, strangers, fine_tuning, robustness, adaptation)
OF_NANO = (nano, nano_accuracy, nano_tries)
