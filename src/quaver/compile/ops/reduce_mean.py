"""ReduceMean: the mean over some axes, or over all of them."""

from quaver.compile.elementwise import constant
from quaver.compile.reduction import Reduction, reduction
from quaver.compile.sizes import Open


def _share(count: int) -> str:
    share = f"1.0f / (float)({count})" if isinstance(count, Open) else constant(1 / count)
    return f"y[{{y}}] *= {share};"


RULE = reduction("ReduceMean", Reduction("0.0f", "y[{y}] += x[{x}];", _share))
