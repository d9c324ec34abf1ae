"""One quiet style for all figures: fixed colours, a font that comes with matplotlib, the same bytes each time."""

import io
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from quaver.errors import QuaverError
from quaver.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 4.0  # inches of a panel: as wide as a phone, whose reader then gets the letters at their true size
STRIP = 0.115, 0.985  # of the width of a strip: where its time begins and ends
INK, GREY, PALE, PAPER, ACCENT = "#22262e", "#707784", "#e3e6eb", "#ffffff", "#0072b2"

# Okabe & Ito 2008, told apart with any colour vision; grey for neutral. Labels always stand beside the colours.
COLOURS = {
    "angry": "#d55e00",
    "disgust": "#009e73",
    "fear": "#8e5ea8",
    "happy": "#e69f00",
    "neutral": "#9aa1ad",
    "sad": "#0072b2",
    "surprise": "#56b4e9",
    "calm": "#8fc1a9",
    "boredom": "#8a6d4f",
}
_OTHERS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8e5ea8", "#8a6d4f")

_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.labelcolor": GREY,
    "axes.edgecolor": PALE,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "svg.hashsalt": "quaver",  # with it the ids in an SVG are the same every time
    "svg.fonttype": "path",
}

_P = ParamSpec("_P")
_Drawn = TypeVar("_Drawn")


def styled(draw: Callable[_P, _Drawn]) -> Callable[_P, _Drawn]:
    """Draw under quaver's style and leave matplotlib's settings as they were."""

    @wraps(draw)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _Drawn:
        try:
            import matplotlib
        except ImportError:
            raise QuaverError("pictures need matplotlib; install it with: pip install 'quaver[train]'") from None
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return wrapper


def figure(width: float, height: float) -> "Figure":
    """Make an empty figure of so many inches: 100 pixels each on a plain screen."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.1)  # inches, so that nothing sticks to the edge
    return Figure(figsize=(width, height), dpi=100, layout=room)


def panel(height: float) -> "Axes":
    """Make the axes of a figure of their own, as wide as a phone and so many inches high."""
    return _shown(figure(WIDTH, height).subplots())


def strip(height: float, below: float = 0.34) -> "Axes":
    """Make axes of a fixed place in a figure as wide as a phone, so that strips below one another share their time.

    Args:
        height: of the figure in inches.
        below: inches for what stands under the axes.
    """
    from matplotlib.figure import Figure

    low, high = STRIP
    drawing = Figure(figsize=(WIDTH, height), dpi=100)
    return _shown(drawing.add_axes((low, below / height, high - low, 1 - (below + 0.06) / height)))


def _shown(axes: "Axes") -> "Axes":
    """Let a notebook show axes that stand at the end of a cell."""
    axes._repr_svg_ = lambda: svg(axes)  # type: ignore[attr-defined]
    return axes


def colour(label: str, labels: Sequence[str] = ()) -> str:
    """Give the fixed colour of an emotion; labels of your own get one by their place in `labels`."""
    return COLOURS.get(label) or _OTHERS[(list(labels).index(label) if label in labels else 0) % len(_OTHERS)]


def save(drawing: "Figure", path: Path | str) -> list[Path]:
    """Write a figure as PNG (twice the pixels of a plain screen) and SVG, each whole or not at all.

    Args:
        drawing: the figure.
        path: where, without a suffix.

    Returns:
        The paths of the PNG and of the SVG; the same figure gives the same bytes.
    """
    import matplotlib

    kinds = ((".png", 200, {"Software": None}), (".svg", 120, {"Date": None, "Creator": "quaver"}))
    with matplotlib.rc_context(_STYLE):
        for suffix, dpi, metadata in kinds:
            with atomic_path(f"{path}{suffix}") as temporary:
                drawing.savefig(temporary, dpi=dpi, metadata=metadata)
    return [Path(f"{path}{suffix}") for suffix, _, _ in kinds]


def shades() -> Any:
    """Give the colour map of shares and of loudness: white over blue to night."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("quaver", ("#ffffff", "#cfe3f1", "#6aaed6", "#0072b2", "#06395c"))


def svg(drawing: "Figure | Axes") -> str:
    """Give a figure, or that of axes, as SVG text with real letters, to stand in a notebook or a page."""
    import matplotlib

    held = io.StringIO()
    whole: Any = getattr(drawing, "figure", None) or drawing
    with matplotlib.rc_context(_STYLE | {"svg.fonttype": "none"}):
        whole.savefig(held, format="svg", dpi=144, transparent=True, metadata={"Date": None, "Creator": "quaver"})
    text = held.getvalue()
    return text[text.index("<svg") :]


def tint() -> Any:
    """Give the colour map of shares on any ground: from nothing at all to blue."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("quaver-tint", ("#2b8cc400", "#1a6aa5ff"))
