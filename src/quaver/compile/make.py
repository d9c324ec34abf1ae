"""The whole way from a bundle to a folder that holds a program, checked against ONNX Runtime."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quaver.bundle import Bundle
from quaver.compile import build, emit, verify
from quaver.compile.program import Program
from quaver.compile.targets import Target
from quaver.errors import CompileError
from quaver.files import write_json

FOOTPRINT = "footprint.json"


@dataclass(frozen=True)
class Budget:
    """The memory of a device in bytes; None where it does not matter."""

    flash: int | None = None
    ram: int | None = None

    def check(self, program: Program) -> None:
        """Refuse a program that cannot fit, before anything is compiled.

        Raises:
            CompileError: with what takes the room, and what would fit.
        """
        if self.flash is not None and program.constant_bytes > self.flash:
            raise CompileError(
                f"the constants alone take {program.constant_bytes:,} bytes of flash, {self.flash:,} are there: "
                f"{_largest(program)}. {_smaller(program)}"
            )
        if self.ram is not None and program.arena > self.ram:
            sound = program.contract.sound
            features = f", the features need {sound.work:,}" if sound else ""
            raise CompileError(
                f"the arena takes {program.arena:,} bytes of RAM, {self.ram:,} are there: the network needs "
                f"{program.plan.arena:,}{features}. {_leaner(program)}"
            )


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
    (budget or Budget()).check(program)
    output = output.resolve()
    fresh = output.with_name(f".{output.name}-{uuid.uuid4().hex[:8]}")
    try:
        fresh.mkdir(parents=True)
        _write(program, target, fresh)
        built = None
        if target.builds:
            say(f"compiling for {target.name}; the first time for a target may take minutes")
            built = build.build(fresh, target)
        verdict = _verdict(fresh, target, bundle, check, say)
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
        "ram": {"arena": program.arena, "network": program.plan.arena, "stack_at_most": built.stack if built else None},
        "macs": program.plan.macs,
        "verified": verdict if isinstance(verdict, str) else verdict.to_dict(),
        "measured": {} if isinstance(verdict, str) else verdict.measured,
        "steps": [{"step": step.about, "macs": step.macs} for step in program.plan.steps],
    }


def _write(program: Program, target: Target, folder: Path) -> None:
    files = program.files(target.constants)
    extra = {name: emit.kit(source).encode() for name, source in target.extra.items()}
    more = target.writes(program) if target.writes else {}
    for name, content in {**files, **extra, **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _verdict(
    folder: Path, target: Target, bundle: Bundle | None, check: bool, say: Callable[[str], object]
) -> "verify.Verdict | str":
    if not check:
        return "not asked for"
    reason = verify.missing(target) or ("" if bundle else "a bare network has no clips to compare")
    if reason or bundle is None:
        say(f"not verified: {reason}")
        return f"not run: {reason}"
    say("comparing with ONNX Runtime")
    return verify.verify(folder, target, bundle)


def _replace(output: Path, fresh: Path) -> None:
    """Put the new folder in the place of an older one of ours; refuse to replace anything else."""
    if output.exists():
        if not output.is_dir() or (any(output.iterdir()) and not (output / FOOTPRINT).is_file()):
            raise CompileError(f"{output} exists and holds something else; choose another folder with -o.")
        shutil.rmtree(output)
    fresh.rename(output)


def _largest(program: Program) -> str:
    sizes = sorted(((v.nbytes, name) for name, v in program.constants.items()), reverse=True)[:3]
    return ", ".join(f"{name} {size:,}" for size, name in sizes)


def _smaller(program: Program) -> str:
    if any(values.dtype == "int8" for values in program.constants.values()):
        return "Its weights have eight bits already; a smaller network is needed."
    quarter = program.constant_bytes // 4
    return f"A bundle in eight bits would take about {quarter:,}: train or export it with int8."


def _leaner(program: Program) -> str:
    if program.contract.sound and program.contract.sound.tuned:
        return "A bundle trained on the frontend article-edge needs less, because it estimates no tuning."
    return "A bundle in eight bits, or a smaller network, needs less."
