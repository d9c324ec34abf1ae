"""Whisper's encoder in Keras and ONNX, against the same sums in NumPy; the weights' files; and the network on top."""

import dataclasses
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tiny_teacher as tiny
from conftest import ROOT

from quaver import audio, backend, dataset, frontend, networks, stems, teachers
from quaver.answers import predict
from quaver.errors import BundleError, CorpusError, SpecError, TrainingError
from quaver.export import to_onnx
from quaver.manifest import Manifest
from quaver.networks import layers, small, whisper
from quaver.nibbles import rounded

keras = backend.keras()
BLOCKS = 2


@pytest.fixture(scope="module")
def weights():
    return tiny.weights()


@pytest.fixture(scope="module")
def encoder(weights):
    return whisper.encoder(weights, BLOCKS)


@pytest.fixture(scope="module")
def pooled(encoder):
    return keras.Model(encoder.input, layers.Statistics(name="pooled")(encoder.output))


def run(model, features):
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"features": features})[0]


def spectrogram(frames, rng):
    return (0.5 * rng.normal(size=(frames, tiny.MELS))).astype(np.float32)


# ------------------------------------------------------------------------------------------------ the encoder


@pytest.mark.parametrize("frames", [3, 4, 31, 200])
def test_the_encoder_computes_what_whisper_does(encoder, weights, frames, rng):
    features = spectrogram(frames, rng)
    expected = tiny.encode(features, weights, BLOCKS)
    answer = np.asarray(encoder(features[None]))[0]
    assert answer.shape == expected.shape == (-(-frames // 2), tiny.WIDTH)
    assert np.abs(answer - expected).max() < 1e-4


@pytest.mark.skipif("QUAVER_TEACHERS" not in os.environ, reason="QUAVER_TEACHERS names no folder with the weights")
@pytest.mark.parametrize("name", teachers.TEACHERS)
def test_the_real_encoder_computes_what_whisper_does(emodb, name):
    """To 1e-3 on a real clip, every step and channel, which is what half precision leaves of the weights."""
    weights = teachers.load(name)
    spec = dataclasses.replace(frontend.spec("logmel"), pause=None)
    clip = min((emodb / "wav").iterdir(), key=lambda path: path.stat().st_size)
    features = frontend.features(audio.load(clip, spec.sample_rate)[0], spec)
    answer = np.asarray(whisper.encoder(weights, BLOCKS)(features[None]))[0]
    assert np.abs(answer - tiny.encode(features, weights, BLOCKS)).max() < 1e-3


def test_positions_are_sines_and_cosines():
    table = layers.sinusoids(50, 8)
    assert np.allclose(table[0], [0, 0, 0, 0, 1, 1, 1, 1])
    assert np.allclose(table[:, 0], np.sin(np.arange(50)), atol=1e-6)
    assert np.allclose(table[:, 7], np.cos(np.arange(50) / 10_000), atol=1e-6)


def test_statistics_are_means_and_deviations(rng):
    x = rng.normal(2, 3, size=(4, 37, 5)).astype(np.float32)
    answer = np.asarray(layers.Statistics()(x))
    assert np.allclose(answer, np.hstack([x.mean(axis=1), x.std(axis=1)]), atol=1e-4)


# ------------------------------------------------------------------------------------------------ export


@pytest.mark.parametrize("frames", [3, 4, 75, 300])
def test_onnx_agrees_with_keras_for_clips_of_any_length(pooled, frames, rng):
    features = np.stack([spectrogram(frames, rng) for _ in range(3)])
    assert np.abs(run(pooled, features) - np.asarray(pooled(features))).max() < 1e-5


def test_keras_files_hold_the_same_network(pooled, tmp_path, rng):
    features = spectrogram(40, rng)[None]
    for name in ("model.keras", "model.h5"):
        pooled.save(tmp_path / name)
        again = networks.load(tmp_path / name)
        assert np.array_equal(np.asarray(again(features)), np.asarray(pooled(features)))


@pytest.mark.parametrize("depths", [(1,), (2,), (3, 2), (1, 2, 4)])
def test_statistics_come_from_any_depth(weights, depths, rng):
    model, features = whisper.by_depth(weights, depths), spectrogram(50, rng)
    heard = [tiny.encode(features, weights, depth / 2) for depth in sorted(depths)]
    expected = np.hstack([part for each in heard for part in (each.mean(axis=0), each.std(axis=0))])
    assert model.output_shape == (None, len(expected))
    assert np.abs(np.asarray(model(features[None]))[0] - expected).max() < 1e-4
    assert np.abs(run(model, features[None])[0] - expected).max() < 1e-4


def test_half_a_block_is_saved_and_exported(tmp_path, weights, rng):
    x = features = keras.Input((None, tiny.WIDTH))
    half = keras.Model(features, layers.Statistics()(layers.EncoderBlock(2, half=True)(x)))
    half.save(tmp_path / "half.keras")
    values = rng.normal(size=(2, 20, tiny.WIDTH)).astype(np.float32)
    again = networks.load(tmp_path / "half.keras")
    assert len(again.get_weights()) == 9
    assert np.abs(run(half, values) - np.asarray(again(values))).max() < 1e-5


def test_positions_that_are_sines_take_a_tenth_of_the_room(rng):
    """Small tables make the large one, to the last digits of float32; any other table is kept as it is."""
    features = keras.Input((None, 64))
    own = layers.Positions(whisper.LONGEST // 2)
    model = keras.Model(features, layers.Statistics()(own(features)))
    values = rng.normal(size=(1, whisper.LONGEST // 2, 64)).astype(np.float32)
    small_file = to_onnx(model).ByteSize()
    assert np.abs(run(model, values) - np.asarray(model(values))).max() < 1e-5
    own.set_weights([rng.normal(size=(whisper.LONGEST // 2, 64)).astype(np.float16)])
    assert small_file < to_onnx(model).ByteSize() / 2
    assert np.abs(run(model, values) - np.asarray(model(values))).max() < 1e-5


def test_a_convolution_after_attention_is_laid_out_again(rng):
    x = features = keras.Input((None, 64))
    x = layers.EncoderBlock(1)(x)
    x = keras.layers.Conv1D(8, 3, padding="same")(x)
    model = keras.Model(features, layers.Statistics()(x))
    values = rng.normal(size=(2, 20, 64)).astype(np.float32)
    assert np.abs(run(model, values) - np.asarray(model(values))).max() < 1e-5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: keras.layers.Dense(2)(keras.layers.ZeroPadding1D(1)(x)), "in front of a convolution"),
        (lambda x: keras.layers.Conv1D(4, 3, strides=2, padding="same")(x), "put ZeroPadding1D in front"),
        (lambda x: layers.Positions(10)(x), "ends in a sequence"),
    ],
)
def test_what_cannot_be_exported_is_said(make, message):
    features = keras.Input((None, 64))
    with pytest.raises(BundleError, match=message):
        to_onnx(keras.Model(features, make(features)))


# ------------------------------------------------------------------------------------------------ the weights' files


def as_npz(path: Path, weights):
    np.savez(path, n_head=2, **{name: values.astype(np.float16) for name, values in weights.items()})


def as_safetensors(path: Path, weights):
    """Write the hub's names and format: single precision, with a decoder that nobody wants."""
    hub = {"attn.query": "self_attn.q_proj", "attn.key": "self_attn.k_proj", "attn.value": "self_attn.v_proj"}
    hub |= {"attn.out": "self_attn.out_proj", "attn_ln": "self_attn_layer_norm", "mlp_ln": "final_layer_norm"}
    hub |= {"mlp.0": "fc1", "mlp.2": "fc2", "blocks": "layers", "positional_embedding": "embed_positions.weight"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, values in {**weights, "decoder": np.ones(3, np.float32)}.items():
        for ours, theirs in hub.items():
            name = name.replace(ours, theirs)
        name = "model.decoder.layers.0.fc1.weight" if name == "decoder" else f"model.encoder.{name}"
        raw = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    told = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(told)) + told + data)


@pytest.mark.parametrize(("suffix", "write"), [("npz", as_npz), ("safetensors", as_safetensors)])
def test_every_kind_of_file_gives_the_same_weights(tmp_path, weights, suffix, write):
    path = tmp_path / f"teacher.{suffix}"
    write(path, weights)
    read = teachers.read(path)
    assert read.keys() == weights.keys()
    assert all(np.array_equal(read[name], values) for name, values in weights.items())
    assert teachers.digest(read) == teachers.digest(weights)


def test_a_checkpoint_of_pytorch_is_read_without_it():
    """The file was written by PyTorch 2.13: half and single precision, and matrices that it had turned."""
    read = teachers.read(ROOT / "tests" / "tiny_encoder.pt")
    sums = {name: float(values.sum()) for name, values in read.items()}
    expected = {
        "conv1.weight": -2.2478294,
        "positional_embedding": -3.8925104,
        "blocks.0.attn.query.weight": 3.4140167,
        "blocks.0.attn.key.weight": -7.4554443,
        "blocks.0.attn.value.weight": -4.2573242,
        "blocks.0.attn.out.weight": 8.9031372,
        "blocks.0.attn.query.bias": 0.5905173,
    }
    assert sums == pytest.approx(expected, rel=1e-5)
    assert read["conv1.weight"].shape == (4, 3, 3)


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, capfd):
    with zipfile.ZipFile(tmp_path / "evil.pt", "w") as archive:
        archive.writestr("evil/data.pkl", pickle.dumps(Harmful()))
    with pytest.raises(TrainingError, match="asks for posix.system"):
        teachers.read(tmp_path / "evil.pt")
    assert "harm" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"no archive", "cannot be read"),
        ("a.pt", b"no archive", "cannot be read"),
        ("a.safetensors", b"\xff" * 20, "cannot be read"),
        ("a.bin", b"", "expected the encoder as .npz"),
    ],
)
def test_a_file_that_is_no_encoder_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match=message):
        teachers.read(tmp_path / name)


