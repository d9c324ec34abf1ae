"""The parts of a page: escaped, themed, distinct, whole."""

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from quaver import page, plots
from quaver.explore import figures
from quaver.page import Section


def drawing():
    return plots.heat(np.array([[3, 0], [1, 2]]), ["a", "b"], ["sad", "happy"])


def test_names_from_outside_cannot_become_html(tmp_path):
    evil = '<img src=x onerror="alert(1)">'
    section = Section("one", evil)
    section.add(page.card(evil), page.note("fix", page.text(evil)), page.table((evil,), [(page.text(evil),)]))
    section.add(page.drawing(plots.heat(np.ones((1, 1), int), [evil], [evil]), evil), page.fold(evil))
    page.write(tmp_path / "page.html", evil, page.facts([(evil, evil)]), [section])
    assert "<img" not in (tmp_path / "page.html").read_text()


def test_the_greys_of_a_figure_follow_the_page():
    shown = page.drawing(drawing(), "a table", "below")
    assert "var(--ink)" in shown and plots.style.INK not in shown
    assert 'role="img" aria-label="a table"' in shown and "<figcaption>below</figcaption>" in shown
    assert not re.search(r'<svg [^>]*\bheight="', shown) and "max-width" in shown


def test_pictures_are_stored_lean_and_unchanged():
    import base64
    import io

    from PIL import Image

    def images(svg):
        held = re.findall(r"data:image/png;base64,([^\"]+)", svg.replace("\n", ""))
        return held, [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGBA")) for one in held]

    axes = figures.shown(np.random.default_rng(0).random((300, 64)).round(1), 2.0)
    whole, lean = images(plots.svg(axes)), images(page.drawing(axes, "a table"))
    assert whole[1] and all(np.array_equal(a, b) for a, b in zip(whole[1], lean[1], strict=True))
    assert len(lean[0][0]) < 0.6 * len(whole[0][0])


def test_two_figures_alike_do_not_share_ids(tmp_path):
    section = Section("one", "One")
    section.add(page.drawing(drawing(), "a"), page.drawing(drawing(), "a"))
    page.write(tmp_path / "page.html", "title", "", [section])
    text = (tmp_path / "page.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) > 2 and "§" not in text
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)


def test_a_page_that_cannot_be_drawn_leaves_the_old_one(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    with pytest.raises(AttributeError):
        page.write(path, "title", "", [None])
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_sound_is_part_of_the_page():
    player = page.sound(np.zeros(8000, np.float32), 8000, "silence")
    assert player.startswith("<audio controls") and 'src="data:audio/ogg;base64,T2dnUw' in player


def words(axes):
    return " ".join(text.get_text() for text in axes.figure.findobj(match=lambda item: hasattr(item, "get_text")))


def test_a_table_marks_what_is_missing():
    assert "–" in words(drawing()) and "happy" in words(drawing())


def test_a_dollar_in_a_name_is_a_dollar():
    assert "$a_$" in plots.svg(plots.heat(np.ones((1, 1), int), ["$a_$"], ["sad"]))


def test_bars_say_their_values():
    axes = plots.bars({"emotion": 51.3, "speaker": 90.0}, chance={"speaker": 10.0})
    assert "51 %" in words(axes) and "90 %" in words(axes)
    assert "1\u202f234" in words(plots.bars({"sad": 1234.0}, unit="clips"))


def test_a_spread_takes_whatever_comes():
    for values in (np.zeros(0), np.full(5, 8.0), np.array([1.0, np.nan, np.inf]), np.arange(5.0)):
        axes = plots.spread(values, odd=np.zeros(len(values), bool))
        assert np.isfinite(axes.get_xlim()).all()
    assert plots.spread(np.array([0.0, 0.001])).get_xlim()[0] > -0.02  # no share below nothing


def test_a_cloud_names_at_most_a_dozen_groups(rng):
    points = rng.normal(size=(200, 2))
    assert "9 others" in words(plots.cloud(points, [f"{i % 20:02d}" for i in range(200)]))
    assert "others" not in words(plots.cloud(points, ["sad", "happy"] * 100, emotions=True))


def test_long_names_are_cut_in_the_middle():
    from quaver.plots.panels import short

    assert short("emodb/03") == "emodb/03"
    assert len(short("a-very-long-corpus/with-a-very-long-speaker")) <= 16
