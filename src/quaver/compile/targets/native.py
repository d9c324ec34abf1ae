"""This machine, with every instruction that it has; the compiler is the host's own."""

import platform

from quaver.compile.targets import Target

_NATIVE = ("-march=native",) if platform.machine() in ("x86_64", "AMD64") else ("-mcpu=native",)

TARGETS = (Target("native", "this machine", compiler=_NATIVE, cross=False, roomy=True),)
