"""Where: one of two values, as a third says."""

from quaver.compile.elementwise import among

RULE = among({"Where": "a != 0.0f ? b : c"})
