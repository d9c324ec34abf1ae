"""Predictions as text: one line a file, all labels of one file, and the timeline of a long one."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

FOOTER = "quaver estimates the emotion that a voice expresses, not what somebody feels."
BAR = 12  # columns of a bar in a line
NAME = 55  # columns of a line that are not the name's
LABEL = 12  # longest label that is not cut


@dataclass(frozen=True)
class Signs:
    """The characters to draw with."""

    full: str = "█"
    rest: str = "░"
    cut: str = "…"
    levels: str = " ▁▂▃▄▅▆▇█"
    silence: str = "·"


ASCII = Signs("#", ".", "...", " .:-=+*%@", "_")


def signs(encoding: str | None) -> Signs:
    """Choose characters that `encoding` has."""
    try:
        "█░…▁▂▃▄▅▆▇·".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return Signs()


class Drawer:
    """Draws predictions, as `Prediction.to_dict` gives them, into lines of a given width."""

    def __init__(self, width: int, names: list[str], encoding: str | None = None, sets: bool = False) -> None:
        """Take the columns there are, the names that are to come, put under each other, and whether to show sets."""
        self.sets = sets
        self.signs = signs(encoding or sys.stdout.encoding)
        self.width = max(width, NAME + 8)
        self.name = min(max(map(len, names), default=0), self.width - NAME)

    def line(self, row: Mapping[str, Any]) -> Text:
        """Draw a file as one line: name, emotion, bar, the runner-up, and whether to trust it; or what was wrong."""
        text = Text(f"{self._cut(row['file'], self.name):{self.name}}  ")
        if "error" in row:
            return text.append(f"error: {row['error'].removeprefix(row['file']).lstrip(' :')}", "red")
        (first, p), *others = sorted(row["probabilities"].items(), key=lambda pair: -pair[1])
        width = self._label_width(row)
        text.append(f"{self._cut(first, LABEL):{width}}", "bold").append(f" {self._bar(p, BAR)} {_percent(p)}")
        if self.sets:
            text.append(f"  {_several(_likeliest_first(row))}", "dim")
            return text.append("  no voice?", "yellow") if row["unfamiliar"] else text
        if others:
            second, q = others[0]
            text.append(f"  then {self._cut(second, LABEL):{width}}{_percent(q)}", "dim")
        doubt = "no voice?" if row["unfamiliar"] else "unsure" if row["unsure"] else ""
        return text.append(f"  {doubt}", "yellow") if doubt else text

    def sheet(self, row: Mapping[str, Any]) -> Text:
        """Draw all labels of one file, and say it in words."""
        width = self._label_width(row)
        text = Text(f"{row['file']}  {row['seconds']:.1f} s")
        if len(row["segments"]) > 1:
            text.append(f", {len(row['segments'])} windows")
        for label, p in row["probabilities"].items():
            style = "bold" if label == row["emotion"] else ""
            bar = self._bar(p, min(40, self.width - width - 12))
            text.append(f"\n  {self._cut(label, LABEL):{width}} {bar} {_percent(p)}", style)
        return text.append("\n").append(self._words(row), "yellow" if row["unsure"] else "")

    def timeline(self, row: Mapping[str, Any]) -> Text:
        """Draw how the probabilities of each label change, from left to right."""
        width = self._label_width(row)
        columns = min(72, self.width - width - 4)
        text = Text()
        for label in row["probabilities"]:
            text.append(f"  {self._cut(label, LABEL):{width}} {self._strip(row, label, columns)}\n")
        marks = [_clock(row["seconds"] * part / 4) for part in range(5)]
        gap = (columns - sum(map(len, marks))) / 4
        axis = "".join(mark.ljust(len(mark) + math.ceil(gap)) for mark in marks[:-1])
        return text.append(f"  {'':{width}} {axis[: columns - len(marks[-1])]}{marks[-1]}", "dim")

    def _strip(self, row: Mapping[str, Any], label: str, columns: int) -> str:
        """Draw one label's probability over time, the mean where windows overlap."""
        sums, counts = [0.0] * columns, [0] * columns
        for segment in row["segments"]:
            first, last = (segment[side] / row["seconds"] * columns for side in ("start", "end"))
            for column in range(int(first), min(columns, max(int(first) + 1, math.ceil(last)))):
                sums[column] += segment["probabilities"][label]
                counts[column] += 1
        top = len(self.signs.levels) - 1
        means = (total / count if count else None for total, count in zip(sums, counts, strict=True))
        return "".join(self.signs.silence if p is None else self.signs.levels[round(p * top)] for p in means)

    def _words(self, row: Mapping[str, Any]) -> str:
        """Say the answer, with doubts where there are any."""
        several = _several(_likeliest_first(row))
        if row["unfamiliar"]:
            return "unsure: this is unlike the voices that it learnt from. Is it music, noise, a tone?"
        if row["unsure"]:
            return f"unsure: it may sound {several}."
        words = f"It sounds {row['emotion']} ({round(100 * row['confidence'])} %)."
        return f"{words} The set: {several}." if self.sets else words

    def _bar(self, p: float, columns: int) -> str:
        full = round(p * columns)
        return self.signs.full * full + self.signs.rest * (columns - full)

    def _label_width(self, row: Mapping[str, Any]) -> int:
        return min(LABEL, max(map(len, row["probabilities"])))

    def _cut(self, text: str, width: int) -> str:
        """Shorten a name at its beginning; its end says more. Characters that move the cursor become '?'."""
        text = "".join(c if c.isprintable() else "?" for c in text)
        return text if len(text) <= width else self.signs.cut + text[len(text) - width + len(self.signs.cut) :]


def _likeliest_first(row: Mapping[str, Any]) -> list[str]:
    return sorted(row["set"], key=lambda label: -row["probabilities"][label])


def _several(labels: list[str]) -> str:
    return f"{', '.join(labels[:-1])} or {labels[-1]}" if len(labels) > 1 else labels[0]


def _percent(p: float) -> str:
    return f"{round(100 * p):3d}%"


def _clock(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
