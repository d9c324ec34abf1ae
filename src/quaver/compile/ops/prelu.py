"""PRelu: values below zero are multiplied by a slope of their own."""

from quaver.compile.elementwise import binary

RULE = binary("PRelu", "a > 0.0f ? a : a * b")
