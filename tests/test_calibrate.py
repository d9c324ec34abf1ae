import numpy as np
import pytest

from quaver import calibrate
from quaver.errors import QuaverError


def honest(rng, n, k=7, sharpness=2.0):
    """Probabilities and labels drawn from them: calibrated by construction."""
    logits = sharpness * rng.normal(size=(n, k))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=k - 1)
    return p, truth


@pytest.mark.parametrize("factor", [0.3, 1.0, 2.5, 6.0])
def test_temperature_undoes_overconfidence(rng, factor):
    p, truth = honest(rng, 20_000)
    assert calibrate.temperature(calibrate.apply(p, 1 / factor), truth) == pytest.approx(factor, rel=0.05)


def test_temperature_is_the_minimum_of_a_dense_grid(rng):
    p, truth = honest(rng, 150)
    p = calibrate.apply(p, 0.4)
    grid = np.exp(np.linspace(np.log(0.05), np.log(20), 4001))
    best = grid[np.argmin([calibrate.nll(calibrate.apply(p, t), truth) for t in grid])]
    assert calibrate.temperature(p, truth) == pytest.approx(best, rel=0.003)


def test_temperature_stays_in_its_range_for_a_perfect_and_a_hopeless_network():
    sure = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert calibrate.temperature(sure, np.array([0, 1])) == pytest.approx(0.05, rel=0.01)
    assert calibrate.temperature(sure, np.array([1, 0])) == pytest.approx(20, rel=0.01)


def test_certain_answers_of_zero_and_one_are_no_trouble():
    p, truth = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], np.float32), np.array([0, 1, 1])
    t = calibrate.temperature(p, truth)
    assert 1 < t <= 20
    assert np.isfinite(calibrate.apply(p, t)).all()


def test_apply_keeps_the_answer_and_sums_to_one(rng):
    p, _ = honest(rng, 50)
    for t in (0.05, 1, 20):
        out = calibrate.apply(p, t)
        np.testing.assert_array_equal(out.argmax(axis=1), p.argmax(axis=1))
        np.testing.assert_allclose(out.sum(axis=1), 1)
    np.testing.assert_allclose(calibrate.apply(p, 1), p)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_cover_the_truth_as_promised(rng, coverage):
    """Over many draws of calibration and test clips the mean coverage lies in [c, c + 1/(n + 1)]."""
    n, found = 59, []
    for _ in range(400):
        p, truth = honest(rng, n + 200, sharpness=1.0)
        p = calibrate.apply(p, 0.5)  # overconfident: the promise does not need calibration
        bar = calibrate.set_bar(p[:n], truth[:n], coverage)
        found.append((p[np.arange(n, n + 200), truth[n:]] >= bar).mean())
    assert coverage - 0.008 < np.mean(found) < coverage + 1 / (n + 1) + 0.008


def test_the_bar_is_the_finite_sample_quantile():
    p = np.array([[x, 1 - x] for x in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)])
    truth = np.zeros(9, int)
    assert calibrate.set_bar(p, truth, 0.9) == 0.1  # the 1st smallest of 9: floor(10 * 0.1)
    assert calibrate.set_bar(p, truth, 0.8) == 0.2
    assert calibrate.set_bar(p, truth, 0.95) == 0.0  # 9 clips cannot promise 95 %: every label is in the set


def test_unsure_is_where_answers_turn_wrong():
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4])
    right = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    p = np.stack([confidence, *[(1 - confidence) / 3] * 3], axis=1)
    assert calibrate.unsure(p, np.where(right, 0, 1)) == pytest.approx(0.55)


def test_unsure_at_the_extremes():
    sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    assert calibrate.unsure(sure, np.array([0, 0, 0])) == 0.5  # all right: half is enough
    assert calibrate.unsure(sure, np.array([1, 1, 1])) == 1.0  # all wrong: nothing is sure
    timid = np.array([[0.4, 0.3, 0.3], [0.36, 0.34, 0.3]])
    assert calibrate.unsure(timid, np.array([0, 0])) == 0.36


def test_unsure_is_near_one_half_for_calibrated_probabilities(rng):
    p, truth = honest(rng, 20_000)
    assert calibrate.unsure(p, truth) == pytest.approx(0.5, abs=0.05)


def test_thresholds_fit_a_card(rng):
    made = calibrate.thresholds(*honest(rng, 300))
    assert set(made) == {"unsure", "set"} and list(made["set"]) == ["0.8", "0.9", "0.95"]
    assert made["set"]["0.8"] >= made["set"]["0.9"] >= made["set"]["0.95"] >= 0
    assert all(type(value) is float for value in (made["unsure"], *made["set"].values()))


def test_ece_is_near_zero_for_calibrated_and_large_for_overconfident(rng):
    p, truth = honest(rng, 20_000)
    assert calibrate.ece(p, truth) < 0.015
    assert calibrate.ece(calibrate.apply(p, 0.3), truth) > 0.1


def test_ece_of_a_case_done_by_hand():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert calibrate.ece(p, np.array([0, 1, 0, 0])) == pytest.approx((2 * 0.4 + 2 * 0.4) / 4)


def test_reliability_counts_every_clip_once(rng):
    p, truth = honest(rng, 500)
    rows = calibrate.reliability(p, truth)
    assert sum(row["clips"] for row in rows) == 500
    assert all(row["low"] < row["confidence"] <= row["high"] for row in rows)
    right = sum(row["clips"] * row["accuracy"] for row in rows)
    assert right == pytest.approx((p.argmax(axis=1) == truth).sum(), abs=0.01)


def test_nll_and_brier_match_scikit_learn(rng):
    metrics = pytest.importorskip("sklearn.metrics")
    p, truth = honest(rng, 200)
    assert calibrate.nll(p, truth) == pytest.approx(metrics.log_loss(truth, p, labels=range(7)))
    assert calibrate.brier(np.array([[1.0, 0.0]]), np.array([1])) == 2
    assert calibrate.brier(p, truth) == pytest.approx(np.square(p - np.eye(7)[truth]).sum() / 200)


@pytest.mark.parametrize(
    ("p", "truth", "words"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), "n > 0"),
        (np.full((2, 2), 0.5), np.zeros(3, int), r"\(2, 2\)"),
        (np.full((2, 2), 0.5), np.array([0, 2]), "from 0 to 1"),
        (np.full((2, 2), 0.5), np.array([0, -1]), "from 0 to 1"),
        (np.full((2, 2), 0.5), np.array([0.0, 1.0]), "indices"),
        (np.array([[np.nan, 1], [0.5, 0.5]]), np.array([0, 1]), "not finite"),
        (np.array([[3.0, 1.0]]), np.array([0]), "logits"),
        (np.array([[-0.5, 1.5]]), np.array([0]), "negative"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_reason(p, truth, words):
    for function in (calibrate.temperature, calibrate.thresholds):
        with pytest.raises(QuaverError, match=words):
            function(p, truth)
