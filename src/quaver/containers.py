"""Open sound files, and say what is wrong with one: not there, no sound, a format nobody here reads, cut off."""

import io
import math
import os
import re
import shlex
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import BinaryIO

import soundfile

from quaver.errors import AudioError

Source = Path | str | BinaryIO  # a file object must be opened in binary mode; it stays open
_FOREIGN: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "MP4 (M4A, AAC)"),
    (4, b"moov", "QuickTime (MOV)"),
    (4, b"mdat", "QuickTime (MOV)"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA (Windows Media)"),
    (0, b"#!AMR", "AMR"),
    (0, b"ADIF", "AAC"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MP+", "Musepack"),
    (0, b"MPCK", "Musepack"),
    (0, b"TTA1", "True Audio"),
    (0, b"DSD ", "DSD"),
    (0, b"FLV\x01", "Flash video"),
    (0, b".RMF", "RealMedia"),
    (0, b"\x00\x00\x01\xba", "MPEG video"),
    (8, b"AVI ", "AVI video"),
    (28, b"Speex   ", "Speex"),
    (28, b"\x80theora", "Theora video"),
)
_UNFINISHED = 0x7FFFF000  # bytes; what writes to a pipe promises this or more, because it cannot go back
_PROMISE = re.compile(r"(?:data|SSND|BODY|Data Size|Riff size|riff)\s*: (\d+) \(should be (\d+)\)")
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_MP3_SLACK = 2 * 1152  # frames; encoders count their own delay differently
_KBITS = (  # of layer III in MPEG 2 and 2.5, and in MPEG 1
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
)
_INDEXES = (b"Xing", b"Info", b"VBRI")


class Sound(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from front to back."""

    slack: float = 0.0  # frames that may be missing at the end, because the header only guesses

    def seekable(self) -> bool:
        """Deny it, or soundfile seeks after each block to where it is, which fails in FLAC of unknown length."""
        return False


@contextmanager
def opened(source: Source) -> Iterator[tuple[Sound, str]]:
    """Open a sound that is there, is sound, and is whole as far as its container tells."""
    name = str(source) if isinstance(source, Path | str) else str(getattr(source, "name", "the sound"))
    with _file(source, name) as file:
        _recognise(file, name)
        with _readable(file, source) as readable, _decoder(file, readable, name) as sound:
            _check_container(sound, file, name)
            yield sound, name


@contextmanager
def _file(source: Source, name: str) -> Iterator[BinaryIO]:
    try:
        file = Path(source).open("rb") if isinstance(source, Path | str) else source  # noqa: SIM115
    except FileNotFoundError:
        raise AudioError(f"{name} does not exist.") from None
    except IsADirectoryError:
        raise AudioError(f"{name} is a folder; a sound file is expected.") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"{name} cannot be opened: {getattr(error, 'strerror', None) or error}.") from error
    try:
        yield file if file.seekable() else io.BytesIO(file.read())  # pipes
    finally:
        if file is not source:
            file.close()


def _recognise(file: BinaryIO, name: str) -> None:
    file.seek(0)
    head = file.read(512)
    if not head:
        raise AudioError(f"{name} is empty (0 bytes).")
    if (found := _foreign(head)) is not None:
        raise AudioError(f"{name} is {found}, which quaver cannot decode; convert it: {_remedy(name)}")


def _decoder(file: BinaryIO, readable: BinaryIO | int, name: str) -> Sound:
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    try:
        return Sound(readable, closefd=False)
    except (RuntimeError, OSError, TypeError) as error:  # libsndfile's errors are RuntimeErrors
        if name.lower().endswith(".raw"):  # soundfile has a TypeError for it
            raise AudioError(f"{name} has no header that tells its rate; give it one, for example as WAV.") from None
        if _is_text(head):
            raise AudioError(f"{name} is text, not sound.") from None
        with suppress(RuntimeError):  # by the suffix an MP3 is found behind padding; the decoder may write to stderr
            if name.lower().endswith(".mp3") and Path(name).is_file():
                return Sound(name)
        raise AudioError(
            f"{name} cannot be read as sound: {reason(error)} It is damaged, or not of a kind that quaver reads "
            "(WAV, FLAC, OGG, MP3, AIFF, AU, CAF)."
        ) from error


@contextmanager
def _readable(file: BinaryIO, source: Source) -> Iterator[BinaryIO | int]:
    """Give what libsndfile is to read: the number of a file wherever there is one.

    For each read of a file object it calls back into Python, and a Ctrl-C that falls into such a call is lost.
    """
    if os.name == "nt" or not isinstance(source, Path | str) or isinstance(file, io.BytesIO):
        yield file
        return
    number = os.open(source, os.O_RDONLY)  # not the number of `file`, whose position it would share
    try:
        yield number
    finally:
        os.close(number)


def _check_container(sound: Sound, file: BinaryIO, name: str) -> None:
    there, ratio = sound.frames / sound.samplerate, _promised(sound.extra_info)
    position = file.tell()
    if sound.format == "OGG" and _broken_ogg(file):
        raise AudioError(
            f"{name} is cut off or damaged: a page of it is incomplete, at most {there:.2f} s can be read. "
            "Copy or export it again."
        )
    if sound.format == "MP3":
        sound.slack = _MP3_SLACK if _has_index(file) else math.inf
        if sound.slack == math.inf and (frames := _mp3_frames(file)) > sound.frames + _MP3_SLACK:
            raise AudioError(
                f"{name} does not say how long it is, and its bit rate varies: only {there:.2f} s of "
                f"{frames / sound.samplerate:.2f} s would be read. Convert it: {_remedy(name)}"
            )
    file.seek(position)
    if sound.frames <= 0:
        raise AudioError(f"{name} has a header and no samples; record or export it again.")
    if sound.frames * (ratio - 1) > 1.5:  # frames; one may be a matter of rounding
        raise cut_off(name, there * ratio, there)


def cut_off(name: str, promised: float, there: float) -> AudioError:
    """Make the error of a file that ends before it should, lengths in seconds."""
    return AudioError(
        f"{name} is cut off: it promises {promised:.2f} s and holds {there:.2f} s. Copy or export it again."
    )


def reason(error: BaseException) -> str:
    """Give libsndfile's own words without its prefix, as a sentence."""
    text = str(getattr(error, "error_string", error)).removeprefix("Error : ").strip().rstrip(".")
    if text.startswith("File does not exist"):  # what libsndfile says of an MP3 without frames
        text = "it has no frames of sound"
    return f"{text}."


def _foreign(head: bytes) -> str | None:
    """Name a format that libsndfile cannot read by the first bytes of a file, whatever its suffix.

    Example:
        >>> _foreign(b"#!AMR and so on")
        'AMR'
    """
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "AAC"
    return next((name for at, magic, name in _FOREIGN if head[at : at + len(magic)] == magic), None)


def _remedy(name: str) -> str:
    """Tell how a file of such a format becomes one that can be read."""
    path = PurePath(name)
    target = path.with_suffix(".wav") if path.suffix != ".wav" else path.with_name(f"{path.stem}-converted.wav")
    return f"ffmpeg -i {shlex.quote(name)} {shlex.quote(str(target))}"


def _is_text(head: bytes) -> bool:
    """Tell whether the first bytes are readable text (they may end within a character)."""
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(head) - 4 and all(c.isprintable() or c in "\t\r\n\f" for c in text)


def _promised(log: str) -> float:
    """Compare what a header promises with what the file holds.

    Args:
        log: what libsndfile noted while it parsed the header (`extra_info`): of WAV, AIFF, AU, RF64, W64 and SVX
            it notes where the sound's size exceeds the file.

    Returns:
        Promised over present bytes; 1.0 where they agree, or where the writer could not know the size.
    """
    found = _PROMISE.search(log)
    if found is None or int(found[1]) >= _UNFINISHED or not int(found[2]):
        return 1.0
    return int(found[1]) / int(found[2])


def _broken_ogg(file: BinaryIO) -> bool:
    """Walk the pages of an Ogg file (RFC 3533): one is incomplete, missing, or fails its checksum.

    A file cut exactly between two pages cannot be told from a stream that somebody recorded, and passes.
    """
    file.seek(0)
    while header := file.read(27):
        if header[:4] != b"OggS":
            return b"OggS" in header + file.read(1 << 17)  # tags may follow the last page, pages may not
        lengths = file.read(header[26] if len(header) == 27 else 0)
        page = header[:22] + bytes(4) + header[26:] + lengths + file.read(sum(lengths))
        if len(header) < 27 or len(page) < 27 + header[26] + sum(lengths) or _ogg_crc(page) != header[22:26]:
            return True
    return False


def _has_index(file: BinaryIO) -> bool:
    """Tell whether an MP3 says how long it is; without a Xing, Info or VBRI header libsndfile guesses."""
    file.seek(_mp3_start(file))
    start = file.read(4096)
    return any(index in start for index in _INDEXES)


def _mp3_frames(file: BinaryIO) -> int:
    """Count the samples of an MP3 by going from frame to frame; it ends where no frame header of layer III is."""
    at, total = _mp3_start(file), 0
    file.seek(at)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        version, kbits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
        if version == 1 or kbits in (0, 15) or rate == 3:  # reserved, or of a free bit rate
            break
        hertz = (44_100, 48_000, 32_000)[rate] >> (0, 1, 2)[(3, 2, 0).index(version)]
        per_frame = 1152 if version == 3 else 576
        at += per_frame // 8 * 1000 * _KBITS[version == 3][kbits] // hertz + (head[2] >> 1 & 1)
        total += per_frame
        file.seek(at)
    return total


def _mp3_start(file: BinaryIO) -> int:
    """Find the first byte behind an ID3 tag, whose size is in four times seven bits."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def _ogg_crc(page: bytes) -> bytes:
    """Give the page's checksum; it is zlib's with the bits mirrored and without the inversions."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_MIRROR)
