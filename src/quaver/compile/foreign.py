"""Texts that somebody else wrote, as they may stand in C: nothing in them ends a comment or a string."""


def remark(text: str) -> str:
    """Write a text as the inside of a comment; its lines stay lines."""
    return "\n".join(map(_harmless, text.split("\n")))


def _harmless(line: str) -> str:
    """A backslash at the end of a line, or the three letters that C99 takes for one, would join it with the next."""
    told = "".join(letter if letter.isprintable() else " " for letter in line)
    return told.replace("??/", "?").replace("\\", "|").replace("*/", "* /").replace("/*", "/ *")


def quoted(text: str) -> str:
    """Write a text as a string of C; what is not plain ASCII, in octal."""
    letters = (chr(c) if 31 < c < 127 and c not in b'"\\?' else f"\\{c:03o}" for c in text.encode("utf-8", "replace"))
    return f'"{"".join(letters)}"'
