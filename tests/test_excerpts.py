"""Excerpts of clips: all of one size, each from its clip, the same again for the same seed."""

import numpy as np
import pytest

from quaver import excerpts

BANDS = 5


@pytest.fixture
def clips():
    """Give clips of 4, 10 and 23 frames whose values say the clip and the frame."""
    made = np.empty(3, object)
    for number, length in enumerate((4, 10, 23)):
        made[number] = np.repeat(100 * number + np.arange(length), BANDS).reshape(length, BANDS).astype("f")
    return made


def test_drawn_excerpts_are_runs_of_their_own_clip(clips, monkeypatch):
    monkeypatch.setattr(excerpts, "MASKS", ())
    for seed in range(20):
        for number, excerpt in enumerate(excerpts.drawn(clips, 10, np.random.default_rng(seed))):
            assert excerpt.shape == (10, BANDS)
            assert set(excerpt[:, 0] // 100) == {number}
            steps = np.diff(excerpt[:, 0])
            assert set(steps) <= ({1, -3} if number == 0 else {1})  # the short clip begins anew after its end


def test_masks_hide_part_and_the_seed_decides_which(clips):
    first, again, other = (excerpts.drawn(clips, 10, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_clips_themselves_are_never_masked(clips):
    before = [clip.copy() for clip in clips]
    excerpts.drawn(clips, 10, np.random.default_rng(3))
    assert all(np.array_equal(a, b) for a, b in zip(before, clips, strict=True))


def test_covering_excerpts_leave_no_frame_out(clips):
    parts, owners = excerpts.covering(clips, 10)
    assert parts.shape[1:] == (10, BANDS)
    assert owners.tolist() == [0, 1, 2, 2, 2]
    for number, clip in enumerate(clips):
        assert set(parts[owners == number].ravel()) == set(clip.ravel())


def test_warped_excerpts_stretch_tempo_and_bands_a_little():
    rng = np.random.default_rng(0)
    time, band = np.mgrid[:200, :40].astype(np.float32)
    ramps = np.empty(2, object)
    ramps[:] = [time, band]
    seen = [excerpts.drawn(ramps, 100, rng, warp=0.1) for _ in range(50)]
    tempo = [np.median(np.diff(each[0], axis=0)) for each in seen]
    throat = [np.median(np.diff(each[1], axis=1)) for each in seen]
    for factors in (tempo, throat):
        assert 0.9 < min(factors) < 0.95
        assert 1.05 < max(factors) < 1.11
    assert all(each.shape == (2, 100, 40) and each.dtype == np.float32 for each in seen)
    assert np.array_equal(
        excerpts.drawn(ramps, 100, np.random.default_rng(1), warp=0.1),
        excerpts.drawn(ramps, 100, np.random.default_rng(1), warp=0.1),
    )
