import io
import subprocess
import sys
import tracemalloc
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest
import soundfile
import tiny_bundle as tiny

import quaver
from quaver import audio, frontend, predict, zoo
from quaver.calibrate import apply
from quaver.errors import AudioError, BundleError
from quaver.predict import Predictor
from quaver.windows import Windows

RATE = 22_050


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny.bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="module")
def predictor(bundle):
    return Predictor(bundle)


@pytest.fixture(scope="module")
def clip(emodb):
    return sorted((emodb / "wav").iterdir())[0]


def noise(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).normal(size=round(seconds * rate))).astype(np.float32)


def test_a_short_clip_is_heard_whole_with_the_frontend_and_network_of_the_bundle(predictor, clip):
    samples, _ = audio.load(clip, RATE)
    features = frontend.features(samples, frontend.spec("article"))[None]
    expected = onnxruntime.InferenceSession(predictor.bundle.model.read_bytes()).run(None, {"features": features})[0][0]
    heard = predictor.predict(clip)
    assert np.allclose(list(heard.probabilities.values()), expected, atol=1e-6)
    assert heard.emotion == quaver.EMOTIONS[int(expected.argmax())]
    assert heard.confidence == max(heard.probabilities.values())
    assert [(s.start, s.end, s.emotion) for s in heard.segments] == [(0, heard.seconds, heard.emotion)]
    assert heard.seconds == pytest.approx(len(samples) / RATE)
    assert (heard.file, heard.bundle, heard.frontend) == (str(clip), "tiny", "article")


def test_the_json_has_the_promised_keys_and_sums_to_one(predictor, clip):
    values = predictor.predict(clip).to_dict()
    assert list(values) == [
        *(
            "file",
            "emotion",
            "confidence",
            "probabilities",
            "unsure",
            "set",
            "distance",
            "unfamiliar",
            "seconds",
            "segments",
            "bundle",
            "frontend",
        )
    ]
    assert list(values["probabilities"]) == list(quaver.EMOTIONS)
    assert sum(values["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    assert list(values["segments"][0]) == ["start", "end", "emotion", "probabilities", "distance"]
    assert values["confidence"] == values["probabilities"][values["emotion"]]
    assert isinstance(values["unsure"], bool) and values["emotion"] in values["set"]


def test_files_streams_and_samples_give_the_same(predictor, clip, tmp_path):
    samples, rate = audio.load(clip)
    expected = predictor.predict(clip).probabilities
    with clip.open("rb") as stream:
        assert predictor.predict(stream).probabilities == expected
    assert predictor.predict(io.BytesIO(clip.read_bytes())).probabilities == expected
    for form in (samples, np.stack([samples, samples], axis=1), samples.astype(np.float64)):
        assert predictor.predict(form, rate).probabilities == pytest.approx(expected, abs=1e-5)
    assert predictor.predict(samples, rate).file is None
    whole = np.round(samples * 32768).clip(-32768, 32767).astype(np.int16)
    wide = whole.astype(np.int32) << 16
    assert predictor.predict(whole, rate).probabilities == predictor.predict(wide, rate).probabilities


def test_a_pipe_that_cannot_be_rewound_is_heard(predictor, clip):
    code = "import sys; from quaver.predict import load; print(load(sys.argv[1]).predict(sys.stdin.buffer).to_dict())"
    with subprocess.Popen(["cat", str(clip)], stdout=subprocess.PIPE) as cat:
        done = subprocess.run(
            [sys.executable, "-c", code, str(predictor.bundle.path)], stdin=cat.stdout, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert f"'emotion': '{predictor.predict(clip).emotion}'" in done.stdout


def test_long_sound_is_cut_into_windows_and_averaged(predictor, tmp_path):
    samples = noise(10)
    heard = predictor.predict(samples, RATE)
    assert [(s.start, s.end) for s in heard.segments] == [
        *((0, 3), (1.5, 4.5), (3, 6), (4.5, 7.5), (6, 9), (pytest.approx(7), pytest.approx(10)))
    ]
    one = predictor.predict(samples[round(1.5 * RATE) :][: 3 * RATE], RATE)
    assert heard.segments[1].probabilities == pytest.approx(one.probabilities, abs=1e-9)
    mean = np.mean([list(s.probabilities.values()) for s in heard.segments], axis=0)
    assert np.allclose(list(heard.probabilities.values()), mean)
    soundfile.write(tmp_path / "long.wav", samples, RATE, subtype="FLOAT")
    assert predictor.predict(tmp_path / "long.wav").to_dict()["segments"] == heard.to_dict()["segments"]


def test_one_window_and_a_half_is_still_one_piece(predictor):
    assert len(predictor.predict(noise(4.5), RATE).segments) == 1
    assert [(s.start, s.end) for s in predictor.predict(noise(4.6), RATE).segments] == [
        *((0, 3), (1.5, 4.5), (pytest.approx(1.6), pytest.approx(4.6)))
    ]


def test_silent_windows_are_left_out(predictor):
    silence = np.zeros(9 * RATE, np.float32)
    heard = predictor.predict(np.concatenate([noise(3), silence, noise(3, seed=1)]), RATE)
    assert heard.seconds == 15
    assert [s.start for s in heard.segments] == [0, 1.5, 10.5, 12]


def test_windows_do_not_depend_on_the_blocks():
    samples = np.arange(1003, dtype=np.float32)

    def cut(size):
        parts = [samples[i : i + size] for i in range(0, len(samples), size)]
        return [(first, part.tolist()) for first, part in Windows(parts, 100, 30)]

    whole = cut(2000)
    assert [first for first, _ in whole] == [*range(0, 901, 30), 903]
    assert all(part == samples[first : first + 100].tolist() for first, part in whole)
    assert all(cut(size) == whole for size in (1, 7, 30, 99, 100, 101, 150, 151, 1002))


def test_hours_fit_into_little_memory(predictor, tmp_path, monkeypatch):
    monkeypatch.setattr(frontend, "features", lambda samples, spec: np.full(162, samples.mean(), np.float32))
    with wave.open(str(tmp_path / "long.wav"), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(RATE)
        for seed in range(10):
            out.writeframes((noise(30, seed=seed) * 32767).astype("<i2").tobytes())
    tracemalloc.start()
    heard = predictor.predict(tmp_path / "long.wav")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert heard.seconds == 300 and len(heard.segments) == 199
    assert peak < 8e6  # the samples alone are 26 MB as float32


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(RATE, np.float32), RATE, "silent"),
        (np.zeros(20 * RATE, np.float32), RATE, "silent"),
        (noise(0.05), RATE, "0.1 s is needed"),
        (np.zeros(0, np.float32), RATE, "0.1 s is needed"),
        (np.full(RATE, np.nan, np.float32), RATE, "not finite"),
        (np.concatenate([noise(9), [np.nan]]), RATE, "not finite"),
        (noise(1), None, "sample rate"),
        (noise(1), 0, "sample rate"),
        (np.zeros((2, 3, 4), np.float32), RATE, "channels"),
        (np.zeros(RATE, np.uint8), RATE, "uint8"),
        (np.array(["a"]), RATE, "floats"),
    ],
)
def test_sound_that_cannot_be_used_is_refused(predictor, samples, rate, message):
    with pytest.raises(AudioError, match=message) as error:
        predictor.predict(samples, rate)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_used_are_named(predictor, tmp_path):
    (tmp_path / "text.wav").write_text("hello")
    for name in ("text.wav", "nowhere.wav"):
        with pytest.raises(AudioError, match=name):
            predictor.predict(tmp_path / name)


def test_temperature_divides_the_logits(bundle, tmp_path):
    logits = np.random.default_rng(0).normal(size=(5, 7)) * 4
    softmax = lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)  # noqa: E731
    assert np.allclose(apply(softmax(logits), 2.5), softmax(logits / 2.5))
    assert np.isfinite(apply(np.array([[1.0, 0.0]], np.float32), 0.05)).all()
    hot = Predictor(tiny.bundle(tmp_path / "hot", temperature=2.5))
    features = np.random.default_rng(0).normal(size=(200, 162))
    cold = Predictor(bundle).probabilities(features)
    assert cold.shape == (200, 7)
    assert np.allclose(hot.probabilities(features), apply(cold, 2.5))
    assert Predictor(bundle).probabilities(features[:0]).shape == (0, 7)


