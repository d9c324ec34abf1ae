"""The page about a corpus, in a real browser, and the command that writes it."""

import json
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from browser import PROGRAM, Browser
from planted import corpus

from quaver import explore


@pytest.fixture(scope="session")
def page(seen, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "emodb.html"
    explore.write(seen, path)
    return path


@pytest.fixture(scope="session")
def browser():
    if not PROGRAM:
        pytest.skip("no Chromium on this machine; CI installs it")
    browser = Browser()
    yield browser
    browser.close()


def test_the_page_holds_everything_itself(page):
    text = page.read_text()
    outside = re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', text)
    assert not outside
    assert "url(http" not in text and "@import" not in text
    assert "not what somebody feels" in text and "workplace" in text and "education" in text
    assert len(text) < 9e6


def test_the_page_says_what_was_planted(page):
    text = page.read_text()
    for words in ("broken.wav", "double.wav", "clipped.wav", "offcentre.wav", "may be mislabelled", "CC0"):
        assert words in text


def test_what_is_alike_for_all_clips_is_said_and_not_drawn(page):
    text = page.read_text()
    assert "Distribution: Duration" in text and "Distribution: Bandwidth" not in text
    assert "bandwidth 8 kHz" in text


def test_findings_lead_to_their_clips(page):
    text = page.read_text()
    summary = text[text.index('id="summary"') : text.index('id="balance"')]
    links = re.findall(r'href="#(finding-\d+)"', summary)
    assert len(links) >= 5 and len(set(links)) == len(links)
    assert all(f'<h3 id="{link}">' in text for link in links)


def test_ids_are_unique_and_references_lead_somewhere(page):
    text = page.read_text()
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1200, False)])
def test_a_browser_shows_it_without_fetching_or_complaining(browser, page, width, dark):
    browser.events.clear()
    browser.open(page, width, dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width  # nothing sticks out sideways
    assert browser.evaluate("document.querySelectorAll('figure svg').length") > 60
    smallest = "Math.min(...[...document.querySelectorAll('main figure svg')].filter(s => s.clientWidth)"
    assert browser.evaluate(smallest + ".map(s => s.clientWidth))") > 250
    assert browser.fetched() == [page.as_uri()]
    assert browser.complaints() == []


def test_sounds_play_and_a_line_runs_through_their_pictures(browser, page):
    browser.open(page)
    play = """(async () => {
      const player = document.querySelector('.card audio');
      await player.play();
      await new Promise(done => setTimeout(done, 700));
      const head = player.closest('.card').querySelector('.head');
      return [player.currentTime, player.duration, getComputedStyle(head).display, parseFloat(head.style.left)];
    })()"""
    at, length, shown, left = browser.evaluate(play)
    assert 0 < at <= length and length > 0.5
    assert shown == "block" and 11 < left < 99
    other = """(async () => {
      const [one, two] = document.querySelectorAll('.card audio');
      await two.play(); return [one.paused, two.paused]; })()"""
    assert browser.evaluate(other) == [True, False]


def test_every_sound_can_be_decoded(browser, page):
    browser.open(page)
    broken = """(async () => {
      const length = player => new Promise(done => {
        player.onloadedmetadata = () => done(player.duration); player.onerror = () => done(0); player.load();
        player.preload = 'metadata'; });
      const all = [...document.querySelectorAll('audio')];
      return [all.length, (await Promise.all(all.map(length))).filter(seconds => !(seconds > 0.1)).length]; })()"""
    count, bad = browser.evaluate(broken)
    assert count >= 24 and bad == 0


def test_one_view_at_a_time_is_shown_and_can_be_chosen(browser, page):
    browser.open(page)
    visible = "[...document.querySelector('#listen .card').querySelectorAll('.view')].map(v => v.clientHeight > 0)"
    assert browser.evaluate(visible) == [True, False, False, False, False]
    browser.evaluate("document.querySelector('label[for=view4]').click()")
    assert browser.evaluate(visible) == [False, False, False, True, False]


def quaver(*words, cache):
    command = [sys.executable, "-m", "quaver", *map(str, words)]
    own = {**os.environ, "QUAVER_CACHE": str(cache)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=own)


def test_the_program_prints_findings_for_programs(tmp_path, rng):
    corpus(tmp_path, rng).write(tmp_path / "m.csv")
    done = quaver("explore", tmp_path / "m.csv", "--json", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["clips"] == 12 and told["page"] is None and told["findings"]
    assert "listening" in done.stderr and not list(tmp_path.glob("*.html"))


def test_the_program_writes_a_page(tmp_path, rng):
    corpus(tmp_path, rng, takes=1).write(tmp_path / "m.csv")
    page = tmp_path / "new" / "page.html"
    done = quaver("explore", tmp_path / "m.csv", "-o", page, "--no-copies", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert page.read_text().startswith("<!doctype html>") and str(page) in done.stdout
    assert "know" in done.stdout


def test_mistakes_are_one_line(tmp_path):
    done = quaver("explore", tmp_path / "gone.csv", cache=tmp_path / "cache")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.startswith("quaver: ")
