"""Speakers' profiles: their arithmetic, their file, and what they do to predictions."""

import json
import stat
from pathlib import Path

import numpy as np
import pytest
import tiny_bundle
import tiny_teacher as tiny
from hypothesis import given
from hypothesis import strategies as st

from quaver import EMOTIONS, evaluate, frontend, profiles
from quaver.backend import keras
from quaver.cli.app import main
from quaver.errors import ProfileError, QuaverError
from quaver.export import to_onnx
from quaver.manifest import Manifest
from quaver.networks import layers, small, whisper
from quaver.predict import Predictor
from quaver.profiles import ENOUGH, Profile


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_PROFILES", str(tmp_path / "people"))
    return tmp_path / "people"


def profile(voices, name="anna"):
    known = Profile(name, "f00d")
    for voice in voices:
        known = known.heard(voice)
    return known


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=30))
def test_running_statistics_are_those_of_all_clips(voices):
    known = profile(voices)
    assert known.clips == len(voices)
    assert np.allclose(known.mean, np.mean(voices, axis=0), atol=1e-6)
    assert np.allclose(known.variance, np.var(voices, axis=0), atol=1e-4)


def test_nothing_is_adapted_before_the_first_clip():
    assert Profile("anna", "f00d").adaptation() is None


def test_the_first_clips_move_little_and_many_move_all_the_way(rng):
    voices = rng.normal([3, -1], [0.5, 2], size=(2000, 2))
    mean, deviation = profile(voices[:1]).adaptation()
    assert np.allclose(mean, voices[0] / (1 + ENOUGH))
    assert np.allclose(deviation, np.sqrt(ENOUGH / (1 + ENOUGH)))
    mean, deviation = profile(voices).adaptation()
    assert np.allclose(mean, [3, -1], atol=0.1) and np.allclose(deviation, [0.5, 2], atol=0.1)


def test_a_voice_that_never_varies_is_not_blown_up():
    assert (profile([[1.0, 1.0]] * 10_000).adaptation()[1] >= profiles.SMALLEST).all()


def test_a_saved_profile_is_read_again_by_its_owner_alone(folder, rng):
    known = profile(rng.normal(size=(5, 4)))
    path = known.save()
    assert path == folder / "anna.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = profiles.load("anna", "f00d")
    assert (again.clips, again.model) == (5, "f00d")
    assert np.array_equal(again.mean, known.mean) and np.array_equal(again.squares, known.squares)
    assert profiles.names() == ("anna",)


def test_an_unknown_name_begins_a_profile():
    assert profiles.load("berta", "f00d").clips == 0
    assert profiles.names() == ()


@pytest.mark.parametrize("name", ["", "../anna", "a/b", ".anna", "x" * 65, "a b"])
def test_a_name_that_could_be_a_path_is_refused(name):
    with pytest.raises(ProfileError, match="no name for a profile"):
        profiles.load(name, "f00d")


def test_a_profile_of_another_network_is_refused():
    profile([[1.0]]).save()
    with pytest.raises(ProfileError, match="belongs to another bundle"):
        profiles.load("anna", "beef")


@pytest.mark.parametrize("text", ["", "{}", '{"model": "f", "clips": 1, "mean": [1], "squares": [1, 2]}', "[NaN]"])
def test_a_damaged_profile_is_named(folder, text):
    folder.mkdir()
    (folder / "anna.json").write_text(text)
    with pytest.raises(ProfileError, match=r"anna\.json is damaged"):
        profiles.read("anna")


def test_a_deleted_profile_is_gone(folder):
    profile([[1.0]]).save()
    profiles.delete("anna")
    assert list(folder.iterdir()) == []
    with pytest.raises(ProfileError, match="there are: none"):
        profiles.delete("anna")


# ------------------------------------------------------------------------------------------------ predictions


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle whose network listens through a Whisper of random weights, and adapts to speakers."""
    encoder = whisper.encoder(tiny.weights(), 1)
    pooled = layers.Statistics()(encoder.output)
    rng = np.random.default_rng(0)
    head = small.merged(small.build((2 * tiny.WIDTH,), 7, mean=np.zeros(256), variance=np.full(256, 0.1)))
    head.get_layer("dense").set_weights([rng.normal(size=(256, 7)) * 0.2, np.zeros(7)])
    x = pooled
    for layer in head.layers[1:]:
        copy = type(layer).from_config(layer.get_config())
        x = copy(x)
        copy.set_weights(layer.get_weights())
    model = to_onnx(keras().Model(encoder.input, x)).SerializeToString()
    spec = frontend.spec("logmel")
    numbers = {"frontend": spec.to_dict(), "fingerprint": spec.fingerprint}
    return tiny_bundle.bundle(tmp_path_factory.mktemp("bundles") / "listener", model, **numbers)


@pytest.fixture
def clips(emodb):
    return [path for path in sorted((emodb / "wav").iterdir()) if path.name.startswith("03")][:4]


def program(*words):
    """Run the program in this process and give its exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code


def test_clips_teach_a_profile_which_changes_later_answers(bundle, clips):
    predictor = Predictor(bundle)
    known = profiles.load("anna", predictor.network.model)
    first, known = predictor.listen(clips[0], profile=known)
    assert first == predictor.predict(clips[0])  # nothing was known
    for clip in clips[1:3]:
        _, known = predictor.listen(clip, profile=known)
    assert known.clips == 3
    adapted, plain = predictor.predict(clips[3], profile=known), predictor.predict(clips[3])
    assert adapted.probabilities != plain.probabilities
    assert sum(adapted.probabilities.values()) == pytest.approx(1)


