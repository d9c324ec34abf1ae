"""A clip shown with another voice keeps how it differs from its speaker's clips, and nothing of whose voice it was."""

import numpy as np
import pytest

from quaver.styles import Styles

NAMES = ["anna"] * 40 + ["ben"] * 40 + ["carl"] * 40
CORPUS = np.repeat([0, 0, 1], 40)


@pytest.fixture
def features(rng):
    return (rng.normal(size=(120, 5)) * np.repeat([1, 2, 3], 40)[:, None] + np.repeat([0, 1, 3], 40)[:, None]).astype(
        "f"
    )


class Chance:
    """A generator that exchanges everything, goes the whole way, and lends one voice only."""

    def __init__(self, voice: int, way: float) -> None:
        self.voice, self.way = voice, way

    def random(self, size, dtype=float):
        return np.full(size, self.way if dtype is np.float32 else 0.0, dtype)

    def choice(self, voices, count, p):
        return np.full(count, self.voice)


def test_all_the_way_gives_the_other_voices_mean_and_deviation(features):
    styles = Styles.among(features, CORPUS, NAMES)
    given = styles.exchanged(features, np.arange(120), 0.5, Chance(2, 1.0))
    assert given.dtype == np.float32
    assert given[:40].mean(axis=0) == pytest.approx(features[80:].mean(axis=0), abs=1e-3)
    assert given[:40].std(axis=0) == pytest.approx(features[80:].std(axis=0), rel=1e-3)
    own, other = ((rows - rows.mean(axis=0)) / rows.std(axis=0) for rows in (features[:40], given[:40]))
    assert own == pytest.approx(other, abs=1e-3)  # how the clips differ among themselves
    assert given[80:] == pytest.approx(features[80:], abs=1e-4)  # with its own voice a clip is as it was


def test_none_of_the_way_changes_nothing(features):
    styles = Styles.among(features, CORPUS, NAMES)
    assert styles.exchanged(features, np.arange(120), 0.5, Chance(0, 0.0)) == pytest.approx(features, abs=1e-4)


def test_a_share_is_exchanged_and_what_comes_after_the_clips_stays(features, rng):
    twice = np.concatenate([features, features + 1])
    styles = Styles.among(twice, np.tile(CORPUS, 2), NAMES)
    order = rng.permutation(240)
    given = styles.exchanged(twice[order], order, 0.5, rng)
    changed = np.abs(given - twice[order]).max(axis=1) > 0
    assert not changed[order >= 120].any()
    assert 0.35 < changed[order < 120].mean() < 0.65
    assert np.array_equal(twice[:120], features)


def test_each_corpus_lends_as_often(features, rng):
    styles = Styles.among(features, CORPUS, NAMES)
    drawn = np.bincount(styles._drawn(4000, rng), minlength=3) / 4000
    assert drawn == pytest.approx([0.25, 0.25, 0.5], abs=0.03)


def test_a_voice_of_one_clip_has_a_deviation(rng):
    features = rng.normal(size=(9, 3)).astype("f")
    styles = Styles.among(features, np.zeros(9, int), ["once", *["often"] * 8])
    given = styles.exchanged(features, np.arange(9), 1.0, rng)
    assert np.isfinite(given).all() and np.abs(given).max() < 100


def test_a_value_that_never_changes_stays(features, rng):
    features[:, 3] = 0.5
    given = Styles.among(features, CORPUS, NAMES).exchanged(features, np.arange(120), 1.0, rng)
    assert np.isfinite(given).all() and (given[:, 3] == 0.5).all()
