"""The compilers and emulators that are at hand, and how they are run."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from quaver.errors import CompileError

FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wconversion",
    "-O3",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
)
PATIENCE = 1800  # seconds; zig builds a target's C library when it first meets the target


def host() -> list[str]:
    """Give the C compiler of this machine: $CC, else cc, gcc or clang, else zig.

    Raises:
        CompileError: there is none.
    """
    if given := os.environ.get("CC"):
        return shlex.split(given)
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    return zig()


def usage(compiler: list[str], made: str = "quaver_model.o") -> list[str]:
    """Give the flags by which a compiler tells how much stack functions take, in a file beside the object `made`.

    zig keeps what it has compiled before, and copies the object alone; so nothing may be as it was before.
    """
    if "ziglang" not in compiler and Path(compiler[0]).stem != "zig":
        return ["-fstack-usage"]
    told = ("-stack-usage-file", str(Path(made).with_suffix(".su")))
    return [*(word for each in told for word in ("-Xclang", each)), f"-DQUAVER_BUILT={time.time_ns()}"]


def zig() -> list[str]:
    """Give clang with all its targets, from the package ziglang or from the PATH.

    Raises:
        CompileError: neither is there.
    """
    if find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    if found := shutil.which("zig"):
        return [found, "cc"]
    raise CompileError("there is no C compiler for this target; install one with pip install 'quaver[edge]'.")


def run(command: Sequence[str], folder: Path) -> str:
    """Run a tool in a folder; gives what it prints.

    Raises:
        CompileError: it failed, with the first line of what it said.
    """
    return piped(command, folder, b"").decode(errors="replace")


def piped(command: Sequence[str], folder: Path, given: bytes) -> bytes:
    """Do what `run` does with a tool that reads bytes and writes bytes."""
    env = {"ZIG_GLOBAL_CACHE_DIR": str(_zig_cache()), **os.environ}
    try:
        done = subprocess.run(command, cwd=folder, env=env, input=given, capture_output=True, timeout=PATIENCE)
    except FileNotFoundError:
        raise CompileError(f"{command[0]} is not installed or not on the PATH.") from None
    except subprocess.TimeoutExpired:
        raise CompileError(
            f"{Path(command[0]).name} took longer than {PATIENCE} s; try again on a less busy machine."
        ) from None
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).decode(errors="replace").splitlines() if line.strip()]
        told = next((line for line in said if "error" in line), said[0] if said else "it said nothing")
        raise CompileError(f"{Path(command[0]).name} failed with code {done.returncode}: {told.strip()}")
    return done.stdout


def _zig_cache() -> Path:
    """Keep what zig builds once beside quaver's other caches."""
    from quaver.files import cache_folder

    return cache_folder() / "zig"
