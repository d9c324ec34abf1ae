"""Bundles on log-mel spectrograms in C: sounds of any length, at once and piece by piece, under sanitizers, fuzzed."""

import dataclasses

import numpy as np
import pytest
import tiny_teacher
from c_programs import SANITIZED, vectors
from onnx import TensorProto, helper, numpy_helper
from sound_programs import NOT_FINITE, OK, RATE, SILENT, TOO_LONG, TOO_SHORT, Program
from tiny_encoder_graph import encoder, network

from quaver import audio, frontend, networks, teachers, zoo
from quaver.backend import keras
from quaver.compile.source import plan_of
from quaver.errors import CompileError
from quaver.export import to_onnx
from quaver.manifest import Manifest
from quaver.networks import layers, small
from quaver.quantise import quantise


@pytest.fixture(scope="module")
def speech(emodb):
    """A minute of real speech."""
    paths = [clip.path for clip in Manifest.read(emodb / "manifest.csv")][::25]
    return np.concatenate([audio.load(path, RATE)[0] for path in paths])[: 60 * RATE]


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """Float32, levelled, with the vectors of this machine."""
    made = encoder(tmp_path_factory.mktemp("single") / "bundle", network(), frontend.spec("logmel"))
    return Program(tmp_path_factory.mktemp("single"), made, ["-O1", *vectors()])


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory, speech):
    """Eight bits in plain C under sanitizers, on other frames, as loud as they come."""
    spec = dataclasses.replace(frontend.spec("logmel"), n_fft=480, peak=None)
    cuts = [frontend.features(speech[i * RATE :][: RATE + 1000 * i], spec) for i in range(20)]
    rows = np.empty(len(cuts), object)
    rows[:] = cuts
    made = encoder(tmp_path_factory.mktemp("bytes") / "bundle", quantise(network(1), rows), spec, precision="int8")
    return Program(tmp_path_factory.mktemp("bytes"), made, ["-O1", *SANITIZED[1:], "-DQUAVER_PLAIN"])


def lengths(speech, *seconds):
    return [speech[7000 * i :][: int(s * RATE)] for i, s in enumerate(seconds)]


def with_pauses(speech):
    """Speech of which most is silent, or nearly so."""
    quiet = np.tile(np.float32([1, 0, 1e-3, 1, 0]), (6400, 1)).T.reshape(-1)
    return quiet * speech[: len(quiet)]


def knocked(speech):
    """Quiet speech with a knock, which is not to silence it."""
    quiet = speech[: 2 * RATE] / 300
    quiet[9000:9200] += speech[:200] + 1
    return quiet


def test_features_are_those_of_numpy(single, bytewise, speech):
    for program in (single, bytewise):
        sounds = [*lengths(speech, 0.1, 0.7, 1, 2.3, 4.5), with_pauses(speech), knocked(speech)]
        told, features, _, _ = program(*sounds)
        assert (told[:, 0] == OK).all()
        spec = program.bundle.card.spec
        for got, sound, frames in zip(features, sounds, told[:, 5], strict=True):
            wanted = frontend.features(sound, spec)
            assert len(wanted) == frames
            assert not got[spec.frames(len(sound)) * spec.n_mels :].any()
            noise = got[: wanted.size].reshape(wanted.shape) - wanted
            assert 10 * np.log10(np.square(wanted).sum() / np.square(noise).sum()) >= 90
            assert np.abs(noise).max() <= 1e-4


def test_sounds_of_every_length_are_heard_as_quaver_predict_hears_them(single, bytewise, speech):
    sounds = [*lengths(speech, 0.1, 0.33, 1, 2.3, 4.5, 4.6, 5, 20), with_pauses(speech)]
    for program, bar in ((single, 1e-4), (bytewise, 0.03)):
        told, _, whole, _ = program(*sounds)
        assert (told[:, 1] == OK).all()
        wanted = np.array([program.expected(sound) for sound in sounds])
        assert np.abs(whole - wanted).max() <= bar
        assert (whole.argmax(axis=1) == wanted.argmax(axis=1)).all()
        assert np.ptp(wanted, axis=0).max() > 0.05, "all sounds sound the same to this network"


def test_the_network_computes_in_bytes(bytewise):
    steps = {step.body[-1].partition("(")[0] for step in bytewise.made.plan.steps}
    assert {"conv_u8", "conv_u8_f32"} & steps
    assert any("Attention" in step.about for step in bytewise.made.plan.steps)


