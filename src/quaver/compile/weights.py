"""The constants of a program: declared in a header, written as text or taken from a binary file."""

from collections.abc import Mapping

import numpy as np

from quaver.compile.elementwise import constant
from quaver.compile.graph import Array

ALIGNED = 64  # bytes
_KINDS = {"float32": "float", "int8": "signed char", "int32": "int", "uint8": "unsigned char", "int16": "short"}


def declared(weights: Mapping[str, Array]) -> str:
    """Declare every array, its shape in a comment."""
    return "\n".join(f"extern const {_kind(v)} {name}[{v.size}]; /* {_drawn(v)} */" for name, v in weights.items())


def as_text(weights: Mapping[str, Array]) -> str:
    """Define every array with its numbers, exactly; any C compiler takes it, large networks slowly."""
    return "\n\n".join(
        f"/* {_drawn(values)} */\nconst {_kind(values)} {name}[{values.size}] = {{\n{_numbers(values)}\n}};"
        for name, values in weights.items()
    )


def as_binary(weights: Mapping[str, Array], file: str) -> tuple[str, bytes]:
    """Define every array by a part of a binary file, through ELF's assemblers; gives the text and the file."""
    lines, blob = [], bytearray()
    for name, values in weights.items():
        blob += bytes(-len(blob) % ALIGNED)
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        lines.append(f'TAKE({name}, "{len(blob)}", "{len(data)}") /* {_drawn(values)} */')
        blob += data
    return _TAKE.replace("FILE", file) + "\n".join(lines), bytes(blob)


def as_embedded(weights: Mapping[str, Array], file: str) -> tuple[str, bytes]:
    """Define every array by a part of a binary file through #embed of C23; gives the text and the file."""
    blob = as_binary(weights, file)[1]
    lines, at = [], 0
    for name, values in weights.items():
        at += -at % ALIGNED
        part = f'#embed "{file}" limit({values.nbytes}) clang::offset({at})'
        lines.append(f"/* {_drawn(values)} */\n_Alignas(64) const unsigned char {name}[] = {{\n{part}\n}};")
        at += values.nbytes
    return "\n\n".join(lines), blob


_TAKE = """#define TAKE(name, first, size)                                                        \\
    __asm__(".pushsection .rodata\\n"                                                    \\
            ".balign 64\\n"                                                              \\
            ".globl " #name "\\n"                                                        \\
            ".hidden " #name "\\n"                                                       \\
            ".type " #name ", %object\\n"                                                \\
            ".size " #name ", " size "\\n" #name ":\\n"                                    \\
            ".incbin \\"FILE\\", " first ", " size "\\n"                     \\
            ".popsection\\n");

"""


def _kind(values: Array) -> str:
    return _KINDS[values.dtype.name]


def _drawn(values: Array) -> str:
    return " x ".join(map(str, values.shape)) or "1"


def _numbers(values: Array) -> str:
    words = (
        map(constant, values.reshape(-1).tolist())
        if values.dtype == np.float32
        else map(str, values.reshape(-1).tolist())
    )
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) > 116:
            lines.append(line)
            line = "   "
        line += f" {word},"
    return "\n".join([*lines, line])
