"""What training shows as an adapted voice is what a profile makes of it when somebody predicts."""

import numpy as np
import pytest

from quaver import profiles, voices
from quaver.balance import Data


def test_a_voice_looks_as_its_profile_makes_it(rng):
    features = rng.normal(size=(30, 4)) * [1, 2, 3, 0.5] + [5, 0, -1, 2]
    names = ["anna"] * 12 + ["ben"] * 18
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    made = voices.adapted(features, names, mean, deviation)
    profile = profiles.Profile("ben", "")
    for row in (features[12:] - mean) / deviation:
        profile = profile.heard(row)
    known = profile.adaptation()
    expected = ((features[12:] - mean) / deviation - known[0]) / known[1]
    assert (made[12:] - mean) / deviation == pytest.approx(expected, abs=1e-4)
    assert made.dtype == np.float32


def test_every_clip_is_shown_twice(rng):
    data = Data(rng.normal(size=(6, 2)).astype("f"), np.arange(6), np.array([0, 0, 0, 1, 1, 1]))
    twice = voices.with_adapted(data, list("aabbcc"), np.zeros(2), np.ones(2))
    assert np.array_equal(twice.features[:6], data.features)
    assert not np.allclose(twice.features[6:], data.features)
    assert twice.truth.tolist() == [*range(6), *range(6)] and twice.corpus.tolist() == [0, 0, 0, 1, 1, 1] * 2
