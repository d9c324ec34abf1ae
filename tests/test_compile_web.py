"""The page of the target `web` in a real browser: files and microphone, numbers as in Python, nothing fetched."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import numpy as np
import pytest
import soundfile
from browser import PROGRAM, Browser
from tiny_encoder_graph import encoder, knowing, network

from quaver import audio, frontend
from quaver.compile import web
from quaver.compile.source import program_of
from quaver.manifest import Manifest
from quaver.predict import Predictor
from quaver.profiles import Profile

RATE = 16_000
ROWS = "[...document.querySelectorAll('#bars li')].map(row => Number(row.dataset.share))"
STATE = "document.body.dataset.state"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return encoder(tmp_path_factory.mktemp("tiny") / "tiny", network(), frontend.spec("logmel"))


def test_the_page_is_whole_and_honest(tiny, tmp_path):
    (tmp_path / "quaver_model.wasm").write_bytes(b"\0asm")
    web.write(tmp_path, program_of(tiny, "a test"), tiny)
    text = (tmp_path / "index.html").read_text()
    assert not re.findall(r"@[A-Z]+@", text)
    assert not re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', text)
    assert "not what somebody feels" in text and "workplace" in text and "education" in text
    assert "default-src 'none'" in text and "connect-src" not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'find\("([^"]+)"\)', text)) <= set(ids)
    if shutil.which("node"):
        for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)[1:]:
            assert subprocess.run(["node", "--check", "-"], input=script.encode()).returncode == 0


@pytest.fixture(scope="module")
def sounds(emodb, tmp_path_factory):
    """A short and a long file of real speech at the model's rate, and one of another rate in stereo."""
    folder = tmp_path_factory.mktemp("sounds")
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv")][::60]
    speech = np.concatenate([audio.load(path, RATE)[0] for path in paths])
    soundfile.write(folder / "short.wav", speech[: 2 * RATE], RATE, subtype="PCM_16")
    soundfile.write(folder / "long.wav", speech[: 11 * RATE], RATE, subtype="PCM_16")
    stereo = audio.resample(speech[: 3 * RATE], RATE, 44_100)
    soundfile.write(folder / "stereo.wav", np.stack([stereo, stereo / 2], axis=1), 44_100, subtype="PCM_16")
    (folder / "text.wav").write_text("no sound")
    return folder


@pytest.fixture(scope="module")
def page(tiny, tmp_path_factory):
    if not find_spec("ziglang"):
        pytest.skip("zig is not here")
    return compiled(tiny, tmp_path_factory.mktemp("web") / "page")


