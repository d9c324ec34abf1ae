"""HardSigmoid: a straight line held between 0 and 1."""

from quaver.compile.elementwise import unary

RULE = unary(
    "HardSigmoid", "{alpha} * v + {beta} > 1.0f ? 1.0f : {alpha} * v + {beta} > 0.0f ? {alpha} * v + {beta} : 0.0f"
)
