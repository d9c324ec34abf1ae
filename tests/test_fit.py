"""Fitting: the best epoch is kept, a stop is no loss, and going on gives the very same network."""

import csv
import json

import numpy as np
import pytest

from quaver import networks
from quaver.answers import predict
from quaver.averages import averaged
from quaver.backend import keras
from quaver.balance import Data, mixed, targets
from quaver.balance import weights as weights_of
from quaver.errors import TrainingError
from quaver.fit import BEST, FIELDS, fit, refit, uar
from quaver.recipe import Recipe, best_row

LABELS = 3


def small_network():
    layers = keras().layers
    x = features = keras().Input((4,))
    x = layers.Dense(8, activation="relu", kernel_initializer=keras().initializers.GlorotUniform(seed=1))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.3, seed=2)(x)
    x = layers.Dense(LABELS, activation="softmax", kernel_initializer=keras().initializers.GlorotUniform(seed=3))(x)
    return keras().Model(features, x)


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, LABELS, 90)
    features = rng.normal(size=(90, 4)).astype("f") + truth[:, None]
    return Data(features[:60], truth[:60]), Data(features[60:], truth[60:])


def weights(folder):
    return keras().models.load_model(folder / "best.keras", compile=False).get_weights()


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.fixture(scope="module")
def whole(sides, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, fit(small_network, *sides, LABELS, Recipe(epochs=5), folder)


def test_a_run_stopped_between_epochs_and_resumed_is_bit_equal(sides, whole, tmp_path):
    fit(small_network, *sides, LABELS, Recipe(epochs=2), tmp_path)
    history = fit(small_network, *sides, LABELS, Recipe(epochs=5), tmp_path, resume=True)
    assert [row | {"seconds": 0} for row in history] == [row | {"seconds": 0} for row in whole[1]]
    assert same(weights(tmp_path), weights(whole[0]))


def test_a_run_interrupted_within_an_epoch_goes_on_from_the_last_whole_one(sides, whole, tmp_path):
    def stop_in_epoch_four(text):
        if text.startswith("epoch 3/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small_network, *sides, LABELS, Recipe(epochs=5), tmp_path, say=stop_in_epoch_four)
    assert weights(tmp_path)  # a usable network is there at once
    fit(small_network, *sides, LABELS, Recipe(epochs=5), tmp_path, resume=True)
    assert same(weights(tmp_path), weights(whole[0]))


def test_the_mean_of_weights_is_that_of_the_epochs(sides, tmp_path):
    """All of them count the same at first; the kept network and the validation are those of the mean."""
    recipe = Recipe(epochs=4, average=0.9)
    seen = []

    def look(text):
        (path,) = tmp_path.glob("checkpoint-*.keras")
        seen.append(networks.load(path).get_weights())

    history = fit(small_network, *sides, LABELS, recipe, tmp_path, say=look)
    mean = networks.load(tmp_path / "mean-of-checkpoint-004.keras")
    for values, *each in zip(mean.get_weights(), *seen, strict=True):
        if values.dtype == np.float32:
            assert np.allclose(values, np.mean(each, axis=0), atol=1e-6)
    answers = predict(mean, sides[1].features)
    assert history[-1]["val_uar"] == pytest.approx(uar(answers, sides[1].truth))
    refit(
        small_network,
        sides[0],
        LABELS,
        recipe,
        [{**row, "score": row["epoch"]} for row in history],
        tmp_path / "r.keras",
    )
    assert all(
        np.allclose(a, b)
        for a, b in zip(networks.load(tmp_path / "r.keras").get_weights(), mean.get_weights(), strict=True)
    )


def test_the_epoch_may_be_chosen_by_the_loss(sides, tmp_path):
    history = fit(small_network, *sides, LABELS, Recipe(epochs=6, choose="loss", patience=9), tmp_path)
    best = best_row(history)
    assert best["val_loss"] == min(row["val_loss"] for row in history)
    assert all(row["score"] == -row["val_loss"] for row in history)
    truth = sides[1].truth
    picked = predict(networks.load(tmp_path / "best.keras"), sides[1].features)[np.arange(len(truth)), truth]
    assert -np.log(picked).mean() == pytest.approx(best["val_loss"], rel=1e-4)


def test_means_count_older_epochs_for_less():
    mean = [np.zeros(1, np.float32), np.uint32([7])]
    for epoch, value in enumerate((1.0, 0.0, 0.0, 1.0), start=1):
        mean = averaged(mean, [np.float32([value]), np.uint32([epoch])], 0.5, epoch)
    assert mean[0] == pytest.approx(0.5 + 0.5**3)  # the first two count the same
    assert mean[1] == 4


@pytest.mark.parametrize("average", [0.0, 0.8])
def test_a_mean_goes_on_after_a_stop(sides, tmp_path, average):
    at_once, in_parts = tmp_path / "a", tmp_path / "b"
    fit(small_network, *sides, LABELS, Recipe(epochs=5, average=average), at_once)
    fit(small_network, *sides, LABELS, Recipe(epochs=2, average=average), in_parts)
    fit(small_network, *sides, LABELS, Recipe(epochs=5, average=average), in_parts, resume=True)
    assert same(weights(at_once), weights(in_parts))
    assert len(list(in_parts.glob("*checkpoint-*"))) == (2 if average else 1)


def test_without_resume_training_begins_anew(sides, whole, tmp_path):
    for _ in range(2):
        assert len(fit(small_network, *sides, LABELS, Recipe(epochs=2), tmp_path)) == 2


def test_the_kept_network_is_the_one_of_the_best_epoch(sides, whole):
    folder, history = whole
    model = keras().models.load_model(folder / "best.keras", compile=False)
    assert uar(model.predict(sides[1].features, verbose=0), sides[1].truth) == pytest.approx(
        best_row(history)["val_uar"]
    )


def test_a_refit_repeats_the_epochs_up_to_the_best_one(sides, whole, tmp_path):
    """On the same clips it gives the very network that was kept; on more it gives another."""
    folder, history = whole
    train, validation = sides
    refit(small_network, train, LABELS, Recipe(epochs=5), history, tmp_path / "same.keras")
    again = keras().models.load_model(tmp_path / "same.keras", compile=False)
    assert same(again.get_weights(), weights(folder))
    features = np.concatenate([train.features, validation.features])
    both = Data(features, np.concatenate([train.truth, validation.truth]))
    refit(small_network, both, LABELS, Recipe(epochs=5), history, tmp_path / "more.keras")
    more = keras().models.load_model(tmp_path / "more.keras", compile=False)
    assert not same(more.get_weights(), weights(folder))


def test_history_is_written_as_csv(whole):
    with (whole[0] / "history.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == FIELDS
    assert [float(row["val_uar"]) for row in rows] == [row["val_uar"] for row in whole[1]]


def test_it_stops_when_validation_no_longer_improves(sides, tmp_path):
    train, validation = sides
    upside_down = Data(validation.features, (LABELS - 1) - validation.truth)
    history = fit(small_network, train, upside_down, LABELS, Recipe(epochs=60, patience=3), tmp_path)
    assert len(history) - best_row(history)["epoch"] == 3
    assert len(history) < 60


def test_another_seed_shows_the_clips_in_another_order(sides, whole, tmp_path):
    history = fit(small_network, *sides, LABELS, Recipe(epochs=1, seed=7), tmp_path)
    assert history[0]["loss"] != whole[1][0]["loss"]


def test_balance_makes_a_rare_class_count(tmp_path):
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], [80, 80, 6])
    data = Data(rng.normal(size=(166, 4)).astype("f") + 0.5 * truth[:, None], truth)
    recalls = {}
    for balance in ("", "emotion"):
        folder = tmp_path / f"balance-{balance}"
        fit(small_network, data, data, LABELS, Recipe(epochs=6, balance=balance, learning_rate=0.01), folder)
        model = keras().models.load_model(folder / "checkpoint-006.keras")
        answers = model.predict(data.features, verbose=0).argmax(axis=1)
        recalls[balance] = (answers[truth == 2] == 2).mean()
    assert recalls["emotion"] > recalls[""]


def test_every_emotion_of_every_corpus_weighs_the_same():
    truth, corpus = np.array([0, 0, 0, 1, 0, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1])
    given = weights_of(Data(np.zeros((7, 1), "f"), truth, corpus), "corpus")
    assert given.mean() == pytest.approx(1)
    groups = [given[(truth == t) & (corpus == c)].sum() for t in (0, 1) for c in (0, 1)]
    assert groups == pytest.approx([7 / 4] * 4)
    with pytest.raises(TrainingError, match="emotion, corpus"):
        weights_of(Data(np.zeros((7, 1), "f"), truth, corpus), "fair")


def test_mixtures_stay_within_a_corpus_and_keep_what_it_says(rng):
    truth, corpus = np.array([0, 1] * 20 + [0, 2] * 20), np.repeat([0, 1], 40)
    data = Data(rng.normal(size=(80, 3)).astype("f") + 100 * corpus[:, None], truth, corpus)
    heavy, wanted = weights_of(data, "corpus"), targets(data, 3, "corpus")
    features, labels, total = mixed(data.features, wanted, heavy, corpus, 1.0, rng)
    assert (features[:40] < 50).all() and (features[40:] > 50).all()
    assert ((labels == -1) == (wanted == -1)).all()
    assert np.maximum(labels, 0).sum(axis=1) == pytest.approx(np.ones(80), abs=1e-6)
    assert 0.1 < np.mean(np.maximum(labels, 0).max(axis=1) < 0.95) < 0.9  # many are mixtures of two classes
    assert total.mean() == pytest.approx(heavy.mean(), rel=0.05)


def test_the_loss_of_a_mixture_counts_both_classes():
    from quaver.networks.layers import known_crossentropy

    guessed = np.array([[0.2, 0.6, 0.2]], "f")
    assert float(known_crossentropy(np.array([[0.25, 0.75, -1]], "f"), guessed)[0]) == pytest.approx(
        -0.25 * np.log(0.2 / 0.8) - 0.75 * np.log(0.6 / 0.8), rel=1e-5
    )


def test_the_root_lies_between_every_clip_and_every_group():
    truth, corpus = np.repeat([0, 1], [16, 4]), np.zeros(20, int)
    given = weights_of(Data(np.zeros((20, 1), "f"), truth, corpus), "corpus-root")
    assert given.mean() == pytest.approx(1)
    assert given[truth == 0].sum() / given[truth == 1].sum() == pytest.approx(2)  # 16 clips to 4: neither 4 nor 1


@pytest.fixture
def ragged():
    """Give clips of 3 to 12 frames in two bands, the first of which tells the class."""
    rng = np.random.default_rng(2)
    truth = np.repeat([0, 1], [40, 32])
    clips = np.empty(72, object)
    for number, label in enumerate(truth):
        clips[number] = rng.normal(size=(rng.integers(3, 13), 2)).astype("f") + np.array([[2 * label, 0]], "f")
    return Data(clips, truth, np.zeros(72, int), frames=6)


def over_time():
    layers = keras().layers
    x = features = keras().Input((6, 2))
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(2, activation="softmax", kernel_initializer=keras().initializers.GlorotUniform(seed=3))(x)
    return keras().Model(features, x)


@pytest.mark.parametrize("balance", ["", "corpus"])
def test_clips_that_differ_in_length_are_learnt_from_and_going_on_is_bit_equal(ragged, tmp_path, balance):
    recipe = Recipe(epochs=4, learning_rate=0.05, balance=balance)
    whole = fit(over_time, ragged, ragged, 2, recipe, tmp_path / "whole")
    fit(over_time, ragged, ragged, 2, Recipe(epochs=2, learning_rate=0.05, balance=balance), tmp_path / "halves")
    fit(over_time, ragged, ragged, 2, recipe, tmp_path / "halves", resume=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "halves"))
    assert whole[-1]["val_loss"] < whole[0]["val_loss"]
    assert best_row(whole)["val_uar"] > 0.6


