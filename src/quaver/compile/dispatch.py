"""One program with its kernels compiled several times; which of them run is chosen when it first runs."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from quaver.bundle import Bundle
from quaver.compile import binary, emit, toolchain
from quaver.compile.build import SOURCES, Built, stack
from quaver.compile.program import Program
from quaver.compile.targets import Target
from quaver.compile.verify import Answers, run

# Suffix and processor, from the latest on; the checks of each stand in kit/dispatch_x86.c.
KINDS = (("avx512", "x86_64_v4+avx512vnni"), ("avx2", "x86_64_v3"), ("sse2", "x86_64"))
OLD = ("qemu-x86_64", "-cpu", "Nehalem")
_SOUND = ("classify", "features", "begin", "push", "finish", "meet", "listen", "network_of")


def files(program: Program) -> dict[str, bytes]:
    """Write what chooses."""
    return {"quaver_dispatch.c": program.told(emit.kit("dispatch_x86.c")).encode()}


def build(folder: Path, target: Target) -> Built:
    """Compile the model for each kind of processor, and link all of them with what chooses."""
    compiler = [*toolchain.zig(), *target.compiler]
    sound = "quaver_classify" in (folder / "quaver_model.h").read_text()
    code, frames = 0, 0
    objects = ["quaver_dispatch.o", "quaver_weights.o"]
    for kind, processor in KINDS:
        names = [f"-Dquaver_{name}=quaver_{name}_{kind}" for name in ("network", *(_SOUND if sound else ()))]
        labels = [f"-Dquaver_labels=quaver_labels_{kind}"] if sound and kind != KINDS[-1][0] else []
        made = f"quaver_{kind}.o"
        model = [f"-mcpu={processor}", *names, *labels, *toolchain.usage(compiler, made), "-c", SOURCES[0], "-o", made]
        toolchain.run([*compiler, *toolchain.FLAGS, *model], folder)
        code, frames = code + (binary.code(folder / made) or 0), max(frames, stack(folder, f"quaver_{kind}.su") or 0)
        objects.append(made)
    toolchain.run([*compiler, "-mcpu=x86_64", *toolchain.FLAGS, "-c", "quaver_dispatch.c"], folder)
    toolchain.run([*compiler, "-std=gnu99", "-c", SOURCES[1]], folder)
    if (folder / "main.c").is_file():
        main = ["-mcpu=x86_64", *toolchain.FLAGS, "-s", "main.c"]
        toolchain.run([*compiler, *main, *objects, "-o", target.product], folder)
    toolchain.run([*toolchain.zig()[:-1], "ar", "rcs", "libquaver_model.a", *objects], folder)
    for left in (*objects, *(f"quaver_{kind}.su" for kind, _ in KINDS)):
        (folder / left).unlink(missing_ok=True)
    return Built(code, frames or None)


def answers(folder: Path, target: Target, clips: Sequence[Path], bundle: Bundle) -> Answers:
    """Run the command as this machine does, and as a processor without AVX where an emulator of one is here."""
    told, ran = [run(folder, target, clips, bundle).probabilities], ["this machine"]
    if not target.runner and shutil.which(OLD[0]):
        told.append(run(folder, replace(target, runner=OLD), clips, bundle).probabilities)
        ran.append(" ".join(OLD))
    return Answers(np.stack(told), {"by": " and ".join(ran)})
