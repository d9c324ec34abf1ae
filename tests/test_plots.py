import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from quaver import audio, plots
from quaver.emotions import EMOTIONS
from quaver.evaluate import score
from quaver.manifest import Clip

HISTORY = [
    {"epoch": str(e), "accuracy": f"{0.3 + e / 20}", "loss": f"{2 - e / 10}", "val_accuracy": "0.5",
     "val_loss": f"{1 + abs(e - 4) / 9}", "val_uar": f"{0.6 - abs(e - 4) / 20}"}
    for e in range(1, 9)
]  # fmt: skip


@pytest.fixture
def scores(rng):
    truth = rng.integers(7, size=200)
    p = rng.dirichlet(np.ones(7), size=200) * 0.6 + 0.4 * np.eye(7)[truth]
    clips = [Clip(Path(f"{i}.wav"), "emodb", f"{i % 9:02d}", "") for i in range(200)]
    return score(p, truth, clips, EMOTIONS)


@pytest.fixture
def tone():
    return (0.3 * np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000)).astype(np.float32), 16_000


def result(segments=1, labels=EMOTIONS):
    def shares(i):
        values = np.ones(len(labels)) + 5 * (np.arange(len(labels)) == i % len(labels))
        return dict(zip(labels, (values / values.sum()).tolist(), strict=True))

    parts = [
        {"start": 1.5 * i, "end": 1.5 * i + 3, "emotion": labels[i % len(labels)], "probabilities": shares(i)}
        for i in range(segments)
    ]
    return {"file": "talk/clip.wav", "emotion": labels[3], "confidence": 0.5, "unsure": True,
            "probabilities": shares(3), "segments": parts}  # fmt: skip


def words(figure):
    """Collect every text that a figure shows."""
    return " ".join(text.get_text() for text in figure.findobj(match=lambda item: hasattr(item, "get_text")))


def test_curves_mark_the_epoch_that_was_kept():
    figure = plots.curves(HISTORY)  # text, as a CSV gives it
    assert "kept: epoch 4" in words(figure)
    accuracy = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(accuracy, [100 * float(row["accuracy"]) for row in HISTORY])


def test_curves_of_a_run_that_has_just_begun():
    assert "kept: epoch 1" in words(plots.curves(HISTORY[:1]))
    assert "Loss" in words(plots.curves([]))


def test_confusion_shows_shares_and_counts(scores):
    text = words(plots.confusion(scores))
    row = np.array(scores.confusion[0])
    assert f"{100 * row[0] / row.sum():.0f} %" in text and str(row[0]) in text.split()
    assert all(label in text for label in EMOTIONS) and f"{100 * scores.uar:.1f} %" in text


def test_charts_take_scores_or_what_json_holds(scores):
    for chart in (plots.confusion, plots.speakers, plots.reliability):
        assert words(chart(scores)) == words(chart(scores.to_dict())) != ""


def test_speakers_are_ranked_with_the_interval(scores):
    figure = plots.speakers(scores)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == sorted(scores.speakers, key=lambda name: scores.speakers[name]["uar"])
    low, high = scores.interval
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in words(figure)


def test_one_speaker_is_drawn_without_an_interval():
    clips = [Clip(Path(f"{i}.wav"), "one", "01", "") for i in range(7)]
    figure = plots.speakers(score(np.eye(7), np.arange(7), clips, EMOTIONS))
    assert "no interval" in words(figure) and "95 %" not in words(figure)


def test_reliability_draws_every_bin(scores):
    figure = plots.reliability(scores)
    drawn = np.concatenate([line.get_ydata() for line in figure.axes[0].lines[1:]])  # bins of many clips, then of few
    ordered = sorted(scores.reliability, key=lambda b: b["clips"] < plots.FEW_CLIPS)
    np.testing.assert_allclose(drawn, [100 * b["accuracy"] for b in ordered])
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == scores.clips


def test_a_prediction_of_one_segment_has_bars(tone):
    text = words(plots.prediction(*tone, result()))
    assert all(label in text for label in EMOTIONS)
    assert "happy" in text and "50 %, unsure" in text and "clip.wav" in text and "talk/" not in text


def test_a_prediction_over_time_fills_the_whole_height(tone):
    figure = plots.prediction(*tone, result(segments=5))
    top = max(area.get_paths()[0].vertices[:, 1].max() for area in figure.axes[2].collections)
    assert top == pytest.approx(100)
    legend = figure.axes[2].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == list(EMOTIONS)


def test_names_over_areas_do_not_overlap(rng):
    """Whatever the probabilities, texts stay inside their own area, so no two meet."""
    samples = rng.normal(size=16_000 * 20).astype(np.float32) * 0.1
    answer = result(segments=12)
    for part in answer["segments"]:
        part["probabilities"] = dict(zip(EMOTIONS, rng.dirichlet(np.full(7, 0.4)).tolist(), strict=True))
    figure = plots.prediction(samples, 16_000, answer)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[2].texts]
    assert len(boxes) > 1
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_the_spectrogram_shows_a_tone_where_it_is(tone):
    axes = plots.prediction(*tone, result()).axes[1]
    image = axes.images[0].get_array()
    loudest = float(image.mean(axis=1).argmax()) + 0.5
    ticks = dict(zip([t.get_text() for t in axes.get_yticklabels()], axes.get_yticks(), strict=True))
    assert loudest == pytest.approx(ticks["1"], abs=1.0)


@pytest.mark.parametrize("seconds", [0.1, 400.0])
def test_very_short_and_very_long_sounds_are_drawn(seconds, rng):
    samples = (0.1 * rng.normal(size=int(8000 * seconds))).astype(np.float32)
    figure = plots.prediction(samples, 8000, result(segments=1 if seconds < 1 else 9))
    assert figure.axes[1].images[0].get_array().shape[1] <= 2001  # bounded, however long
    assert figure.axes[0].get_xlim() == (0, pytest.approx(seconds))


def test_a_long_name_is_cut_and_labels_of_your_own_have_colours(tone):
    labels = tuple(f"mood {i}" for i in range(12))
    figure = plots.prediction(*tone, {**result(labels=labels), "file": "x" * 90 + ".wav"})
    assert "…" in words(figure) and "x" * 60 not in words(figure)
    assert plots.colour("mood 1", labels) != plots.colour("mood 2", labels)


def test_emotions_keep_one_colour_each():
    assert len(set(plots.COLOURS.values())) == len(plots.COLOURS) and set(EMOTIONS) <= plots.COLOURS.keys()


def test_saving_gives_png_and_svg_with_the_same_bytes_every_time(tone, tmp_path):
    first, second = (plots.save(plots.prediction(*tone, result()), tmp_path / name / "a.b") for name in "12")
    assert [path.name for path in first] == ["a.b.png", "a.b.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[0].read_bytes().startswith(b"\x89PNG")
    root = ElementTree.parse(first[1]).getroot()
    assert root.tag.endswith("svg") and "dc:date" not in first[1].read_text()
    assert not list(tmp_path.glob("*/.*")), "temporary files stayed"


def test_drawing_leaves_matplotlib_as_it_was(scores):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plots.speakers(scores)
    assert dict(matplotlib.rcParams) == before


def test_importing_plots_imports_no_matplotlib():
    code = "import sys, quaver.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_real_clip_gives_a_picture(emodb, tmp_path):
    samples, rate = audio.load(emodb / "wav" / "03a01Fa.opus")
    png, svg = plots.save(plots.prediction(samples, rate, result()), tmp_path / "picture")
    assert 50_000 < png.stat().st_size < 1_000_000 and svg.stat().st_size < 600_000
