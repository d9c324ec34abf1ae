"""Figures for people: Figures to be saved as PNG and SVG, and the Axes of small panels for pages and notebooks."""

from quaver.plots.charts import FEW_CLIPS, confusion, curves, reliability, speakers
from quaver.plots.panels import bars, cloud, dense, heat, lines, spread, strokes
from quaver.plots.picture import prediction, waveform
from quaver.plots.style import COLOURS, STRIP, colour, panel, save, strip, styled, svg

__all__ = [
    "COLOURS",
    "FEW_CLIPS",
    "STRIP",
    "bars",
    "cloud",
    "colour",
    "confusion",
    "curves",
    "dense",
    "heat",
    "lines",
    "panel",
    "prediction",
    "reliability",
    "save",
    "speakers",
    "spread",
    "strip",
    "strokes",
    "styled",
    "svg",
    "waveform",
]
