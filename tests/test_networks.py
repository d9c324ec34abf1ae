"""The article's network is exactly the published one: its shapes, its parameters, its constants."""

import numpy as np
import pytest

from quaver import networks
from quaver.answers import predict
from quaver.balance import Data
from quaver.errors import SpecError
from quaver.fit import BEST, fit
from quaver.networks import small
from quaver.recipe import Recipe

TABLE = [  # layer, output shape without the batch, parameters
    ("conv1", (162, 256), 2_304),
    ("conv2", (162, 256), 524_544),
    ("norm2", (162, 256), 1_024),
    ("drop2", (162, 256), 0),
    ("pool2", (20, 256), 0),
    ("conv3", (20, 128), 262_272),
    ("conv4", (20, 128), 131_200),
    ("drop4", (20, 128), 0),
    ("conv5", (20, 128), 131_200),
    ("conv6", (20, 128), 131_200),
    ("norm6", (20, 128), 512),
    ("drop6", (20, 128), 0),
    ("pool6", (2, 128), 0),
    ("conv7", (2, 64), 65_600),
    ("conv8", (2, 64), 32_832),
    ("flatten", (128,), 0),
    ("dense", (7,), 903),
]


@pytest.fixture(scope="module")
def model():
    return networks.build("article", (162,), 7)


@pytest.mark.parametrize(("name", "shape", "parameters"), TABLE)
def test_every_layer_has_the_published_shape_and_parameters(model, name, shape, parameters):
    layer = model.get_layer(name)
    assert (layer.output.shape[1:], layer.count_params()) == (shape, parameters)


def test_the_parameters_add_up(model):
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert (model.count_params(), trainable, model.count_params() - trainable) == (1_283_591, 1_282_823, 768)


def test_kernels_pools_and_dropout_are_the_articles(model):
    convolutions = [layer for layer in model.layers if layer.name.startswith("conv")]
    assert {(layer.kernel_size, layer.strides, layer.padding) for layer in convolutions} == {((8,), (1,), "same")}
    assert {model.get_layer(name).pool_size for name in ("pool2", "pool6")} == {(8,)}
    assert {layer.rate for layer in model.layers if layer.name.startswith("drop")} == {0.25}
    order = [layer.name for layer in model.layers]
    assert order.index("conv2") < order.index("norm2") < order.index("relu2") < order.index("drop2")


def test_the_normaliser_is_constant_and_undoes_scale_and_offset(rng):
    mean, variance = rng.normal(size=162).astype("f"), rng.uniform(0.5, 9, 162).astype("f")
    plain = networks.build("article", (162,), 7, seed=1)
    shifted = networks.build("article", (162,), 7, mean=mean, variance=variance, seed=1)
    assert shifted.count_params() == plain.count_params()
    x = rng.normal(size=(4, 162)).astype("f")
    np.testing.assert_allclose(
        plain.predict(x, verbose=0), shifted.predict(x * np.sqrt(variance) + mean, verbose=0), atol=1e-5
    )


def test_the_seed_decides_the_weights():
    first, again, other = (networks.build("article", (162,), 7, seed=s).get_weights()[0] for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_other_label_counts_change_only_the_last_layer(model):
    assert networks.build("article", (162,), 8).count_params() == model.count_params() + 129


def test_an_unknown_network_is_named_with_those_there_are():
    with pytest.raises(SpecError, match="'lstm'.*article"):
        networks.build("lstm", (162,), 7)


# ------------------------------------------------------------------------------------------------ members of `small`


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A head that has learnt three classes from two corpora, of which the second lacks the third class."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("head")
    truth = np.r_[rng.integers(0, 3, 200), rng.integers(0, 2, 100)]
    features = (rng.normal(size=(300, 24)) + 2 * np.eye(3, 24)[truth]).astype("f")
    data = Data(features, truth, np.repeat([0, 1], [200, 100]))
    recipe = Recipe(epochs=6, batch=32, learning_rate=3e-3, balance="corpus", mixup=1.0)
    fit(lambda: small.build((24,), 3), data, data, 3, recipe, folder)
    return folder / BEST, data


def test_members_answer_by_the_mean_of_their_logits(taught):
    path, data = taught
    head = networks.load(path)
    each = np.asarray(head(data.features))
    assert each.shape == (300, small.MEMBERS, 3)
    joint = np.exp(np.log(each).mean(axis=1))
    joint /= joint.sum(axis=1, keepdims=True)
    assert np.abs(predict(head, data.features) - joint).max() < 1e-5
    assert np.abs(predict(small.merged(head), data.features) - joint).max() < 1e-5


def test_every_member_learns_and_none_learns_what_another_does(taught):
    path, data = taught
    each = np.asarray(networks.load(path)(data.features))
    assert ((each.argmax(axis=2) == data.truth[:, None]).mean(axis=0) > 0.75).all()
    assert min(np.abs(each[:, a] - each[:, b]).max() for a in range(small.MEMBERS) for b in range(a)) > 0.05


def test_members_stay_as_they_are_in_files(taught, tmp_path):
    path, data = taught
    head = networks.load(path)
    for name in ("head.keras", "head.h5"):
        head.save(tmp_path / name)
        assert np.array_equal(predict(networks.load(tmp_path / name), data.features), predict(head, data.features))
