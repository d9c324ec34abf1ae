"""The program as a library for Arduino, PlatformIO and Zephyr."""

import json

from quaver import __version__
from quaver.compile import emit
from quaver.compile.program import Program

FOLDER = "library"
_SOURCES = ("quaver_model.h", "quaver_model.c", "quaver_weights.h", "quaver_weights.c")


def files(program: Program) -> dict[str, str]:
    """Give a folder that each of the three takes as it is."""
    sources = program.files("text")
    made = {f"src/{name}": sources[name].decode() for name in _SOURCES}
    made |= {"library.properties": _properties(program), "library.json": _platformio(program)}
    made["zephyr/module.yml"] = "name: quaver_model\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n"
    made |= {f"zephyr/{name}": emit.kit(f"zephyr/{name}") for name in ("CMakeLists.txt", "Kconfig")}
    if program.contract.sound:
        made["examples/Microphone/Microphone.ino"] = emit.kit("arduino/Microphone.ino")
    return {f"{FOLDER}/{name}": text for name, text in made.items()}


def _about(program: Program) -> str:
    what = "Tells the expressed emotion of a voice" if program.contract.sound else "A network"
    return f"{what}: {program.contract.name}, compiled by quaver."


def _properties(program: Program) -> str:
    contract = program.contract
    lines = {
        "name": "quaver_model",
        "version": __version__,
        "author": "quaver",
        "maintainer": "quaver",
        "sentence": _about(program),
        "paragraph": f"{program.constant_bytes:,} bytes of constants, {program.arena:,} bytes of RAM. "
        + " ".join(contract.notes[:1]),
        "category": "Signal Input/Output",
        "url": "",
        "architectures": "*",
        "includes": "quaver_model.h",
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _platformio(program: Program) -> str:
    made = {
        "name": "quaver_model",
        "version": __version__,
        "description": _about(program),
        "frameworks": "*",
        "platforms": "*",
        "headers": "quaver_model.h",
        "build": {"flags": ["-O3", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"]},
    }
    return json.dumps(made, indent=2) + "\n"
