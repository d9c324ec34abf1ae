"""The article's network is exactly the published one: its shapes, its parameters, its constants."""

import numpy as np
import pytest

from quaver import networks
from quaver.errors import SpecError

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
