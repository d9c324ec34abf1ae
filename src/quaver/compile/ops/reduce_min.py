"""ReduceMin: the smallest value over some axes, or over all of them."""

from quaver.compile.reduction import Reduction, reduction

RULE = reduction("ReduceMin", Reduction("INFINITY", "y[{y}] = x[{x}] < y[{y}] ? x[{x}] : y[{y}];"))