def test_pieces_of_any_size_give_what_the_whole_gives(single, bytewise, speech):
    assert len(frontend.features(with_pauses(speech), frontend.spec("logmel"))) < 150
    quiet = np.concatenate([speech[: 5 * RATE], np.zeros(7 * RATE, np.float32), speech[: 3 * RATE]])
    sounds = [*lengths(speech, 0.05, 1, 4.5, 4.51, 6, 6.1), quiet, np.zeros(9 * RATE, np.float32)]
    for program, rounds in ((single, 3), (bytewise, 1)):
        for seed in range(rounds):
            told, _, whole, streamed = program(*sounds, seed=1000 * seed)
            assert (told[:, 1] == told[:, 2]).all()
            assert not told[:, 3].any(), "a window differs from the same samples heard alone"
            heard = told[:, 1] == OK
            assert (whole[heard].view("i4") == streamed[heard].view("i4")).all()
            counts = [0 if len(s) <= 4.5 * RATE else (len(s) - 3 * RATE) // (3 * RATE // 2) + 1 for s in sounds]
            assert told[:, 4].tolist() == counts


def test_odd_sounds_are_heard_or_refused_as_in_python(single, bytewise):
    tone = np.sin(np.arange(9000) / 20)
    cases = {
        TOO_SHORT: [np.zeros(0), np.ones(1), np.ones(1599)],
        NOT_FINITE: [np.r_[tone, np.nan], np.r_[np.inf, tone], np.full(5000, 1e20), np.r_[tone, [np.nan] * 99_000]],
        SILENT: [np.zeros(5000), np.full(5000, 5e-5), np.zeros(100_000)],
        OK: [tone, np.eye(1, 4000, 1999)[0], np.full(1600, 0.5), np.r_[np.zeros(72_000), tone], 1e6 * tone],
    }  # fmt: skip
    for program in (single, bytewise):
        for expected, sounds in cases.items():
            told, _, whole, _ = program(*sounds)
            assert (told[:, 1] == expected).all()
            assert (told[:, 2] == expected).all()
            if expected == OK:
                assert np.abs(whole.sum(axis=1) - 1).max() < 1e-5
    assert bytewise(np.r_[tone, np.zeros(70_000)])[0][0, 0] == TOO_LONG


def test_random_lengths_and_samples_never_break_it(bytewise):
    """Under sanitizers: whatever the bits and the length, a status and finite numbers come back."""
    rng = np.random.default_rng(1)
    sounds = []
    for _ in range(24):
        length = int(rng.choice([0, 1, 1599, 1600, 1601, *rng.integers(2, 30_000, 5), 72_000, 72_001]))
        noise, bits = rng.normal(size=length), rng.integers(0, 2**32, length, np.uint32).view("<f4")
        spoilt = np.where(rng.random(length) < 1e-4, rng.choice([np.nan, np.inf, -np.inf, 1e30, 1e12]), noise)
        sounds.append((noise, bits, spoilt)[rng.integers(3)])
    told, features, whole, streamed = bytewise(*sounds, seed=5)
    assert (told[:, 1] == told[:, 2]).all()
    assert not told[:, 3].any()
    assert np.isfinite(features[told[:, 0] == OK]).all()
    assert np.isfinite(whole[told[:, 1] == OK]).all()
    assert np.isfinite(streamed[told[:, 2] == OK]).all()


def test_a_size_that_is_computed_with_is_refused():
    made = network()
    made.graph.node[7].op_type = "Gather"  # takes the row of that number, instead of so many rows
    made.graph.node[7].input[:] = ["table", "count"]
    with pytest.raises(CompileError, match="computes with a size that is open"):
        plan_of(made.SerializeToString(), longest=450)
    with pytest.raises(CompileError, match="fixed sizes"):
        plan_of(network().SerializeToString())
    with pytest.raises(CompileError, match="choose shorter windows"):
        plan_of(network().SerializeToString(), longest=1000)


def test_pictures_whose_rows_are_open_are_refused():
    """Only what lies along a row may be open; otherwise the kernel would read as many rows as there can be."""
    shapes = [("features", ("batch", "frames", 8)), ("probabilities", ("batch", 3, 1, 1))]
    taken, given = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes)
    nodes = [
        helper.make_node("Reshape", ["features", "shape"], ["picture"]),
        helper.make_node("Conv", ["picture", "kernel"], ["seen"], kernel_shape=[3, 3]),
        helper.make_node("GlobalAveragePool", ["seen"], ["probabilities"]),
    ]
    values = {"shape": np.array([0, 1, -1, 8], np.int64), "kernel": np.ones((3, 1, 3, 3), "f")}
    weights = [numpy_helper.from_array(value, name) for name, value in values.items()]
    made = helper.make_model(helper.make_graph(nodes, "rows", [taken], [given], weights))
    with pytest.raises(CompileError, match="rows are open"):
        plan_of(made.SerializeToString(), longest=100)


