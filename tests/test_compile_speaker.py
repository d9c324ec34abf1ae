"""Programs that know who speaks: what they keep of a voice, and hear by it, is what Python keeps and hears."""

import json
import stat
import subprocess

import numpy as np
import pytest
import soundfile
from c_programs import SANITIZED, STRICT, compiler, vectors
from tiny_encoder_graph import encoder, knowing

from quaver import audio, frontend, profiles, zoo
from quaver.compile.source import program_of
from quaver.manifest import Manifest
from quaver.predict import Predictor

RATE = 16_000
MAIN = """#include <stdio.h>
#include "quaver_model.h"

static quaver_arena arena;
static quaver_profile profile;
static float samples[1 << 20];

/* Hear one person say everything; write a status, the probabilities and the profile after each sound. */
int main(void)
{
    int head[2];
    quaver_meet(&profile);
    while (fread(head, 4, 1, stdin) == 1 && fread(samples, 4, (size_t)head[0], stdin) == (size_t)head[0]) {
        float told[QUAVER_OUTPUTS];
        head[1] = (int)quaver_listen(&arena, &profile, samples, head[0], told);
        fwrite(head + 1, 4, 1, stdout);
        fwrite(&profile.clips, 4, 1, stdout);
        fwrite(told, 4, QUAVER_OUTPUTS, stdout);
        fwrite(profile.mean, 8, QUAVER_VOICE, stdout);
        fwrite(profile.squares, 8, QUAVER_VOICE, stdout);
    }
    return 0;
}
"""


class Listener:
    """A bundle's program that listens to one person."""

    def __init__(self, folder, made, flags):
        self.bundle, self.folder = made, folder
        for name, content in program_of(made, "a test").files("binary").items():
            (folder / name).write_bytes(content)
        (folder / "listen.c").write_text(MAIN)
        self.link = [f for f in flags if "sanitize" in f]
        for command in (
            [*STRICT, *flags, "-c", "listen.c", "quaver_model.c"],
            [*self.link, "listen.o", "quaver_model.o", "quaver_weights.c", "-o", "listen", "-lm"],
            [*STRICT, *flags, "main.c", "quaver_model.o", "quaver_weights.c", "-o", "main", "-lm"],
        ):
            done = subprocess.run([compiler(), *command], cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[:2000]

    def __call__(self, sounds):
        fed = b"".join(np.int32(len(s)).tobytes() + np.asarray(s, "<f4").tobytes() for s in sounds)
        done = subprocess.run([self.folder / "listen"], input=fed, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        rows = np.frombuffer(done.stdout, np.uint8).reshape(len(sounds), -1)
        state, told = rows[:, :8].copy().view("<i4"), rows[:, 8:36].copy().view("<f4")
        mean, squares = np.split(rows[:, 36:].copy().view("<f8"), 2, axis=1)
        return state, told, mean, squares


def compare(listener, sounds, bar, known):
    """Let both listen to one person; every answer and every profile must agree."""
    predictor = Predictor(listener.bundle)
    profile = profiles.Profile("anna", predictor.network.model)
    state, told, mean, squares = listener(sounds)
    assert (state[:, 0] == 0).all()
    for i, sound in enumerate(sounds):
        prediction, profile = predictor.listen(sound, RATE, profile)
        assert np.abs(told[i] - list(prediction.probabilities.values())).max() <= bar
        assert state[i, 1] == profile.clips == i + 1
        assert np.abs(mean[i] - profile.mean).max() <= known
        assert np.abs(squares[i] - profile.squares).max() <= known * (i + 1)
    return told


@pytest.fixture(scope="module")
def person(emodb):
    """Clips of one speaker, the last of them long enough for windows."""
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv") if clip.speaker == "03"][::6]
    sounds = [audio.load(path, RATE)[0] for path in paths]
    return [*sounds[:7], np.concatenate(sounds)[: 9 * RATE]]


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    made = encoder(tmp_path_factory.mktemp("made") / "bundle", knowing(), frontend.spec("logmel"))
    return Listener(tmp_path_factory.mktemp("listener"), made, ["-O1", *SANITIZED[1:], "-DQUAVER_PLAIN"])


def test_a_voice_becomes_known_as_in_python(listener, person):
    told = compare(listener, person, 1e-4, 1e-4)
    alone = [listener([sound])[1][0] for sound in person[1:3]]
    assert max(np.abs(told[1 + i] - each).max() for i, each in enumerate(alone)) > 0.01, "the profile changes nothing"


def test_what_cannot_be_heard_leaves_the_profile_alone(listener, person):
    spoilt = np.r_[person[0], np.nan]
    state, _, mean, squares = listener([person[0], spoilt, np.zeros(5000), np.ones(100), person[1]])
    assert state[:, 0].tolist() == [0, 3, 4, 1, 0]
    assert state[:, 1].tolist() == [1, 1, 1, 1, 2]
    assert (mean[0] == mean[3]).all()
    assert (squares[0] == squares[3]).all()
    assert (mean[4] != mean[0]).any()


def test_the_command_and_python_share_profiles(listener, person, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_PROFILES", str(tmp_path))
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for path, sound in zip(paths, person, strict=False):
        soundfile.write(path, sound, RATE, subtype="FLOAT")
    kept = tmp_path / "anna.json"
    command = [listener.folder / "main", "--speaker", kept]
    assert subprocess.run([*command, *paths[:2]], capture_output=True).returncode == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".wav") == ["anna.json"]
    predictor = Predictor(listener.bundle)
    profile = profiles.load("anna", predictor.network.model)
    assert profile.clips == 2
    prediction, wanted = predictor.listen(paths[2], profile=profile)
    wanted.save()
    done = subprocess.run([*command, paths[2]], capture_output=True, text=True)  # reads what Python wrote
    assert done.returncode == 0, done.stderr
    assert profiles.read("anna").clips == 4
    profile.save()
    done = subprocess.run([*command, paths[2]], capture_output=True, text=True)
    told = [float(word.partition("=")[2]) for word in done.stdout.split("\t")[2:]]
    assert np.abs(np.array(told) - list(prediction.probabilities.values())).max() <= 1e-4
    assert np.abs(profiles.read("anna").mean - wanted.mean).max() <= 1e-4
    other = json.loads(kept.read_text()) | {"model": "0" * 64}
    for text in (json.dumps(other), '{"model": ', "[]", kept.read_text()[:300]):
        kept.write_text(text)
        done = subprocess.run([*command, paths[2]], capture_output=True, text=True)
        assert done.returncode == 1
        assert "is no profile of this network" in done.stderr
        assert kept.read_text() == text
    assert subprocess.run([*command], capture_output=True).returncode == 2


@pytest.mark.slow
def test_the_shipped_bundle_knows_voices_as_python_does(tmp_path, person):
    """In eight bits a step that rounds the other way shows in a probability; what is known of the voice is near."""
    compare(Listener(tmp_path, zoo.load("small"), ["-O2", *vectors()]), person, 0.04, 0.2)
