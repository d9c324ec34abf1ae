"""The part of the page that shows and plays what each augmentation does."""

from collections.abc import Iterator

import numpy as np

from quaver import audio, augment, page
from quaver.errors import AudioError
from quaver.explore import figures, views
from quaver.explore.findings import name
from quaver.explore.seen import Look, Stage
from quaver.manifest import Clip
from quaver.page import Section, text

LONGEST = 8.0  # seconds of a clip that are drawn and played
AUGMENTED = {
    "": "The clip that all the others are made of.",
    "noise": "White noise, up to 0.035 of the peak.",
    "snr": "White noise, 10 to 30 dB below the voice.",
    "stretch": "Slower at the same pitch: 1.25 times as long.",
    "shift": "Rolled around by up to 5,000 samples.",
    "pitch": "0.7 semitones higher at the same tempo.",
    "gain": "Up to 10 dB louder or quieter, never clipped.",
    "speed": "Tempo and pitch together, 0.9 to 1.1, as a tape.",
    "band": "A telephone, a wideband telephone or a small speaker.",
    "room": "Reflections and a decaying tail.",
}


def load(clip: Clip) -> tuple[audio.Samples, int]:
    """Read the beginning of a clip, at most 8 s."""
    samples, rate = audio.load(clip.path, start=clip.start, end=clip.end)
    return samples[: int(LONGEST * rate)], rate


def section(look: Look, sounds: bool, stage: Stage) -> Section:
    """Draw one clip as it is and in every variant."""
    part = Section("augmentations", "What each augmentation does")
    emotions = look.clips.emotions
    clip = look.clips.clips[look.typical("neutral" if "neutral" in emotions else emotions[0])]
    try:
        samples, rate = load(clip)
    except AudioError:
        return part
    samples, rate = audio.resample(samples, rate, 22_050), 22_050
    part.add(page.paragraph(f"One clip ({text(name(clip))}) as it is, and as training may vary it; levels compare."))
    cards = []
    for done, (variant, words) in enumerate(AUGMENTED.items()):
        stage("augmenting", done, len(AUGMENTED))
        cards.append(_variant(samples, rate, variant, words, sounds))
    part.add(page.grid([*cards, *_masked(samples, rate)]))
    return part


def _variant(samples: audio.Samples, rate: int, variant: str, words: str, sounds: bool) -> str:
    title, peak, top = variant or "as it is", float(np.abs(samples).max()), views.loudest(samples, rate)
    varied = augment.vary(samples, rate, variant, "page") if variant else samples
    said = page.drawing(figures.wave(varied, rate, peak=peak), f"Waveform: {title}")
    seen = page.drawing(figures.view(varied, rate, top=top), f"Log-mel: {title}")
    player = page.sound(varied, rate, title) if sounds else ""
    return page.card(title, page.stage(said, seen), player, page.paragraph(words, "quiet"))


def _masked(samples: audio.Samples, rate: int) -> Iterator[str]:
    """Draw the masks, which hide features and cannot be heard."""
    rng, values = np.random.default_rng(3), views.logmel(samples, rate)
    for title, mask in (("time mask", augment.TimeMask()), ("frequency mask", augment.FrequencyMask())):
        hidden = mask.apply(values, 0, mask.draw(rng, values))
        seen = page.drawing(figures.shown(hidden, len(samples) / rate), f"Log-mel: {title}")
        words = "A run of frames is hidden." if "time" in title else "A run of bands is hidden."
        yield page.card(title, seen, page.paragraph(f"{words} On features only: nothing to hear.", "quiet"))
