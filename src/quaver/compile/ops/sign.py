"""Sign: 1, 0 or -1."""

from quaver.compile.elementwise import unary

RULE = unary("Sign", "(float)((v > 0.0f) - (v < 0.0f))")
