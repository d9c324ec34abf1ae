"""Log: the natural logarithm."""

from quaver.compile.elementwise import unary

RULE = unary("Log", "log_f32(v)")
