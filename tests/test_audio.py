"""Whatever the container, the same sound comes out; whatever is wrong with a file, one sentence says so."""

import io
import os
import struct
import tracemalloc
import wave
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quaver import audio
from quaver.errors import AudioError

LOSSLESS = [
    ("a.wav", "WAV", "PCM_16"),
    ("a.wav", "WAV", "PCM_24"),
    ("a.wav", "WAV", "PCM_32"),
    ("a.wav", "WAV", "FLOAT"),
    ("a.wav", "WAV", "DOUBLE"),
    ("a.wav", "WAVEX", "PCM_16"),
    ("a.wav", "RF64", "PCM_16"),
    ("a.wav", "AIFF", "PCM_16"),  # as in the official TESS
    ("a.aiff", "AIFF", "PCM_24"),
    ("a.flac", "FLAC", "PCM_16"),
    ("a.flac", "FLAC", "PCM_24"),
    ("a.au", "AU", "PCM_16"),
    ("a.caf", "CAF", "PCM_16"),
    ("a.caf", "CAF", "ALAC_16"),
    ("a.sph", "NIST", "PCM_16"),
]
LOSSY = [
    ("a.wav", "WAV", "PCM_U8", 16_000, 0.01),
    ("a.wav", "WAV", "ULAW", 8_000, 0.02),
    ("a.ogg", "OGG", "VORBIS", 22_050, 0.05),
    ("a.opus", "OGG", "OPUS", 16_000, 0.05),
    ("a.mp3", "MP3", "MPEG_LAYER_III", 44_100, 0.05),
]


def voice(rate: int, seconds: float = 1.0) -> audio.Samples:
    """A gliding tone with two harmonics, in exact 16-bit steps, full scale at its loudest."""
    t = np.arange(round(rate * seconds)) / rate
    phase = 2 * np.pi * (180 * t + 40 * t**2)
    x = sum(np.sin(k * phase) / k for k in (1, 2, 3)) * np.hanning(len(t))
    return (np.round(x / np.abs(x).max() * 32767) / 32768).astype(np.float32)


def error_of(path: object, **span: float) -> str:
    with pytest.raises(AudioError) as caught:
        audio.load(path, **span)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- formats


@pytest.mark.parametrize(("name", "container", "coding"), LOSSLESS)
def test_lossless_formats_give_the_same_samples_and_digest(tmp_path: Path, name: str, container: str, coding: str):
    x = voice(24_414)
    whole = np.round(x * 32768).astype(np.int16)
    data = x if coding in ("FLOAT", "DOUBLE") else whole
    soundfile.write(tmp_path / name, data, 24_414, format=container, subtype=coding)
    y, rate = audio.load(tmp_path / name)
    assert rate == 24_414 and y.dtype == np.float32
    np.testing.assert_array_equal(y, x)
    assert audio.digest(y) == audio.digest(x)
    told = audio.info(tmp_path / name)
    assert (told.sample_rate, told.channels, told.subtype) == (24_414, 1, coding)
    assert told.seconds == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "container", "coding", "rate", "tolerance"), LOSSY)
def test_lossy_formats_come_close(
    tmp_path: Path, name: str, container: str, coding: str, rate: int, tolerance: float
) -> None:
    x = 0.5 * voice(rate)
    soundfile.write(tmp_path / name, x, rate, format=container, subtype=coding)
    y, _ = audio.load(tmp_path / name)
    assert len(y) == len(x)
    assert np.sqrt(np.mean((y - x) ** 2)) < tolerance


