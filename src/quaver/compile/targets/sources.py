"""Sources alone, for any compiler of C99; the constants are text."""

from quaver.compile.targets import Target

TARGETS = (Target("c", "sources alone", constants="text", builds=False, runs=False, lean=True),)
