"""HardSwish: the value times a line from 0 at -3 to 1 at 3."""

from quaver.compile.elementwise import unary

RULE = unary("HardSwish", "v > 3.0f ? v : v > -3.0f ? v * (v + 3.0f) / 6.0f : 0.0f")