def test_the_bytes_count_not_the_name(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", voice(16_000), 16_000, subtype="PCM_16")
    (tmp_path / "a.mp3").write_bytes((tmp_path / "a.flac").read_bytes())
    np.testing.assert_array_equal(audio.load(tmp_path / "a.mp3")[0], voice(16_000))


def test_an_mp3_behind_padding_is_found(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", voice(44_100), 44_100)
    tag = b"ID3\x03\x00\x00\x00\x00\x00\x10" + bytes(16)
    (tmp_path / "b.mp3").write_bytes(tag + bytes(100) + (tmp_path / "a.mp3").read_bytes())
    np.testing.assert_array_equal(audio.load(tmp_path / "b.mp3")[0], audio.load(tmp_path / "a.mp3")[0])


@pytest.mark.parametrize("rate", [44_100, 16_000])
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_an_mp3_without_an_index_is_read_whole_or_refused(tmp_path: Path, rate: int, mode: str) -> None:
    x = voice(rate, 3.0)
    soundfile.write(tmp_path / "a.mp3", x, rate, bitrate_mode=mode, compression_level=0.5)
    data = (tmp_path / "a.mp3").read_bytes()
    index = max(data.find(b"Xing"), data.find(b"Info"))
    assert 0 < index < 64
    second = data.index(data[:2], index)  # the frame behind the one that holds the index
    (tmp_path / "b.mp3").write_bytes(b"ID3\x03\x00\x00\x00\x00\x00\x10" + bytes(16) + data[second:])
    if mode == "CONSTANT" or rate == 16_000:  # there libsndfile's guess is too long, and nothing is lost
        assert len(audio.load(tmp_path / "b.mp3")[0]) == pytest.approx(len(x), abs=4_000)
    else:
        message = error_of(tmp_path / "b.mp3")
        assert "bit rate varies" in message and "ffmpeg -i" in message
        assert float(message.split(" s of ")[1].split()[0]) == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    frames = np.stack([voice(8_000) * (k + 1) / channels for k in range(channels)], axis=1)
    soundfile.write(tmp_path / "a.wav", frames, 8_000, subtype="FLOAT")
    np.testing.assert_allclose(audio.load(tmp_path / "a.wav")[0], frames.mean(axis=1), atol=1e-7)


def test_file_objects_and_pipes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio.write(path, voice(16_000), 16_000)
    source = io.BytesIO(path.read_bytes())
    np.testing.assert_array_equal(audio.load(source)[0], voice(16_000))
    np.testing.assert_array_equal(audio.load(source)[0], voice(16_000))  # open still, and read from its beginning
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as out:
        out.write(path.read_bytes()[: 44 + 2 * 6_400].replace(struct.pack("<I", 32_000), struct.pack("<I", 12_800)))
    with os.fdopen(reader, "rb") as pipe:
        np.testing.assert_array_equal(audio.load(pipe)[0], voice(16_000)[:6_400])


def test_flac_of_unknown_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", voice(16_000, 3.0), 16_000, subtype="PCM_16")
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of STREAMINFO that count samples; encoders that write to a pipe leave them 0
    data[22:26] = bytes(4)
    (tmp_path / "b.flac").write_bytes(data)
    np.testing.assert_array_equal(audio.load(tmp_path / "b.flac")[0], voice(16_000, 3.0))
    np.testing.assert_array_equal(
        audio.load(tmp_path / "b.flac", start=1.0, end=2.0)[0], voice(16_000, 3.0)[16_000:32_000]
    )
    assert audio.info(tmp_path / "b.flac").seconds == 3.0
    assert "not in it" in error_of(tmp_path / "b.flac", start=2.0, end=9.0)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x80000000, 0x7FFFF000])
