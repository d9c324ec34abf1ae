"""`quaver compile`: a bundle as C, and as a program for a device."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.choices import one_of
from quaver.cli.output import Json, emit, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compile")(compile_)


def _bytes(text: str | None) -> int | None:
    """Read 256K or 1M as bytes."""
    if text is None:
        return None
    units = {"K": 1 << 10, "M": 1 << 20}
    number, unit = (text[:-1], units.get(text[-1:].upper())) if text[-1:].upper() in units else (text, 1)
    try:
        size = int(float(number) * (unit or 1))
    except (ValueError, OverflowError):
        size = 0
    if size <= 0:
        raise typer.BadParameter(f"{text!r} is no size; write 262144, 256K or 1M.")
    return size


_TARGETS = (
    "native, c, hls, x86_64, aarch64, armv7, riscv64, wasm, web, android, cortex-m4, cortex-m7, cortex-m55, riscv32, "
    "x86_64-windows or aarch64-macos."
)
Source = Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle's name or folder, or .onnx, .keras, .h5.")]
For = Annotated[str, one_of("compile.targets.targets", _TARGETS, "--target")]
Out = Annotated[Path | None, typer.Option("-o", "--output", help="The folder to write; named after both unless given.")]
Verify = Annotated[bool, typer.Option("--verify/--no-verify", help="Run the artifact against ONNX Runtime.")]
Size = Annotated[str | None, typer.Option(callback=_bytes, help="Bytes that the device has, e.g. 256K or 1M.")]
Int8 = Annotated[bool, typer.Option("--int8", help="Bring a float network to eight bits, by calibration clips.")]
Clips = Annotated[Path | None, typer.Option("--calibration", help="A folder of clips; the sample clips unless given.")]
Heard = Annotated[
    str | None, one_of("frontend.NAMES", "That a bare network hears through.", "--frontend", beside=("none",))
]

Seconds = Annotated[float | None, typer.Option("--seconds", help="Of sound at once; the bundle's unless given.")]

Fixed = Annotated[bool, typer.Option("--fixed", help="Samples of 16 bits and log-mel features in whole numbers.")]


def compile_(
    source: Source,
    target: For = "native",
    output: Out = None,
    verify: Verify = True,
    flash: Size = None,
    ram: Size = None,
    int8: Int8 = False,
    calibration: Clips = None,
    frontend: Heard = None,
    seconds: Seconds = None,
    fixed: Fixed = False,
    as_json: Json = False,
) -> None:
    """Turn a bundle into a program, features included: C99 without malloc and stdio, built and checked.

    quaver compile article                          for this machine, into article-native/
    quaver compile article --target c -o sources    the sources alone
    quaver compile run/final --target aarch64       for a phone or a Raspberry Pi
    quaver compile article --target c --ram 256K    does it fit?
    quaver compile model.onnx --target c            any network of supported operators
    quaver compile model.onnx --frontend article    the same, with features before it
    quaver compile article --target cortex-m4       a library and an example for a board
    """
    from quaver.compile.budget import Budget
    from quaver.compile.make import make
    from quaver.compile.source import Wishes, read, told_of
    from quaver.compile.targets import find

    chosen = find(target)
    folder = output or Path(f"{Path(source).stem}-{target}")
    roomy = chosen.roomy and flash is None and ram is None
    wishes = Wishes(chosen.lean, int8, calibration, frontend, seconds, fixed, roomy)
    program, bundle = read(source, f"quaver compile {source} --target {target}{wishes.options}", wishes)
    for note in told_of(bundle, wishes):
        say(note)
    budget = Budget(flash, ram)  # type: ignore[arg-type]  # the callback has made numbers of the texts
    told = make(program, chosen, folder, bundle=bundle, check=verify, budget=budget, say=say)
    emit({"output": str(folder), **told}, as_json, lambda: _text(folder, told))


def _text(folder: Path, told: dict[str, Any]) -> str:
    flash, ram, verified = told["flash"], told["ram"], told["verified"]
    code = "" if flash["code"] is None else f" + {flash['code']:,} of code"
    stack = "" if ram["stack_at_most"] is None else f" + at most {ram['stack_at_most']:,} of stack"
    lines = [
        f"{folder}: {told['name']} for {told['target']}",
        f"  flash     {flash['constants']:,} bytes of constants{code}",
        f"  RAM       {ram['arena']:,} bytes of arena{stack}",
        f"  work      {told['macs']:,} multiply-accumulates per inference{_seconds(told['seconds'])}",
        *_measured(told["measured"]),
    ]
    if isinstance(verified, str):
        return "\n".join([*lines, f"  verified  {verified}"])
    if verified.get("heard"):
        told_by = f"as ONNX Runtime to {verified['largest_difference']:.1g} of the largest output"
        return "\n".join([*lines, f"  verified  {verified['clips']} random inputs give the same {told_by}"])
    same = f"{verified['same_label']} of {verified['clips']} clips have the same label as in ONNX Runtime"
    return "\n".join(
        [*lines, f"  verified  {same}, no probability differs by more than {verified['largest_difference']:.1g}"]
    )


def _seconds(told: dict[str, Any]) -> str:
    if told["network"] is None:
        return ""
    return f", {'at least' if told.get('at_least') else 'about'} {told['network']:.2g} s ({told['basis']})"


def _measured(told: dict[str, Any]) -> list[str]:
    if "instructions_of_network" not in told:
        return []
    network, clip = told["instructions_of_network"], told["instructions_per_clip"]
    counted = f"{network:,} instructions per inference, {clip:,} a clip"
    return [f"  measured  {counted}, {told['stack']:,} bytes of stack ({told['by']})"]
