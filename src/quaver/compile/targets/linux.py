"""Linux on four processors, linked statically: one file runs on every distribution, and under qemu-user here."""

import platform
from dataclasses import replace
from pathlib import Path

from quaver.compile.targets import Target

_CPUINFO = Path("/proc/cpuinfo")


def _linux(name: str, about: str, triple: str, processor: str, emulator: str, *cpu: str) -> Target:
    flags = (
        "-target",
        f"{triple}-linux-{'musleabihf' if triple == 'arm' else 'musl'}",
        f"-mcpu={processor}",
        "-static",
    )
    return Target(name, about, compiler=flags, runner=(emulator, *cpu), emulator=emulator)


def _own(target: Target) -> Target:
    """Leave the emulator out where this machine has what the program asks for."""
    has = platform.machine() == "x86_64" and _CPUINFO.is_file() and {"avx2", "fma"} <= set(_CPUINFO.read_text().split())
    return replace(target, runner=(), emulator="") if has else target


TARGETS = (
    _own(_linux("x86_64", "Linux, AVX2 and FMA (x86-64-v3)", "x86_64", "x86_64_v3", "qemu-x86_64", "-cpu", "max")),
    _linux("aarch64", "Linux, ARMv8.2 with dot products", "aarch64", "cortex_a76", "qemu-aarch64", "-cpu", "max"),
    _linux("armv7", "Linux, Cortex-A9 with NEON", "arm", "cortex_a9", "qemu-arm", "-cpu", "max"),
    _linux("riscv64", "Linux, RV64GC", "riscv64", "baseline_rv64+m+a+f+d+c", "qemu-riscv64"),
)
