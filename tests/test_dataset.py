"""Features of whole manifests: in order, in parallel, cached by content, resumable."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quaver import audio, augment, dataset
from quaver.errors import QuaverError
from quaver.frontend import features, spec
from quaver.manifest import Clip, Manifest

SPEC = spec("article")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def sounds(tmp_path, rng) -> Manifest:
    clips = []
    for number in range(5):
        path = tmp_path / f"{number}.wav"
        audio.write(path, rng.normal(0, 0.1, 8000 + 500 * number).astype("f"), 16_000)
        clips.append(Clip(path, "made", f"s{number}", "sad"))
    return Manifest(tuple(clips))


@pytest.fixture
def counted(monkeypatch):
    calls = []

    def counting(samples, wanted):
        calls.append(len(samples))
        return features(samples, wanted)

    monkeypatch.setattr(dataset, "features", counting)
    return calls


def test_rows_are_those_of_the_clips_in_order(sounds):
    got = dataset.extract(sounds, SPEC)
    one = features(audio.load(sounds.clips[3].path, SPEC.sample_rate)[0], SPEC)
    assert got.values.shape == (5, 162)
    assert got.values.dtype == np.float32
    assert np.array_equal(got.values[3], one)
    assert got.clips == sounds


@pytest.mark.parametrize(("name", "kept"), [("logmel", False), ("logmel-nano", True)])
def test_features_as_long_as_their_clip_are_kept_where_they_are_small(sounds, counted, name, kept):
    first = dataset.extract(sounds, spec(name)).values
    heard = {8000, 8500, 9000, 9500, 10_000}
    assert heard <= set(counted)
    counted.clear()
    again = dataset.extract(sounds, spec(name)).values
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({len(row) for row in again}) > 1
    assert bool(heard & set(counted)) is not kept


def test_the_second_time_nothing_is_computed(sounds, counted):
    first = dataset.extract(sounds, SPEC)
    assert len(counted) == 5
    assert np.array_equal(dataset.extract(sounds, SPEC).values, first.values)
    assert len(counted) == 5


def test_a_renamed_file_is_known_by_its_content(sounds, counted, tmp_path):
    dataset.extract(sounds, SPEC)
    sounds.clips[0].path.rename(tmp_path / "other.wav")
    moved = Manifest((replace(sounds.clips[0], path=tmp_path / "other.wav"),))
    dataset.extract(moved, SPEC)
    assert len(counted) == 5


def test_a_changed_file_a_changed_span_and_a_changed_spec_are_computed_anew(sounds, counted, rng):
    clip = sounds.clips[0]
    dataset.extract(Manifest((clip,)), SPEC)
    audio.write(clip.path, rng.normal(0, 0.1, 8000).astype("f"), 16_000)
    dataset.extract(Manifest((clip,)), SPEC)
    dataset.extract(Manifest((replace(clip, end=0.3),)), SPEC)
    dataset.extract(Manifest((clip,)), spec("article-edge"))
    assert len(counted) == 4


def test_an_interrupted_run_goes_on_where_it_was(sounds, counted):
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.extract(sounds, SPEC, progress=stop)
    dataset.extract(sounds, SPEC)
    assert len(counted) == 5


def test_variants_are_drawn_from_the_content_and_the_seed(sounds, tmp_path):
    clip = sounds.clips[0]
    noisy = replace(clip, extra={"variant": "noise"})
    first = dataset.extract(Manifest((clip, noisy)), SPEC, cache=False)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(clip.path.read_bytes())
    again = dataset.extract(Manifest((replace(noisy, path=copy),)), SPEC, cache=False)
    other = dataset.extract(Manifest((noisy,)), SPEC, seed=1, cache=False)
    assert np.array_equal(first.values[1], again.values[0])
    assert not np.array_equal(first.values[1], first.values[0])
    assert not np.array_equal(first.values[1], other.values[0])
    assert not np.array_equal(augment.vary(audio.load(clip.path)[0], 16_000, "noise", "a"), audio.load(clip.path)[0])


def test_a_bad_file_is_reported_and_the_others_are_kept(sounds, tmp_path):
    (tmp_path / "bad.wav").write_text("this is text")
    bad = Clip(tmp_path / "bad.wav", "made", "s9", "sad")
    gone = Clip(tmp_path / "gone.wav", "made", "s9", "sad")
    got = dataset.extract(Manifest((bad, *sounds, gone)), SPEC)
    assert got.clips == sounds
    assert [(clip.path.name, "bad.wav" in why or "gone.wav" in why) for clip, why in got.failures] == [
        ("bad.wav", True),
        ("gone.wav", True),
    ]


def test_only_bad_files_are_an_error(tmp_path):
    (tmp_path / "bad.wav").write_text("this is text")
    with pytest.raises(QuaverError, match="not one of 1 clips"):
        dataset.extract(Manifest((Clip(tmp_path / "bad.wav", "made", "s", "sad"),)), SPEC)


def test_processes_give_what_one_process_gives(emodb):
    clips = Manifest(Manifest.read(emodb / "manifest.csv").clips[: 2 * dataset.FEW])
    told = []
    parallel = dataset.extract(
        clips, SPEC, workers=2, cache=False, progress=lambda done, total: told.append((done, total))
    )
    alone = dataset.extract(clips, SPEC, workers=1, cache=False)
    assert np.array_equal(parallel.values, alone.values)
    assert told == [(n, len(clips)) for n in range(1, len(clips) + 1)]


def test_the_cache_lies_where_it_is_told(sounds, cache):
    dataset.extract(sounds, SPEC)
    assert [path.name for path in (cache / "features").glob("*.sqlite")] == [f"article-{SPEC.fingerprint}.sqlite"]
    assert isinstance(cache, Path)
