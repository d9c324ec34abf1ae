"""ReduceSum: the sum over some axes, or over all of them."""

from quaver.compile.reduction import Reduction, reduction

RULE = reduction("ReduceSum", Reduction("0.0f", "y[{y}] += x[{x}];"))