def compiled(bundle, folder):
    command = [
        sys.executable,
        "-m",
        "quaver",
        "compile",
        str(bundle.path),
        "--target",
        "web",
        "-o",
        str(folder),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not shutil.which("node") or told["verified"]["largest_difference"] <= 1e-4
    return folder


@pytest.fixture(scope="module")
def address(page):
    """The address of the folder on this machine, as `python -m http.server` gives it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=page))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/index.html"
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words) -> None:
        pass


@pytest.fixture(scope="module")
def browser(sounds):
    if not PROGRAM:
        pytest.skip("no Chromium on this machine; CI installs it")
    fake = f"--use-file-for-fake-audio-capture={sounds / 'long.wav'}"
    browser = Browser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", fake)
    yield browser
    browser.close()


def until(browser, script, wanted, seconds=60):
    for _ in range(10 * seconds):
        if browser.evaluate(script) in wanted:
            return browser.evaluate(script)
        time.sleep(0.1)
    raise TimeoutError(browser.evaluate("document.body.innerText"))


def choose(browser, path):
    browser.evaluate("document.body.dataset.state = 'ready'")
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
    return until(browser, STATE, ("heard", "failed"))


@pytest.mark.slow
@pytest.mark.parametrize("served", [True, False])
def test_files_are_heard_as_quaver_predict_hears_them(browser, page, address, tiny, sounds, served):
    browser.events.clear()
    browser.open(address if served else page / "index.html", 390)
    until(browser, STATE, ("ready",))
    predictor = Predictor(tiny)
    for name, bar in (("short", 1e-4), ("long", 1e-4), ("stereo", 0.02)):  # browsers resample otherwise than soxr
        assert choose(browser, sounds / f"{name}.wav") == "heard"
        wanted = list(predictor.predict(sounds / f"{name}.wav").probabilities.values())
        assert np.abs(np.array(browser.evaluate(ROWS)) - wanted).max() <= bar, name
    assert choose(browser, sounds / "text.wav") == "failed"
    assert "no sound that this browser can read" in browser.evaluate("document.body.innerText")
    assert [url for url in browser.fetched() if not url.startswith("blob:")] == [
        address if served else (page / "index.html").as_uri()
    ]
    assert browser.complaints() == []


@pytest.mark.slow
def test_the_microphone_is_heard_live_and_can_be_stopped(browser, address):
    browser.events.clear()
    browser.open(address)
    until(browser, STATE, ("ready",))
    browser.evaluate("document.querySelector('#microphone').click()")
    until(browser, STATE, ("live",))
    until(browser, "document.querySelector('#bars .best') !== null", (True,))
    first = browser.evaluate(ROWS)
    assert abs(sum(first) - 1) < 1e-4
    for _ in range(100):
        time.sleep(0.1)
        if browser.evaluate(ROWS) != first:
            break
    assert browser.evaluate(ROWS) != first, "the answer does not follow the microphone"
    assert "answer takes" in browser.evaluate("document.querySelector('#status').textContent")
    browser.evaluate("document.querySelector('#microphone').click()")
    assert until(browser, STATE, ("ready",)) and browser.evaluate("document.querySelector('#doing').textContent") == (
        "Start the microphone"
    )
    assert browser.complaints() == []


@pytest.mark.slow
def test_without_a_microphone_the_page_says_what_to_do(browser, address):
    browser.open(address)
    until(browser, STATE, ("ready",))
    denied = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
    browser.evaluate(denied)
    browser.evaluate("document.querySelector('#microphone').click()")
    until(browser, STATE, ("failed",))
    assert "was denied" in browser.evaluate("document.querySelector('#status').textContent")
    browser.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    browser.evaluate("document.querySelector('#microphone').click()")
    until(browser, "document.querySelector('#status').textContent.includes('http.server')", (True,))


@pytest.mark.slow
def test_it_adapts_to_one_person_and_notices_what_is_no_voice(browser, sounds, tmp_path):
    if not find_spec("ziglang"):
        pytest.skip("zig is not here")
    thresholds = {"unsure": 0.1, "set": {"0.9": 0.05}, "unfamiliar": 1e6}
    bundle = encoder(tmp_path / "knowing", knowing(), frontend.spec("logmel"), thresholds=thresholds)
    browser.events.clear()
    browser.open(compiled(bundle, tmp_path / "page") / "index.html")
    until(browser, STATE, ("ready",))
    assert browser.evaluate("!document.querySelector('#one').hidden")
    speech, predictor = audio.load(sounds / "long.wav", RATE)[0], Predictor(bundle)
    pieces = [speech[at : at + 2 * RATE] for at in range(0, 8 * RATE, 2 * RATE)]

    def heard(samples, adapt=True, learn=True, line="Infinity"):
        given = f"samples: new Float32Array({json.dumps(samples.tolist())}), adapt: {str(adapt).lower()}"
        asked = f"ask({{ {given}, learn: {str(learn).lower()}, line: {line} }})"
        return browser.evaluate(f"{asked}.then((found) => [found.clips, found.distance, ...found.probabilities])")

    def alike(found, prediction, clips):
        assert found[0] == clips
        assert found[1] == pytest.approx(prediction.distance, rel=1e-3)
        assert found[2:] == pytest.approx(list(prediction.probabilities.values()), abs=1e-4)

    profile = Profile("somebody", predictor.network.model)
    for clips, piece in enumerate(pieces, 1):
        prediction, profile = predictor.listen(piece, RATE, profile)
        alike(heard(piece), prediction, clips)
    alike(heard(pieces[0], learn=False), predictor.predict(pieces[0], RATE, profile), 4)
    alike(heard(pieces[0], line="1e-3"), predictor.predict(pieces[0], RATE, profile), 4)  # what is no voice
    assert heard(pieces[0][: RATE // 2], learn=False)[1] == 0  # too little to tell
    alike(heard(pieces[0], adapt=False, learn=False), predictor.predict(pieces[0], RATE), 0)
    browser.evaluate("model && show([0.9, 0, 0, 0, 0, 0, 0.1], true)")
    assert browser.evaluate("document.querySelector('#answer').textContent") == "no voice?"
    assert browser.complaints() == []


@pytest.mark.slow
def test_a_live_voice_is_learnt_while_the_box_is_ticked(browser, sounds, tmp_path):
    if not find_spec("ziglang"):
        pytest.skip("zig is not here")
    bundle = encoder(tmp_path / "knowing", knowing(), frontend.spec("logmel"))
    page = compiled(bundle, tmp_path / "page")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=page))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser.open(f"http://localhost:{server.server_port}/index.html")
    until(browser, STATE, ("ready",))
    browser.evaluate("document.querySelector('#adapt').click()")
    browser.evaluate("document.querySelector('#microphone').click()")
    status = "document.querySelector('#status').textContent"
    until(browser, f"{status}.includes('adapted to 3 s of this voice')", (True,))
    until(browser, f"{status}.includes('adapted to 6 s of this voice')", (True,))
    browser.evaluate("document.querySelector('#adapt').click()")
    until(browser, f"{status}.includes('answer takes') && !{status}.includes('adapted')", (True,))
    browser.evaluate("document.querySelector('#microphone').click()")
    until(browser, STATE, ("ready",))
    server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1200, False)])
def test_it_fits_every_width(browser, address, sounds, width, dark):
    browser.open(address, width, dark)
    until(browser, STATE, ("ready",))
    assert choose(browser, sounds / "long.wav") == "heard"
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.querySelector('#microphone').clientHeight") >= 44
    assert len(browser.picture()) > 10_000
