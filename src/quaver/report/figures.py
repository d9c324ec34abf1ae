"""The figures of a run, each as Axes: in a notebook they show themselves, `plots.svg` gives them as text."""

from typing import TYPE_CHECKING

import numpy as np

from quaver import plots
from quaver.plots.style import ACCENT, GREY
from quaver.report.runs import History, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SPEAKERS = 24  # that are drawn one by one; of more, the weakest


@plots.styled
def curve(run: Run, name: str, axes: "Axes | None" = None) -> "Axes":
    """Draw "accuracy" or "loss" of all folds over the epochs; dots mark the epochs that were kept."""
    scale, series, marks = (100 if name == "accuracy" else 1), [], []
    for history in run.histories.values():
        epochs = np.array([row["epoch"] for row in history])
        for key, label, shade in ((name, "training", GREY), (f"val_{name}", "validation", ACCENT)):
            if all(key in row for row in history):
                series.append((label, epochs, scale * np.array([row[key] for row in history]), shade))
        if all(f"val_{name}" in row for row in history):
            kept = _kept(history)
            marks.append((kept["epoch"], scale * kept[f"val_{name}"]))
    title = "Accuracy (%)" if name == "accuracy" else "Loss"
    return plots.lines(series, title=title, x="epoch", marks=marks, axes=axes)


@plots.styled
def confusion(run: Run, axes: "Axes | None" = None) -> "Axes":
    """Draw where the clips of each emotion went: rows are the truth, columns the answers."""
    counts, labels = np.array(run.scores.confusion), run.scores.labels
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return plots.heat(counts, labels, labels, shares=shares, axes=axes)


@plots.styled
def speakers(run: Run, axes: "Axes | None" = None) -> "Axes":
    """Draw the UAR of each speaker, the weakest first."""
    ranked = sorted(run.scores.speakers.items(), key=lambda item: (item[1]["uar"], item[0]))[:MOST_SPEAKERS]
    return plots.bars({name: 100 * part["uar"] for name, part in ranked}, title="UAR of each speaker", axes=axes)


@plots.styled
def voices(run: Run, axes: "Axes | None" = None) -> "Axes":
    """Draw the UAR of every speaker as strokes, a row for each corpus; dots mark the medians."""
    rows: dict[str, list[float]] = {}
    for name, part in sorted(run.scores.speakers.items()):
        rows.setdefault(name.split("/", 1)[0], []).append(100 * part["uar"])
    values = {name: np.array(some) for name, some in rows.items()}
    return plots.strokes(values, title="UAR of all speakers", unit="%, the dot being the median", axes=axes)


@plots.styled
def recalls(run: Run, axes: "Axes | None" = None) -> "Axes":
    """Draw how often each emotion was recognised."""
    labels = run.scores.labels
    values = {label: 100 * run.scores.recall[label] for label in labels if label in run.scores.recall}
    tints = {label: plots.colour(label, labels) for label in labels}
    return plots.bars(values, title="Recall of each emotion", tints=tints, axes=axes)


def _kept(history: History) -> dict[str, float]:
    def worth(row: dict[str, float]) -> tuple[float, float]:
        score = row.get("score", row.get("val_uar", row.get("val_accuracy", 0.0)))
        return score, -row.get("val_loss", 0.0)

    return max(history, key=worth)