def test_scores_of_long_sounds_do_not_fill_memory():
    short, long = (plan_of(network().SerializeToString(), longest=n).arena for n in (400, 800))
    assert long < 2.2 * short


@pytest.mark.slow
def test_the_shipped_bundle_agrees_with_onnx_runtime_on_200_clips(tmp_path, emodb, speech):
    program = Program(tmp_path, zoo.load("small"), ["-O2", *vectors()])
    labels = program.bundle.card.emotions
    clips = [clip for clip in Manifest.read(emodb / "manifest.csv") if clip.emotion in labels][::2][:200]
    sounds = [*(audio.load(clip.path, RATE)[0] for clip in clips), *lengths(speech, 1, 2.3, 5, 20)]
    told, _, whole, streamed = program(*sounds)
    assert (told[:, 1] == OK).all()
    assert not told[:, 3].any()
    assert (whole == streamed).all()
    wanted = np.array([program.expected(sound) for sound in sounds])
    got, theirs = whole.argmax(axis=1), wanted.argmax(axis=1)
    assert (got == theirs).mean() >= 0.97
    assert np.abs(whole - wanted).max() < 0.06
    assert np.median(np.abs(whole - wanted).max(axis=1)) < 0.015
    truth = np.array([labels.index(clip.emotion) for clip in clips])
    recalls = [[(each[:200][truth == k] == k).mean() for k in set(truth)] for each in (got, theirs)]
    assert abs(np.mean(recalls[0]) - np.mean(recalls[1])) <= 0.01


@pytest.fixture(scope="module")
def whole(speech):
    """What `small` is once trained, on a tiny teacher, and features."""
    spec = frontend.spec("logmel")
    sounds = [frontend.features(s, spec) for s in lengths(speech, 0.1, 0.7, 2.3, 4.5)]
    with pytest.MonkeyPatch.context() as patched:
        weights = tiny_teacher.weights()
        patched.setattr(teachers, "load", lambda name: weights)
        patched.setattr(small, "POOLED", (2 * tiny_teacher.WIDTH * len(small.DEPTHS),))
        values = np.concatenate([small.stem(weights).predict(sound[None], verbose=0) for sound in sounds])
        head = small.build(small.POOLED, mean=values.mean(axis=0), variance=values.var(axis=0) + 1e-6)
        made = networks.whole("small", head, np.zeros((1, *small.POOLED), "f"))
    rows = np.empty(len(sounds), object)
    rows[:] = sounds
    return to_onnx(made), rows


@pytest.mark.parametrize(("bits", "bound"), [(32, 1e-4), (8, 0.02)])
def test_the_network_small_as_training_makes_it(tmp_path, speech, whole, bits, bound):
    """From Keras to C: blocks whose weights are in four bits, statistics at depths, and what knows speakers behind."""
    model = quantise(*whole) if bits == 8 else whole[0]
    program = Program(tmp_path, encoder(tmp_path / "bundle", model, frontend.spec("logmel")), ["-O1", *vectors()])
    sounds = lengths(speech, 0.1, 0.7, 2.3, 4.5)
    told, _, answers, _ = program(*sounds)
    assert (told[:, 1] == OK).all()
    wanted = np.array([program.expected(sound) for sound in sounds])
    assert np.abs(answers - wanted).max() <= bound
    assert np.ptp(wanted, axis=0).max() > 0.02, "all sounds sound the same to this network"
    if bits == 8:  # computed with as bytes
        blocks = 2 * 12 * tiny_teacher.WIDTH**2 + 4 * tiny_teacher.WIDTH**2
        assert program.made.constant_bytes < blocks + 800_000


def test_pooling_knows_sounds_of_any_length(tmp_path, speech):
    keras_ = keras()
    keras_.utils.set_random_seed(0)  # else some networks hear no difference
    x = features = keras_.Input((None, 80))
    x = keras_.layers.Conv1D(8, 3, padding="same", activation="relu")(x)
    x = keras_.layers.MaxPooling1D(3, strides=2)(x)
    x = keras_.layers.AveragePooling1D(2)(x)
    x = keras_.layers.Dense(7)(layers.Statistics()(x))
    model = keras_.Model(features, keras_.layers.Softmax()(x))
    program = Program(
        tmp_path, encoder(tmp_path / "bundle", to_onnx(model), frontend.spec("logmel")), ["-O1", *vectors()]
    )
    sounds = lengths(speech, 0.1, 0.73, 2.31, 4.5)
    told, _, answers, _ = program(*sounds)
    assert (told[:, 1] == OK).all()
    wanted = np.array([program.expected(sound) for sound in sounds])
    assert np.abs(answers - wanted).max() <= 1e-4
    assert np.ptp(wanted, axis=0).max() > 0.02, "all sounds sound the same to this network"
