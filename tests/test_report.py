"""The page about a run: from answers, histories and cards, whole or in part."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from browser import PROGRAM, Browser
from tiny_bundle import card

from quaver import evaluate, provenance, report
from quaver.errors import QuaverError
from quaver.files import write_json
from quaver.fit import FIELDS
from quaver.manifest import Manifest

LABELS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(scope="session")
def run(emodb, tmp_path_factory):
    """Two folds of answers to real clips, one mistake surer than all others."""
    folder, rng = tmp_path_factory.mktemp("runs") / "mine", np.random.default_rng(0)
    clips = Manifest.read(emodb / "manifest.csv").where(lambda clip: clip.emotion in LABELS)
    for number, speaker in enumerate(("03", "08"), start=1):
        side = clips.where(lambda clip, who=speaker: clip.speaker == who)
        truth = np.array([LABELS.index(clip.emotion) for clip in side])
        p = 0.4 * np.eye(4)[truth] + 0.6 * rng.dirichlet(np.ones(4), size=len(truth))
        if number == 1:
            p[0] = np.full(4, 0.0025)
            p[0, (truth[0] + 1) % 4] = 0.9925
        fold = folder / f"fold-{number:02d}"
        evaluate.save_predictions(fold / "test.npz", p / p.sum(axis=1, keepdims=True), truth, side.clips, LABELS)
        rows = [",".join(FIELDS), *(f"{e},{2 / e},{e / 9},{2 / e},{e / 10},{e / 10},0.001,1" for e in range(1, 8))]
        (fold / "history.csv").write_text("\n".join(rows) + "\n")
        write_json(fold / "card.json", card(protocol="emodb-loso", notes=provenance.NOTES).to_dict())
    write_json(
        folder / "run.json", {"protocol": "emodb-loso", "network": "article", "recipe": {"epochs": 7, "seed": 3}}
    )
    return folder


@pytest.fixture(scope="session")
def page(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "run.html"
    report.write(report.read(run), path)
    return path


def test_the_surest_mistake_comes_first(run, emodb):
    told = report.read(run)
    first = told.mistakes[0]
    assert first.confidence == pytest.approx(0.9925, abs=1e-3) and first.speaker == "emodb/03"
    assert first.truth != first.answer and len(told.mistakes) == min(12, told.wrong)
    assert told.scores == evaluate.run(run)


def test_the_page_tells_protocol_scores_mistakes_and_licences(run, page):
    text = page.read_text()
    scores = evaluate.run(run)
    for words in (
        f"{100 * scores.uar:.1f}\u00a0%",
        "emodb-loso",
        "boredom, each speaker once",
        "Speaker-independent",
        "CC0",
    ):
        assert words in text
    assert "So few speakers" in text and report.read(run).mistakes[0].file.rsplit("/", 1)[1] in text
    assert text.count("<audio") == len(report.read(run).mistakes)
    assert "not what somebody feels" in text and "workplace" in text and "education" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', text)


def test_one_voice_does_not_fill_the_list_of_mistakes(tmp_path, rng, emodb):
    clips = [clip for clip in Manifest.read(emodb / "manifest.csv") if clip.speaker in ("03", "08")]
    own = [c for c in clips if c.speaker == "03"][:30] + [c for c in clips if c.speaker == "08"][:4]
    sure = np.concatenate([np.linspace(0.99, 0.9, 30), np.linspace(0.7, 0.6, 4)])
    answers = np.stack([sure, 1 - sure], axis=1)
    evaluate.save_predictions(tmp_path / "test.npz", answers, np.ones(34, int), own, ("happy", "sad"))
    told = report.read(tmp_path)
    assert [one.speaker for one in told.mistakes].count("emodb/08") == 3 and len(told.mistakes) == 12
    assert [one.confidence for one in told.mistakes] == sorted((m.confidence for m in told.mistakes), reverse=True)


def test_a_few_sentences_say_what_to_take_from_a_run(tmp_path, emodb):
    from quaver.report.summary import summary

    clips = list(Manifest.read(emodb / "manifest.csv"))[:40]
    truth = np.repeat([0, 1], 20)
    p = np.where(np.arange(40)[:, None] < 30, (0.95, 0.05), (0.05, 0.95))  # half of the sad ones are heard as happy
    evaluate.save_predictions(tmp_path / "test.npz", p, truth, clips, ("happy", "sad"))
    (tmp_path / "history.csv").write_text("epoch,accuracy,val_accuracy\n1,0.5,0.5\n2,0.9,0.5\n")
    told = dict(reversed(pair) for pair in summary(report.read(tmp_path)))
    text = " ".join(told)
    assert "Guessing would reach 50.0 % UAR; this run reaches 75.0 %." in told
    assert "Of sad only 50 % is recognised; 50 % is taken for happy." in told
    assert "surer than it may be" in text and "40 points more" in text


def test_each_figure_can_be_had_alone(run):
    from matplotlib.axes import Axes

    told, figures = report.read(run), report.figures
    drawn = [figures.curve(told, "loss"), *(f(told) for f in (figures.confusion, figures.recalls, figures.speakers))]
    assert all(isinstance(axes, Axes) for axes in [*drawn, figures.voices(told)])
    assert [label.get_text() for label in figures.voices(told).get_yticklabels()] == ["emodb (2)"]


def test_sounds_can_be_left_out(run, tmp_path):
    report.write(report.read(run), tmp_path / "page.html", audio=False)
    assert "<audio" not in (tmp_path / "page.html").read_text()


def test_answers_alone_are_enough(tmp_path, rng, emodb):
    clips = list(Manifest.read(emodb / "manifest.csv"))[:6]
    gone = [replace(clip, path=tmp_path / clip.path.name) for clip in clips[:4]]
    spans = [replace(clips[4], start=0.0, end=0.5), replace(clips[4], start=0.5, end=1.0)]
    p = rng.dirichlet(np.ones(2), size=6)
    evaluate.save_predictions(tmp_path / "test.npz", p, 1 - p.argmax(axis=1), [*gone, *spans], ("happy", "sad"))
    report.write(report.read(tmp_path), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "not where it was" in text and "several clips" in text and "<audio" not in text


def test_a_dependent_run_is_said_to_be_one(run, tmp_path):
    import shutil

    shutil.copytree(run / "fold-01", tmp_path / "run" / "fold-01")
    write_json(tmp_path / "run" / "fold-01" / "card.json", card(speaker_independent=False).to_dict())
    report.write(report.read(tmp_path / "run"), tmp_path / "page.html", audio=False)
    assert "Speaker-dependent" in (tmp_path / "page.html").read_text()


def test_a_folder_without_answers_is_refused(tmp_path):
    with pytest.raises(QuaverError, match=r"holds no fold-\*/test.npz"):
        report.read(tmp_path)


@pytest.mark.skipif(not PROGRAM, reason="no Chromium on this machine; CI installs it")
def test_a_browser_shows_and_plays_it(page):
    browser = Browser()
    try:
        for width in (390, 1200):
            browser.open(page, width)
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
        play = """(async () => { const player = document.querySelector('audio'); await player.play();
          await new Promise(done => setTimeout(done, 500)); return player.currentTime; })()"""
        assert browser.evaluate(play) > 0
        assert set(browser.fetched()) == {page.as_uri()} and browser.complaints() == []
    finally:
        browser.close()


def test_the_program_reports_a_run(run, tmp_path):
    page = tmp_path / "page.html"
    words = [sys.executable, "-m", "quaver", "report", str(run), "-o", str(page), "--no-audio", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["scores"] == evaluate.run(run).to_dict() and told["mistakes"][0]["confidence"] > 0.9
    assert told["page"] == str(page) and page.exists()
