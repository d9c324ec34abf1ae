"""ThresholdedRelu: zero up to a threshold."""

from quaver.compile.elementwise import unary

RULE = unary("ThresholdedRelu", "v > {alpha} ? v : 0.0f")
