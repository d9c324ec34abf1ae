"""The figures of a corpus, each as Axes: in a notebook they show themselves, `plots.svg` gives them as text."""

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio, plots
from quaver.explore import balance as tables
from quaver.explore import views
from quaver.explore.seen import Look
from quaver.explore.sounds import MEASURES
from quaver.frontend.tables import Array
from quaver.manifest import Manifest
from quaver.plots.style import ACCENT, GREY, PALE, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VIEWS = tuple(views.VIEWS)
MOST_ROWS, MOST_COLUMNS = 24, 12  # of a table with numbers; the smaller ones are put together
MOST_LINES = 1000  # speakers of a table without numbers
_COLUMNS = 400  # of a waveform: more cannot be seen


@plots.styled
def classes(manifest: Manifest, axes: "Axes | None" = None) -> "Axes":
    """Draw how many clips each emotion has."""
    counts = {e: float(sum(clip.emotion == e for clip in manifest)) for e in manifest.emotions}
    tints = {e: plots.colour(e, manifest.emotions) for e in counts}
    return plots.bars(counts, unit="clips", tints=tints, title="Clips of each emotion", axes=axes)


@plots.styled
def balance(manifest: Manifest, trait: str, axes: "Axes | None" = None) -> "Axes":
    """Draw how many clips of each emotion there are for each value of a trait, the deeper the more.

    Args:
        manifest: the clips.
        trait: one of `balance.TRAITS`: "speaker", "sex", "corpus", "language", "intensity".
        axes: where to draw; None makes a figure.
    """
    table = tables.cross(manifest, trait)
    names = list(table.rows)
    if is_dense(manifest, trait):
        columns, across = _fewer(list(table.emotions), table.counts, MOST_COLUMNS)
        return plots.dense(across, [name.split("/", 1)[0] for name in names], columns, axes=axes)
    if trait == "speaker" and len(manifest.corpora) == 1:
        names = [name.split("/", 1)[1] for name in names]
    rows, counts = _fewer(names, table.counts.T, MOST_ROWS)
    columns, across = _fewer(list(table.emotions), counts.T, MOST_COLUMNS)
    return plots.heat(across, rows, columns, axes=axes)


def is_dense(manifest: Manifest, trait: str) -> bool:
    """Tell whether a table has so many speakers that it is drawn without their names, corpus by corpus."""
    return trait == "speaker" and MOST_ROWS < len(tables.cross(manifest, trait).rows) <= MOST_LINES


@plots.styled
def distribution(look: Look, measure: str, axes: "Axes | None" = None) -> "Axes":
    """Draw how a measure is distributed over the clips, strokes for those that stand out.

    Args:
        look: what `explore.look` gave.
        measure: a name of `sounds.MEASURES`, such as "seconds" or "level".
        axes: where to draw; None makes a figure.
    """
    of = next(m for m in MEASURES if m.name == measure)
    odd = np.isin(np.arange(len(look.clips)), [one.place for one in look.odd if one.measure == measure])
    return plots.spread(look.sounds.values[measure], title=of.title, unit=of.unit, odd=odd, axes=axes)


@plots.styled
def space(look: Look, trait: str = "emotion", axes: "Axes | None" = None) -> "Axes":
    """Draw the map of the clips in the colours of "emotion" or one of `balance.TRAITS`."""
    clips = [look.clips.clips[i] for i in look.drawn]
    groups = [clip.emotion if trait == "emotion" else tables.trait(clip, trait) for clip in clips]
    if len(look.clips.corpora) == 1 and trait == "speaker":
        groups = [group.split("/", 1)[1] for group in groups]
    return plots.cloud(look.map, groups, title=trait.capitalize(), emotions=trait == "emotion", axes=axes)


@plots.styled
def told(look: Look, axes: "Axes | None" = None) -> "Axes":
    """Draw how well a linear classifier tells emotion, speaker and corpus; strokes mark guessing."""
    values = {f"{probe.what}, {probe.how}": 100 * probe.uar for probe in look.probes}
    chance = {f"{probe.what}, {probe.how}": 100 * probe.chance for probe in look.probes}
    tints = {name: ACCENT if name.startswith("emotion") else GREY for name in values}
    return plots.bars(values, chance=chance, tints=tints, title="Told right (UAR)", axes=axes)


