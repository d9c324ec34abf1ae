"""Sounds that are no voices: the default bundle notices them, and they neither count nor teach."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from conftest import ROOT

from quaver import profiles, zoo
from quaver.bundle import Bundle
from quaver.cli.app import main
from quaver.errors import BundleError
from quaver.familiar import distance
from quaver.predict import Predictor, load

RATE = 16_000
TIME = np.arange(3 * RATE) / RATE
RNG = np.random.default_rng(0)
NO_VOICES = {
    "tone": np.sin(2 * np.pi * 440 * TIME),
    "glide": np.sin(2 * np.pi * (200 + 100 * TIME) * TIME),
    "buzzer": np.sign(np.sin(2 * np.pi * 150 * TIME)),
    "noise": RNG.normal(size=TIME.size),
}
VOICES = sorted((ROOT / "src" / "quaver" / "assets" / "samples").glob("*.opus"))


@pytest.fixture(scope="module")
def small() -> Predictor:
    return load("small")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_PROFILES", str(tmp_path / "profiles"))


def sound(name: str) -> np.ndarray:
    return (0.2 * NO_VOICES[name] / np.abs(NO_VOICES[name]).max()).astype(np.float32)


def told(capsys, *words, code=0):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert end.value.code == code
    return capsys.readouterr().out


def test_the_distance_is_one_for_what_was_learnt_from_and_grows_with_what_is_off():
    voices = np.random.default_rng(0).normal(size=(2000, 64))
    assert distance(voices).mean() == pytest.approx(1, abs=0.01)
    assert distance(3 * voices[:1]) == pytest.approx(3 * distance(voices[:1]))
    assert distance(np.full((1, 4), 2.0)).tolist() == [2.0]


@pytest.mark.parametrize("name", NO_VOICES)
def test_what_is_no_voice_is_noticed(small, name):
    heard = small.predict(sound(name), RATE)
    assert heard.unfamiliar and heard.unsure
    assert heard.distance > small.bundle.card.unfamiliar


def test_voices_are_none_of_it(small):
    assert len(VOICES) == 8
    for path in VOICES:
        heard = small.predict(path)
        assert not heard.unfamiliar
        assert heard.distance is None or 0.5 < heard.distance < small.bundle.card.unfamiliar


def test_little_sound_tells_no_distance(small):
    heard = small.predict(sound("noise")[: RATE // 2], RATE)
    assert heard.distance is None
    assert not heard.unfamiliar


def test_windows_that_are_no_voice_do_not_count(small):
    from quaver import audio

    voice = audio.load(VOICES[2], RATE)[0]  # which has few pauses, so that its windows tell a distance
    speech = np.tile(voice, 1 + 12 * RATE // len(voice))[: 12 * RATE]
    heard = small.predict(np.concatenate([speech, np.tile(sound("tone"), 4)]), RATE)
    line = small.bundle.card.unfamiliar
    known = [each for each in heard.segments if each.distance is None or each.distance < line]
    assert 0 < len(known) < len(heard.segments)
    assert not heard.unfamiliar
    for label, p in heard.probabilities.items():
        assert p == pytest.approx(np.mean([each.probabilities[label] for each in known]))


@pytest.mark.parametrize("what", ["beeps", "a tone with a silent tail"])
def test_windows_that_tell_nothing_do_not_outvote_those_that_do(small, what):
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(20 * RATE) / RATE)
    made = (
        tone * (np.arange(20 * RATE) % (2 * RATE) < RATE / 3)
        if what == "beeps"
        else tone * (np.arange(20 * RATE) < 10 * RATE)
    )
    made = made if what == "beeps" else made[: round(12.2 * RATE)]
    heard = small.predict(made.astype(np.float32), RATE)
    assert {each.distance is None for each in heard.segments} == {True, False}, "the sound is not what it is to be"
    assert heard.unfamiliar and heard.unsure
    profile = profiles.Profile("anna", small.network.model)
    assert small.listen(made.astype(np.float32), RATE, profile)[1].clips == 0


def test_what_is_no_voice_teaches_no_profile(small):
    known = profiles.Profile("anna", small.network.model)
    known = small.listen(VOICES[0], profile=known)[1]
    after = small.listen(sound("tone"), RATE, known)[1]
    assert after.clips == known.clips == 1
    np.testing.assert_array_equal(after.mean, known.mean)


def test_the_program_says_so(small, tmp_path, capsys):
    soundfile.write(tmp_path / "tone.wav", sound("tone"), RATE)
    assert "unlike the voices that it learnt from" in told(capsys, "predict", tmp_path / "tone.wav")
    lines = told(capsys, "predict", tmp_path / "tone.wav", VOICES[1]).splitlines()
    assert lines[0].endswith("no voice?")
    assert "no voice" not in lines[1]
    sets = told(capsys, "predict", tmp_path / "tone.wav", VOICES[1], "--set", "0.9").splitlines()
    assert [line.endswith("no voice?") for line in sets[:2]] == [True, False]
    rows = list(csv.DictReader(io.StringIO(told(capsys, "predict", tmp_path / "tone.wav", VOICES[1], "--csv"))))
    assert [row["unfamiliar"] for row in rows] == ["true", "false"]
    rows = json.loads(told(capsys, "predict", tmp_path / "tone.wav", VOICES[1], "--json"))
    assert [row["unfamiliar"] for row in rows] == [True, False]
    assert rows[0]["segments"][0]["distance"] == rows[0]["distance"] > small.bundle.card.unfamiliar


def test_together_leaves_it_out(small, tmp_path, capsys):
    soundfile.write(tmp_path / "tone.wav", sound("tone"), RATE)
    alone = json.loads(told(capsys, "predict", *VOICES[:3], "--together", "--json"))
    beside = json.loads(told(capsys, "predict", *VOICES[:3], tmp_path / "tone.wav", "--together", "--json"))
    for one, other in zip(alone, beside, strict=False):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
    assert beside[-1]["unfamiliar"]


def test_a_card_without_a_line_takes_everything_for_a_voice(small, tmp_path):
    card = small.bundle.card
    thresholds = {name: value for name, value in card.thresholds.items() if name != "unfamiliar"}
    files = {name: (small.bundle.path / name).read_bytes() for name in card.files}
    bundle = Bundle.save(tmp_path / "small", replace(card, thresholds=thresholds), files)
    heard = Predictor(bundle).predict(sound("tone"), RATE)
    assert not heard.unfamiliar
    assert heard.distance > 2
    with pytest.raises(BundleError, match="thresholds must be"):
        replace(card, thresholds={**thresholds, "unfamiliar": -1})


def test_networks_that_tell_nothing_of_the_voice_tell_no_distance():
    heard = Predictor(zoo.load("article")).predict(sound("tone"), RATE)
    assert heard.distance is None
    assert heard.to_dict()["distance"] is None
    assert not heard.unfamiliar
