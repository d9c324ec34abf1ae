"""One HTML page with everything inside: style, script, drawings, sounds. It opens from disk and fetches nothing."""

import base64
import hashlib
import html
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from quaver import __version__, audio, plots
from quaver.files import atomic_text

# The colours of the figures that follow the reader's choice of light or dark; the style sheet gives them.
_FOLLOW = {
    "#22262e": "ink",
    "#707784": "grey",
    "#e3e6eb": "pale",
    "#ffffff": "paper",
    "#0072b2": "blue",
    "#000000": "ink",
}
FOOTER = (
    "quaver estimates the emotion that a voice <em>expresses</em>, as actors portray it, not what somebody feels. "
    "It must not be used to judge people. In the EU, inferring emotions of people at the <strong>workplace</strong> "
    "and in <strong>education</strong> is prohibited (Regulation (EU) 2024/1689, Article 5(1)(f))."
)


@dataclass
class Section:
    """A part of a page: a heading, which the contents lead to, and blocks of HTML."""

    name: str  # one word, which stands in the contents
    title: str
    blocks: list[str] = field(default_factory=list)

    def add(self, *blocks: str) -> None:
        """Put blocks at the end."""
        self.blocks += blocks

    def html(self) -> str:
        """Give the section as HTML."""
        inside = "\n".join(self.blocks)
        return f'<section id="{self.name}">\n<h2>{text(self.title)}</h2>\n{inside}\n</section>'


def write(path: Path | str, title: str, lead: str, sections: Sequence[Section], notice: str = "") -> None:
    """Write a page, whole or not at all.

    Args:
        path: of the HTML file.
        title: of the page.
        lead: HTML below the title.
        sections: in their order.
        notice: HTML above the footer, such as licences.
    """
    asset = files("quaver.page")
    fill = {
        "title": text(title),
        "lead": lead,
        "style": (asset / "page.css").read_text(encoding="utf-8"),
        "script": (asset / "page.js").read_text(encoding="utf-8"),
        "contents": "".join(f'<a href="#{one.name}">{text(one.name.capitalize())}</a>' for one in sections),
        "body": "\n".join(one.html() for one in sections),
        "notice": notice,
        "footer": FOOTER,
        "version": __version__,
    }
    with atomic_text(path) as out:
        out.write(_distinct(Template((asset / "page.html").read_text(encoding="utf-8")).substitute(fill)))


def text(words: object) -> str:
    """Escape what is no HTML; a percent sign stays with its number."""
    return html.escape(str(words)).replace(" %", "\u00a0%")


def number(count: int) -> str:
    """Write a count with thin spaces between the thousands.

    Example:
        >>> number(50_000)
        '50\u202f000'
    """
    return f"{count:,}".replace(",", "\u202f")


def paragraph(words: str, kind: str = "") -> str:
    """Give a paragraph of HTML, perhaps of a kind that the style sheet knows, such as `quiet`."""
    return f'<p class="{kind}">{words}</p>' if kind else f"<p>{words}</p>"


def note(tone: str, words: str) -> str:
    """Give a note of HTML that says by colour and by word what it asks for."""
    shown = {"fix": "fix", "look": "look at", "know": "know"}[tone]
    return f'<p class="note {tone}"><b>{shown}</b> <span>{words}</span></p>'


def grid(blocks: Iterable[str], kind: str = "") -> str:
    """Put blocks side by side where there is room."""
    return f'<div class="grid {kind}">' + "\n".join(blocks) + "</div>"


def fold(summary: str, *blocks: str) -> str:
    """Hide blocks until somebody asks for them; print shows them."""
    return f"<details><summary>{text(summary)}</summary>" + "\n".join(blocks) + "</details>"


def drawing(figure: Any, alt: str, caption: str = "") -> str:
    """Set a figure or axes as SVG that follows light and dark.

    Args:
        figure: a matplotlib Figure or Axes.
        alt: what it shows, for those who do not see it.
        caption: HTML below.
    """
    inside = _themed(plots.svg(figure), alt)
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure>{inside}{below}</figure>"


