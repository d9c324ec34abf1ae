"""Drawings as wide as a phone: tables in colour, bars, distributions, clouds, lines. Each gives its Axes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.emotions import in_order
from quaver.plots.style import ACCENT, GREY, INK, PALE, PAPER, colour, panel, styled, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = np.ndarray[Any, np.dtype[Any]]

DEEPEST = 0.6  # opacity of the fullest cell, so that letters on it can be read on any ground
_MANY = 9  # columns; more of them need slanted names and smaller numbers
_MARKS = "osDv^P*X<>hp"  # shapes beside colours, for people who see colours differently
_LARGER = {"*": 2.2, "P": 1.3, "X": 1.3, "p": 1.2, "h": 1.2}  # shapes that would look smaller than the others
_TINTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8e5ea8", "#9aa1ad")


@styled
def heat(
    counts: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    shares: Array | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw a table of counts whose cells are the deeper the more they hold; an empty cell is marked with a dash.

    Args:
        counts: (rows, columns) whole numbers.
        rows: their names, from above.
        columns: their names.
        shares: (rows, columns) from 0 to 1 that decide the depth; None: each row's shares.
        axes: where to draw; None makes a figure.
    """
    axes = axes or panel(1.1 + 0.27 * len(rows))
    if shares is None:
        shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
    axes.imshow(DEEPEST * shares, cmap=tint(), vmin=0, vmax=1, aspect="auto", interpolation="none")
    digits = len(str(int(counts.max(initial=0))))
    size = 9 if len(columns) <= (_MANY if digits < 4 else _MANY - 2) else 7
    for (row, column), count in np.ndenumerate(counts):
        ink = INK if count else GREY
        axes.text(column, row, str(count) if count else "–", ha="center", va="center", color=ink, size=size)
    axes.set_yticks(range(len(rows)), [short(name) for name in rows], color=INK, size=size)
    _across(axes, columns)
    return axes


def _across(axes: "Axes", columns: Sequence[str]) -> None:
    """Name the columns of a table above it, slanted."""
    looks: dict[str, Any] = {"color": INK, "size": 9 if len(columns) <= _MANY else 7}
    names = [short(name, 14) for name in columns]
    axes.set_xticks(range(len(columns)), names, rotation=40, ha="left", rotation_mode="anchor", **looks)
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)


@styled
def dense(counts: Array, groups: Sequence[str], columns: Sequence[str], *, axes: "Axes | None" = None) -> "Axes":
    """Draw a table of counts without numbers, a thin line a row: the deeper the more, blank where there is nothing.

    Args:
        counts: (rows, columns) whole numbers.
        groups: what each row belongs to; rows of a group stand together, and the group is named beside them.
        columns: their names.
        axes: where to draw; None makes a figure.
    """
    begins = [i for i, name in enumerate(groups) if i == 0 or name != groups[i - 1]]
    ends = [*begins[1:], len(groups)]
    middles = [(begin + end - 1) / 2 for begin, end in zip(begins, ends, strict=True)]
    least = min(np.diff(middles), default=len(groups))
    axes = axes or panel(1.1 + float(np.clip(0.16 * len(groups) / least, 2.2, 7.5)))
    shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=tint(), vmin=0, vmax=1, aspect="auto", interpolation="none")
    for begin in begins[1:]:
        axes.axhline(begin - 0.5, color=INK, lw=0.8)
    names = [f"{short(groups[b], 14)} ({e - b})" for b, e in zip(begins, ends, strict=True)]
    axes.set_yticks(middles, names, color=INK, size=9)
    _across(axes, columns)
    return axes


