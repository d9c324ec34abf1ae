"""Neg: values with the other sign."""

from quaver.compile.elementwise import unary

RULE = unary("Neg", "-v")
