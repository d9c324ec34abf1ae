"""LeakyRelu: values below zero are multiplied by a slope."""

from quaver.compile.elementwise import unary

RULE = unary("LeakyRelu", "v > 0.0f ? v : {alpha} * v")
