"""Microcontrollers: a static library, and an example that an emulated board runs to prove it."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import soundfile

from quaver import audio, zoo
from quaver.bundle import Bundle
from quaver.compile import binary, emit, packages, toolchain, weights
from quaver.compile.build import SOURCES, Built, stack
from quaver.compile.graph import Array
from quaver.compile.program import Program
from quaver.compile.sound import sampled
from quaver.compile.targets import Target
from quaver.compile.verify import Answers, probabilities

LIBRARY, EXAMPLE, IMAGE = "libquaver_model.a", "example", "example.elf"
STACK = "32K"
_HEADERS = ("math.h", "string.h")
_PARTS = ("main.c", "board.h")
# Registers are few: none for the frame.
_SMALL = ("-ffreestanding", "-ffunction-sections", "-fdata-sections", "-isystem", "freestanding")
FLAGS = (*toolchain.FLAGS, "-fomit-frame-pointer", *_SMALL)


@dataclass(frozen=True)
class Board:
    """A board that QEMU knows, and its memory."""

    machine: str
    about: str
    emulator: str
    start: str  # the file of the kit
    code: str  # origin and length, as a linker script has them
    ram: str
    const: str
    hz: int = 25_000_000  # of the clock that counts
    options: tuple[str, ...] = ()  # of the emulator

    def script(self) -> str:
        """Write the linker script."""
        text = emit.kit("board/board.ld").replace("@ABOUT@", f"{self.machine}, {self.about}").replace("@STACK@", STACK)
        for name, region in (("CODE", self.code), ("RAM", self.ram), ("CONST", self.const)):
            origin, length = region.split()
            text = text.replace(f"@{name}@", f"{origin}, LENGTH = {length}")
        return text


def files(program: Program, board: Board, flags: Sequence[str], gcc: str) -> dict[str, bytes]:
    """Write what a board needs besides the sources: headers, the example with its clips, and ready libraries."""
    made = {f"freestanding/{name}": emit.kit(f"freestanding/{name}") for name in _HEADERS}
    made |= packages.files(program)
    if program.contract.sound:
        made |= {f"{EXAMPLE}/{name}": emit.kit(f"board/{name}") for name in (*_PARTS, board.start)}
        made[f"{EXAMPLE}/board.ld"] = board.script()
        made[f"{EXAMPLE}/Makefile"] = _makefile(board, gcc)
    encoded = {name: text.encode() for name, text in made.items()}
    if program.contract.sound:
        rate = program.contract.sound.spec.sample_rate
        scale = program.contract.sound.full_scale
        encoded |= _clips([audio.load(clip, rate)[0] for clip in zoo.samples()], scale)
    return encoded


def build(folder: Path, target: Target) -> Built:
    """Compile the library, and link the example if there is one."""
    compiler = [*toolchain.zig(), *target.compiler]
    objects = [source.replace(".c", ".o") for source in SOURCES]
    toolchain.run([*compiler, *FLAGS, *toolchain.usage(compiler), "-c", SOURCES[0]], folder)
    toolchain.run([*compiler, "-std=c99", "-fdata-sections", "-c", SOURCES[1]], folder)
    toolchain.run([*toolchain.zig()[:-1], "ar", "rcs", LIBRARY, *objects], folder)
    if (folder / EXAMPLE).is_dir():
        _link(folder, target)
    built = Built(binary.code(folder / objects[0]), stack(folder))
    for left in (*objects, "quaver_model.su"):
        (folder / left).unlink(missing_ok=True)
    return built


def answers(folder: Path, target: Target, clips: Sequence[Path], bundle: Bundle) -> Answers:
    """Run the example on an emulated board with these clips in it; instructions are counted, not cycles."""
    board: Board = target.board
    sounds = [soundfile.read(clip, dtype="float32")[0] for clip in clips]
    with TemporaryDirectory() as room:
        own = Path(room, "own")
        shutil.copytree(folder, own)
        for name, content in _clips(sounds, _full_scale(folder)).items():
            (own / name).write_bytes(content)
        _link(own, target)
        told = toolchain.run(_emulated(board, own / EXAMPLE / IMAGE), own)
    facts = [line[2:].split("\t") for line in told.splitlines() if line.startswith("# ")]
    counted = [int(value) for name, value in facts if name == "clip"]
    alone = {name: int(value) for name, value in facts}
    measured = {
        "instructions_per_clip": round(sum(counted) / len(counted)),
        "instructions_of_network": alone["network"],
        "stack": alone["stack"],
        "by": f"{board.emulator} {board.machine}; instructions, not cycles",
    }
    return Answers(probabilities(told, len(clips)), measured)


def _emulated(board: Board, image: Path) -> list[str]:
    quiet = ["-display", "none", "-monitor", "none", "-serial", "null"]
    counted = ["-icount", "shift=0,sleep=off", "-chardev", "stdio,id=out"]
    told = ["-semihosting-config", "enable=on,target=native,chardev=out"]
    return [board.emulator, "-M", board.machine, *board.options, *quiet, *counted, *told, "-kernel", str(image)]


def _link(folder: Path, target: Target) -> None:
    board: Board = target.board
    compiler = [*toolchain.zig(), *target.compiler, "-I.", "-I", EXAMPLE, f"-DBOARD_HZ={board.hz}"]
    sources = [f"{EXAMPLE}/{name}" for name in ("main.c", board.start, "clips.c")]
    script = ["-T", f"{EXAMPLE}/board.ld", "-Wl,--gc-sections"]
    flags = ["-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem", "freestanding", "-ffreestanding"]
    toolchain.run([*compiler, *flags, *sources, LIBRARY, *script, "-o", f"{EXAMPLE}/{IMAGE}"], folder)


def _full_scale(folder: Path) -> int:
    """Read of a program what its samples are."""
    found = re.search(r"QUAVER_FULL_SCALE (\d+)", (folder / "quaver_model.h").read_text())
    return int(found[1]) if found else 1


def _clips(sounds: Sequence[Array], scale: int) -> dict[str, bytes]:
    """Write clips as constants of the example, in samples of a full scale of 1 or of sixteen bits."""
    arrays = {f"clip_{number}": sampled(sound, scale) for number, sound in enumerate(sounds)}
    text, blob = weights.as_binary(arrays, f"{EXAMPLE}/clips.bin")
    rows = ",\n".join(f"    {{{name}, {values.size}}}" for name, values in arrays.items())
    header = (
        "/* The clips that the example hears, at the model's rate. */\n"
        f"#ifndef CLIPS_H\n#define CLIPS_H\n\n#define CLIPS {len(arrays)}\n\n"
        f"extern const struct {{\n    const {'float' if scale == 1 else 'short'} *samples;\n    int count;\n}} "
        "clips[CLIPS];\n\n#endif\n"
    )
    source = f'#include "clips.h"\n\n{text}\n{weights.declared(arrays)}\n\n'
    table = f"const __typeof__(clips[0]) clips[CLIPS] = {{\n{rows},\n}};\n"
    made = {"clips.h": header.encode(), "clips.c": (source + table).encode(), "clips.bin": blob}
    return {f"{EXAMPLE}/{name}": content for name, content in made.items()}


def _makefile(board: Board, gcc: str) -> str:
    flags = "-std=gnu99 -O2 -I.. -ffunction-sections -fdata-sections"
    emulated = " ".join(_emulated(board, Path(IMAGE))[:-2])
    return (
        f"# make        links the example with a compiler of your own\n# make run    runs it on an emulated board\n"
        f"CC = {gcc}\n\n"
        f"{IMAGE}: main.c {board.start} clips.c ../quaver_model.c ../quaver_weights.c\n"
        f"\tcd .. && $(CC) {flags} -DBOARD_HZ={board.hz} $(addprefix {EXAMPLE}/,$(filter-out ../%,$^)) "
        "$(patsubst ../%,%,$(filter ../%,$^)) "
        f"-nostartfiles -T {EXAMPLE}/board.ld -Wl,--gc-sections -o {EXAMPLE}/$@\n\n"
        f"run: {IMAGE}\n\t{emulated} -kernel {IMAGE}\n"
    )