def test_another_archive_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones(2))
    with pytest.raises(TrainingError, match="no Whisper encoder"):
        teachers.read(tmp_path / "a.npz")


def test_other_numbers_under_the_name_are_refused(tmp_path, weights, monkeypatch):
    as_npz(tmp_path / "whisper-tiny.en.npz", weights)
    monkeypatch.setenv("QUAVER_TEACHERS", str(tmp_path))
    with pytest.raises(TrainingError, match="other numbers than whisper-tiny.en"):
        teachers.load("whisper-tiny.en")
    with pytest.raises(TrainingError, match="there are: whisper-tiny.en"):
        teachers.load("hubert")


def test_without_a_network_it_is_said_where_to_put_the_file(tmp_path, monkeypatch):
    def absent(url, *_, **__):
        raise CorpusError(f"{url} cannot be reached (no route); try again later, use --mirror URL or --from FILE.")

    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    monkeypatch.delenv("QUAVER_TEACHERS", raising=False)
    monkeypatch.setattr(teachers, "download", absent)
    with pytest.raises(TrainingError, match=r"no route\)\. Put OpenAI's \.pt .* QUAVER_TEACHERS") as caught:
        teachers.load("whisper-tiny.en")
    assert "--mirror" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ the network


@pytest.fixture
def tiny_stem(weights, monkeypatch, tmp_path):
    """Put the tiny teacher in the place of the real one."""
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(small, "POOLED", (2 * tiny.WIDTH * len(small.DEPTHS),))
    monkeypatch.setattr(teachers, "load", lambda name: weights)
    return stems.of("small")


