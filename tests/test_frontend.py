"""The frontends' specs, tables and behaviour; that the numbers are librosa's is held by test_frontend_parity.py."""

import dataclasses
import json
import math
import tracemalloc

import numpy as np
import pytest

from quaver import frontend
from quaver.errors import AudioError, SpecError
from quaver.frontend import ArticleSpec, FrontendSpec, article, spectra, tables

RATE = 22_050
SPEC = ArticleSpec()


def tone(hz: float, seconds: float = 2.0, peak: float = 0.5) -> np.ndarray:
    return (peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(SPEC.names, values.tolist(), strict=True))


# ------------------------------------------------------------------------------------------------ the spec


def test_a_name_gives_its_spec():
    assert frontend.spec("article") == SPEC
    assert frontend.spec("article-edge").tuning == 0
    with pytest.raises(SpecError, match="article, article-edge"):
        frontend.spec("spectrum")


def test_there_are_162_values_each_with_a_name_of_its_own():
    assert SPEC.shape == (162,)
    assert len(set(SPEC.names)) == 162
    assert [SPEC.names[i] for i in (0, 1, 12, 13, 32, 33, 34, 161)] == [
        "zcr", "chroma_C", "chroma_B", "mfcc_0", "mfcc_19", "rms", "mel_0", "mel_127",
    ]  # fmt: skip


def test_the_groups_cover_every_value_once():
    covered = [name for part in SPEC.groups.values() for name in SPEC.names[part]]
    assert covered == list(SPEC.names)
    assert all(name.startswith(group) for group, part in SPEC.groups.items() for name in SPEC.names[part])


def test_the_fingerprint_is_pinned():
    """Cards, caches and generated C carry it: whoever changes it on purpose raises the spec's version."""
    assert SPEC.fingerprint == "ee5c88e34fb7"
    assert frontend.spec("article-edge").fingerprint == "bd55ed4d9fbf"


def glide(rng: np.random.Generator) -> np.ndarray:
    """Sound from 110 to 3900 Hz in noise, then almost silence, then samples around the limit of zero."""
    sweep = np.sin(2 * np.pi * np.cumsum(np.linspace(110, 3900, RATE)) / RATE) + 0.01 * rng.normal(size=RATE)
    return np.concatenate([sweep, 3e-6 * rng.normal(size=RATE), [0, 5e-10, -5e-10] * 400]).astype(np.float32)


def rising() -> np.ndarray:
    """An octave up in two seconds: loud, and nowhere in tune for long."""
    hz = 440 * 2 ** np.linspace(0, 1, 2 * RATE)
    return (0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE)).astype(np.float32)


def off(note: float, cents: float, peak: float) -> np.ndarray:
    return tone(440 * 2 ** ((note + cents / 100) / 12), peak=peak)


CLIPS = {  # where the glide does not show that a number counts
    "floor_power": lambda rng: 1e-7 * glide(rng),
    "tuning_low": lambda rng: off(-24, -40, 0.5) + off(0, 10, 0.25),
    "tuning_high": lambda rng: off(36, -40, 0.5) + off(0, 10, 0.25),
    "tuning_peak": lambda rng: rising() + off(9, -40, 0.08) + off(21, -40, 0.06),
}


@pytest.mark.parametrize(
    "change",
    [
        {"sample_rate": 24_000}, {"n_fft": 1024}, {"hop": 256}, {"n_mfcc": 13}, {"n_mels": 64},
        {"mel_low": 20.0}, {"mel_high": 8000.0}, {"floor_power": 1e-9}, {"floor_db": 60.0}, {"zero": 1e-9},
        {"chroma_centre": 4.0}, {"chroma_width": 1.0}, {"tuning": 0.0}, {"tuning_low": 100.0},
        {"tuning_high": 3000.0}, {"tuning_peak": 0.2}, {"tuning_steps": 50},
    ],
)  # fmt: skip
def test_every_number_counts(change, rng):
    """A number that changes the fingerprint also changes the shape or the values: none is written elsewhere."""
    other = dataclasses.replace(SPEC, **change)
    assert other.fingerprint != SPEC.fingerprint
    clip = CLIPS.get(*change, glide)(rng)
    theirs, ours = (frontend.features(clip, spec) for spec in (other, SPEC))
    assert theirs.shape == other.shape == (2 + 12 + other.n_mfcc + other.n_mels,)
    assert theirs.shape != ours.shape or not np.allclose(theirs, ours, rtol=1e-5)


