"""Windows and macOS: linked, but not run here, because nothing here runs them."""

from quaver.compile.targets import Target

TARGETS = (
    Target(
        "x86_64-windows",
        "Windows, AVX2 and FMA (x86-64-v3)",
        constants="embedded",
        compiler=("-target", "x86_64-windows-gnu", "-mcpu=x86_64_v3"),
        product="quaver_model.exe",
        roomy=True,
        unseen="linked, but nothing here runs programs of Windows",
    ),
    Target(
        "aarch64-macos",
        "macOS, Apple M1 and later",
        constants="embedded",
        compiler=("-target", "aarch64-macos", "-mcpu=apple_m1"),
        roomy=True,
        unseen="linked, but nothing here runs programs of macOS",
    ),
)
