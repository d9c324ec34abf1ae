"""Android on 64-bit Arm, from ARMv8.0 on."""

from quaver.compile import android
from quaver.compile.targets import Target

TARGETS = (
    Target(
        "android",
        "Android, arm64-v8a, a shared library with native methods for Java and Kotlin",
        hears=True,
        compiler=("-target", "aarch64-linux-musl", "-mcpu=generic+neon"),
        product="quaver_check",
        runner=("qemu-aarch64",),
        emulator="qemu-aarch64",
        writes=android.files,
        builder=android.build,
        answers=android.answers,
    ),
)
