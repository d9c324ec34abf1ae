"""The guard finds planted copies of every kind, and leaves different speakers in peace."""

import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from quaver import audio, leaks, prints
from quaver.augment import vary
from quaver.errors import LeakError
from quaver.manifest import Clip, Manifest
from quaver.splits import Fold, protocol

HEARD, UNHEARD = ("03", "08", "09", "10"), ("11", "13")
NOBODY = Manifest()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cached(monkeypatch, cache):
    monkeypatch.setenv("QUAVER_CACHE", str(cache))


@pytest.fixture(scope="module")
def clips(emodb):
    """Six speakers and two sentences: the more alike, the harder to tell from copies."""
    everything = Manifest.read(emodb / "manifest.csv")
    return everything.where(lambda clip: clip.sentence in ("a01", "b02") and clip.speaker in HEARD + UNHEARD)


@pytest.fixture
def train(clips):
    return clips.where(lambda clip: clip.speaker in HEARD)


@pytest.fixture
def test(clips):
    return clips.where(lambda clip: clip.speaker in UNHEARD)


def fold_of(train, test, validation=NOBODY, **more):
    return Fold(1, train, validation, test, **more)


def varied(variant):
    return lambda x, rate: (vary(x, rate, variant, "planted"), rate)


def encoded(container, subtype):
    def encode(x, rate):
        file = io.BytesIO()
        soundfile.write(file, x, rate, format=container, subtype=subtype, compression_level=0.99)
        return soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")

    return encode


def noise(x):
    return np.random.default_rng(0).standard_normal(len(x)).astype(np.float32) * np.sqrt((x**2).mean())


def plant(clip, change, path, speaker="99"):
    samples, rate = change(*audio.load(clip.path))
    soundfile.write(path, np.clip(samples, -1, 1), rate)
    return Clip(path, "planted", speaker, clip.emotion)


