"""The part of the page that shows and plays what each augmentation does."""

from collections.abc import Iterator

import numpy as np

from quaver import audio, augment, page
from quaver.errors import AudioError
from quaver.explore import figures, views
from quaver.explore.finding import name
from quaver.explore.seen import Look, Stage
from quaver.manifest import Clip
from quaver.page import Section, text

LONGEST = 8.0  # seconds of a clip that are drawn and played
AUGMENTED = {  # a seed whose draw can be seen, and words for what was drawn
    "": (0, "The clip that all the others are made of."),
    "noise": (4, "White noise of {amplitude:.3f} of the peak; up to 0.035."),
    "snr": (3, "White noise {snr:.0f} dB below the voice; 10 to 30."),
    "stretch": (0, "Another tempo, same pitch: {rate:g} times as fast."),
    "shift": (4, "Rolled around by {samples:+,.0f} samples; up to 5,000 either way."),
    "pitch": (0, "{semitones:+g} semitones, same tempo."),
    "gain": (3, "{db:+.1f} dB; up to 10 either way, never clipped."),
    "speed": (3, "Tempo and pitch together as on a tape: {speed:.2f} times as fast; 0.9 to 1.1."),
    "band": (11, "Only {low:.0f} to {high:.0f} Hz: a telephone; or a wider channel, or a small speaker."),
    "room": (10, "A room of {rt60:.1f} s, the direct sound {direct:.0f} dB above the rest."),
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
    for done, variant in enumerate(AUGMENTED):
        stage("augmenting", done, len(AUGMENTED))
        cards.append(_variant(samples, rate, variant, sounds))
    part.add(page.grid([*cards, *_masked(samples, rate)]))
    return part


def _variant(samples: audio.Samples, rate: int, variant: str, sounds: bool) -> str:
    (seed, words), chain = AUGMENTED[variant], augment.recipe(variant)
    drawn = chain.draw(np.random.default_rng([seed]), samples, rate)
    varied = chain.apply(samples, rate, drawn)
    words = words.format(**{name.partition(".")[2]: value for name, value in drawn.items()})
    title, peak, top = variant or "as it is", float(np.abs(samples).max()), views.loudest(samples, rate)
    said = page.drawing(figures.wave(varied, rate, peak=peak), f"Waveform: {title}")
    seen = page.drawing(figures.view(varied, rate, top=top), f"Log-mel: {title}")
    player = page.sound(varied, rate, title) if sounds else ""
    return page.card(title, page.stage(said, seen), player, page.paragraph(words, "quiet"))


def _masked(samples: audio.Samples, rate: int) -> Iterator[str]:
    """Draw the masks, which hide features and cannot be heard."""
    rng, values = np.random.default_rng(4), views.logmel(samples, rate)
    for title, mask in (("time mask", augment.TimeMask()), ("frequency mask", augment.FrequencyMask())):
        hidden = mask.apply(values, 0, mask.draw(rng, values))
        seen = page.drawing(figures.shown(hidden, len(samples) / rate), f"Log-mel: {title}")
        words = "A run of frames is hidden." if "time" in title else "A run of bands is hidden."
        yield page.card(title, page.stage(seen), page.paragraph(f"{words} On features only: nothing to hear.", "quiet"))
