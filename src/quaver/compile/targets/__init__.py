"""What can be compiled for: one target a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quaver.errors import CompileError

if TYPE_CHECKING:
    from quaver.bundle import Bundle
    from quaver.compile.build import Built
    from quaver.compile.program import Program
    from quaver.compile.verify import Answers

_MODULES = ("native", "sources", "linux", "wasm", "web", "cortex_m", "riscv32", "desktop", "android", "hls")


@dataclass(frozen=True)
class Target:
    """How a program becomes an artifact, and how that is run here."""

    name: str
    about: str
    constants: str = "binary"  # "binary": by the assembler of ELF; "embedded": by #embed of C23; "text"
    compiler: tuple[str, ...] = ()  # after the compiler's own name: the target and its processor
    cross: bool = True  # needs zig; else the host's compiler
    builds: bool = True
    product: str = "quaver_model"  # the command that classifies a WAV
    runner: tuple[str, ...] = ()  # runs the product where the host cannot
    emulator: str = ""  # the program that `runner` needs, for messages
    runs: bool = True
    extra: dict[str, str] = field(default_factory=dict)  # further files, from the kit
    lean: bool = False  # memory matters more than speed
    roomy: bool = False  # speed matters more than memory and constants: nothing is downloaded, and no flash is short
    main: str = "main.c"  # the source of the product, from the kit
    linker: tuple[str, ...] = ()  # flags of the last step
    after: Callable[[Path, Any, Any], None] | None = (
        None  # told the folder, the program and the bundle once it is built
    )
    hears: bool = False  # takes sound alone, no values of a bare network
    whole: bool = False  # takes sounds of the window's length alone, where a network leaves the time open
    unseen: str = ""  # why nothing is run here, if that is so
    # What a target does in its own way; without, it is a command that is linked from all sources and reads WAV files.
    reduced: "Callable[[Program], Program] | None" = None  # to what the target takes of it
    sources: "Callable[[Program], dict[str, bytes]] | None" = None  # in the place of the program's own
    writes: "Callable[[Program], dict[str, bytes]] | None" = None  # further files, from the program
    builder: "Callable[[Path, Target], Built] | None" = None
    answers: "Callable[[Path, Target, Sequence[Path], Bundle], Answers] | None" = None
    board: Any = None  # of microcontrollers: where the example runs


@lru_cache
def targets() -> dict[str, Target]:
    """Give all targets by name."""
    found = [import_module(f"quaver.compile.targets.{module}").TARGETS for module in _MODULES]
    return {target.name: target for each in found for target in each}


def find(name: str) -> Target:
    """Give the target of that name.

    Raises:
        CompileError: there is none.
    """
    if name not in targets():
        raise CompileError(f"there is no target {name!r}; there are: {', '.join(targets())}.")
    return targets()[name]