@plots.styled
def wave(samples: audio.Samples, rate: int, *, peak: float = 0.0, axes: "Axes | None" = None) -> "Axes":
    """Draw the lowest and highest sample of each moment of a sound, up to `peak`, or to its own."""
    axes = axes or plots.strip(0.65, below=0.04)
    starts = np.linspace(0, len(samples), min(_COLUMNS, len(samples)), endpoint=False).astype(int)
    low, high = (edge.reduceat(samples, starts) for edge in (np.minimum, np.maximum))
    axes.fill_between(starts / rate, low, high, color=ACCENT, lw=0.4)
    peak = (peak or max(float(np.abs(samples).max()), 1e-6)) * 1.02
    axes.set(xlim=(0, len(samples) / rate), ylim=(-peak, peak), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


@plots.styled
def view(
    samples: audio.Samples, rate: int, kind: str = "log-mel", *, top: float | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw a sound as one of `views.VIEWS`: "log-mel", "linear", "MFCC", "chroma".

    Args:
        samples: (n,) float32.
        rate: in Hz.
        kind: which view.
        top: for "log-mel", the level that counts as the loudest, see `views.loudest`; None means the sound's own.
        axes: where to draw; None makes a strip.
    """
    values = views.logmel(samples, rate, top) if kind == "log-mel" else views.VIEWS[kind](samples, rate)
    return shown(values, len(samples) / rate, kind, axes=axes)


@plots.styled
def shown(values: Array, seconds: float, kind: str = "log-mel", *, axes: "Axes | None" = None) -> "Axes":
    """Draw what a view gave (frames, rows) over time."""
    axes = axes or plots.strip(1.45)
    rows = values.shape[1]
    looks: dict[str, Any] = {"cmap": tint(), "vmin": 0, "vmax": 1}
    if kind == "MFCC":
        looks = {"cmap": _two_sided(), "vmin": -1, "vmax": 1}
    axes.imshow(values.T, origin="lower", aspect="auto", extent=(0, seconds, 0, rows), interpolation="none", **looks)
    places, names = _ticks(kind, rows)
    axes.set_yticks(places, names)
    _time(axes, seconds)
    return axes


@plots.styled
def contours(samples: audio.Samples, rate: int, axes: "Axes | None" = None) -> "Axes":
    """Draw the pitch of a voice as dots over its energy as an area."""
    axes = axes or plots.strip(1.45)
    at, level = views.energy(samples, rate)
    floor = max(float(level.max()) - 50, -90)
    other = axes.twinx()
    other.fill_between(at, floor, np.maximum(level, floor), color=GREY, alpha=0.25, lw=0)
    other.set(ylim=(floor, float(level.max()) + 3), yticks=[])
    other.spines[:].set_visible(False)
    time, hz = views.pitch(samples, rate)
    axes.plot(time, hz, ".", color=ACCENT, markersize=3.5)
    heard = hz[np.isfinite(hz)]
    low, high = (heard.min(), heard.max()) if len(heard) else (100.0, 300.0)
    axes.set_yscale("log")
    axes.set_ylim(low / 1.15, high * 1.15)
    marks = [mark for mark in (75, 100, 150, 200, 300, 400, 500) if low / 1.15 <= mark <= high * 1.15]
    axes.set_yticks(marks, [str(mark) for mark in marks])
    axes.set_yticks([], minor=True)
    axes.set_zorder(1)
    axes.set_facecolor("none")
    _time(axes, len(samples) / rate)
    return axes


def _fewer(names: list[str], counts: Array, most: int) -> tuple[list[str], Array]:
    """Put the smallest columns (n, names) of a table together, so that at most so many are left."""
    if len(names) <= most:
        return names, counts
    order = np.argsort(-counts.sum(axis=0), kind="stable")
    named = np.sort(order[: most - 1])
    rest = counts[:, order[most - 1 :]].sum(axis=1)
    others = f"{len(order) - len(named)} others"
    return [*(names[i] for i in named), others], np.column_stack([counts[:, named], rest])


def _time(axes: "Axes", seconds: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, seconds)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda at, _: f"{at:g} s" if at else "0")
    axes.tick_params(labelsize=8.5, pad=2)
    axes.spines[:].set_visible(False)
    axes.axhline(axes.get_ylim()[0], color=PALE, lw=1)


def _ticks(kind: str, rows: int) -> tuple[list[float], list[str]]:
    if kind == "linear":
        return [rows / 4, rows / 2, 3 * rows / 4], ["2k", "4k", "6k"]
    if kind == "log-mel":
        from quaver.frontend import tables as numbers

        weights = numbers.mel(views.SPEC)
        centres = weights @ numbers.frequencies(views.SPEC) / weights.sum(axis=1)
        return [float(np.interp(hz, centres, np.arange(rows) + 0.5)) for hz in (500, 1000, 2000, 4000)], [
            "0.5k",
            "1k",
            "2k",
            "4k",
        ]
    if kind == "chroma":
        return [0.5, 4.5, 7.5], ["C", "E", "G"]
    return [0.5, 9.5, 18.5], ["1", "10", "19"]


def _two_sided() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    sides = ((0.0, "#d55e00ff"), (0.5, "#d55e0000"), (0.5, "#1a6aa500"), (1.0, "#1a6aa5ff"))
    return LinearSegmentedColormap.from_list("quaver-sides", sides)