def test_every_number_is_tested():
    marks = test_every_number_counts.pytestmark
    tested = {name for mark in marks for change in mark.args[1] for name in change}
    assert tested == {field.name for field in dataclasses.fields(SPEC)} - {"name", "n_chroma"}


def test_a_spec_survives_json():
    for name in frontend.NAMES:
        spec = frontend.spec(name)
        again = frontend.from_dict(json.loads(json.dumps(spec.to_dict())))
        assert again == spec
        assert again.fingerprint == spec.fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "cepstrum"}, "unknown kind of frontend 'cepstrum'"),
        ({"version": 99}, "version 99"),
        ({"window": 3}, "unknown numbers: window"),
        ({"hop": "many"}, "hop cannot be 'many'"),
        ({"hop": 512.0}, "hop cannot be 512.0"),
        ({"hop": None}, "hop cannot be None"),
        ({"hop": True}, "hop cannot be True"),
        ({"floor_db": math.inf}, "floor_db cannot be inf"),
        ({"hop": 300}, "multiple of hop"),
        ({"hop": -512}, "positive"),
        ({"n_fft": 2049}, "even"),
        ({"n_chroma": 24}, "12 notes"),
        ({"n_mfcc": 129}, "1 to 128 MFCCs"),
        ({"mel_high": 12_000.0}, "between 0 and 11025 Hz"),
        ({"tuning_low": 5000.0}, "tuning peaks"),
        ({"tuning": 0.5}, "tuning must lie"),
        ({"tuning_peak": 1.0}, "tuning_peak"),
        ({"floor_power": 0.0}, "positive"),
        ({"tuning_steps": 0}, "1 to 1200"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(change, message):
    with pytest.raises(SpecError, match=message):
        frontend.from_dict({**SPEC.to_dict(), **change})


def test_a_whole_number_for_a_fraction_is_the_same_spec():
    """Other languages write 80.0 as 80."""
    values = {**SPEC.to_dict(), "floor_db": 80, "tuning": None}
    assert frontend.from_dict(values).fingerprint == SPEC.fingerprint


def test_a_missing_number_is_named():
    values = SPEC.to_dict()
    del values["hop"]
    with pytest.raises(SpecError, match="hop"):
        frontend.from_dict(values)


def test_a_spec_that_nothing_computes_is_refused():
    @dataclasses.dataclass(frozen=True)
    class Unknown(FrontendSpec):
        pass

    with pytest.raises(SpecError, match="Unknown"):
        frontend.features(tone(440), Unknown("x", RATE))


# ---------------------------------------------------------------------------------------------- the tables


def test_tables_are_computed_once_and_cannot_be_changed():
    for table in (tables.window(SPEC), tables.mel(SPEC), tables.dct(SPEC), tables.chroma(SPEC, 0.1)):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1
    assert tables.mel(SPEC) is tables.mel(ArticleSpec())


def test_mel_bands_are_the_mel_weights(rng):
    power = rng.random((5, SPEC.bins), np.float32)
    assert np.allclose(spectra.mel(power, SPEC), power @ tables.mel(SPEC).T, rtol=1e-5)


def test_the_cosine_transform_is_orthonormal():
    rows = tables.dct(SPEC)
    assert np.allclose(rows @ rows.T, np.eye(20), atol=1e-6)


# --------------------------------------------------------------------------------------------- the features


def test_a_tone_gives_what_theory_says():
    values = named(frontend.features(tone(440, seconds=20), SPEC))
    assert values["zcr"] == pytest.approx(2 * 440 / RATE, rel=0.01)
    assert values["rms"] == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    assert values["chroma_A"] == pytest.approx(1, abs=0.01)
    mel = [values[f"mel_{i}"] for i in range(128)]
    assert tables.mel(SPEC)[np.argmax(mel)] @ (np.abs(tables.frequencies(SPEC) - 440) < 12) > 0


def test_silence_is_finite_and_zero_but_for_the_loudness_floor():
    values = named(frontend.features(np.zeros(RATE, np.float32), SPEC))
    assert values.pop("mfcc_0") == pytest.approx(-100 * np.sqrt(128), rel=1e-6)  # 1e-10 is -100 dB in every band
    assert max(map(abs, values.values())) < 1e-3


def test_loudness_scales_rms_and_mel_and_leaves_chroma():
    soft, loud = (frontend.features(peak * tone(330), SPEC) for peak in (np.float32(0.25), np.float32(0.5)))
    parts = SPEC.groups
    assert np.allclose(loud[parts["rms"]], 2 * soft[parts["rms"]], rtol=1e-6)
    assert np.allclose(loud[parts["mel"]], 4 * soft[parts["mel"]], rtol=1e-5)
    assert np.allclose(loud[parts["chroma"]], soft[parts["chroma"]], rtol=1e-5)


@pytest.mark.parametrize("cents", [-40, -20, 20, 40])
def test_only_the_edge_variant_takes_a_mistuned_chord_as_it_is(cents):
    chord = sum(off(note, cents, 0.2) for note in (0, 4, 7))
    in_tune = sum(off(note, 0, 0.2) for note in (0, 4, 7))
    part = SPEC.groups["chroma"]
    wanted = frontend.features(in_tune, SPEC)[part]
    specs = map(frontend.spec, ("article", "article-edge"))
    article_, edge = (np.abs(frontend.features(chord, spec)[part] - wanted).max() for spec in specs)
    assert article_ < 0.05
    assert edge > 3 * article_


@pytest.mark.parametrize("keep", [0, 10_000])
@pytest.mark.parametrize("block", [1, 7, 16, 33])
def test_blocks_do_not_matter(monkeypatch, rng, block, keep):
    clip = (rng.normal(size=3 * RATE) * np.linspace(0, 0.3, 3 * RATE)).astype(np.float32)
    whole = frontend.features(clip, SPEC)
    monkeypatch.setattr(article, "BLOCK", block)
    monkeypatch.setattr(article, "KEEP", keep)
    assert np.allclose(frontend.features(clip, SPEC), whole, rtol=1e-5, atol=1e-5)


def test_long_clips_need_bounded_memory(rng):
    """Spectra of two minutes are 21 MB; only what is small is kept: a padded copy, mel bands, peaks."""
    clip = rng.normal(size=120 * RATE).astype(np.float32)
    tracemalloc.start()
    frontend.features(clip, SPEC)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * clip.nbytes


def test_the_samples_stay_as_they_are(rng):
    clip = rng.normal(size=RATE).astype(np.float32)
    before = clip.copy()
    first = frontend.features(clip, SPEC)
    assert np.array_equal(clip, before)
    assert np.array_equal(first, frontend.features(clip, SPEC))
    assert first.dtype == np.float32
    assert np.array_equal(first, frontend.features(clip.astype(np.float64), SPEC))
    assert np.array_equal(first, frontend.features(np.repeat(clip, 2)[::2], SPEC))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, np.float32), r"\(0,\)"),
        (np.zeros((100, 2), np.float32), r"\(100, 2\)"),
        (np.array(0.5, np.float32), r"\(\)"),
        (np.array([0.1, np.nan], np.float32), "not finite"),
        (np.array([0.1, -np.inf], np.float32), "not finite"),
        (np.full(4000, 1e30, np.float32), "absurdly large"),
        (np.ones(4000, np.int16), "int16"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(samples, message):
    with pytest.raises(AudioError, match=message):
        frontend.features(samples, SPEC)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("length", [1, 2, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 51_200])
def test_any_length_works_without_a_warning(length, rng):
    values = frontend.features(rng.normal(size=length).astype(np.float32), SPEC)
    assert values.shape == (162,)
    assert np.isfinite(values).all()
