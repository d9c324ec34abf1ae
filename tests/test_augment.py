"""A variant is the same in every process, keeps the promises about its length, and never leaves its limits."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaver import audio, augment
from quaver.augment import acoustics, vocoder
from quaver.errors import SpecError
from quaver.manifest import Clip

RATE = 22_050
SOUND_EFFECTS = [augment.RECIPES[name]() for name in augment.RECIPES]
SAME_LENGTH = ["noise", "snr", "shift", "pitch", "gain", "band", "room", "microphone"]


def voice(rate: int = RATE, seconds: float = 1.0, tone: float = 150.0) -> audio.Samples:
    """A tone with harmonics under a syllable-like envelope, and a little noise."""
    t = np.arange(round(rate * seconds)) / rate
    x = sum(np.sin(2 * np.pi * tone * k * t) / k for k in range(1, 9)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    return (0.2 * x + 0.001 * np.random.default_rng(3).standard_normal(len(t))).astype(np.float32)


def db(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def level_at(x: np.ndarray, hertz: float, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    return float(spectrum[np.abs(np.fft.rfftfreq(len(x), 1 / rate) - hertz) < 5].max())


# --- what holds for all of them


@pytest.mark.parametrize("effect", SOUND_EFFECTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("length", [0, 1, 2, 3, 100, 3_001])
@pytest.mark.parametrize("silent", [False, True])
def test_any_length_gives_finite_float32_and_leaves_the_input(effect: augment.Effect, length: int, silent: bool):
    x = np.zeros(length, np.float32) if silent else voice()[:length]
    before, rng = x.copy(), np.random.default_rng(1)
    params = effect.draw(rng, x, RATE)
    assert all(type(value) in (int, float) for value in params.values())
    y = effect.apply(x, RATE, params)
    np.testing.assert_array_equal(x, before)
    assert y.dtype == np.float32 and y.ndim == 1 and np.isfinite(y).all()
    np.testing.assert_array_equal(y, effect.apply(x, RATE, params))
    assert not np.shares_memory(x, y) or length == 0
    if silent:
        assert np.abs(y).max(initial=0) == 0


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(list(augment.RECIPES)), max_size=3),
    length=st.integers(0, 5_000),
    rate=st.sampled_from([8_000, 16_000, 22_050, 48_000]),
)
def test_any_chain_at_any_rate(names: list[str], length: int, rate: int) -> None:
    x = voice(48_000, 0.2)[:length]
    variant = "+".join(names)
    y = augment.vary(x, rate, variant, "clip")
    assert y.dtype == np.float32 and np.isfinite(y).all()
    np.testing.assert_array_equal(y, augment.vary(x, rate, variant, "clip"))
    if set(names) <= set(SAME_LENGTH):
        assert len(y) == length


@pytest.mark.parametrize(
    "make",
    [
        lambda: augment.Noise(level=0.2),
        lambda: augment.Noise(level=0.0),
        lambda: augment.NoiseAtSnr(low=-5.0),
        lambda: augment.NoiseAtSnr(low=30.0, high=10.0),
        lambda: augment.Stretch(low=0.5, high=0.8),
        lambda: augment.Stretch(low=0.8, high=2.0),
        lambda: augment.Shift(most=100_000),
        lambda: augment.Pitch(low=-6.0, high=0.0),
        lambda: augment.Pitch(low=float("nan"), high=1.0),
        lambda: augment.Gain(low=-80.0),
        lambda: augment.Gain(high=40.0),
        lambda: augment.Speed(low=0.5),
        lambda: augment.BandLimit(bands=()),
        lambda: augment.BandLimit(bands=((300.0, 1000.0),)),
        lambda: augment.BandLimit(bands=((900.0, 4000.0),)),
        lambda: augment.Room(high=2.0),
        lambda: augment.Room(low=0.0),
        lambda: augment.Microphone(deviation=9.0),
        lambda: augment.TimeMask(most=0.9),
        lambda: augment.FrequencyMask(most=-0.1),
    ],
)
def test_ranges_that_could_change_the_emotion_are_refused(make: Any) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert "expected" in str(caught.value) or "at least" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_draws_stay_in_their_range() -> None:
    rng, x = np.random.default_rng(0), voice()
    ranges: list[tuple[augment.Effect, str, float, float]] = [
        (augment.Noise(), "amplitude", 0.0, 0.035),
        (augment.NoiseAtSnr(5.0, 25.0), "snr", 5.0, 25.0),
        (augment.Stretch(0.9, 1.1), "rate", 0.9, 1.1),
        (augment.Shift(), "samples", -5_000, 5_000),
        (augment.Pitch(-1.0, 1.0), "semitones", -1.0, 1.0),
        (augment.Gain(-6.0, 3.0), "db", -6.0, 3.0),
        (augment.Speed(), "speed", 0.9, 1.1),
        (augment.Room(0.2, 0.4), "rt60", 0.2, 0.4),
    ]
    for effect, name, low, high in ranges:
        values = [effect.draw(rng, x, RATE)[name] for _ in range(300)]
        assert low <= min(values) and max(values) <= high
        assert max(values) - min(values) > 0.9 * (high - low)


def test_effects_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        augment.Gain().low = 3.0  # type: ignore[misc]


# --- each one


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_microphone_gives_each_octave_its_gain_and_keeps_the_peak(rate: int) -> None:
    t = np.arange(rate) / rate
    x = (0.1 * np.sin(2 * np.pi * 250 * t) + 0.1 * np.sin(2 * np.pi * 2000 * t)).astype(np.float32)
    flat = {f"{octave:g}": 0.0 for octave in (62.5, 125, 250, 500, 1000, 2000, 4000, 8000)}
    y = augment.Microphone().apply(x, rate, flat | {"250": -6.0, "2000": 4.0})
    kept = [level_at(y, hertz, rate) / level_at(x, hertz, rate) for hertz in (250, 2000)]
    assert db(kept[1] / kept[0]) == pytest.approx(10.0, abs=0.3)
    assert np.abs(y).max() == pytest.approx(np.abs(x).max(), rel=1e-5)
    drawn = [augment.Microphone().draw(np.random.default_rng(n), x, rate) for n in range(50)]
    assert flat.keys() == drawn[0].keys() and drawn[0] != drawn[1]
    assert max(abs(gain) for one in drawn for gain in one.values()) <= 12.0


def test_noise_is_the_articles() -> None:
    x = voice()
    y = augment.Noise().apply(x, RATE, {"amplitude": 0.02, "seed": 5})
    added = y - x
    assert rms(added) == pytest.approx(0.02 * np.abs(x).max(), rel=0.02)
    assert abs(added.mean()) < 0.05 * rms(added)
    lag = np.corrcoef(added[1:], added[:-1])[0, 1]
    assert abs(lag) < 0.03  # white
    other = augment.Noise().apply(x, RATE, {"amplitude": 0.02, "seed": 6})
    assert abs(np.corrcoef(added, other - x)[0, 1]) < 0.03


@pytest.mark.parametrize("snr", [0.0, 10.0, 20.0, 40.0])
def test_noise_has_the_ratio_asked_for(snr: float) -> None:
    x = voice()
    y = augment.NoiseAtSnr().apply(x, RATE, {"snr": snr, "seed": 1})
    assert db(rms(x) / rms(y - x)) == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize("rate", [0.7, 0.8, 0.93, 1.0, 1.1, 1.4])
@pytest.mark.parametrize("length", [RATE, 30_011, 1_500])
def test_stretch_is_librosas(rate: float, length: int) -> None:
    x = voice(seconds=2.0)[:length]
    ours = vocoder.stretch(x, rate)
    double = librosa.effects.time_stretch(x.astype(np.float64), rate=rate)  # in float32 its phases lose digits
    assert len(ours) == len(double) == round(length / rate)
    np.testing.assert_allclose(ours, double, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours, librosa.effects.time_stretch(x, rate=rate), rtol=0, atol=1e-2)


@pytest.mark.parametrize("semitones", [-3.0, -0.5, 0.7, 2.0])
@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_pitch_is_librosas(semitones: float, rate: int) -> None:
    x = voice(rate)
    theirs = librosa.effects.pitch_shift(x.astype(np.float64), sr=rate, n_steps=semitones, res_type="soxr_hq")
    np.testing.assert_allclose(vocoder.pitch(x, rate, semitones), theirs, rtol=0, atol=1e-6)


def test_pitch_moves_the_tone_and_stretch_does_not() -> None:
    t = np.arange(2 * RATE) / RATE
    x = (0.5 * np.sin(2 * np.pi * 400 * t)).astype(np.float32)
    up = augment.Pitch().apply(x, RATE, {"semitones": 0.7})
    assert level_at(up, 400 * 2 ** (0.7 / 12), RATE) > 20 * level_at(up, 400, RATE)
    slow = augment.Stretch().apply(x, RATE, {"rate": 0.8})
    assert len(slow) == round(len(x) / 0.8)
    assert level_at(slow, 400, RATE) > 20 * level_at(slow, 320, RATE)


def test_an_unstretched_clip_comes_back() -> None:
    x = voice()
    np.testing.assert_allclose(vocoder.stretch(x, 1.0), x, atol=1e-6)


@pytest.mark.parametrize("by", [-5_000, -1, 0, 1, 4_999])
def test_shift_rolls(by: int) -> None:
    x = voice()
    y = augment.Shift().apply(x, RATE, {"samples": by})
    assert y[(100 + by) % len(x)] == x[100]
    np.testing.assert_array_equal(np.sort(y), np.sort(x))


@pytest.mark.parametrize("gain", [-12.0, 0.0, 3.0])
def test_gain(gain: float) -> None:
    x = voice() * 0.5
    assert db(rms(augment.Gain().apply(x, RATE, {"db": gain})) / rms(x)) == pytest.approx(gain, abs=1e-3)


@pytest.mark.parametrize(
    ("peak", "gain", "after"), [(0.5, 20.0, 1.0), (1.0, 6.0, 1.0), (1.5, 6.0, 1.5), (1.5, -1, 1.337)]
)
def test_gain_never_clips_what_did_not(peak: float, gain: float, after: float) -> None:
    x = voice()
    x *= np.float32(peak / np.abs(x).max())
    y = augment.Gain().apply(x, RATE, {"db": gain})
    assert np.abs(y).max() == pytest.approx(after, rel=1e-3)
    np.testing.assert_allclose(y / np.abs(y).max(), x / np.abs(x).max(), atol=1e-6)


def test_speed_moves_tempo_and_pitch_together() -> None:
    t = np.arange(2 * RATE) / RATE
    x = (0.5 * np.sin(2 * np.pi * 400 * t)).astype(np.float32)
    for speed in (0.9, 1.1):
        y = augment.Speed().apply(x, RATE, {"speed": speed})
        assert len(y) == int(np.ceil(len(x) / speed))
        assert level_at(y, 400 * speed, RATE) > 100 * level_at(y, 400, RATE)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_telephone_keeps_its_band_and_no_more(rate: int) -> None:
    t = np.arange(rate) / rate
    tones = [100, 1_000, 3_000, *([4_500, 7_000] if rate > 8_000 else [])]
    x = sum(0.1 * np.sin(2 * np.pi * f * t) for f in tones).astype(np.float32)
    y = augment.BandLimit().apply(x, rate, {"low": 300.0, "high": 3400.0})
    for f in tones:
        change = db(level_at(y, f, rate) / level_at(x, f, rate))
        assert abs(change) < 0.1 if 400 < f < 3_100 else change < -60


def test_band_limits_do_not_move_in_time() -> None:
    x = np.zeros(RATE, np.float32)
    x[9_000] = 1.0
    y = acoustics.band(x, RATE, 300.0, 3400.0)
    assert np.argmax(np.abs(y)) == 9_000
    assert np.square(y[8_000:10_000]).sum() > 0.99 * np.square(y).sum()
    np.testing.assert_allclose(acoustics.band(voice(), RATE, 0.0, 48_000.0), voice(), atol=1e-6)


@pytest.mark.parametrize("rt60", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("rate", [8_000, 22_050])
def test_room_decays_as_told(rt60: float, rate: int) -> None:
    response = acoustics.room_response(rate, rt60, 3.0, np.random.default_rng(2))
    assert response[0] == 1.0 == np.abs(response).max()
    assert 10 * np.log10(1 / np.square(response[1:]).sum()) == pytest.approx(3.0, abs=0.01)
    late = response[round(0.03 * rate) :]  # Schroeder's backward integral, behind the reflections
    left = 10 * np.log10(np.cumsum(np.square(late)[::-1])[::-1])
    span = slice(0, round(0.4 * rt60 * rate))
    slope = np.polyfit(np.arange(len(left))[span] / rate, left[span], 1)[0]
    assert -60 / slope == pytest.approx(rt60, rel=0.2)


def test_room_keeps_length_energy_and_time() -> None:
    x = np.zeros(RATE, np.float32)
    x[5_000:9_000] = voice()[:4_000]
    y = augment.Room().apply(x, RATE, {"rt60": 0.5, "direct": 6.0, "seed": 4})
    assert len(y) == len(x) and rms(y) == pytest.approx(rms(x), rel=1e-4)
    assert np.abs(y[:5_000]).max() < 1e-6 < np.abs(y[9_000:12_000]).max()
    lags = np.correlate(y, x[5_000:9_000], "valid")
    assert np.argmax(lags) == 5_000


# --- masks on features


@pytest.mark.parametrize(("make", "axis"), [(augment.TimeMask, 0), (augment.FrequencyMask, 1)])
def test_masks_hide_one_run(make: Any, axis: int, rng: np.random.Generator) -> None:
    features = rng.standard_normal((120, 40)).astype(np.float32)
    before, widths = features.copy(), []
    for _ in range(200):
        params = make(0.25).draw(rng, features, 0)
        masked = make(0.25).apply(features, 0, params)
        hidden = np.flatnonzero((masked != features).any(axis=1 - axis))
        widths.append(len(hidden))
        assert len(hidden) == params["width"]
        if len(hidden):
            assert (np.diff(hidden) == 1).all() and hidden[0] == params["start"]
            np.testing.assert_array_equal(np.take(masked, hidden, axis), features.mean())
    assert min(widths) == 0 and max(widths) == 0.25 * features.shape[axis]
    np.testing.assert_array_equal(features, before)


@pytest.mark.parametrize("shape", [(0, 40), (1, 1), (3, 0)])
def test_masks_of_next_to_nothing(shape: tuple[int, int], rng: np.random.Generator) -> None:
    features = np.ones(shape, np.float32)
    chain = augment.Chain((augment.TimeMask(0.5), augment.FrequencyMask(0.5)))
    masked = chain.apply(features, 0, chain.draw(rng, features, 0))
    assert masked.shape == shape and masked.dtype == np.float32 and np.isfinite(masked).all()


# --- variants by name


def test_the_articles_variants() -> None:
    x = voice()
    np.testing.assert_array_equal(
        augment.vary(x, RATE, "stretch+pitch", "a"), vocoder.pitch(vocoder.stretch(x, 0.8), RATE, 0.7)
    )
    noisy = augment.vary(x, RATE, "noise", "a")
    assert 0 < rms(noisy - x) < 0.035 * np.abs(x).max() * 1.02
    rolled = augment.vary(x, RATE, "shift", "a")
    np.testing.assert_array_equal(np.sort(rolled), np.sort(x))


def test_the_empty_variant_is_an_untouched_copy() -> None:
    x = voice()
    y = augment.vary(x, RATE, "", "a")
    np.testing.assert_array_equal(x, y)
    assert not np.shares_memory(x, y)
    assert augment.recipe("").effects == ()


def test_text_and_number_change_only_the_draw() -> None:
    x = voice()
    made = [
        augment.vary(x, RATE, v, s) for v, s in [("noise", "a"), ("noise", "b"), ("noise#2", "a"), ("noise#3", "a")]
    ]
    assert len({y.tobytes() for y in made}) == 4
    assert augment.recipe("noise#2") == augment.recipe("noise")


def test_variants_do_not_depend_on_the_process() -> None:
    code = (
        "import numpy as np; from quaver import audio, augment; x = np.sin(np.arange(4000) / 9).astype(np.float32);"
        "print(audio.digest(augment.vary(x, 16000, 'noise+room+gain#7', 'tess/OAF')))"
    )
    x = np.sin(np.arange(4_000) / 9).astype(np.float32)
    np.random.seed(5)  # noqa: NPY002  # the global state must not matter
    here = audio.digest(augment.vary(x, 16_000, "noise+room+gain#7", "tess/OAF"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


@pytest.mark.parametrize(
    "variant", ["echo", "noise+", "+", "noise#", "noise#two", "noise+echo", "#2#3", " noise", "Noise"]
)
def test_unknown_variants_are_refused_with_the_list(variant: str) -> None:
    with pytest.raises(SpecError) as caught:
        augment.recipe(variant)
    message = str(caught.value)
    assert repr(variant) in message and ("a number" in message or all(name in message for name in augment.RECIPES))


def test_chains_nest_and_apply_in_order() -> None:
    x, rng = voice(), np.random.default_rng(0)
    inner = augment.Chain((augment.Shift(), augment.Gain()))
    chain = augment.Chain((augment.Stretch(), inner))
    params = chain.draw(rng, x, RATE)
    assert set(params) == {"0.rate", "1.0.samples", "1.1.db"}
    expected = vocoder.stretch(x, params["0.rate"])
    expected = augment.Shift().apply(expected, RATE, {"samples": params["1.0.samples"]})
    expected = augment.Gain().apply(expected, RATE, {"db": params["1.1.db"]})
    np.testing.assert_array_equal(chain.apply(x, RATE, params), expected)


def test_chains_of_more_than_ten_keep_their_numbers_apart() -> None:
    chain = augment.Chain((augment.Gain(0.0, 0.0),) * 11 + (augment.Gain(-6.0, -6.0),))
    x = voice()
    y = chain.apply(x, RATE, chain.draw(np.random.default_rng(0), x, RATE))
    assert db(rms(y) / rms(x)) == pytest.approx(-6.0, abs=1e-3)


def test_the_page_names_every_effect_and_its_code_runs(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "augmentation.md").read_text(encoding="utf-8")
    for name, effect in augment.RECIPES.items():
        assert f"| `{name}` | `{effect.__name__}` |" in page  # type: ignore[attr-defined]
    names: dict[str, Any] = {"samples": voice(seconds=0.5), "clip": Clip(Path("a.wav"), "c", "s", "sad", sha256="0f")}
    for block in page.split("```python\n")[1:]:
        exec(block.split("```")[0], names)
    assert len(names["louder"]) > 0
