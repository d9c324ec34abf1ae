"""Charts of a training and of what came of it: curves, confusion, speakers, reliability."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.plots.style import ACCENT, GREY, INK, PALE, PAPER, figure, shades, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FEW_CLIPS = 10  # in a bin of confidence, whose share of right answers is then mostly chance


@styled
def curves(history: Sequence[Mapping[str, float | str]]) -> "Figure":
    """Draw accuracy and loss over the epochs, for training and validation, the kept epoch marked.

    Args:
        history: rows with `epoch`, `accuracy`, `loss`, `val_accuracy`, `val_loss` and perhaps `val_uar`, as numbers
            or as text from a CSV. The kept epoch has the best `score`, or else `val_uar`, or else `val_accuracy`.
    """
    values = {name: np.array([float(row[name]) for row in history]) for name in (history[0] if history else ())}
    drawing = figure(8, 3.6)
    left, right = drawing.subplots(1, 2)
    chosen = next((values[name] for name in ("score", "val_uar", "val_accuracy") if name in values), np.zeros(0))
    best = int(np.argmax(chosen)) if len(chosen) else None
    for axes, name, title in ((left, "accuracy", "Accuracy (%)"), (right, "loss", "Loss")):
        _curve(axes, values, name, title, best)
    left.set_ylim(0, 103)
    right.set_ylim(bottom=0)
    drawing.legend(*left.get_legend_handles_labels(), loc="outside upper right", ncols=3)
    return drawing


def _curve(axes: "Axes", values: Mapping[str, np.ndarray], name: str, title: str, best: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    scale = 100 if name == "accuracy" else 1
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.grid(axis="y")
    for key, label, tint, dash in ((name, "training", GREY, "--"), (f"val_{name}", "validation", ACCENT, "-")):
        if key in values:
            axes.plot(values["epoch"], scale * values[key], dash, color=tint, label=label)
    if best is not None and f"val_{name}" in values:
        at, value = values["epoch"][best], scale * values[f"val_{name}"][best]
        axes.axvline(at, color=PALE, zorder=0)
        axes.plot(at, value, "o", color=ACCENT, markersize=8, markeredgecolor=PAPER, label=f"kept: epoch {at:.0f}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if values:
        axes.set_xlim(values["epoch"][0] - 0.5, values["epoch"][-1] + 0.5)


@styled
def confusion(scores: Any) -> "Figure":
    """Draw where the clips of each emotion went, as shares of its clips with the counts below.

    Args:
        scores: a `Scores`, or its `to_dict()`.
    """
    s = _values(scores)
    counts, labels = np.array(s["confusion"]), s["labels"]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.9 + 0.68 * len(labels)
    drawing = figure(max(side, 5.2) + 0.3, max(side, 5.2))
    axes = drawing.subplots()
    axes.imshow(shares, cmap=shades(), vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(len(labels)), labels, rotation=35, ha="right", rotation_mode="anchor", color=INK)
    axes.set_yticks(range(len(labels)), labels, color=INK)
    axes.set(xlabel="answer", ylabel="truth")
    axes.spines[:].set_visible(False)
    for row, column in np.argwhere(counts):
        _cell(axes, row, column, shares[row, column], counts[row, column])
    axes.set_title(f"{100 * s['uar']:.1f} % unweighted average recall, {s['clips']} clips")
    return drawing


def _cell(axes: "Axes", row: int, column: int, share: float, count: int) -> None:
    tint = PAPER if share > 0.5 else INK
    weight = "bold" if row == column else "normal"
    axes.text(column, row - 0.1, f"{100 * share:.0f} %", ha="center", va="center", color=tint, weight=weight)
    axes.text(column, row + 0.24, str(count), ha="center", va="center", color=tint, size=7.5, alpha=0.8)


@styled
def speakers(scores: Any) -> "Figure":
    """Draw each speaker's unweighted average recall, the pooled one, and its interval.

    Args:
        scores: a `Scores`, or its `to_dict()`.
    """
    s = _values(scores)
    ranked = sorted(s["speakers"].items(), key=lambda item: (item[1]["uar"], item[0]))
    drawing = figure(8, 1.7 + 0.26 * len(ranked))
    axes = drawing.subplots()
    if s["interval"]:
        low, high = (100 * bound for bound in s["interval"])
        axes.axvspan(low, high, color=ACCENT, alpha=0.12, lw=0, label=f"95 % interval: {low:.1f} to {high:.1f} %")
    axes.axvline(100 * s["uar"], color=ACCENT, label=f"pooled: {100 * s['uar']:.1f} %")
    values = [100 * part["uar"] for _, part in ranked]
    axes.hlines(range(len(ranked)), 0, values, color=PALE, lw=1.2, zorder=1)
    axes.plot(values, range(len(ranked)), "o", color=INK, markersize=6)
    for place, value in enumerate(values):
        axes.text(102, place, f"{value:.1f}", va="center", size=8.5)
    axes.set_yticks(range(len(ranked)), [name for name, _ in ranked], size=8.5, color=INK)
    axes.set(xlim=(0, 101), ylim=(-0.7, len(ranked) - 0.3), xlabel="unweighted average recall (%)")
    axes.set_title(f"{len(ranked)} speakers" if len(ranked) != 1 else "1 speaker: no interval")
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return drawing


@styled
def reliability(scores: Any) -> "Figure":
    """Draw accuracy against confidence, bin by bin, over how many clips each bin holds; rings where they are few.

    Args:
        scores: a `Scores`, or its `to_dict()`.
    """
    s = _values(scores)
    drawing = figure(5, 5.4)
    upper, lower = drawing.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    upper.plot((0, 100), (0, 100), "--", color=GREY, lw=1)
    columns = {name: 100 * np.array([b[name] for b in s["reliability"]]) for name in ("confidence", "accuracy", "low")}
    upper.vlines(columns["confidence"], columns["confidence"], columns["accuracy"], color=PALE, lw=5)
    enough = np.array([b["clips"] >= FEW_CLIPS for b in s["reliability"]], bool)
    confidence, accuracy = columns["confidence"], columns["accuracy"]
    upper.plot(confidence[enough], accuracy[enough], "-o", color=ACCENT, markersize=6, lw=1.2)
    upper.plot(confidence[~enough], accuracy[~enough], "o", color=ACCENT, markersize=5, fillstyle="none")
    upper.set(xlim=(0, 100), ylim=(0, 103), ylabel="right answers (%)")
    upper.grid()
    upper.set_title(f"expected calibration error {100 * s['ece']:.1f} %")
    widths = [100 * (b["high"] - b["low"]) for b in s["reliability"]]
    clips = [b["clips"] for b in s["reliability"]]
    lower.bar(columns["low"], clips, widths, align="edge", color=ACCENT, alpha=0.5, edgecolor=PAPER)
    lower.set(xlabel="confidence (%)", ylabel="clips")
    return drawing


def _values(scores: Any) -> dict[str, Any]:
    """Read a `Scores` or its dict; this module stands below the one that makes them."""
    return dict(scores if isinstance(scores, Mapping) else scores.to_dict())
