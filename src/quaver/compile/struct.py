"""Constant structures in C, one field a line with its name."""

from collections.abc import Mapping

from quaver.compile.sizes import opened


def struct(kind: str, fields: Mapping[str, int | str]) -> list[str]:
    """Write `static const <kind> shape` with its fields named, several to a line; not static if a size is open."""
    lines, line = [], "   "
    for name, value in fields.items():
        word = f" .{name} = {value},"
        if len(line) + len(word) > 110:
            lines.append(line)
            line = "   "
        line += word
    static = "" if opened(v for v in fields.values() if isinstance(v, int)) else "static "
    return [f"{static}const {kind} shape = {{", *lines, line, "};"]


def moved(pointer: str, by: int) -> str:
    """Write a pointer some values further on, or back."""
    return pointer if by == 0 else f"{pointer} {'+' if by > 0 else '-'} {abs(by)}"