PLANTED = {
    "noise": (varied("noise"), None),  # inaudible noise makes a near-duplicate
    "loud noise": (lambda x, rate: (x + noise(x) * 10 ** (-15 / 20), rate), "augmented copy"),
    "stretch": (varied("stretch"), "augmented copy"),
    "pitch": (varied("pitch"), "augmented copy"),
    "stretch and pitch": (varied("stretch+pitch"), "augmented copy"),
    "slower and lower": (lambda x, rate: (audio.resample(x, 10, 11), rate), "augmented copy"),
    "faster and higher": (lambda x, rate: (audio.resample(x, 11, 10), rate), "augmented copy"),
    "shifted in a circle": (lambda x, rate: (np.roll(x, 3600), rate), "near-duplicate"),
    "telephone": (varied("band"), "near-duplicate"),
    "room": (varied("room"), None),
    "gain": (lambda x, rate: (0.05 * x, rate), "near-duplicate"),
    "upside down": (lambda x, rate: (-x, rate), "near-duplicate"),
    "Opus": (encoded("OGG", "OPUS"), "near-duplicate"),
    "MP3": (encoded("MP3", "MPEG_LAYER_III"), "near-duplicate"),
    "beginning cut": (lambda x, rate: (x[int(0.3 * len(x)) :], rate), "near-duplicate"),
    "end cut": (lambda x, rate: (x[: int(0.7 * len(x))], rate), "near-duplicate"),
    "8 kHz": (lambda x, rate: (audio.resample(x, rate, 8_000), 8_000), "near-duplicate"),
    "silence around": (lambda x, rate: (np.pad(x, rate), rate), "near-duplicate"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_copy_under_another_name_and_speaker_stops_the_run(name, train, test, tmp_path):
    change, kind = PLANTED[name]
    origin = train.clips[7]
    copy = plant(origin, change, tmp_path / "innocent.wav")
    with pytest.raises(LeakError, match="innocent.wav") as caught:
        leaks.guard(fold_of(train, test + Manifest((copy,))))
    assert origin.path.name in str(caught.value)
    found = leaks.find(train, Manifest((copy,)))
    assert [(leak.left.path, leak.right.path) for leak in found] == [(origin.path, copy.path)]
    assert kind in (None, found[0].kind)


@pytest.mark.parametrize("which", [3, 5, 11, 16])
def test_the_copy_may_be_of_any_clip_and_on_either_side(which, train, test, tmp_path):
    copy = plant(test.clips[which], varied("stretch+pitch"), tmp_path / "copy.wav")
    found = leaks.find(train + Manifest((copy,)), test)
    assert [(leak.left.path, leak.right.path) for leak in found] == [(copy.path, test.clips[which].path)]
    assert found[0].kind == "augmented copy"


def test_different_speakers_with_the_same_sentences_are_no_leak(train, test, clips):
    assert leaks.guard(fold_of(train, test)) == []
    assert leaks.repeated(clips) == []


def test_a_speaker_on_both_sides_is_one_leak_with_the_number_of_clips(train):
    half = train.clips[::2], train.clips[1::2]
    with pytest.raises(LeakError, match="4 x speaker"):
        leaks.guard(fold_of(*map(Manifest, half)))
    first = leaks.find(*map(Manifest, half))[0]
    counts = [sum(clip.speaker == "03" for clip in side) for side in half]
    assert first.kind == "speaker"
    assert first.detail == f"emodb/03: {counts[0]} and {counts[1]} clips"


def test_a_copy_by_the_same_speaker_is_named_beside_the_speaker(train, tmp_path):
    origin = train.clips[0]
    copy = replace(plant(origin, encoded("OGG", "OPUS"), tmp_path / "c.wav"), corpus="emodb", speaker=origin.speaker)
    assert {leak.kind for leak in leaks.find(train, Manifest((copy,)))} == {"speaker", "near-duplicate"}


@pytest.mark.parametrize(("suffix", "subtype"), [(".wav", "PCM_16"), (".flac", "PCM_16"), (".aiff", "PCM_24")])
def test_the_same_samples_in_another_container_are_the_same_audio(suffix, subtype, tmp_path, rng):
    sound = np.round(rng.uniform(-1, 1, 8_000) * 32767).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    soundfile.write(tmp_path / f"b{suffix}", sound, 16_000, subtype=subtype)
    sides = [Manifest((Clip(tmp_path / name, "c", name, "sad"),)) for name in ("a.wav", f"b{suffix}")]
    assert [leak.kind for leak in leaks.find(*sides)] == ["same audio"]


def test_digests_of_the_manifest_count_even_where_a_file_is_gone(train, tmp_path):
    gone = replace(train.clips[0], path=tmp_path / "gone.wav", corpus="x", speaker="1")
    assert [leak.kind for leak in leaks.find(train, Manifest((gone,)))] == ["same audio"]


def test_a_variant_of_the_same_file_is_an_augmented_copy(train):
    noisy = replace(train.clips[0], extra={"variant": "noise"}, corpus="x")
    found = leaks.find(train, Manifest((noisy,)))
    assert [(leak.kind, str(leak).count(" as noise")) for leak in found] == [("augmented copy", 1)]


def test_overlapping_parts_of_one_recording_are_near_duplicates(train):
    one = max(train, key=lambda clip: clip.seconds or 0)
    half = replace(one, start=0.4, end=0.4 + (one.seconds or 0) / 2, corpus="x", sha256="")
    apart = [replace(one, start=a, end=b, sha256="", speaker=s) for s, a, b in (("1", 0, 0.9), ("2", 0.9, 1.8))]
    assert [leak.kind for leak in leaks.repeated(Manifest((one, half)))] == ["near-duplicate"]
    assert leaks.repeated(Manifest(tuple(apart))) == []


def test_leaks_may_be_allowed_and_are_listed(train, tmp_path):
    copy = plant(train.clips[3], varied("noise"), tmp_path / "copy.wav")
    allowed = leaks.guard(fold_of(train, Manifest((copy,))), allow_leak=True)
    assert [leak.right.path for leak in allowed] == [copy.path]
    assert allowed[0].detail.startswith("train and test; ")


def test_validation_is_guarded_on_both_sides(train, test, tmp_path):
    copy = plant(train.clips[3], encoded("OGG", "OPUS"), tmp_path / "copy.wav")
    with pytest.raises(LeakError, match="validation and test"):
        leaks.guard(fold_of(NOBODY, Manifest((copy,)), validation=train))
    with pytest.raises(LeakError, match="train and validation"):
        leaks.guard(fold_of(train, test, validation=Manifest((copy,))))
    with pytest.raises(LeakError, match="train and validation"):
        leaks.guard(fold_of(Manifest(train.clips[::2]), test, validation=Manifest(train.clips[1::2])))


def test_validation_by_sentences_may_hear_the_training_speaker(train, test):
    one, other = train.where(lambda clip: clip.sentence == "a01"), train.where(lambda clip: clip.sentence != "a01")
    assert leaks.guard(fold_of(one, test, validation=other, validation_by="sentences")) == []


def test_a_protocol_that_leaks_on_purpose_is_let_through_without_listening(train, monkeypatch):
    monkeypatch.setattr(audio, "load", None)
    (fold,) = protocol("article-random").folds(train)
    kinds = {leak.kind for leak in leaks.guard(fold)}
    assert kinds == {"speaker", "augmented copy"}


def test_clips_that_cannot_be_read_are_passed_over(train, test, tmp_path):
    (tmp_path / "text.wav").write_text("not a sound")
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 16_000)
    broken = [Clip(tmp_path / name, "x", name, "sad") for name in ("text.wav", "silent.wav", "absent.wav")]
    assert leaks.guard(fold_of(train, test + Manifest(tuple(broken)))) == []


def test_what_was_heard_once_is_not_decoded_again(train, test, tmp_path, monkeypatch):
    copy = plant(train.clips[2], varied("band"), tmp_path / "copy.wav")
    first = leaks.find(train, test + Manifest((copy,)))
    monkeypatch.setattr(audio, "load", None)
    assert leaks.find(train, test + Manifest((copy,))) == first
    assert len(first) == 1


def test_a_damaged_cache_is_made_anew(train, test, tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    file = tmp_path / f"prints-{prints.VERSION}.sqlite"
    file.write_bytes(b"no database " * 100)
    assert leaks.find(Manifest(train.clips[:2]), Manifest(test.clips[:2])) == []
    assert file.read_bytes().startswith(b"SQLite format 3")


def test_without_a_folder_to_write_to_the_guard_still_works(train, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "file" / "folder"))
    copy = plant(train.clips[2], varied("band"), tmp_path / "copy.wav")
    assert len(leaks.find(Manifest(train.clips[:4]), Manifest((copy,)))) == 1


def test_progress_rises_to_its_total(train, test):
    told = []
    leaks.find(train, test, progress=lambda done, total: told.append((done, total)))
    total = 2 * (len(train) + len(test))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (total, total)


def test_empty_sides_share_nothing(train):
    assert leaks.find(train, NOBODY) == leaks.find(NOBODY, NOBODY) == []
    assert leaks.guard(protocol("emodb-loso").final(train)) == []


def test_the_message_counts_and_names_and_says_what_to_do(train):
    many = [leaks.Leak("near-duplicate", train.clips[0], clip, "train and test") for clip in train.clips[:13]]
    text = leaks.message([leaks.Leak("speaker", *train.clips[:2], detail="d"), *many])
    assert text.splitlines()[0].startswith("the sides of this split share what they must not: 1 x speaker, 13 x near-d")
    assert "--allow-leak" in text
    assert len(text.splitlines()) == 12
    assert text.endswith("and 4 more")
    assert f"emodb/{train.clips[0].speaker}/{train.clips[0].path.name}" in text


@pytest.mark.corpora
def test_two_sentences_by_twenty_four_actors_are_no_leak(corpora):
    files = sorted((corpora / "ravdess").glob("Actor_*/03-01-0[25]-01-01-01-*.*"))
    manifest = Manifest(tuple(Clip(path, "ravdess", path.stem[-2:], "angry") for path in files))
    assert len(manifest.speakers) == 24
    assert leaks.repeated(manifest) == []


@pytest.mark.corpora
def test_a_recording_that_banglaser_has_under_two_speakers_is_found(corpora):
    files = sorted((corpora / "banglaser").glob("03-01-02-01-03-0?-*.*"))
    manifest = Manifest(tuple(Clip(path, "banglaser", path.stem[-2:], "happy") for path in files))
    pairs = {frozenset((leak.left.path.stem, leak.right.path.stem)) for leak in leaks.repeated(manifest)}
    assert frozenset(("03-01-02-01-03-02-13", "03-01-02-01-03-02-19")) in pairs
    assert {clip[-2:] for pair in pairs for clip in pair} == {"13", "19"}