def sound(samples: audio.Samples, rate: int, label: str) -> str:
    """Set a sound as a player; its Opus is part of the page."""
    data = base64.b64encode(audio.opus(samples, rate)).decode()
    return f'<audio controls preload="metadata" aria-label="{text(label)}" src="data:audio/ogg;base64,{data}"></audio>'


def facts(told: Iterable[tuple[str, str]]) -> str:
    """Give a row of numbers, each with a few words below it."""
    shown = "".join(f"<li><b>{text(number)}</b><span>{text(what)}</span></li>" for number, what in told)
    return f'<ul class="facts">{shown}</ul>'


def card(title: str, *blocks: str, shade: str = "") -> str:
    """Put blocks that belong together on a card, below a title and perhaps a dot in a colour."""
    tone = f"var(--{_FOLLOW[shade]})" if shade in _FOLLOW else shade
    dot = f'<span class="dot" style="background:{tone}"></span>' if shade else ""
    return f'<article class="card"><h3>{dot}{text(title)}</h3>{"".join(blocks)}</article>'


def stage(*drawings: str) -> str:
    """Put strips below one another; a line runs through them while the sound on their card plays."""
    left, right = plots.STRIP
    head = f'<div class="head" data-left="{left}" data-right="{right}"></div>'
    return f'<div class="stage">{"".join(drawings)}{head}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """Give a table that scrolls by itself where it is too wide.

    Args:
        head: the names of the columns, plain text.
        rows: cells of HTML.
        numbers: which columns hold numbers.
    """
    right = set(numbers)

    def line(cells: Sequence[str], kind: str) -> str:
        inside = (f"<{kind}{' class=n' if i in right else ''}>{cell}</{kind}>" for i, cell in enumerate(cells))
        return f"<tr>{''.join(inside)}</tr>"

    body = "\n".join(line(cells, "td") for cells in rows)
    top = line([text(name) for name in head], "th")
    return f'<div class="scroll" tabindex="0"><table><thead>{top}</thead><tbody>{body}</tbody></table></div>'


def _themed(svg: str, alt: str) -> str:
    """Let the figure's greys follow the page, its size follow the column, and its ids be its own."""
    for shade, name in _FOLLOW.items():
        svg = svg.replace(shade, f"var(--{name})")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]+"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]), svg)  # a hundredth of a point will do
    svg = re.sub(r"(?<=data:image/png;base64,)[^\"]+", lambda m: _lean(m[0]), svg)
    svg = re.sub(r' id="[a-z.A-Z0-9]+_\d+"', "", svg)  # of the groups, which nothing refers to
    svg = re.sub(r'<svg [^>]*?width="([\d.]+)pt"', lambda m: f'{m[0]} style="max-width:{float(m[1]):.0f}pt"', svg)
    svg = re.sub(r'(<svg [^>]*?)height="[\d.]+pt" ', r"\1", svg)
    svg = re.sub(r'(<svg [^>]*?)width="[\d.]+pt" ', r"\1", svg)
    mark = hashlib.sha256(svg.encode()).hexdigest()[:6]
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{mark}-§-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{text(alt)}" ', 1)


def _lean(image: str) -> str:
    """Store an image of few colours, PNG in base64, by their numbers where that takes less space: the same picture."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(image))) as opened:
        cells = np.asarray(opened.convert("RGBA")).view(np.uint32)[:, :, 0]
    found, which = np.unique(cells, return_inverse=True)
    if len(found) > 256:
        return image
    colours = found.view(np.uint8).reshape(-1, 4)
    small, held = Image.fromarray(which.reshape(cells.shape).astype(np.uint8)), io.BytesIO()
    small.putpalette(colours[:, :3].tobytes())
    small.save(held, "PNG", transparency=colours[:, 3].tobytes(), optimize=True)
    return min(image, base64.b64encode(held.getvalue()).decode(), key=len)


def _distinct(page: str) -> str:
    """Number the marks of the figures, so that two alike do not share their ids."""
    numbers = itertools.count(1)
    parts = page.split("<svg ")
    return "<svg ".join([parts[0], *(part.replace("-§-", f"-{next(numbers)}-") for part in parts[1:])])