def test_wav_from_a_program_that_wrote_to_a_pipe(tmp_path: Path, size: int) -> None:
    audio.write(tmp_path / "a.wav", voice(16_000), 16_000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[40:44] = struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(data)
    np.testing.assert_array_equal(audio.load(tmp_path / "a.wav")[0], voice(16_000))


# --- what is wrong with a file


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "does not exist" in error_of(tmp_path / "none.wav")
    assert "is a folder" in error_of(tmp_path)
    (tmp_path / "empty.wav").touch()
    assert "0 bytes" in error_of(tmp_path / "empty.wav")
    assert "0 bytes" in error_of(io.BytesIO())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", voice(8_000), 8_000)
    (tmp_path / "a.wav").chmod(0)
    assert "ermission" in error_of(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.txt", "a"])
def test_text_renamed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Grüße, this is no sound.\n" * 50, encoding="utf-8")
    assert error_of(tmp_path / name).endswith("is text, not sound.")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg", "a.flac", "a.raw", "a"])
def test_noise_bytes(tmp_path: Path, name: str, rng: np.random.Generator) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01" + rng.bytes(3_000))
    message = error_of(tmp_path / name)
    assert name in message and ("cannot be read" in message or "no header" in message)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", "M4A"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "MP4"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00", "WebM"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "WMA"),
        (b"#!AMR\n\x3c", "AMR"),
        (b"#!AMR-WB\n", "AMR"),
        (b"\xff\xf1\x50\x80\x2e\x7f\xfc", "AAC"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x50" + b"Speex   1.2", "Speex"),
    ],
)
@pytest.mark.parametrize("suffix", [".m4a", ".wav"])
def test_formats_nobody_here_reads_are_named_with_the_remedy(
    tmp_path: Path, head: bytes, name: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(head + bytes(2_000))
    message = error_of(path)
    assert name in message and "ffmpeg -i" in message
    source, target = message.split("ffmpeg -i ")[1].split()
    assert source == str(path) and target.endswith(".wav") and target != source


def test_header_without_samples(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
    assert "no samples" in error_of(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("name", "container", "coding"),
    [
        ("a.wav", "WAV", "PCM_16"),
        ("a.wav", "WAV", "FLOAT"),
        ("a.wav", "RF64", "PCM_16"),
        ("a.wav", "WAV", "IMA_ADPCM"),
        ("a.aiff", "AIFF", "PCM_16"),
        ("a.au", "AU", "PCM_16"),
        ("a.mp3", "MP3", "MPEG_LAYER_III"),
    ],
)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.97])
def test_cut_off_and_how_much_is_there(tmp_path: Path, name: str, container: str, coding: str, part: float) -> None:
    path = tmp_path / name
    soundfile.write(path, voice(44_100, 2.0), 44_100, format=container, subtype=coding)
    assert audio.info(path).seconds == pytest.approx(2.0, abs=0.1)
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * part)])
    message = error_of(path)
    assert "cut off" in message
    holds = float(message.split("holds ")[1].split()[0])
    assert holds == pytest.approx(2.0 * part, abs=0.25)  # MP3 spends fewer bytes where it is quiet


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.opus", "a.caf"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.97])
def test_cut_off_where_the_decoder_or_the_pages_tell(tmp_path: Path, name: str, part: float) -> None:
    path = tmp_path / name
    audio.write(path, voice(24_000, 2.0), 24_000)
    audio.load(path)
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * part)])
    message = error_of(path)
    assert "cut off" in message or "damaged" in message
    with pytest.raises(AudioError):
        list(audio.blocks(path, 16_000, 0.5))


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.opus"])
def test_one_wrong_bit_in_the_middle(tmp_path: Path, name: str) -> None:
    audio.write(tmp_path / name, voice(24_000, 2.0), 24_000)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 0x10
    (tmp_path / name).write_bytes(data)
    assert "damaged" in error_of(tmp_path / name)


def test_ogg_with_a_tag_behind_it_is_whole(tmp_path: Path) -> None:
    audio.write(tmp_path / "a.ogg", voice(24_000), 24_000)
    with (tmp_path / "a.ogg").open("ab") as out:
        out.write(b"TAG" + bytes(125))
    assert len(audio.load(tmp_path / "a.ogg")[0]) == 24_000


