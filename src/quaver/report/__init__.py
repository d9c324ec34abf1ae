"""The page about a training run: curves, confusion, voices, calibration, mistakes, and what it may be used for.

Example:
    >>> from quaver import report
    >>> run = report.read("run")  # doctest: +SKIP
    >>> report.figures.confusion(run)  # doctest: +SKIP
    >>> report.write(run, "run.html")  # doctest: +SKIP
"""

from quaver.report import figures
from quaver.report.pages import write
from quaver.report.runs import Mistake, Run, read

__all__ = ["Mistake", "Run", "figures", "read", "write"]
