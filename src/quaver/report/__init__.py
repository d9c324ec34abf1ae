"""The page about a training run: curves, confusion, voices, calibration, mistakes, and what it may be used for.

Example:
    >>> from quaver import report
    >>> report.write(report.read("run"), "run.html")  # doctest: +SKIP
"""

from quaver.report.pages import write
from quaver.report.runs import Mistake, Run, read

__all__ = ["Mistake", "Run", "read", "write"]
