"""The picture of a prediction: the sound, what the network sees of it, and the emotions, over time."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio
from quaver.frontend import tables
from quaver.frontend.spec import ArticleSpec
from quaver.plots.style import GREY, INK, PALE, PAPER, colour, figure, shades, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 1000  # across: more cannot be seen
_MEL = ArticleSpec("picture", 16_000, n_fft=1024, hop=128, n_mels=96, mel_high=8000.0)
_TITLE = 48  # characters that fit beside the answer
_QUIET: dict[str, Any] = {"loc": "right", "color": GREY, "weight": "normal", "size": 10}
_HEARD_DB = 65.0  # decibels below the loudest that are drawn


@styled
def waveform(samples: np.ndarray, sample_rate: int, title: str = "") -> "Figure":
    """Draw a sound over time.

    Args:
        samples: (n,) float32.
        sample_rate: in Hz.
        title: above it.
    """
    drawing = figure(8, 2.2)
    axes = drawing.subplots()
    _wave(axes, samples, sample_rate)
    axes.set_xlabel("seconds")
    axes.set_title(title)
    return drawing


@styled
def prediction(
    samples: np.ndarray, sample_rate: int, result: Mapping[str, Any], *, title: str | None = None
) -> "Figure":
    """Draw waveform over mel spectrogram over probabilities: bars for one segment, areas over time for several.

    Args:
        samples: (n,) float32, the sound that was heard.
        sample_rate: in Hz.
        result: the prediction as `quaver predict --json` prints it.
        title: in place of the file's name.
    """
    timeline = len(result.get("segments", ())) > 1
    drawing = figure(8, 5.6 if timeline else 5.9)
    wave, mel, below = drawing.subplots(3, 1, height_ratios=(1, 1.7, 1.9))
    _wave(wave, samples, sample_rate)
    _spectrogram(mel, samples, sample_rate)
    wave.set_xticklabels([])
    _heading(wave, result, PurePath(str(result.get("file") or "")).name if title is None else title)
    if timeline:
        mel.set_xticklabels([])
        _areas(below, result["segments"], len(samples) / sample_rate)
    else:
        mel.set_xlabel("seconds")
        _bars(below, result["probabilities"])
    drawing.align_ylabels()
    return drawing


def _heading(axes: "Axes", result: Mapping[str, Any], title: str) -> None:
    """Write the answer beside its colour on the left, and whose it is on the right."""
    label, sure = str(result["emotion"]), f"{100 * float(result['confidence']):.0f} %"
    mark = axes.text(0, 1.1, "●", transform=axes.transAxes, color=colour(label, list(result["probabilities"])), size=15)
    after: dict[str, Any] = {"textcoords": "offset points", "va": "bottom"}
    answer = axes.annotate(label, (1, 0), (5, 0), xycoords=mark, size=15, weight="bold", **after)
    more = f"{sure}, unsure" if result.get("unsure") else sure
    axes.annotate(more, (1, 0), (6, 0), xycoords=answer, size=12, color=GREY, **after)
    axes.set_title(title if len(title) <= _TITLE else f"{title[: _TITLE // 2]}…{title[-_TITLE // 2 :]}", **_QUIET)


def _wave(axes: "Axes", samples: np.ndarray, sample_rate: int) -> None:
    """Fill between the lowest and highest sample of each column of pixels."""
    count = min(_COLUMNS, max(1, len(samples)))
    starts = np.linspace(0, len(samples), count, endpoint=False).astype(int)
    low, high = (edge.reduceat(samples, starts) for edge in (np.minimum, np.maximum))
    axes.fill_between(starts / sample_rate, low, high, color=INK, lw=0.4, alpha=0.85)
    peak = max(float(np.abs(samples).max()), 1e-6) * 1.05
    axes.set(xlim=(0, len(samples) / sample_rate), ylim=(-peak, peak), yticks=[])
    axes.spines[:].set_visible(False)


def _spectrogram(axes: "Axes", samples: np.ndarray, sample_rate: int) -> None:
    levels = _levels(audio.resample(np.asarray(samples, np.float32), sample_rate, _MEL.sample_rate))
    axes.imshow(
        levels.T,
        cmap=shades(),
        origin="lower",
        aspect="auto",
        extent=(0, len(samples) / sample_rate, 0, _MEL.n_mels),
        interpolation="bilinear",
    )
    centres = tables.mel(_MEL) @ tables.frequencies(_MEL) / tables.mel(_MEL).sum(axis=1)
    ticks = np.array([500, 1000, 2000, 4000])
    axes.set_yticks(np.interp(ticks, centres, np.arange(_MEL.n_mels) + 0.5), ["0.5", "1", "2", "4"])
    axes.set_ylabel("kHz")
    axes.spines[:].set_visible(False)


def _levels(samples: np.ndarray) -> np.ndarray:
    """Compute (frames, mels) from 0, too quiet to matter, to 1, the loudest; long sounds with wider hops."""
    hop = _MEL.hop * max(1, len(samples) // (_MEL.hop * _COLUMNS))
    padded = np.pad(samples, _MEL.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _MEL.n_fft)[::hop]
    power = np.square(np.abs(np.fft.rfft(frames * tables.window(_MEL)))) @ tables.mel(_MEL).T
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.asarray(np.clip(1 + (decibels - decibels.max()) / _HEARD_DB, 0, 1).round(2))  # few shades: small files


def _bars(axes: "Axes", probabilities: Mapping[str, float]) -> None:
    labels = list(probabilities)
    shares = [100 * probabilities[label] for label in labels]
    places = range(len(labels) - 1, -1, -1)
    axes.barh(places, 100, 0.62, color=PALE, alpha=0.5)
    axes.barh(places, shares, 0.62, color=[colour(label, labels) for label in labels])
    for place, label, share in zip(places, labels, shares, strict=True):
        weight = "bold" if share == max(shares) else "normal"
        axes.text(-1, place, label, ha="right", va="center", color=INK, weight=weight)
        axes.text(101, place, f"{share:.0f} %", va="center", color=INK, weight=weight)
    axes.set(xlim=(0, 100), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _areas(axes: "Axes", segments: Sequence[Mapping[str, Any]], seconds: float) -> None:
    """Stack the probabilities over time, each named inside its area where there is room."""
    labels = list(segments[0]["probabilities"])
    middle = [(part["start"] + part["end"]) / 2 for part in segments]
    values = np.array([[100 * part["probabilities"][label] for label in labels] for part in segments])
    times = np.linspace(0, seconds, 721)
    smooth = np.array([np.interp(times, middle, column) for column in values.T])
    tints = [colour(label, labels) for label in labels]
    areas = axes.stackplot(times, smooth, colors=tints, edgecolor=PAPER, linewidth=0.8)
    tops = np.cumsum(smooth, axis=0)
    for label, tint, top, height in zip(labels, tints, tops, smooth, strict=True):
        _name_area(axes, label, tint, times, top - height, top)
    axes.set(xlim=(0, seconds), ylim=(0, 100), xlabel="seconds", ylabel="%", yticks=[0, 50, 100])
    axes.spines[:].set_visible(False)
    legend: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.28), "ncols": min(8, len(labels))}
    axes.legend(areas, labels, **legend, handlelength=0.8, handleheight=0.8, columnspacing=1.2)


def _name_area(axes: "Axes", label: str, tint: str, times: np.ndarray, bottom: np.ndarray, top: np.ndarray) -> None:
    """Write the label where a box as wide as its text has the most room between bottom and top."""
    wide = 12 * (len(label) + 1)  # of 721 columns: the font's widest letters at this size
    if wide >= len(times):
        return
    room = np.lib.stride_tricks.sliding_window_view
    floor, ceiling = room(bottom, wide).max(axis=1), room(top, wide).min(axis=1)
    at = int(np.argmax(ceiling - floor))
    if ceiling[at] - floor[at] >= 11:  # percent, the height of the text
        height = (ceiling[at] + floor[at]) / 2
        dark = sum(int(tint[i : i + 2], 16) for i in (1, 3, 5)) < 420
        where = (times[at + wide // 2], height)
        axes.text(*where, label, ha="center", va="center", color=PAPER if dark else INK, weight="bold", size=9.5)