def test_unsure_and_set_follow_the_card(tmp_path, clip):
    confidence = Predictor(tiny.bundle(tmp_path / "a")).predict(clip).confidence
    for unsure, bar in ((confidence - 0.01, 1.0), (confidence + 0.01, 0.0), (0.0, 0.15)):
        thresholds = {"unsure": unsure, "set": {"0.9": bar}}
        heard = Predictor(tiny.bundle(tmp_path / "a", thresholds=thresholds)).predict(clip)
        assert heard.unsure == (confidence < unsure)
        within = [label for label, p in heard.probabilities.items() if p >= bar]
        assert list(heard.set) == (within or [heard.emotion])


def test_any_labels_work(tmp_path, clip):
    labels = ("bark", "meow", "moo")
    heard = Predictor(tiny.bundle(tmp_path / "animals", emotions=labels)).predict(clip).to_dict()
    assert tuple(heard["probabilities"]) == labels and heard["emotion"] in labels


def test_one_predictor_serves_threads(predictor, emodb):
    clips = sorted((emodb / "wav").iterdir())[:8]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(predictor.predict, clips)) == [predictor.predict(clip) for clip in clips]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (tiny.network(6), "gives \\(6,\\) probabilities, the card has 7 emotions"),
        (tiny.network(7, values=40), "takes \\(40,\\), the frontend gives \\(162,\\)"),
        (b"no network", "cannot open the network"),
    ],
)
def test_a_network_that_does_not_fit_its_card_is_refused_in_one_line(model, message, tmp_path, capfd):
    bundle = tiny.bundle(tmp_path / "odd", model)
    with pytest.raises(BundleError, match=message) as error:
        Predictor(bundle)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_the_shortcut_can_be_called_again_and_again_and_hears_a_new_bundle(tmp_path, clip):
    folder = tiny.bundle(tmp_path / "mine").path
    first = quaver.predict(clip, bundle=folder)
    assert quaver.predict(clip, bundle=folder) == first  # the module of that name does not take its place
    assert predict.predict(clip, bundle=str(folder)) == first
    assert quaver.load(folder).predict(clip) == first
    tiny.bundle(folder, tiny.network(7, seed=1))
    assert quaver.predict(clip, bundle=folder).probabilities != first.probabilities
    samples, rate = audio.load(clip)
    assert quaver.predict(samples, rate, bundle=folder).seconds == pytest.approx(first.seconds)


def test_the_default_bundle_hears_without_being_asked(clip):
    if zoo.DEFAULT not in zoo.names():
        pytest.skip("no default bundle is in this checkout yet")
    heard = quaver.predict(clip)
    assert heard.bundle == zoo.DEFAULT and tuple(heard.probabilities) == quaver.EMOTIONS