def test_nothing_of_a_span_is_lost_where_only_the_rest_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    audio.write(path, voice(24_000, 4.0), 24_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    np.testing.assert_array_equal(audio.load(path, end=1.0)[0], voice(24_000, 4.0)[:24_000])


def test_silence_shortness_and_what_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    x = voice(16_000)
    cases = [
        (np.zeros_like(x), "silent"),
        (x * 0.9e-4, "silent"),
        (x[:1_599], "0.10 s of sound; at least 0.1 s"),
        (np.where(np.arange(len(x)) == 15_999, np.nan, x), "not finite"),
        (np.where(np.arange(len(x)) == 3, np.inf, x), "not finite"),
    ]
    for samples, words in cases:
        soundfile.write(path, samples, 16_000, subtype="FLOAT")
        assert words in error_of(path)
        with pytest.raises(AudioError, match="silent|at least|not finite"):
            list(audio.blocks(path, 22_050, 0.3))
        with pytest.raises(AudioError, match="silent|at least|not finite"):
            audio.check(samples.astype(np.float32), 16_000, "it")
    for samples in (x * 1.1e-4, x[6_000:7_600]):
        soundfile.write(path, samples, 16_000, subtype="FLOAT")
        assert len(audio.load(path)[0]) == len(samples)


# --- spans


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"])
def test_spans_are_the_samples_of_the_whole(tmp_path: Path, name: str) -> None:
    audio.write(tmp_path / name, voice(48_000, 3.0), 48_000)
    whole, _ = audio.load(tmp_path / name)
    for start, end in ((0.0, 0.5), (0.501, 2.25), (1.7, None), (None, 3.004)):
        part, _ = audio.load(tmp_path / name, start=start, end=end)
        expected = whole[round((start or 0) * 48_000) : None if end is None else round(end * 48_000)]
        np.testing.assert_allclose(part, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"start": 2.5}, "lasts 2.00 s"),
        ({"start": 1.0, "end": 2.5}, "lasts 2.00 s"),
        ({"start": -1.0}, "not in order"),
        ({"start": 1.0, "end": 0.5}, "not in order"),
        ({"start": 1.0, "end": 1.0}, "not in order"),
        ({"start": float("nan")}, "not in order"),
        ({"start": 1.0, "end": 1.05}, "at least 0.1 s"),
    ],
)
def test_impossible_spans(tmp_path: Path, span: dict[str, float], words: str) -> None:
    audio.write(tmp_path / "a.wav", voice(16_000, 2.0), 16_000)
    assert words in error_of(tmp_path / "a.wav", **span)


# --- rates


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_414, 44_100, 48_000, 96_000])
def test_resampled_as_librosa_does(tmp_path: Path, rate: int) -> None:
    frames = np.stack([voice(rate, 1.37), 0.3 * voice(rate, 1.37)[::-1]], axis=1)
    soundfile.write(tmp_path / "a.wav", frames, rate)
    ours, got = audio.load(tmp_path / "a.wav", 22_050)
    theirs, _ = librosa.load(tmp_path / "a.wav", sr=22_050, res_type="soxr_hq")
    assert got == 22_050 and len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@settings(deadline=None)
@given(n=st.integers(0, 10_000_000), rate=st.sampled_from([8_000, 16_000, 24_414, 44_100, 48_000, 96_000]))
def test_resampled_lengths_are_rounded_up(n: int, rate: int) -> None:
    expected = -(-n * 22_050 // rate)
    assert int(np.ceil(n * 22_050 / rate)) == expected
    if n < 20_000:
        assert len(audio.resample(np.zeros(n, np.float32), rate, 22_050)) == expected


# --- blocks


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from([8_000, 22_050, 24_414, 44_100, 48_000, 96_000]),
    wanted=st.sampled_from([8_000, 16_000, 22_050, 48_000]),
    length=st.integers(9_600, 120_000),
    seconds=st.floats(0.013, 2.0),
)
def test_blocks_are_the_whole(tmp_path: Path, rate: int, wanted: int, length: int, seconds: float) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, voice(rate, length / rate), rate, subtype="FLOAT")
    whole, _ = audio.load(path, wanted)
    got = list(audio.blocks(path, wanted, seconds))
    assert {len(block) for block in got[:-1]} <= {round(seconds * wanted)}
    assert 0 < len(got[-1]) <= round(seconds * wanted)
    np.testing.assert_allclose(np.concatenate(got), whole, rtol=0, atol=1e-6)


def test_blocks_of_a_compressed_file(emodb: Path) -> None:
    path = sorted((emodb / "wav").iterdir())[0]
    whole, _ = audio.load(path, 22_050)
    np.testing.assert_allclose(np.concatenate(list(audio.blocks(path, 22_050, 0.77))), whole, rtol=0, atol=1e-6)


