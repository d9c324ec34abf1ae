"""Figures for people. Each function gives a matplotlib Figure; `save` writes it as PNG and SVG."""

from quaver.plots.charts import confusion, curves, reliability, speakers
from quaver.plots.picture import prediction, waveform
from quaver.plots.style import COLOURS, colour, save

__all__ = ["COLOURS", "colour", "confusion", "curves", "prediction", "reliability", "save", "speakers", "waveform"]
