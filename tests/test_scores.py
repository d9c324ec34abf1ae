import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaver.errors import QuaverError
from quaver.evaluate import over_seeds, score
from quaver.manifest import Clip
from quaver.scores import Scores

LABELS = ("angry", "happy", "neutral", "sad")


def answers(rng, n, k=4, skill=1.5):
    truth = rng.integers(k, size=n)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), truth] += skill
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), truth


def clips(n, speakers=5, corpora=("one",)):
    return [
        Clip(
            Path(f"{i}.wav"), corpora[i % len(corpora)], f"{i % speakers:02d}", "", gender=("female", "male", "")[i % 3]
        )
        for i in range(n)
    ]


def one_hot(labels, k=4):
    return np.eye(k)[labels]


def test_everything_matches_scikit_learn(rng):
    metrics = pytest.importorskip("sklearn.metrics")
    p, truth = answers(rng, 300)
    guess = p.argmax(axis=1)
    s = score(p, truth, clips(300), LABELS)
    assert s.uar == pytest.approx(metrics.balanced_accuracy_score(truth, guess), abs=1e-6)
    assert s.wa == pytest.approx(metrics.accuracy_score(truth, guess), abs=1e-6)
    assert s.macro_f1 == pytest.approx(metrics.f1_score(truth, guess, average="macro"), abs=1e-6)
    assert s.confusion == tuple(map(tuple, metrics.confusion_matrix(truth, guess).tolist()))
    precision, recall, _, support = metrics.precision_recall_fscore_support(truth, guess)
    np.testing.assert_allclose(list(s.recall.values()), recall, atol=1e-6)
    np.testing.assert_allclose(list(s.precision.values()), precision, atol=1e-6)
    assert list(s.support.values()) == support.tolist()
    assert list(s.predicted.values()) == np.bincount(guess, minlength=4).tolist()


def test_classes_that_do_not_occur_are_left_out_of_the_means(rng):
    metrics = pytest.importorskip("sklearn.metrics")
    p, truth = answers(rng, 200)
    truth = np.where(truth == 1, 2, truth)  # nobody is happy, though some are called so
    s = score(p, truth, clips(200), LABELS)
    guess = p.argmax(axis=1)
    assert "happy" not in s.recall and s.support["happy"] == 0 and s.predicted["happy"] > 0
    assert s.uar == pytest.approx(metrics.recall_score(truth, guess, labels=[0, 2, 3], average="macro"), abs=1e-6)
    assert s.macro_f1 == pytest.approx(metrics.f1_score(truth, guess, labels=[0, 2, 3], average="macro"), abs=1e-6)


def test_a_class_never_answered_has_no_precision_and_counts_as_missed():
    s = score(one_hot([0, 0, 3]), np.array([0, 2, 3]), clips(3), LABELS)
    assert "neutral" not in s.precision and s.recall["neutral"] == 0
    assert s.uar == pytest.approx(2 / 3, abs=1e-6)


def test_parts_are_scored_on_their_own_clips(rng):
    p, truth = answers(rng, 120)
    of = clips(120, speakers=4, corpora=("one", "two"))
    s = score(p, truth, of, LABELS)
    right = p.argmax(axis=1) == truth
    assert set(s.speakers) == {clip.group for clip in of} and set(s.corpora) == {"one", "two"}
    assert set(s.genders) == {"female", "male", "unknown"}
    for name, part in (("one/00", s.speakers["one/00"]), ("two", s.corpora["two"])):
        inside = np.array([clip.group == name or clip.corpus == name for clip in of])
        assert part["clips"] == inside.sum() and part["wa"] == pytest.approx(right[inside].mean(), abs=1e-6)
        recalls = [right[inside & (truth == c)].mean() for c in range(4) if (inside & (truth == c)).any()]
        assert part["uar"] == pytest.approx(np.mean(recalls), abs=1e-6)
    values = [part["uar"] for part in s.speakers.values()]
    assert s.spread["uar"] == {
        "min": min(values),
        "median": pytest.approx(np.median(values), abs=1e-6),
        "max": max(values),
    }


def test_identical_speakers_give_an_interval_of_no_width(rng):
    p, truth = answers(rng, 40)
    of = [Clip(Path(f"{speaker}-{i}.wav"), "one", str(speaker), "") for speaker in range(6) for i in range(40)]
    s = score(np.tile(p, (6, 1)), np.tile(truth, 6), of, LABELS)
    assert s.interval == (s.uar, s.uar)


