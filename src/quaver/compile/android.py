"""Android on 64-bit Arm: a shared library that needs no other, with the native methods of a Java class."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from quaver.bundle import Bundle
from quaver.compile import binary, emit, toolchain
from quaver.compile.build import SOURCES, Built, stack
from quaver.compile.program import Program
from quaver.compile.targets import Target
from quaver.compile.verify import Answers, run

LIBRARY = "jniLibs/arm64-v8a/libquaver.so"
JAVA = "java/org/quaver/Quaver.java"
_KIT = ("jni.h", "quaver_jni.c", "memory.c", "mock_jni.c")
_OWN = ("quaver_jni.c", "memory.c")
_HEADERS = ("math.h", "string.h")
_PAGES = "-Wl,-z,max-page-size=16384"  # as Android 15 asks for
_LINKED = ("-shared", "-nostdlib", "-ffreestanding", "-Wl,-soname,libquaver.so", "-Wl,--no-undefined", _PAGES)


def files(program: Program) -> dict[str, bytes]:
    """Write the native methods, the class that has them, and what stands in for Java in the check."""
    made = {name: emit.kit(f"android/{name}") for name in _KIT}
    made |= {f"freestanding/{name}": emit.kit(f"freestanding/{name}") for name in _HEADERS}
    made[JAVA] = emit.kit("android/Quaver.java")
    return {name: text.encode() for name, text in made.items()}


def build(folder: Path, target: Target) -> Built:
    """Compile the shared library; a program that checks the same objects is linked beside it."""
    compiler = [*toolchain.zig(), *target.compiler]
    flags = ["-fPIC", "-ffreestanding", "-fvisibility=hidden", "-isystem", "freestanding"]
    toolchain.run([*compiler, *toolchain.FLAGS, *flags, *toolchain.usage(compiler), "-c", SOURCES[0]], folder)
    for source in _OWN:  # -fno-builtin: memcpy must not be compiled to a call of memcpy
        toolchain.run([*compiler, *toolchain.FLAGS, *flags, "-fno-builtin", "-c", source], folder)
    toolchain.run([*compiler, "-std=gnu99", "-c", SOURCES[1]], folder)
    objects = [source.replace(".c", ".o") for source in (*SOURCES, *_OWN)]
    (folder / LIBRARY).parent.mkdir(parents=True)
    toolchain.run([*compiler, *_LINKED, "-s", *objects, "-o", LIBRARY], folder)
    mains = ["mock_jni.c", "-Dquaver_classify=through_jni", "main.c"]
    checked = [*objects[:-1], "-static", "-o", target.product, "-lm"]  # musl has its own memory.c
    toolchain.run([*compiler, *toolchain.FLAGS, *mains, *checked], folder)
    built = Built(binary.code(folder / objects[0]), stack(folder))
    for left in (*objects, "quaver_model.su"):
        (folder / left).unlink(missing_ok=True)
    return built


def answers(folder: Path, target: Target, clips: Sequence[Path], bundle: Bundle) -> Answers:
    """Call the native methods from a program that stands in for Java; Android itself is not here."""
    told = run(folder, target, clips, bundle)
    return replace(told, measured={"by": "the native methods called by a program under qemu-aarch64, without Android"})
