"""Does a program fit a device? Said before anything is compiled, with what takes the room and what would fit."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from quaver import zoo
from quaver.bundle import Bundle
from quaver.compile import adopt
from quaver.compile.hearing import hearing
from quaver.compile.program import Program
from quaver.compile.source import program_of
from quaver.errors import CompileError, QuaverError
from quaver.windows import whole

CODE = 32 << 10  # bytes of instructions, about: Cortex-M programs have 14 to 26 kB
SHORTER = (3.0, 2.0, 1.5, 1.0, 0.5)  # seconds that might fit instead
STACK = 4 << 10  # bytes, about: at most 1.5 kB were used on any board


@dataclass(frozen=True)
class Budget:
    """The memory of a device in bytes; None where it does not matter."""

    flash: int | None = None
    ram: int | None = None

    def answer(self, program: Program, bundle: Bundle | None = None, lean: bool = False) -> str:
        """Say how a program fits; an empty text where nothing was asked.

        Args:
            program: what would be compiled.
            bundle: that it was made of, for smaller ones of the same kind.
            lean: how the alternatives would be compiled.

        Raises:
            CompileError: it cannot fit; with what takes the room, and what would fit.
        """
        if wrong := self._wrong(program):
            raise CompileError(f"{wrong}. {self._instead(program, bundle, lean)}")
        parts = []
        if self.flash is not None:
            parts.append(f"about {flash(program):,} of {self.flash:,} bytes of flash")
        if self.ram is not None:
            parts.append(f"about {ram(program):,} of {self.ram:,} bytes of RAM{_samples(program)}")
        return f"it fits: {', '.join(parts)}" if parts else ""

    def fits(self, program: Program) -> bool:
        """Tell whether a program fits."""
        return not self._wrong(program)

    def _wrong(self, program: Program) -> str:
        sound, constants = program.contract.sound, program.constant_bytes
        if self.flash is not None and constants > self.flash:
            there = f"{self.flash:,} are there: {_largest(program)}"
            return f"the constants alone take {constants:,} bytes of flash, {there}"
        if self.flash is not None and flash(program) > self.flash:
            return f"constants ({constants:,}) and code (about {CODE:,}) do not fit {self.flash:,} bytes of flash"
        if self.ram is not None and ram(program) > self.ram:
            features = f", the features need {sound.work:,}" if sound else ""
            return (
                f"the arena takes {program.arena:,} bytes of RAM and the stack about {STACK:,}, {self.ram:,} are "
                f"there: the network needs {program.plan.arena:,}{features}"
            )
        return ""

    def _instead(self, program: Program, bundle: Bundle | None, lean: bool) -> str:
        shorter = (each for each in _shorter(bundle, lean) if self.fits(each[1]))
        others = (each for each in _others(bundle, lean) if self.fits(each[1]))
        found = [*islice(shorter, 1), *others]  # the longest that fits
        if found:
            told = (f"{name} ({flash(other):,} of flash, {ram(other):,} of RAM)" for name, other in found)
            return f"What would fit: {'; '.join(told)}."
        lack = "No bundle that comes with quaver fits either" if bundle else "A smaller network is needed"
        tuned = self.ram is not None and ram(program) > self.ram and getattr(program.contract.sound, "tuned", False)
        return f"{lack}{'; one on the frontend article-edge needs less RAM, as it estimates no tuning' * tuned}."


def flash(program: Program) -> int:
    """Estimate the bytes of flash before anything is compiled."""
    return program.constant_bytes + CODE


def ram(program: Program) -> int:
    """Estimate the bytes of RAM, without the samples that are heard."""
    return program.arena + STACK


def samples(program: Program) -> int:
    """Count the bytes of a window of samples, which whoever calls the program holds."""
    return 4 * program.contract.window[0] if program.contract.sound else 0


def _samples(program: Program) -> str:
    if not program.contract.sound:
        return ""
    seconds = program.contract.window[0] / program.contract.sound.spec.sample_rate
    stream = f"or {program.stream_bytes:,} for a stream that hears them while they come"
    return f" (besides {samples(program):,} for {seconds:g} s of samples, {stream})"


def _others(bundle: Bundle | None, lean: bool) -> Iterable[tuple[str, Program]]:
    """Give the bundle in eight bits, and all bundles that are installed, as far as they have C."""
    if bundle is None:
        return
    candidates = [("the same in eight bits (--int8)", bundle)] if bundle.card.precision != "int8" else []
    candidates += [(name, zoo.load(name)) for name in zoo.names() if zoo.find(name) != bundle.path]
    for name, other in candidates:
        with suppress(QuaverError):
            yield name, program_of(adopt.in_eight_bits(other), "", keep=not lean)


def _shorter(bundle: Bundle | None, lean: bool) -> Iterable[tuple[str, Program]]:
    """Give the bundle for less sound at once, longest first: what it remembers grows with that."""
    if bundle is None:
        return
    for seconds in (each for each in SHORTER if each < whole(bundle.card.window)):
        with suppress(QuaverError):
            yield f"the same with --seconds {seconds:g}", program_of(hearing(bundle, seconds), "", keep=not lean)


def _largest(program: Program) -> str:
    sizes = sorted(((v.nbytes, name) for name, v in program.constants.items()), reverse=True)[:3]
    return ", ".join(f"{name} {size:,}" for size, name in sizes)
