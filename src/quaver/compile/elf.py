"""How large the code in an object file is."""

import struct
from pathlib import Path

_ALLOCATED, _WRITABLE, _NO_BITS = 2, 1, 8


def code(path: Path) -> int | None:
    """Count the bytes of an ELF file that lie in memory and never change; None for other formats."""
    data = path.read_bytes()
    if data[:4] != b"\x7fELF":
        return None
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    at, size, count = (
        (struct.unpack_from(order + "Q", data, 40)[0], *struct.unpack_from(order + "HH", data, 58))
        if wide
        else (struct.unpack_from(order + "I", data, 32)[0], *struct.unpack_from(order + "HH", data, 46))
    )
    total = 0
    for number in range(count):
        start = at + number * size
        if wide:
            kind, flags, _, _, length = struct.unpack_from(order + "IQQQQ", data, start + 4)
        else:
            kind, flags, _, _, length = struct.unpack_from(order + "IIIII", data, start + 4)
        if flags & _ALLOCATED and not flags & _WRITABLE and kind != _NO_BITS:
            total += length
    return total
