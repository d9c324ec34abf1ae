"""How long an inference takes on a device, estimated from what was measured elsewhere."""

from dataclasses import dataclass
from typing import Any

from quaver.compile.program import Program


@dataclass(frozen=True)
class Rate:
    """What a multiply-accumulate and a second of sound cost on a target."""

    macs: dict[str, float]  # instructions for a multiply-accumulate, by precision
    sound: float  # instructions for the features of a second of sound, on article-edge
    hz: float  # of a usual device
    device: str


# benchmarks/boards.py measured them with QEMU; benchmarks/results/boards.json has them, and a test compares.
RATES = {
    "cortex-m4": Rate({"float32": 2.85, "int8": 2.05}, 18.8e6, 64e6, "nRF52840, 64 MHz"),
    "cortex-m7": Rate({"float32": 1.85, "int8": 1.99}, 17.2e6, 480e6, "STM32H743, 480 MHz"),
    "cortex-m55": Rate({"float32": 0.55, "int8": 0.78}, 7.2e6, 160e6, "Ensemble E3, 160 MHz"),
    "riscv32": Rate({"float32": 2.0, "int8": 5.72}, 19.3e6, 160e6, "a core of 160 MHz"),
}
# Nanoseconds for a multiply-accumulate of `article`, from benchmarks/results/compile.json and wasm.json, which a test
# compares: one thread, AVX-512 with VNNI; and the same processor through WebAssembly in Chromium.
HOST = {"float32": 0.0115, "int8": 0.0049}
BROWSER = {"float32": 0.069, "int8": 0.026}


def estimate(program: Program, target: str) -> dict[str, Any]:
    """Estimate the seconds of an inference, and of a whole window with its features, and say what from.

    Returns:
        `network` and `window` in seconds, None where nothing was measured, and the `basis`.
    """
    precision = "int8" if any(values.dtype == "int8" for values in program.constants.values()) else "float32"
    macs, rate = program.plan.macs, RATES.get(target)
    if rate:
        network, seconds = macs * rate.macs[precision] / rate.hz, _window(program)
        told = (
            f"an estimate: {rate.macs[precision]:g} instructions a multiply-accumulate, counted in an emulator, at one "
            f"a cycle on {rate.device}; waiting for flash comes on top"
        )
        return {"network": network, "window": network + seconds * rate.sound / rate.hz, "basis": told}
    for names, pace, where in (
        (("native", "x86_64"), HOST, "on one thread with AVX-512 and VNNI"),
        (("wasm", "web"), BROWSER, "in Chromium on one thread of x86-64"),
    ):
        if target in names:
            told = f"an estimate: {pace[precision]:g} ns a multiply-accumulate, measured {where}"
            return {"network": macs * pace[precision] * 1e-9, "window": None, "basis": told}
    return {"network": None, "window": None, "basis": f"nothing was measured for {target}"}


def _window(program: Program) -> float:
    """Give the seconds of a window; what tunes every clip takes longer than this says."""
    sound = program.contract.sound
    return program.contract.window[0] / sound.spec.sample_rate if sound else 0.0
