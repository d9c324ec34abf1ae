"""Not: 0 for 1, 1 for 0."""

from quaver.compile.elementwise import unary

RULE = unary("Not", "v != 0.0f ? 0.0f : 1.0f")