def test_the_stem_is_frozen_and_kept_on_disk(tiny_stem, weights, rng):
    assert small.stem(weights).trainable_weights == []
    assert tiny_stem.path.is_file()
    features = spectrogram(60, rng)
    kept = {n: rounded(v.T).T if n.startswith("blocks") and v.ndim == 2 else v for n, v in weights.items()}
    steps = [tiny.encode(features, kept, depth / 2) for depth in small.DEPTHS]
    expected = np.hstack([part for each in steps for part in (each.mean(axis=0), each.std(axis=0))])
    assert np.abs(tiny_stem(features) - expected).max() < 1e-4
    exact = tiny.encode(features, weights, small.DEPTHS[0] / 2).mean(axis=0)
    assert 0.97 < np.corrcoef(tiny_stem(features)[: tiny.WIDTH], exact)[0, 1] < 0.9999, "in four bits"
    written = tiny_stem.path.stat().st_mtime_ns
    assert stems.of("small") == tiny_stem and tiny_stem.path.stat().st_mtime_ns == written


def test_a_clip_longer_than_the_encoder_hears_is_heard_in_parts(tiny_stem, rng):
    features = spectrogram(2 * whisper.LONGEST + 100, rng)
    parts = np.array_split(features, 3)
    assert np.allclose(tiny_stem(features), np.mean([tiny_stem(part) for part in parts], axis=0), atol=1e-6)


def test_networks_trained_whole_have_no_stem():
    assert stems.of("article") is None
    with pytest.raises(SpecError):
        stems.of("lstm")


def test_the_cache_keeps_what_the_stem_gives(tiny_stem, emodb):
    clips = Manifest(tuple(Manifest.read(emodb / "manifest.csv").clips[:3]))
    first = dataset.extract(clips, frontend.spec("logmel"), through=tiny_stem).values
    assert first.shape == (3, 2 * tiny.WIDTH * len(small.DEPTHS))
    tiny_stem.path.unlink()  # so that only the cache can answer
    assert np.array_equal(dataset.extract(clips, frontend.spec("logmel"), through=tiny_stem).values, first)


def test_features_of_clips_that_differ_in_length_stay_apart(emodb):
    clips = Manifest(tuple(Manifest.read(emodb / "manifest.csv").clips[:3]))
    values = dataset.extract(clips, frontend.spec("logmel")).values
    assert [row.shape[1] for row in values] == [80, 80, 80]
    assert len({len(row) for row in values}) > 1


def test_the_whole_network_is_the_stem_and_the_head(tiny_stem, rng):
    width = 2 * tiny.WIDTH * len(small.DEPTHS)
    values = rng.normal(size=(2, width)).astype(np.float32)
    head = networks.build("small", (width,), 7, mean=values.mean(axis=0), variance=values.var(axis=0) + 1)
    whole = networks.whole("small", head, np.zeros((1, 768), "f"))
    features = spectrogram(90, rng)
    expected = predict(head, tiny_stem(features)[None])
    assert np.abs(run(whole, features[None]) - expected).max() < 1e-5
    assert expected.shape == (1, 7)
