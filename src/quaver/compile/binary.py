"""How large the code in an object file is: of ELF, WebAssembly, Windows' COFF and Apple's Mach-O."""

import struct
from pathlib import Path

_ALLOCATED, _WRITABLE, _NO_BITS = 2, 1, 8  # of ELF's sections
_FUNCTIONS, _DATA = 10, 11  # of WebAssembly's
_HELD, _LEFT = 0x60, 0x82000800  # of COFF's: code or values; written to, discarded or removed
_SEGMENT = 0x19  # a command of Mach-O


def code(path: Path) -> int | None:
    """Count the bytes of an object file that lie in memory and never change; None for other formats."""
    data = path.read_bytes()
    if data[:4] == b"\x7fELF":
        return _of_elf(data)
    if data[:4] == b"\0asm":
        return _of_wasm(data)
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return _of_macho(data)
    return _of_coff(data) if data[:2] == b"d\x86" else None


def _of_elf(data: bytes) -> int:
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


def _of_wasm(data: bytes) -> int:
    at, total = 8, 0
    while at < len(data):
        kind, (size, at) = data[at], _number(data, at + 1)
        total += size if kind in (_FUNCTIONS, _DATA) else 0
        at += size
    return total


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; gives it and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def _of_coff(data: bytes) -> int:
    (count,), (more,) = struct.unpack_from("<H", data, 2), struct.unpack_from("<H", data, 16)
    starts = [20 + more + 40 * number for number in range(count)]
    sections = [struct.unpack_from("<I", data, at + 16) + struct.unpack_from("<I", data, at + 36) for at in starts]
    return sum(size for size, flags in sections if flags & _HELD and not flags & _LEFT)


def _of_macho(data: bytes) -> int:
    (count,), at, total = struct.unpack_from("<I", data, 16), 32, 0
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        sections = struct.unpack_from("<I", data, at + 64)[0] if command == _SEGMENT else 0
        for start in range(at + 72, at + 72 + 80 * sections, 80):
            if data[start + 16 : start + 32].rstrip(b"\0") == b"__TEXT":
                total += struct.unpack_from("<Q", data, start + 40)[0]
        at += size
    return total
