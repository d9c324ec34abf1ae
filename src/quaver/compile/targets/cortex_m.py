"""Arm's Cortex-M with floating point, as libraries; QEMU has a board of Arm's for each."""

from functools import partial

from quaver.compile import board
from quaver.compile.board import Board
from quaver.compile.targets import Target

_AN386 = Board(
    "mps2-an386",
    "4 MB of code, 4 MB of fast RAM, 16 MB of PSRAM",
    *("qemu-system-arm", "arm.c"),
    *("0x00000000 4M", "0x20000000 4M", "0x21000000 16M"),
)
_AN500 = Board(
    "mps2-an500",
    "4 MB of code, 4 MB of fast RAM, 16 MB of PSRAM",
    *("qemu-system-arm", "arm.c"),
    *("0x00000000 4M", "0x20000000 4M", "0x60000000 16M"),
)
_AN547 = Board(
    "mps3-an547",
    "512 kB of code, 512 kB of data, RAM beside them",
    *("qemu-system-arm", "arm.c"),
    *("0x10000000 512K", "0x30000000 512K", "0x60000000 64M"),
    hz=32_000_000,
)


def _cortex(name: str, processor: str, gcc: str, made: Board) -> Target:
    flags = ("-target", "thumb-freestanding-eabihf", f"-mcpu={processor}")
    return Target(
        name,
        f"{name.title()}, a static library",
        constants="text",
        compiler=flags,
        product=board.LIBRARY,
        emulator=made.emulator,
        lean=True,
        writes=partial(board.files, board=made, flags=flags, gcc=f"arm-none-eabi-gcc -mthumb {gcc}"),
        builder=board.build,
        answers=board.answers,
        board=made,
    )


TARGETS = (
    _cortex("cortex-m4", "cortex_m4+vfp4d16sp", "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard", _AN386),
    _cortex("cortex-m7", "cortex_m7+fp_armv8d16sp", "-mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard", _AN500),
    _cortex("cortex-m55", "cortex_m55+mve_fp", "-mcpu=cortex-m55 -mfloat-abi=hard", _AN547),
)