def test_adapting_is_taking_the_mean_away_and_dividing_by_the_deviation(bundle, rng):
    network = Predictor(bundle).network
    features = rng.normal(size=(1, 60, 80)).astype(np.float32)
    _, voice = network.run(features)
    mean, deviation = voice[0], np.full(256, 2.0, np.float32)
    at_zero, _ = network.run(features, {"voice_mean": mean, "voice_deviation": deviation})
    assert at_zero == pytest.approx(np.full((1, 7), 1 / 7), abs=1e-5)  # the head has no bias here


def test_the_program_learns_lists_exports_and_forgets(bundle, clips, tmp_path, capsys):
    def said(*words):
        assert program(*words) == 0
        return capsys.readouterr().out

    assert len(json.loads(said("predict", *clips[:3], "--bundle", bundle.path, "--speaker", "anna", "--json"))) == 3
    assert json.loads(said("profiles", "--json")) == [{"name": "anna", "clips": 3}]
    said("profiles", "export", "anna", "-o", tmp_path / "anna.json")
    assert len(json.loads((tmp_path / "anna.json").read_text())["mean"]) == 256
    assert "forgotten" in said("profiles", "delete", "anna")
    assert "Nobody is known" in said("profiles")


def test_a_bad_file_teaches_nothing(bundle, clips, tmp_path, capsys):
    (tmp_path / "text.wav").write_text("no sound")
    assert program("predict", tmp_path / "text.wav", clips[0], "--bundle", bundle.path, "--speaker", "anna") == 0
    assert profiles.read("anna").clips == 1


def test_a_network_that_cannot_adapt_says_so(clips, capsys):
    assert program("predict", clips[0], "--bundle", "article", "--speaker", "anna") == 1
    assert (
        capsys.readouterr().err
        == "quaver: the bundle 'article' cannot adapt to voices; use one that can: small or nano.\n"
    )


# ------------------------------------------------------------------------- what several sounds have in common


def test_answering_again_is_answering_with_the_profile(bundle, clips):
    predictor = Predictor(bundle)
    known = Profile("all", predictor.network.model)
    for clip in clips:
        _, known = predictor.listen(clip, profile=known)
    before, voices = predictor.overhear(clips[0])
    assert before == predictor.predict(clips[0])
    again, at_once = predictor.again(before, voices, known), predictor.predict(clips[0], profile=known)
    assert again.probabilities == pytest.approx(at_once.probabilities, abs=1e-5)
    assert [(s.start, s.end) for s in again.segments] == [(s.start, s.end) for s in at_once.segments]


def test_together_adapts_to_what_all_have_in_common_whatever_their_order(bundle, clips, tmp_path, capsys):
    def said(*words):
        assert program("predict", *words, "--bundle", bundle.path, "--together", "--json") == 0
        return {Path(row["file"]).name: row for row in json.loads(capsys.readouterr().out)}

    (tmp_path / "text.wav").write_text("no sound")
    one, other = said(*clips, tmp_path / "text.wav"), said(*reversed(clips))
    assert "error" in one["text.wav"]
    predictor = Predictor(bundle)
    known = Profile("all", predictor.network.model)
    for clip in clips:
        known = known.heard(predictor.overhear(clip)[1].mean(axis=0))
    for clip in clips:
        wanted = predictor.predict(clip, profile=known).probabilities
        assert one[clip.name]["probabilities"] == pytest.approx(wanted, abs=1e-5)
        assert other[clip.name]["probabilities"] == pytest.approx(wanted, abs=1e-5)
    assert profiles.names() == ()  # nothing is kept


@pytest.mark.parametrize("words", [["--speaker", "anna"], []])
def test_together_needs_several_sounds_and_no_speaker(bundle, clips, words, capsys):
    given = clips if words else clips[:1]
    assert program("predict", *given, "--bundle", bundle.path, "--together", *words) == 2
    assert "--together" in capsys.readouterr().err


@pytest.mark.parametrize("to", ["speaker", "corpus"])
def test_a_bundle_is_scored_with_profiles_of_each(bundle, clips, emodb, to):
    known = Manifest.read(emodb / "manifest.csv")
    some = known.where(lambda clip: clip.speaker in ("08", "09") and clip.emotion in EMOTIONS)
    some = Manifest(some.clips[:6] + some.clips[-6:])
    predictor = Predictor(bundle)
    groups = [clip.group if to == "speaker" else clip.corpus for clip in some]
    profile_of = {group: Profile("all", predictor.network.model) for group in groups}
    for clip, group in zip(some, groups, strict=True):
        profile_of[group] = profile_of[group].heard(predictor.overhear(clip.path)[1].mean(axis=0))
    wanted = [predictor.predict(c.path, profile=profile_of[g]).emotion for c, g in zip(some, groups, strict=True)]
    found, given = evaluate.adapted(bundle, some, to)
    assert [bundle.card.emotions[i] for i in given.argmax(axis=1)] == wanted
    told = evaluate.bundle(bundle, some, adapt=to, allow_leak=True)
    assert any(f"adapted to each {to}" in note for note in told.notes)
    with pytest.raises(QuaverError, match="adapt to one of: speaker, corpus"):
        evaluate.bundle(bundle, some, adapt="room", allow_leak=True)


def test_there_are_profiles_of_speakers_and_corpora_alone(bundle, emodb, capsys):
    assert program("evaluate", bundle.path, emodb / "manifest.csv", "--adapt", "room") == 2
    assert "expected one of: speaker, corpus" in capsys.readouterr().err
