import json
import logging
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from quaver import backend
from quaver.errors import BundleError
from quaver.export import to_onnx
from quaver.quantise import quantise

keras = backend.keras()
L = keras.layers
# Every weight is replaced; drawing first ones would take longer than all else here.
Conv1D = partial(L.Conv1D, kernel_initializer="zeros")
Conv2D = partial(L.Conv2D, kernel_initializer="zeros")
Dense = partial(L.Dense, kernel_initializer="zeros")


def run(model: onnx.ModelProto, features: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"features": features.astype(np.float32)})[0]


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def shaken(model, rng: np.random.Generator):
    """Give every weight a value that a mistake in folding or order would show, and that lets the input through."""

    def value(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name in ("gamma", "moving_variance", "variance"):
            return rng.uniform(0.5, 2, shape)
        return rng.normal(size=shape) * (np.sqrt(2.5 / np.prod(shape[:-1])) if len(shape) > 1 else 0.2)

    for layer in model.layers:
        if hasattr(layer, "layers"):
            shaken(layer, rng)
        else:
            layer.set_weights([value(w.name, tuple(w.shape)) for w in layer.weights])
        if isinstance(layer, L.Normalization) and layer.weights:
            layer.finalize_state()
    return model


def difference(model, rng: np.random.Generator, rows: int = 5) -> float:
    features = rng.normal(size=(rows, *model.input_shape[1:])).astype(np.float32)
    return float(np.abs(run(to_onnx(model), features) - model.predict_on_batch(features)).max())


@pytest.fixture(scope="module")
def article(emodb):
    """The article's network, normalised for real clips, with weights that show every mistake; the clips' features."""
    from quaver import audio, frontend
    from quaver.networks.article import build

    spec = frontend.spec("article")
    clips = sorted((emodb / "wav").iterdir())[::45]
    features = np.stack([frontend.features(audio.load(clip, spec.sample_rate)[0], spec) for clip in clips])
    model = build(mean=features.mean(axis=0), variance=features.var(axis=0))
    return shaken(model, np.random.default_rng(0)), features


def test_article_network_agrees_with_keras_on_real_and_random_features(article, rng):
    model, real = article
    mean, deviation = real.mean(axis=0), real.std(axis=0)
    features = np.concatenate([real, mean + deviation * rng.normal(size=(52, 162))]).astype(np.float32)
    expected = model.predict_on_batch(features)
    assert expected.max(axis=1).std() > 0.01  # the rows differ, so that agreement says something
    assert np.abs(run(to_onnx(model), features) - expected).max() < 1e-5
    assert np.abs(run(to_onnx(model), features[:1]) - expected[:1]).max() < 1e-5


def test_article_network_is_only_what_runs(article):
    exported = to_onnx(article[0])
    assert operators(exported) == [
        *("Sub", "Mul", "Reshape", "Conv", "Relu", "Conv", "Relu", "MaxPool"),
        *("Conv", "Relu", "Conv", "Relu", "Conv", "Relu", "Conv", "Relu", "MaxPool"),
        *("Conv", "Relu", "Conv", "Relu", "Flatten", "Gemm", "Softmax"),
    ]
    assert [node.name for node in exported.graph.node if node.op_type == "Conv"] == [f"conv{i}" for i in range(1, 9)]
    assert exported.producer_name == "quaver" and exported.producer_version
    assert [i.name for i in exported.graph.input] == ["features"]
    assert exported.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_a_network_saved_by_keras_exports_to_the_same_bytes(article, tmp_path):
    article[0].save(tmp_path / "model.keras")
    article[0].save(tmp_path / "model.h5")
    for name in ("model.keras", "model.h5"):
        assert to_onnx(keras.models.load_model(tmp_path / name)) == to_onnx(article[0])


CHAINS = {
    "valid, strided, dilated": lambda: [L.Input((30, 3)), Conv1D(4, 3, strides=2), Conv1D(4, 3, dilation_rate=2)],
    "same, even, strided": lambda: [L.Input((31, 1)), Conv1D(4, 8, strides=3, padding="same")],
    "same, dilated": lambda: [L.Input((31, 2)), Conv1D(4, 4, dilation_rate=3, padding="same")],
    "causal, grouped, no bias": lambda: [L.Input((20, 4)), Conv1D(6, 5, padding="causal", groups=2, use_bias=False)],
    "depthwise": lambda: [
        L.Input((20, 4)),
        L.DepthwiseConv1D(5, depth_multiplier=2, padding="same", depthwise_initializer="zeros"),
    ],
    "separable": lambda: [
        L.Input((20, 4)),
        L.SeparableConv1D(
            6, 5, padding="same", activation="relu", depthwise_initializer="zeros", pointwise_initializer="zeros"
        ),
    ],
    "dense over time": lambda: [L.Input((20, 4)), Dense(6, activation="gelu")],
    "norm after relu": lambda: [L.Input((20, 4)), Conv1D(4, 3, activation="relu"), L.BatchNormalization()],
    "norm before same": lambda: [L.Input((20, 4)), L.BatchNormalization(), Conv1D(4, 3, padding="same")],
    "norm before valid": lambda: [L.Input((20, 4)), L.BatchNormalization(), L.Dropout(0.3), Conv1D(4, 3)],
    "norm twice, bare": lambda: [
        *(L.Input((20, 4)), L.BatchNormalization(scale=False), L.BatchNormalization(center=False)),
    ],
    "norm after flatten": lambda: [
        L.Input((6, 4)),
        Conv1D(4, 3),
        L.Activation("tanh"),
        L.Flatten(),
        L.BatchNormalization(),
    ],
    "norm before flatten": lambda: [
        L.Input((6, 4)),
        L.Activation("elu"),
        L.BatchNormalization(),
        L.Flatten(),
        Dense(5),
    ],
    "norm after dense": lambda: [L.Input((6,)), Dense(5), L.BatchNormalization(), L.ReLU(), Dense(5)],
    "pool same": lambda: [L.Input((21, 4)), Conv1D(4, 3), L.MaxPooling1D(4, strides=3, padding="same")],
    "mean pool": lambda: [L.Input((21, 4)), L.AveragePooling1D(4, strides=3, padding="same"), L.LeakyReLU(0.1)],
    "global maximum": lambda: [L.Input((21, 4)), Conv1D(4, 3, activation="silu"), L.GlobalMaxPooling1D()],
    "elu": lambda: [L.Input((21, 4)), Conv1D(4, 3, activation="selu"), L.ELU(0.7), L.Activation("mish")],
    "global pool": lambda: [L.Input((21, 4)), Conv1D(4, 3), L.GlobalAveragePooling1D()],
    "softmax over channels": lambda: [L.Input((9, 4)), L.Softmax(), Conv1D(2, 3)],
    "there and back": lambda: [L.Input((6, 4)), L.Flatten(), L.ReLU(), L.Reshape((6, 4)), Conv1D(3, 2)],
    "adapted": lambda: [L.Input((6, 4)), L.Normalization(), Conv1D(3, 2)],
    "one mean": lambda: [L.Input((6,)), L.Normalization(axis=None, mean=3.0, variance=4.0)],
}


RECURRENT = {
    "lstm": lambda: [L.Input((9, 4)), Conv1D(5, 3), L.BatchNormalization(), L.LSTM(6)],
    "lstm backwards": lambda: [L.Input((9, 4)), L.LSTM(6, go_backwards=True, use_bias=False)],
    "lstm over time": lambda: [L.Input((9, 4)), L.LSTM(6, return_sequences=True), L.LSTM(3), Dense(5)],
    "gru": lambda: [L.Input((9, 4)), L.GRU(6, return_sequences=True), Conv1D(5, 3, activation="relu")],
    "gru, reset before": lambda: [L.Input((9, 4)), L.GRU(6, reset_after=False)],
    "both ways": lambda: [
        *(L.Input((9, 4)), L.Bidirectional(L.LSTM(6, return_sequences=True)), L.Dropout(0.2)),
        *(L.Bidirectional(L.GRU(3)), L.BatchNormalization()),
    ],
}


@pytest.mark.parametrize("chain", RECURRENT)
def test_recurrent_layers_agree_with_keras(chain, rng):
    model = shaken(keras.Sequential([*RECURRENT[chain](), L.Flatten(), Dense(3, activation="softmax")]), rng)
    assert difference(model, rng) < 1e-5


@pytest.mark.parametrize("chain", CHAINS)
def test_layers_agree_with_keras(chain, rng):
    layers = CHAINS[chain]()
    model = shaken(keras.Sequential([*layers, L.Flatten(), Dense(3, activation="softmax")]), rng)
    exported = to_onnx(model)
    assert difference(model, rng) < 1e-5
    assert operators(exported).count("Transpose") == (len(model.input_shape) == 3 and 1 not in model.input_shape)


@pytest.mark.parametrize(
    ("chain", "left"), [("norm before valid", 0), ("norm after dense", 0), ("norm before same", 1)]
)
def test_batch_norm_folds_where_it_may(chain, left, rng):
    model = keras.Sequential([*CHAINS[chain](), L.Flatten(), Dense(3)])
    assert operators(to_onnx(shaken(model, rng))).count("Mul") == left


PICTURES = {
    "strides in both": lambda bands: [L.ZeroPadding2D(2), Conv2D(4, 5, strides=(2, 3), use_bias=False)],
    "one and two sides": lambda bands: [
        L.ZeroPadding2D(((1, 0), (0, 2))),
        L.ZeroPadding2D(1),
        Conv2D(4, (3, 2), activation="silu"),
    ],
    "same, dilated": lambda bands: [Conv2D(4, (3, 2), padding="same", dilation_rate=(1, 2)), L.BatchNormalization()],
    "norm before": lambda bands: [L.BatchNormalization(), Conv2D(4, 3), L.ReLU(), L.Dropout(0.1), Conv2D(3, 2)],
    "nothing": lambda bands: [],
}


@pytest.mark.parametrize("shape", [(None, 12), (17, 12)])
@pytest.mark.parametrize("picture", PICTURES)
def test_chains_that_see_pictures_agree_with_keras(picture, shape, rng):
    """Of one channel and of three, of any length and of a fixed one, with a sequence before and after."""
    for bands, channels in ((12, 1), (4, 3)):
        seen = [L.Input(shape), L.Normalization(mean=0.5, variance=2.0), L.Reshape((-1, bands, channels))]
        model = keras.Sequential([*seen, *PICTURES[picture](bands)])
        model.add(L.Reshape((-1, model.output_shape[2] * model.output_shape[3])))
        for layer in (Conv1D(5, 3, activation="relu"), L.GlobalAveragePooling1D(), Dense(3, activation="softmax")):
            model.add(layer)
        exported = to_onnx(shaken(model, rng))
        assert operators(exported)[0] == "Transpose"  # as a chain, not as a network that branches
        assert exported.graph.input[0].type.tensor_type.shape.dim[1].dim_param == ("" if shape[0] else "frames")
        for frames in (17,) if shape[0] else (11, 17, 40):
            features = rng.normal(size=(2, frames, 12)).astype(np.float32)
            np.testing.assert_allclose(run(exported, features), model.predict_on_batch(features), atol=1e-5)


def test_nested_models_are_chains_too(rng):
    inner = keras.Sequential([L.Input((6, 4)), Conv1D(3, 2, activation="relu")])
    features = keras.Input((6, 4))
    model = keras.Model(features, Dense(3, activation="softmax")(L.Flatten()(inner(features))))
    assert difference(shaken(model, rng), rng) < 1e-5


def test_a_layer_without_rule_is_named_with_the_list():
    model = keras.Sequential([L.Input((6, 4)), L.SimpleRNN(3, name="memory"), Dense(2)])
    with pytest.raises(BundleError, match=r"'memory' is a SimpleRNN.*Conv1D.*Softmax") as error:
        to_onnx(model)
    assert "\n" not in str(error.value)


def masked():
    x = keras.Input((6, 4))
    y = L.MultiHeadAttention(2, 3)(x, x, attention_mask=np.ones((1, 6, 6), bool))
    return keras.Model(x, Dense(3)(L.Flatten()(y)))


def begun():
    x = keras.Input((6, 4))
    state = Dense(3)(L.Flatten()(x))
    return keras.Model(x, Dense(3)(L.LSTM(3, name="memory")(x, initial_state=[state, state])))


def scores():
    x = keras.Input((6, 4))
    y, shares = L.MultiHeadAttention(2, 3, name="gaze")(x, x, return_attention_scores=True)
    return keras.Model(x, Dense(3)(L.Concatenate()([L.Flatten()(y), L.Flatten()(shares)])))


def stacked():
    x = keras.Input((6, 4))
    return keras.Model(x, Dense(3)(L.Flatten()(keras.ops.concatenate([x, x], axis=-1))))


def branching():
    features = keras.Input((6,))
    left, right = Dense(3, name="left")(features), Dense(3, name="right")(features)
    return keras.Model(features, [left, right])


REFUSED = {
    "right": branching,
    "'exponential'": lambda: keras.Sequential([L.Input((6,)), Dense(3, activation="exponential")]),
    "from the last": lambda: keras.Sequential([L.Input((6, 4)), L.LSTM(3, go_backwards=True, return_sequences=True)]),
    "recurrent_activation='relu'": lambda: keras.Sequential([L.Input((6, 4)), L.GRU(3, recurrent_activation="relu")]),
    "only LSTM and GRU": lambda: keras.Sequential([L.Input((6, 4)), L.Bidirectional(L.GRU(3), merge_mode="sum")]),
    "threshold": lambda: keras.Sequential([L.Input((6,)), L.ReLU(threshold=1), Dense(3)]),
    "attention_mask": masked,
    "'memory' takes 3 tensors": begun,
    "'gaze' gives several": scores,
    "use the layer Concatenate": stacked,
    "'calm' is a Lambda": lambda: keras.Sequential([L.Input((6,)), L.Lambda(lambda x: x, name="calm"), Dense(3)]),
    "channels_last": lambda: keras.Sequential(
        [L.Input((4, 6)), L.MaxPooling1D(2, data_format="channels_first"), L.Flatten()]
    ),
    "last one": lambda: keras.Sequential([L.Input((4, 6)), L.BatchNormalization(axis=1), L.Flatten(), Dense(3)]),
    "'fold' reshapes .* its length is open": lambda: keras.Sequential(
        [L.Input((None, 6)), L.Reshape((-1, 3), name="fold"), L.GlobalAveragePooling1D(), Dense(3)]
    ),
    "'flat' is a Dense, which follows a picture": lambda: keras.Sequential(
        [L.Input((None, 6)), L.Reshape((-1, 3, 2)), Dense(3, name="flat")]
    ),
    "ends in a sequence": lambda: keras.Sequential([L.Input((4, 6)), Dense(3)]),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_exported_is_refused_in_one_line(reason):
    with pytest.raises(BundleError, match=reason) as error:
        to_onnx(REFUSED[reason]())
    assert "\n" not in str(error.value)


def ended(x, y):
    """Make a model that ends in shares of three."""
    return keras.Model(x, Dense(3, activation="softmax")(y if len(y.shape) == 2 else L.Flatten()(y)))


def residual():
    x = keras.Input((12, 17, 1))
    y = L.BatchNormalization()(L.Conv2D(6, 3, padding="same", use_bias=False)(x))
    for channels, stride in ((6, 1), (9, 2)):
        z = L.ReLU(max_value=6)(L.BatchNormalization()(L.Conv2D(channels, 3, strides=stride, padding="same")(y)))
        y = y if stride == 1 else L.Conv2D(channels, 1, strides=stride, padding="same")(y)
        y = L.Activation("relu")(L.Add()([y, L.Conv2D(channels, 3, padding="same", groups=3)(z)]))
    return ended(x, L.GlobalAveragePooling2D()(L.MaxPooling2D((2, 1))(y)))


def mobile():
    x = keras.Input((14, 11, 2))
    y = L.DepthwiseConv2D((3, 5), strides=2, padding="same", depth_multiplier=2, activation="relu6")(x)
    y = L.SeparableConv2D(7, 3, dilation_rate=2, activation="silu")(L.ZeroPadding2D(((1, 2), (3, 0)))(y))
    return ended(x, L.GlobalMaxPooling2D(keepdims=True)(L.AveragePooling2D(2, padding="same")(y)))


def transformer():
    x = keras.Input((9, 5))
    y = Dense(8)(x)
    for _ in range(2):
        z = L.LayerNormalization()(y)
        y = L.Add()([y, L.MultiHeadAttention(2, 3)(z, z)])
        y = y + Dense(8)(Dense(12, activation="gelu")(L.LayerNormalization(scale=False)(y)))
    return ended(x, L.GlobalAveragePooling1D()(y))


def crossed():
    x = keras.Input((9, 4))
    keys, values = Conv1D(5, 3)(x), Conv1D(6, 3, activation="tanh")(x)
    return ended(x, L.MultiHeadAttention(3, 2, use_bias=False, output_shape=7)(Dense(4)(x), key=keys, value=values))


def excited():
    x = keras.Input((12, 4))
    y = L.PReLU(shared_axes=[1])(Conv1D(6, 3, padding="causal")(x))
    gate = L.Reshape((1, 6))(Dense(6, activation="sigmoid")(L.GlobalAveragePooling1D()(y)))
    y = L.Concatenate()([L.Multiply()([y, gate]), L.Subtract()([y, 0.5 * y + 1.0])])
    return ended(x, L.Permute((2, 1))(L.Average()([y, L.Maximum()([y, L.LeakyReLU(0.1)(y)])])))


def recurrent():
    x = keras.Input((10, 8, 1))
    y = L.Reshape((10, -1))(L.Conv2D(4, (3, 5), strides=(1, 2), padding="same", activation="elu")(x))
    both = L.Bidirectional(L.GRU(5, return_sequences=True))(y)
    return ended(x, L.Concatenate()([L.LSTM(4)(both), L.GlobalMaxPooling1D()(both)]))


def twice():
    x = keras.Input((10, 4))
    layer, norm = Conv1D(4, 3, padding="same", name="shared"), L.Normalization(mean=np.arange(4.0), variance=np.ones(4))
    inner = keras.Sequential([L.Input((10, 4)), L.Rescaling(0.5, 1.0), Conv1D(4, 3, padding="same", name="shared")])
    return ended(x, L.Concatenate(axis=1)([layer(L.BatchNormalization()(norm(x))), inner(x), L.Dropout(0.2)(layer(x))]))


FUNCTIONAL = (residual, mobile, transformer, crossed, excited, recurrent, twice)


@pytest.mark.parametrize("build", FUNCTIONAL)
def test_networks_that_branch_agree_with_keras(build, rng):
    assert difference(shaken(build(), rng), rng) < 1e-5


@pytest.mark.parametrize("build", [residual, mobile, transformer, excited, recurrent])
def test_networks_that_branch_compile(build, rng, tmp_path):
    """The program compares what it has compiled with ONNX Runtime."""
    model = shaken(build(), rng)
    model.save(tmp_path / "network.keras")
    words = ["compile", tmp_path / "network.keras", "--target", "native", "-o", tmp_path / "out", "--json"]
    done = subprocess.run([sys.executable, "-m", "quaver", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"]["largest_difference"] < 1e-4


LIMITED = {
    "a limit": lambda: [L.Input((6,)), L.ReLU(max_value=1.5), Dense(3)],
    "another shape": lambda: [L.Input((12,)), L.Reshape((6, 2)), Conv1D(3, 2), L.Flatten(), Dense(3)],
}


@pytest.mark.parametrize("chain", LIMITED)
def test_chains_that_need_more_are_exported_as_networks_that_branch(chain, rng):
    assert difference(shaken(keras.Sequential(LIMITED[chain]()), rng), rng) < 1e-5


@pytest.fixture(scope="module")
def trained():
    """A small network that tells four kinds of curves apart, fitted by least squares, and curves it has not seen."""
    rng = np.random.default_rng(1)
    truth, spread = rng.integers(0, 4, 700), 10 ** rng.uniform(-3, 3, 162)
    phase = np.arange(162) * (truth + 1)[:, None] / 20 + rng.uniform(0, 6, (700, 1))
    features = ((2 * np.sin(phase) + rng.normal(size=(700, 162))) * spread).astype(np.float32)
    normaliser = L.Normalization(mean=features.mean(axis=0), variance=features.var(axis=0))
    stages = [Conv1D(16, 8, padding="same", name="conv1"), L.BatchNormalization(), L.ReLU(), L.MaxPooling1D(8)]
    rest = [Conv1D(16, 8, padding="same", activation="relu"), L.Flatten()]
    body = shaken(keras.Sequential([L.Input((162,)), normaliser, L.Reshape((162, 1)), *stages, *rest]), rng)
    seen = body.predict_on_batch(features)
    dense = Dense(4)
    model = keras.Sequential([body, dense, L.Softmax()])
    ridge = seen[:500].T @ seen[:500] + 10 * np.eye(seen.shape[1])
    dense.set_weights([5 * np.linalg.solve(ridge, seen[:500].T @ np.eye(4)[truth[:500]]), np.zeros(4)])
    return to_onnx(model), features, truth


def test_quantised_network_agrees_and_is_smaller(trained):
    exported, features, truth = trained
    before = exported.SerializeToString()
    small = quantise(exported, features[:400])
    assert exported.SerializeToString() == before
    assert len(small.SerializeToString()) < len(before) / 1.5
    whole, eight = run(exported, features[500:]), run(small, features[500:])
    assert np.mean(whole.argmax(axis=1) == truth[500:]) > 0.8  # it has learned something to lose
    assert np.mean(whole.argmax(axis=1) == eight.argmax(axis=1)) >= 0.97
    assert np.allclose(eight.sum(axis=1), 1, atol=1e-5)


def test_quantised_network_keeps_input_normalisation_and_first_layer_in_float(trained):
    small = quantise(trained[0], trained[1][:64])
    taken = {node.input[0]: node for node in small.graph.node}
    path = ["features"]
    while taken[path[-1]].op_type != "QuantizeLinear":
        path += taken[path[-1]].output
    assert [taken[tensor].op_type for tensor in path] == [
        "Sub",
        "Mul",
        "Reshape",
        "Conv",
        "Relu",
        "MaxPool",
        "QuantizeLinear",
    ]
    kernels = {i.name: i for i in small.graph.initializer if i.name.endswith("kernel_quantized")}
    assert len(kernels) == 2 and all(k.data_type == onnx.TensorProto.INT8 for k in kernels.values())


def test_quantise_leaves_nothing_behind(trained, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    handlers = list(logging.getLogger().handlers)
    quantise(trained[0], trained[1][:64])
    assert list(Path(tmp_path).iterdir()) == []
    assert logging.getLogger().handlers == handlers
    assert "".join(capfd.readouterr()) == ""