def test_two_speakers_span_from_one_to_the_other():
    truth = np.array([0, 1, 2, 3] * 2)
    wrong = np.array([0, 1, 2, 3, 1, 2, 3, 0])  # the second speaker is misheard every time
    of = [Clip(Path(f"{i}.wav"), "one", str(i // 4), "") for i in range(8)]
    assert score(one_hot(wrong), truth, of, LABELS).interval == (0.0, 1.0)


def test_the_interval_agrees_with_a_bootstrap_written_out(rng):
    p, truth = answers(rng, 240)
    of = clips(240, speakers=12)
    s = score(p, truth, of, LABELS, resamples=4000)
    guess, groups = p.argmax(axis=1), np.array([clip.group for clip in of])
    names, draws = np.unique(groups), []
    for _ in range(1500):
        at = np.concatenate([np.flatnonzero(groups == name) for name in rng.choice(names, len(names))])
        draws.append(np.mean([(guess[at] == c)[truth[at] == c].mean() for c in range(4) if (truth[at] == c).any()]))
    np.testing.assert_allclose(s.interval, np.quantile(draws, (0.025, 0.975)), atol=0.01)


def test_classes_that_a_draw_lacks_are_left_out_of_it():
    truth = np.array([0, 0, 1, 1])  # each speaker has a class of their own, all right
    of = [Clip(Path(f"{i}.wav"), "one", str(i // 2), "") for i in range(4)]
    assert score(one_hot(truth), truth, of, LABELS).interval == (1.0, 1.0)


def test_the_interval_depends_on_the_seed_only(rng):
    p, truth = answers(rng, 100)
    first, again, other = (score(p, truth, clips(100), LABELS, seed=seed).interval for seed in (1, 1, 2))
    assert first == again != other


def test_one_speaker_has_no_interval_and_the_report_says_so(rng):
    p, truth = answers(rng, 30)
    s = score(p, truth, clips(30, speakers=1), LABELS)
    assert s.interval is None and "one speaker: no interval" in s.text()


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(48)))
def test_the_order_of_clips_changes_nothing(order):
    p, truth = answers(np.random.default_rng(3), 48)
    of = clips(48, corpora=("one", "two"))
    shuffled = score(p[order], truth[order], [of[i] for i in order], LABELS, resamples=50)
    assert shuffled == score(p, truth, of, LABELS, resamples=50)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**31))
def test_scores_stay_in_their_bounds(n, speakers, seed):
    p, truth = answers(np.random.default_rng(seed), n, skill=0.5)
    s = score(p, truth, clips(n, speakers), LABELS, resamples=100)
    assert 0 <= s.uar <= 1 and 0 <= s.macro_f1 <= 1 and 0 <= s.ece <= 1 and 0 <= s.brier <= 2
    assert sum(s.support.values()) == sum(s.predicted.values()) == sum(map(sum, s.confusion)) == n
    assert sum(part["clips"] for part in s.speakers.values()) == n
    if s.interval:
        assert 0 <= s.interval[0] <= s.interval[1] <= 1
    json.dumps(s.to_dict(), allow_nan=False)


def test_scores_survive_json(rng):
    p, truth = answers(rng, 60)
    s = score(p, truth, clips(60), LABELS)
    assert Scores.from_dict(json.loads(json.dumps(s.to_dict())) | {"best_epoch": 3}) == s
    with pytest.raises(QuaverError, match="no scores of quaver"):
        Scores.from_dict({"uar": 0.5})


def test_the_report_fits_a_terminal_and_names_what_counts(rng):
    labels = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise", "calm")
    p, truth = answers(rng, 900, k=8)
    s = score(p, truth, clips(900, speakers=4, corpora=("ravdess", "crema_d")), labels)
    text = replace(s, notes=("a long remark " * 10,)).text()
    assert max(map(len, text.splitlines())) <= 80
    assert f"UAR {100 * s.uar:.1f} %" in text and "few: read each" in text
    assert all(name in text for name in (*labels, *s.speakers, *s.corpora, "female", "ECE", "note: a long remark"))


def test_with_many_speakers_and_labels_the_report_stays_short(rng):
    p, truth = answers(rng, 600, k=20)
    text = score(p, truth, clips(600, speakers=30), [f"label{i}" for i in range(20)]).text()
    assert "lowest" in text and "one/00" not in text and max(map(len, text.splitlines())) <= 80


def test_a_leaky_result_says_so_first(rng):
    p, truth = answers(rng, 30)
    s = score(p, truth, clips(30), LABELS)
    assert "DEPENDENT" not in s.text()
    assert replace(s, speaker_independent=False).text().startswith("SPEAKER-DEPENDENT")


def test_lengths_that_differ_are_refused(rng):
    p, truth = answers(rng, 30)
    with pytest.raises(QuaverError, match="29 clips"):
        score(p, truth, clips(29), LABELS)
    with pytest.raises(QuaverError, match="3 labels"):
        score(p, truth, clips(30), LABELS[:3])


def test_over_seeds_gives_mean_and_range(rng):
    runs = [score(*answers(rng, 100, skill=skill), clips(100), LABELS) for skill in (1, 2, 3)]
    summary = over_seeds(runs)
    assert summary["runs"] == 3
    uars = [s.uar for s in runs]
    assert summary["uar"] == {"mean": pytest.approx(np.mean(uars), abs=1e-6), "min": min(uars), "max": max(uars)}
    with pytest.raises(QuaverError, match="at least one"):
        over_seeds([])
