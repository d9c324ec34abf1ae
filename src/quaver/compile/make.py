"""The whole way from a bundle to a folder that holds a program, checked against ONNX Runtime."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quaver.bundle import Bundle
from quaver.compile import build, emit, speed, verify
from quaver.compile.budget import Budget, samples
from quaver.compile.program import Program
from quaver.compile.targets import Target, find
from quaver.errors import CompileError
from quaver.files import write_json

FOOTPRINT = "footprint.json"
BARE = "check.c"  # the command of a network without features: values in, values out


def make(
    program: Program,
    target: Target,
    output: Path,
    *,
    bundle: Bundle | None = None,
    check: bool = True,
    budget: Budget | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> dict[str, Any]:
    """Write, build and check a program.

    Args:
        program: what to write.
        target: for what.
        output: the folder, which appears whole or not at all; an older one is replaced.
        bundle: whose answers the artifact must give; None leaves the check out.
        check: run the artifact and compare.
        budget: of the device.
        say: told what is happening.

    Returns:
        The footprint, as in `footprint.json`.

    Raises:
        CompileError: it does not fit, cannot be built, or differs from ONNX Runtime.
    """
    program = target.reduced(program) if target.reduced else program
    _takes(program, target)
    if fits := (budget or Budget()).answer(program, bundle, target.lean):
        say(fits)
    output = output.resolve()
    fresh = output.with_name(f".{output.name}-{uuid.uuid4().hex[:8]}")
    try:
        fresh.mkdir(parents=True)
        _write(program, target, fresh)
        built = None
        if target.builds:
            say(f"compiling for {target.name}; the first time for a target may take minutes")
            built = build.build(fresh, target, target.main if program.contract.sound else BARE)
            if target.after is not None:
                target.after(fresh, program, bundle)
            _within(program, built, budget)
        fixed = program.contract.sound is not None and program.contract.sound.full_scale != 1
        verdict = _verdict(fresh, target, program, bundle or program.network, check, fixed, say)
        told = footprint(program, target, built, verdict)
        write_json(fresh / FOOTPRINT, told)
        _replace(output, fresh)
    except OSError as error:
        raise CompileError(f"{output} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return told


def footprint(
    program: Program, target: Target, built: build.Built | None, verdict: "verify.Verdict | str"
) -> dict[str, Any]:
    """Say what a program takes, in bytes and multiply-accumulates."""
    code = built.code if built else None
    return {
        "target": target.name,
        "name": program.contract.name,
        "flash": {
            "constants": program.constant_bytes,
            "code": code,
            "total": None if code is None else program.constant_bytes + code,
        },
        "ram": {
            "arena": program.arena,
            "network": program.plan.arena,
            "stack_at_most": built.stack if built else None,
            "samples_of_a_window": samples(program),
            "stream": program.stream_bytes,
        },
        "macs": program.plan.macs,
        "seconds": speed.estimate(program, target.name),
        "verified": verdict if isinstance(verdict, str) else verdict.to_dict(),
        "measured": {} if isinstance(verdict, str) else verdict.measured,
        "steps": [{"step": step.about, "macs": step.macs} for step in program.plan.steps],
    }


def _takes(program: Program, target: Target) -> None:
    """Refuse networks without features where sound comes in, and sixteen bits where the target hands over floats."""
    sound = program.contract.sound
    if target.hears and not sound:
        raise CompileError(
            f"the target {target.name} hears sound, and a bare network has no features; name them with --frontend."
        )
    if sound and sound.full_scale != 1 and not (target.board or (target.main == "main.c" and not target.builder)):
        raise CompileError(f"the target {target.name} takes samples as floats; leave --fixed out, or choose another.")


def _write(program: Program, target: Target, folder: Path) -> None:
    files = target.sources(program) if target.sources else program.files(target.constants)
    extra = {name: emit.kit(source).encode() for name, source in target.extra.items()}
    more = target.writes(program) if target.writes else {}
    for name, content in {**files, **extra, **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _verdict(
    folder: Path,
    target: Target,
    program: Program,
    known: Bundle | bytes,
    check: bool,
    fixed: bool,
    say: Callable[[str], object],
) -> "verify.Verdict | str":
    """Compare with what is known: a bundle's answers, or those of a bare network."""
    if not check:
        return "not asked for"
    reason = verify.missing(target)
    if not reason and not known:
        reason = "there is nothing to compare it with"
    if known and (not target.builds or (not reason and target.board and not isinstance(known, Bundle))):
        say("comparing with ONNX Runtime, by this machine's compiler")
        return _on_host(program, known, fixed)
    if reason:
        say(f"not verified: {reason}")
        return f"not run: {reason}"
    say("comparing with ONNX Runtime")
    return _compared(folder, target, known, fixed)


def _compared(folder: Path, target: Target, known: Bundle | bytes, fixed: bool) -> "verify.Verdict":
    if isinstance(known, Bundle):
        return verify.verify(folder, target, known, fixed=fixed)
    return verify.bare(folder, target, known)


def _on_host(program: Program, known: Bundle | bytes, fixed: bool) -> "verify.Verdict | str":
    """Compile the same C for this machine where the target's own artifact takes no input here, and compare that."""
    host = find("native")
    with TemporaryDirectory() as made:
        folder = Path(made)
        _write(program, host, folder)
        try:
            build.build(folder, host, host.main if program.contract.sound else BARE)
        except CompileError as error:  # the sources may be for another compiler
            return f"not run: {error}"
        return replace(_compared(folder, host, known, fixed), measured={"by": "the same C on this machine"})


def _within(program: Program, built: build.Built, budget: Budget | None) -> None:
    """Refuse what turned out larger than it seemed."""
    room, total = budget.flash if budget else None, program.constant_bytes + (built.code or 0)
    if room is not None and total > room:
        raise CompileError(f"constants and code take {total:,} bytes of flash, {room:,} are there; take a smaller one.")


def _replace(output: Path, fresh: Path) -> None:
    """Put the new folder in the place of an older one of ours; refuse to replace anything else."""
    if output.exists():
        if not output.is_dir() or (any(output.iterdir()) and not (output / FOOTPRINT).is_file()):
            raise CompileError(f"{output} exists and holds something else; choose another folder with -o.")
        shutil.rmtree(output)
    fresh.rename(output)
