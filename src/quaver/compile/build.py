"""From sources to an artifact, and what it takes up."""

from dataclasses import dataclass
from pathlib import Path

from quaver.compile import binary, toolchain
from quaver.compile.targets import Target

SOURCES = ("quaver_model.c", "quaver_weights.c")


@dataclass(frozen=True)
class Built:
    """What came out of the compiler."""

    code: int | None  # bytes of instructions and their own constants; None where the format is not known
    stack: int | None  # bytes at most: all functions' frames together; None where the compiler does not tell


def build(folder: Path, target: Target, main: str = "main.c") -> Built:
    """Compile the sources in `folder`; the product and objects lie there afterwards.

    Args:
        folder: with the sources.
        target: for what.
        main: the source of the command that is linked; without one in the folder a library alone is made.

    Raises:
        CompileError: no compiler, or it refuses the sources.
    """
    if target.builder:
        return target.builder(folder, target)
    compiler = [*(toolchain.zig() if target.cross else toolchain.host()), *target.compiler]
    objects = [source.replace(".c", ".o") for source in SOURCES]  # named, because Windows would call them .obj
    toolchain.run(
        [*compiler, *toolchain.FLAGS, *toolchain.usage(compiler), "-fPIC", "-c", SOURCES[0], "-o", objects[0]], folder
    )
    toolchain.run([*compiler, *_constants(target), "-c", SOURCES[1], "-o", objects[1]], folder)
    if (folder / main).is_file():
        stripped = ["-s"] if target.cross else []
        toolchain.run(
            [*compiler, *toolchain.FLAGS, *target.linker, *stripped, main, *objects, "-o", target.product, "-lm"],
            folder,
        )
    if not target.cross:
        toolchain.run([*compiler, "-shared", *objects, "-o", "libquaver.so"], folder)
    built = Built(binary.code(folder / objects[0]), stack(folder))
    for left in (*objects, "quaver_model.su"):
        (folder / left).unlink(missing_ok=True)
    return built


def _constants(target: Target) -> list[str]:
    return ["-std=c23"] if target.constants == "embedded" else ["-std=gnu99"]


def stack(folder: Path, file: str = "quaver_model.su") -> int | None:
    """Add up the frames of all functions in bytes: nothing recurses, so no chain of calls needs more."""
    usage = folder / file
    if not usage.is_file():
        return None
    return sum(int(line.split("\t")[1]) for line in usage.read_text().splitlines())