def test_the_answer_to_a_long_clip_is_the_mean_over_its_excerpts(ragged):
    model = over_time()
    longest = max(range(72), key=lambda number: len(ragged.features[number]))
    told = predict(model, ragged.features, 6)[longest]
    clip = ragged.features[longest]
    parts = np.stack([clip[:6], clip[len(clip) - 6 :]])
    np.testing.assert_allclose(told, predict(model, parts).mean(axis=0), atol=1e-6)


def test_the_normaliser_is_told_what_is_heard(ragged):
    mean, variance = ragged.moments()
    together = np.concatenate(list(ragged.features))
    np.testing.assert_allclose(mean, together.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(variance, together.var(axis=0), rtol=1e-5)
    plain = Data(np.arange(12, dtype="f").reshape(3, 4), np.zeros(3, int))
    np.testing.assert_allclose(plain.moments(), (plain.features.mean(axis=0), plain.features.var(axis=0)))


def test_a_corpus_teaches_nothing_about_emotions_that_it_lacks(tmp_path):
    """Class 2 occurs only in the second corpus, which sounds different: that must not rule it out in the first."""
    rng = np.random.default_rng(1)
    truth, corpus = np.repeat([0, 1, 0, 2], 60), np.repeat([0, 0, 1, 1], 60)
    features = rng.normal(size=(240, 4)).astype("f") * 0.1
    features[:, 0] += truth > 0
    features[:, 1] += corpus
    data = Data(features, truth, corpus)
    rows = targets(data, 3, "corpus")
    assert rows[:60].tolist() == [[1, 0, -1]] * 60 and rows[200].tolist() == [0, -1, 1]
    absent = {}
    for balance in ("emotion", "corpus"):
        folder = tmp_path / balance
        fit(small_network, data, data, LABELS, Recipe(epochs=30, balance=balance, learning_rate=0.02), folder)
        absent[balance] = predict(networks.load(folder / "checkpoint-030.keras"), features[60:120])[:, 2].mean()
    assert absent["emotion"] < 0.01
    assert absent["corpus"] > 5 * absent["emotion"]


def test_the_rate_falls_after_each_stall_and_is_a_function_of_the_past():
    def history(*losses):
        return [{"val_loss": loss} for loss in losses]

    recipe = Recipe(learning_rate=1.0, slow_after=2, slow_by=0.5)
    assert recipe.rate(history()) == 1.0
    assert recipe.rate(history(3, 2, 2.5)) == 1.0
    assert recipe.rate(history(3, 2, 2.5, 2.1)) == 0.5
    assert recipe.rate(history(3, 2, 2.5, 2.1, 1.9, 2.0, 2.0)) == 0.25


def test_a_cosine_rises_falls_to_nearly_nothing_and_goes_to_its_end():
    recipe = Recipe(epochs=100, learning_rate=1.0, schedule="cosine", patience=1)
    worse = [{"epoch": n + 1, "val_loss": 1.0 + n, "score": -n} for n in range(99)]
    rates = [recipe.rate(worse[:number]) for number in range(100)]
    assert rates[:5] == sorted(rates[:5])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0.99 < max(rates) <= 1.0
    assert 0.01 <= rates[-1] < 0.011
    assert rates[52] == pytest.approx(0.505, abs=0.01)
    assert not any(recipe.finished(worse[:number]) for number in range(100))
    assert recipe.finished([*worse, worse[0]])
    assert Recipe(epochs=100, patience=1).finished(worse[:2])


def test_the_last_epoch_may_be_kept(sides, tmp_path):
    history = fit(small_network, *sides, LABELS, Recipe(epochs=5, choose="last", schedule="cosine"), tmp_path)
    assert [row["score"] for row in history] == [1, 2, 3, 4, 5]
    assert best_row(history) is history[-1]
    last, best = (networks.load(tmp_path / name) for name in ("checkpoint-005.keras", BEST))
    assert all(np.array_equal(a, b) for a, b in zip(last.get_weights(), best.get_weights(), strict=True))


def test_nothing_to_train_on_is_said(tmp_path):
    none = Data(np.zeros((0, 4), "f"), np.zeros(0, int))
    with pytest.raises(TrainingError, match="0 clips to train on"):
        fit(small_network, none, none, LABELS, Recipe(), tmp_path)


def test_a_damaged_checkpoint_is_named(sides, tmp_path):
    fit(small_network, *sides, LABELS, Recipe(epochs=1), tmp_path)
    state = json.loads((tmp_path / "state.json").read_text())
    (tmp_path / state["checkpoint"]).write_bytes(b"PK broken")
    with pytest.raises(TrainingError, match="cannot be read"):
        fit(small_network, *sides, LABELS, Recipe(epochs=2), tmp_path, resume=True)
