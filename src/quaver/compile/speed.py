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


@dataclass(frozen=True)
class Best:
    """What a core can do at most, where nothing was measured."""

    macs: dict[str, int]  # multiply-accumulates a cycle, by precision
    hz: float
    device: str


_A76 = {"float32": 8, "int8": 32}  # two vectors of 128 bits, with dot products
BEST = {
    "aarch64": Best(_A76, 2.4e9, "a Cortex-A76 of 2.4 GHz (Raspberry Pi 5)"),
    "android": Best({"float32": 8, "int8": 16}, 2.4e9, "a Cortex-A76 of 2.4 GHz without its dot products"),
    "armv7": Best({"float32": 2, "int8": 4}, 1.0e9, "a Cortex-A9 of 1 GHz"),
    "riscv64": Best({"float32": 1, "int8": 1}, 1.5e9, "a U74 of 1.5 GHz (VisionFive 2)"),
    "x86_64-windows": Best({"float32": 16, "int8": 32}, 3.0e9, "a core of 3 GHz with AVX2"),
    "aarch64-macos": Best({"float32": 16, "int8": 64}, 3.2e9, "an Apple M1 of 3.2 GHz"),
}


def estimate(program: Program, target: str) -> dict[str, Any]:
    """Estimate the seconds of an inference, and of a whole window with its features, and say what from.

    Returns:
        `network` and `window` in seconds, None where nothing was measured, and the `basis`; with `at_least` where it is
        a bound and no estimate.
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
    if best := BEST.get(target):
        told = (
            f"at the very best: {best.macs[precision]} multiply-accumulates a cycle, the most that {best.device} can "
            "do; nothing was measured"
        )
        seconds = macs / (best.macs[precision] * best.hz)
        return {"network": seconds, "window": None, "basis": told, "at_least": True}
    return {"network": None, "window": None, "basis": f"nothing was measured for {target}"}


def _window(program: Program) -> float:
    """Give the seconds of a window; what tunes every clip takes longer than this says."""
    sound = program.contract.sound
    return program.contract.window[0] / sound.spec.sample_rate if sound else 0.0
