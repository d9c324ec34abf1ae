"""A RISC-V microcontroller with 32 bits and single precision, as a library; it runs on QEMU's board `virt`."""

from functools import partial

from quaver.compile import board
from quaver.compile.board import Board
from quaver.compile.targets import Target

_VIRT = Board(
    "virt",
    "128 MB of RAM",
    *("qemu-system-riscv32", "riscv.c"),
    *("0x80000000 4M", "0x80400000 12M", "0x81000000 96M"),
    hz=1_000_000_000,
    options=("-bios", "none"),
)
_FLAGS = ("-target", "riscv32-freestanding-gnuf32", "-mcpu=baseline_rv32+m+a+f+c", "-mcmodel=medany")
_GCC = "riscv64-unknown-elf-gcc -march=rv32imafc_zicsr -mabi=ilp32f -mcmodel=medany"

TARGETS = (
    Target(
        "riscv32",
        "RV32IMAFC, a static library",
        constants="text",
        compiler=_FLAGS,
        product=board.LIBRARY,
        emulator=_VIRT.emulator,
        lean=True,
        writes=partial(board.files, board=_VIRT, flags=_FLAGS, gcc=_GCC),
        builder=board.build,
        answers=board.answers,
        board=_VIRT,
    ),
)
