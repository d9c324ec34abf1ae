"""The tables of docs/compile.md that compare with peers, made from results/*.json; `readme.py` puts them there."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def peers() -> str:
    """Tabulate engines on this machine, network by network."""
    told = json.loads((RESULTS / "compile.json").read_text()).get("peers")
    if not told:
        return "Not run."
    packages = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    machine = told["machine"]
    lines = [
        f"One thread of {machine['processor']} with {', '.join(machine['vectors'])}, load {machine['load'][0]:g}, "
        f"{told['rounds']} rounds; {packages}.",
        "",
        "| network, engine | ms, median (10 to 90 %) | quaver takes | of the floor | instructions | memory | code |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, network in told["networks"].items():
        lower = network.get("floor_ms_in_bytes")
        floors = f"floor {network['floor_ms']:.2f} ms" + (f", in bytes {lower:.2f} ms" if lower else "")
        lines.append(f"| **{name}**, {floors} | | | | | | |")
        lines += [_row(engine, row) for engine, row in network["rows"].items() if "ms" in row]
    refusals = {
        f"- {engine}, {name}: {row['refused']}."
        for name, network in told["networks"].items()
        for engine, row in network["rows"].items()
        if "refused" in row and not engine.startswith("quaver")
    }
    whole = {line.replace(line.split(", ", 1)[1].split(": ")[0], "all") for line in refusals if "missing:" in line}
    return "\n".join([*lines, "", *sorted(whole | {line for line in refusals if "missing:" not in line})])


def _row(engine: str, row: dict[str, Any]) -> str:
    taken = "" if engine == "quaver" else f"{row['quaver_takes']:.2f} ({row['quaver_takes_p10']:.2f})"
    counted = f"{row['instructions'] / 1e6:.1f} M" if row.get("instructions") else ""
    sizes = row.get("sizes")
    code = _size(sizes["code"] if sizes else row["libraries"])
    cells = [engine, f"{_time(row['ms'])} ({_time(row['p10'])} to {_time(row['p90'])})", taken]
    lower = row.get("times_the_floor_in_bytes")
    cells += [
        f"{row['times_the_floor']:.2f}" + (f" ({lower:.2f})" if lower else ""),
        counted,
        _size(row["memory"]),
        code,
    ]
    return f"| {' | '.join(cells)} |"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _time(value: float) -> str:
    return f"{value:.0f}" if value >= 50 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def from_samples() -> str:
    """Tabulate everything from samples to probabilities: quaver against librosa and each engine."""
    told = json.loads((RESULTS / "compile.json").read_text()).get("peers", {}).get("networks", {})
    engines = ("onnxruntime", "litert", "openvino", "emx-onnx-cgen", "tflite-micro")
    lines = [
        f"| network | quaver, ms | librosa alone, ms | {' | '.join(f'+ {name}' for name in engines)} |",
        f"| --- | --- | --- |{' --- |' * len(engines)}",
    ]
    for name, network in told.items():
        rows = network.get("whole", {}).get("rows", {})
        if "quaver" in rows and "librosa" in rows:
            cells = [name, *(_time(rows[each]["ms"]) for each in ("quaver", "librosa"))]
            cells += [_behind(rows[each]) if each in rows else "refused" for each in engines]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines if len(lines) > 2 else ["Not run."])


def _behind(row: dict[str, Any]) -> str:
    return f"{_time(row['ms'])}: {1 / row['quaver_takes']:.1f} times"


def avx2() -> str:
    """Tabulate how near quaver's programs for AVX2 are to what AVX2 can do."""
    told = json.loads((RESULTS / "compile.json").read_text()).get("peers", {}).get("avx2")
    if not told:
        return "Not run."
    lines = [
        "| network for AVX2 | floor, ms | quaver, ms | of the floor | direct |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, network in told.items():
        in_bytes = network["floor_ms_in_bytes"]
        which = "times_the_floor_in_bytes" if in_bytes else "times_the_floor"
        row, direct = network["rows"]["quaver"], network["rows"]["quaver, direct"]
        cells = [name, _time(in_bytes or network["floor_ms"]), _time(row["ms"]), f"{row[which]:.2f}"]
        cells += [f"{direct[which]:.2f}" if "ms" in direct else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def in_browser() -> str:
    """Tabulate WebAssembly in a browser."""
    file = RESULTS / "wasm.json"
    if not file.is_file():
        return "Not run."
    told = json.loads(file.read_text())
    lines = [
        f"{told['browser']}, onnxruntime-web {told['onnxruntime_web']} with one thread, {told['rounds']} rounds, "
        f"load {told['load']:g}.",
        "",
        "| network | quaver, ms | onnxruntime-web, ms | quaver takes | quaver's bytes | its bytes |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in told["networks"].items():
        taken = f"{row['quaver_takes']:.2f} ({row['quaver_takes_p10']:.2f})"
        times = f"{_time(row['quaver'])} | {_time(row['onnxruntime-web'])} | {taken}"
        bytes_ = " | ".join(map(_size, row["bytes"].values()))
        lines.append(f"| {name} | {times} | {bytes_} |")
    return "\n".join(lines)


OF_COMPILE = (peers, from_samples, avx2, in_browser)
