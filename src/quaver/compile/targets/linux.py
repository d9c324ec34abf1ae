"""Linux on four processors, linked statically: one file runs on every distribution, and under qemu-user here."""

import platform

from quaver.compile import dispatch
from quaver.compile.targets import Target


def _linux(name: str, about: str, triple: str, processor: str, emulator: str, *cpu: str) -> Target:
    flags = (
        "-target",
        f"{triple}-linux-{'musleabihf' if triple == 'arm' else 'musl'}",
        f"-mcpu={processor}",
        "-static",
    )
    return Target(name, about, compiler=flags, runner=(emulator, *cpu), emulator=emulator, roomy=True)


def _three() -> Target:
    """Make the target whose program chooses its kernels; this machine runs it if it is of that kind."""
    own = platform.machine() == "x86_64" and platform.system() == "Linux"
    return Target(
        "x86_64",
        "Linux; AVX-512 with VNNI, AVX2 or neither, chosen at run time",
        compiler=("-target", "x86_64-linux-musl", "-static"),
        runner=() if own else ("qemu-x86_64", "-cpu", "max"),
        emulator="" if own else "qemu-x86_64",
        writes=dispatch.files,
        builder=dispatch.build,
        answers=dispatch.answers,
        roomy=True,
    )


TARGETS = (
    _three(),
    _linux("aarch64", "Linux, ARMv8.2 with dot products", "aarch64", "cortex_a76", "qemu-aarch64", "-cpu", "max"),
    _linux("armv7", "Linux, Cortex-A9 with NEON", "arm", "cortex_a9", "qemu-arm", "-cpu", "max"),
    _linux("riscv64", "Linux, RV64GC", "riscv64", "baseline_rv64+m+a+f+d+c", "qemu-riscv64"),
)