@styled
def bars(
    values: Mapping[str, float],
    *,
    chance: Mapping[str, float] | None = None,
    title: str = "",
    unit: str = "%",
    tints: Mapping[str, str] | None = None,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw one bar a name, its value behind it; a stroke marks what guessing would reach.

    Args:
        values: by name, from above, in percent or in units of `unit`.
        chance: of some of the names.
        title: above.
        unit: behind the values.
        tints: colours of some of the names.
        axes: where to draw; None makes a figure.
    """
    axes = axes or panel(0.75 + 0.36 * len(values))
    places = np.arange(len(values))[::-1]
    most = 100.0 if unit == "%" else max([*values.values(), 1e-9])
    colours = [(tints or {}).get(name, ACCENT) for name in values]
    axes.barh(places, list(values.values()), 0.6, color=colours)
    for place, (name, value) in zip(places, values.items(), strict=True):
        shown = f"{value:.0f} %" if unit == "%" else f"{value:,.0f}".replace(",", "\u202f")
        axes.text(value + 0.015 * most, place, shown, va="center", size=9, color=INK)
        if chance and name in chance:
            axes.vlines(chance[name], place - 0.36, place + 0.36, color=INK, lw=1.6)
    axes.set(xlim=(0, 1.16 * most), ylim=(-0.6, len(values) - 0.4), xticks=[])
    axes.set_yticks(places, [short(name, 26) for name in values], color=INK)
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    return axes


@styled
def spread(
    values: Array, *, title: str = "", unit: str = "", odd: Array | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw how values are distributed; those that stand out are drawn as strokes below.

    Args:
        values: (n,), not finite ones are left out.
        title: above.
        unit: below.
        odd: (n,) bool, which ones stand out.
        axes: where to draw; None makes a figure.
    """
    axes = axes or panel(2.0)
    known = values[np.isfinite(values)]
    if len(known) and known.min() == known.max():
        axes.text(0, 0.6, f"all clips: {round(float(known[0]), 3) + 0.0:g} {unit}", transform=axes.transAxes, color=INK)
        axes.set(xlim=(0, 1), xticks=[])
        axes.spines["bottom"].set_visible(False)
        unit = ""
    elif len(known):
        low, high = float(known.min()), float(known.max())
        room = max(high - low, 0.1 * max(abs(low), abs(high)), 0.1)  # of equal values one bar
        middle = (low + high) / 2
        left = middle - 0.51 * room if low < 0 else max(middle - 0.51 * room, 0.0)
        bins = np.linspace(left, left + 1.02 * room, min(40, 4 + len(known) // 4) + 1)
        heights, _, _ = axes.hist(known, bins.tolist(), color=ACCENT, alpha=0.75)
        most = float(np.max(heights))
        out = values[odd & np.isfinite(values)] if odd is not None else known[:0]
        axes.vlines(out, -0.13 * most, -0.03 * most, color="#d55e00", lw=1.4)
        axes.set_ylim(-0.14 * most if len(out) else 0, 1.06 * most)
    axes.set(xlabel=unit, yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_title(title)
    return axes


@styled
def strokes(values: Mapping[str, Array], *, title: str = "", unit: str = "%", axes: "Axes | None" = None) -> "Axes":
    """Draw a row of strokes a name, one for each of its values, over an axis from 0 to 100; a dot is the median.

    Args:
        values: (n,) by name, from above.
        title: above.
        unit: below.
        axes: where to draw; None makes a figure.
    """
    axes = axes or panel(1.1 + 0.36 * len(values))
    places = np.arange(len(values))[::-1]
    for place, of in zip(places, values.values(), strict=True):
        axes.vlines(of, place - 0.3, place + 0.3, color=ACCENT, lw=1.6, alpha=0.7)
        axes.plot(np.median(of), place, "o", color=INK, markersize=5, markeredgecolor=PAPER)
    axes.set(xlim=(0, 101), ylim=(-0.6, len(values) - 0.4), xlabel=unit)
    axes.set_yticks(places, [f"{short(name)} ({len(of)})" for name, of in values.items()], color=INK)
    axes.grid(axis="x", color=PALE)
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    return axes


@styled
def cloud(
    points: Array, groups: Sequence[str], *, title: str = "", emotions: bool = False, axes: "Axes | None" = None
) -> "Axes":
    """Draw points (n, 2) in the colours and shapes of their groups; the rarer groups beyond a dozen are grey.

    Args:
        points: where.
        groups: of each point.
        title: above.
        emotions: whether the groups are emotions, which have colours of their own.
        axes: where to draw; None makes a figure.
    """
    axes = axes or panel(4.0)
    names, place, counts = np.unique(np.array(groups, dtype=str), return_inverse=True, return_counts=True)
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))
    named = order if len(order) <= len(_MARKS) else order[: len(_MARKS) - 1]
    ranks = {label: rank for rank, label in enumerate(in_order(names.tolist()))}
    named.sort(key=lambda i: ranks[str(names[i])])
    size = float(np.clip(9000 / max(len(points), 1), 9, 36))
    for rank, i in enumerate([*named, *([-1] if len(named) < len(order) else [])]):
        inside = place == i if i >= 0 else ~np.isin(place, named)
        tint_ = colour(str(names[i]), [str(n) for n in names]) if emotions else _TINTS[rank % len(_TINTS)]
        label = short(str(names[i]), 14) if i >= 0 else f"{len(order) - len(named)} others"
        mark = _MARKS[rank % len(_MARKS)]
        dot: dict[str, Any] = {"s": size * _LARGER.get(mark, 1), "color": tint_ if i >= 0 else GREY, "marker": mark}
        axes.scatter(*points[inside].T, **dot, alpha=0.85, lw=0, label=label, rasterized=True)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "ncols": 3, "fontsize": 8.5}
    handles: Any = axes.legend(**below, handletextpad=0.2, columnspacing=0.8).legend_handles
    for handle in handles:
        handle.set_sizes([26])
    return axes


@styled
def lines(
    series: Sequence[tuple[str, Array, Array, str]],
    *,
    title: str = "",
    x: str = "",
    marks: Sequence[tuple[float, float]] = (),
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw lines over one axis.

    Args:
        series: name, x, y and colour of each; a name is in the legend once, an empty one never.
        title: above.
        x: below.
        marks: points that are to be seen.
        axes: where to draw; None makes a figure.
    """
    from matplotlib.ticker import MaxNLocator

    axes = axes or panel(2.7)
    seen: set[str] = set()
    for name, at, values, shade in series:
        axes.plot(at, values, color=shade, lw=1.4, alpha=0.8, label=None if name in seen else name or None)
        seen.add(name)
    for epoch, value in marks:
        axes.plot(epoch, value, "o", color=ACCENT, markersize=6, markeredgecolor=PAPER, zorder=3)
    axes.set_xlabel(x)
    axes.grid(axis="y", color=PALE)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_title(title)
    if seen - {""}:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3, fontsize=9)
    return axes


def short(name: str, most: int = 16) -> str:
    """Shorten a name in the middle.

    Example:
        >>> short("a-very-long-name-of-a-speaker", 11)
        'a-ver…eaker'
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"
