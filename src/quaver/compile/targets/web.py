"""A page for browsers: WebAssembly with 128-bit vectors that imports nothing, inside one HTML file; node checks it."""

from pathlib import Path
from typing import Any

from quaver.compile.targets import Target


def _page(folder: Path, program: Any, bundle: Any) -> None:
    from quaver.compile import web

    web.write(folder, program, bundle)


TARGETS = (
    Target(
        "web",
        "a page for browsers, with the microphone",
        hears=True,
        constants="embedded",
        compiler=("-target", "wasm32-wasi", "-msimd128"),
        product="quaver_model.wasm",
        runner=("node", "--no-warnings", "run.mjs"),
        emulator="node",
        extra={"web.c": "web.c"},
        main="web.c",
        linker=("-mexec-model=reactor",),
        after=_page,
    ),
)
