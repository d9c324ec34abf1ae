"""WebAssembly with 128-bit vectors and WASI; node runs it here."""

from quaver.compile.targets import Target

TARGETS = (
    Target(
        "wasm",
        "WebAssembly with SIMD, WASI",
        constants="embedded",
        compiler=("-target", "wasm32-wasi", "-msimd128"),
        product="quaver_model.wasm",
        runner=("node", "--no-warnings", "run.mjs"),
        emulator="node",
        extra={"run.mjs": "run.mjs"},
    ),
)