def test_blocks_of_a_long_file_need_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    minute = np.tile(voice(8_000, 10.0), 6)
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as out:
        for _ in range(15):
            out.write(minute)
    tracemalloc.start()
    try:
        total = sum(len(block) for block in audio.blocks(path, 16_000, 5.0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 900 * 16_000
    assert peak < 8_000_000  # the whole would take 58 MB


def test_blocks_report_what_comes_late(tmp_path: Path) -> None:
    x = voice(16_000, 3.0)
    x[40_000] = np.nan
    soundfile.write(tmp_path / "a.wav", x, 16_000, subtype="FLOAT")
    reader = audio.blocks(tmp_path / "a.wav", 16_000, 0.5)
    assert len(next(reader)) == 8_000
    with pytest.raises(AudioError, match="not finite"):
        list(reader)


# --- digests and writing


@settings(deadline=None)
@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=50), st.data())
def test_digests_tell_every_step_of_16_bits_apart(steps: list[int], data: st.DataObject) -> None:
    x = (np.array(steps) / 32_768).astype(np.float32)
    other = x.copy()
    place = data.draw(st.integers(0, len(steps) - 1))
    other[place] += (1 if steps[place] < 32_767 else -1) / 32_768
    assert audio.digest(x) == audio.digest(x.copy()) != audio.digest(other)
    assert audio.digest(x) != audio.digest(np.append(x, np.float32(0)))


def test_digest_at_full_scale() -> None:
    full = np.array([1.0, -1.0, 1.5, -1.5], np.float32)
    assert audio.digest(full) == audio.digest(np.array([32_767, -32_768, 32_767, -32_768], np.float32) / 32_768)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.caf", "a.au", "a.WAV"])
def test_written_and_read_again_bit_by_bit(tmp_path: Path, name: str, rng: np.random.Generator) -> None:
    x = (rng.integers(-32_768, 32_768, 20_000) / 32_768).astype(np.float32)
    audio.write(tmp_path / "new" / name, x, 22_050)
    y, rate = audio.load(tmp_path / "new" / name)
    assert rate == 22_050
    np.testing.assert_array_equal(x, y)
    audio.write(tmp_path / "new" / name, np.append(2 * np.ones(9_999, np.float32), -2), 22_050)
    loud, _ = audio.load(tmp_path / "new" / name)
    assert loud.max() == np.float32(32_767 / 32_768) and loud.min() == -1.0


@pytest.mark.parametrize(
    ("name", "coding", "seconds"),
    [("a.ogg", "VORBIS", 100.0), ("a.opus", "OPUS", 5.0), ("a.mp3", "MPEG_LAYER_III", 5.0)],
)
def test_compressed_files_are_written(tmp_path: Path, name: str, coding: str, seconds: float) -> None:
    audio.write(tmp_path / name, voice(16_000, seconds), 16_000)
    told = audio.info(tmp_path / name)
    assert (told.subtype, told.seconds) == (coding, pytest.approx(seconds))


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    audio.write(path, voice(16_000), 16_000)
    before = path.read_bytes()
    for target, samples, rate, words in [
        (path, voice(22_050), 22_050, "22050 Hz"),
        (path, np.full(9_000, np.nan, np.float32), 16_000, "NaN"),
        (tmp_path / "a.m4a", voice(16_000), 16_000, ".wav"),
    ]:
        with pytest.raises(AudioError, match=words):
            audio.write(target, samples, rate)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.opus"]


@pytest.mark.corpora
def test_real_corpora_decode_and_are_whole(corpora: Path) -> None:
    for folder in sorted(p for p in corpora.iterdir() if p.is_dir() and p.name != "manifests"):
        clips = sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".opus", ".ogg", ".flac"))
        for path in clips[:: max(1, len(clips) // 8)]:
            samples, rate = audio.load(path)
            assert len(samples) / rate == pytest.approx(audio.info(path).seconds)


@pytest.mark.skipif(os.name == "nt", reason="files are read through Python on Windows")
def test_libsndfile_reads_a_file_without_calling_python(tmp_path, monkeypatch):
    """A Ctrl-C that falls into a callback is lost, so `quaver predict` could go on for ever."""
    audio.write(tmp_path / "a.flac", np.sin(np.arange(8000, dtype=np.float32)), 16_000)
    monkeypatch.setattr(soundfile.SoundFile, "_init_virtual_io", lambda *_: pytest.fail("a callback was made"))
    assert audio.load(tmp_path / "a.flac")[0].shape == (8000,)
