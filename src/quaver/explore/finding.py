"""What a person should know, look at or mend before training: a list, the gravest first."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from quaver.explore import balance
from quaver.explore.doubles import Double
from quaver.explore.habits import habits
from quaver.explore.oddities import Odd
from quaver.explore.seen import Look
from quaver.explore.sounds import MEASURES
from quaver.manifest import Clip, Manifest

TONES = ("fix", "look", "know")
LISTED = 200  # clips of a finding that are named in JSON
_FEW = 8  # speakers: fewer give no interval worth the name

_ODD: dict[str, tuple[str, str]] = {  # tone and words of each measure
    "clipped": ("fix", "clipped: tops are cut off, which puts energy where the voice has none"),
    "dc": ("fix", "off centre (DC), which every level and threshold measures along"),
    "silence": ("look", "mostly pauses or silence; trim them, or averages describe the silence"),
    "seconds": ("look", "much longer or shorter than the rest"),
    "level": ("look", "much louder or quieter than the rest"),
    "noise": ("look", "noisier than the rest"),
    "bandwidth": ("look", "narrower in band than the rest, as if once telephoned or compressed"),
    "rate": ("look", "of another sample rate than the rest"),
    "channels": ("know", "of another number of channels than the rest"),
}


@dataclass(frozen=True)
class Named:
    """A clip in a finding, with what is to be said of it alone."""

    file: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """One thing about a corpus."""

    kind: str
    tone: str  # "fix": mend it; "look": look at it; "know": keep it in mind
    text: str
    clips: tuple[Named, ...] = ()
    total: int = 0  # clips it is about, of which `clips` names at most the first 200

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)


def findings(look: Look) -> list[Finding]:
    """List what a person should know, the gravest first."""
    parts: tuple[Callable[[Look], Iterator[Finding]], ...] = (
        _unreadable,
        _doubles,
        _classes,
        _speakers,
        _lacking,
        _odd,
        _habits,
        _doubted,
        _told,
        _leaks,
    )
    found = [finding for part in parts for finding in part(look)]
    return sorted(found, key=lambda finding: TONES.index(finding.tone))


def summary(look: Look) -> dict[str, Any]:
    """Give everything that is found as plain JSON values."""
    measured = {m.name: _quantiles(look.sounds.values[m.name]) for m in MEASURES}
    return {
        **look.manifest.describe(),
        "readable": len(look.clips),
        "measures": measured,
        "probes": [asdict(probe) for probe in look.probes],
        "splits": [asdict(risk) for risk in look.risks],
        "typical": {e: name(look.clips.clips[look.typical(e)]) for e in look.clips.emotions},
        "findings": [finding.to_dict() for finding in findings(look)],
    }


def name(clip: Clip) -> str:
    """Name a clip shortly: corpus, file, and its span if it has one."""
    span = "" if clip.start is None and clip.end is None else f" [{clip.start or 0:g}–{clip.end or 'end'} s]"
    return f"{clip.corpus}/{clip.path.name}{span}"


def _quantiles(values: Any) -> dict[str, float]:
    import numpy as np

    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return {"5%": round(float(low), 3), "median": round(float(middle), 3), "95%": round(float(high), 3)}


def _made(kind: str, tone: str, text: str, clips: Sequence[Named] = ()) -> Finding:
    return Finding(kind, tone, text, tuple(clips[:LISTED]), len(clips))


def _count(n: int, noun: str = "clip") -> str:
    return f"{n} {noun}" if n == 1 else f"{n:,} {noun}s".replace(",", " ")


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _unreadable(look: Look) -> Iterator[Finding]:
    if look.sounds.failures:
        clips = [Named(name(clip), reason) for clip, reason in look.sounds.failures]
        yield _made("unreadable", "fix", f"{_count(len(clips))} cannot be used", clips)


def _doubles(look: Look) -> Iterator[Finding]:
    for kind, same, what in (
        ("duplicate", True, "the same samples under several names"),
        ("near-duplicate", False, "copies of one recording"),
    ):
        some = [double for double in look.doubles if double.exact is same and double.sure]
        wrong = [double for double in some if len(double.labels) > 1]
        voices = [double for double in some if len(double.speakers) > 1 and double not in wrong]
        rest = [double for double in some if double not in wrong and double not in voices]
        if wrong:
            yield _double(kind, "fix", f"{what}, with different emotions: at least one label is wrong", wrong)
        if voices:
            yield _double(
                kind, "fix", f"{what}, under different speakers: no split by speakers keeps them apart", voices
            )
        if rest:
            yield _double(kind, "look", f"{what}, by one speaker: they count twice", rest)
    if doubtful := [double for double in look.doubles if not double.sure]:
        words = "may be copies of one recording: waveforms or melodies agree in part. Listen to them"
        yield _made("near-duplicate", "look", f"{_count(len(doubtful), 'pair')} {words}", _pairs(doubtful))
    if not look.compared:
        words = f"near-duplicates were not sought among {_count(len(look.clips))}; --copies seeks them"
        yield _made("not-compared", "know", words)


def _double(kind: str, tone: str, what: str, some: Sequence[Double]) -> Finding:
    return _made(kind, tone, f"{_count(len(some), 'recording')}: {what}", _pairs(some))


def _pairs(some: Sequence[Double]) -> list[Named]:
    return [Named(" = ".join(f"{name(c)} ({c.emotion})" for c in d.clips[:6]), d.detail) for d in some]


def _classes(look: Look) -> Iterator[Finding]:
    manifest = look.manifest
    if len(manifest.emotions) == 1:
        yield _made("one-class", "fix", f"all clips are {manifest.emotions[0]}; there is nothing to tell apart")
    if len(manifest.corpora) > 1:
        holes: dict[str, list[str]] = {}
        for corpus, emotion in balance.missing(balance.cross(manifest, "corpus")):
            holes.setdefault(emotion, []).append(corpus)
        if holes:
            where = "; ".join(f"{emotion} is missing from {', '.join(names)}" for emotion, names in holes.items())
            words = f"{where}. A network can then read the corpus instead of the emotion"
            yield _made("missing-class", "fix", words)
    gaps = [gap for corpus in manifest.corpora for gap in _gaps(manifest, corpus)]
    if gaps:
        more = f" and {len(gaps) - 8} more" if len(gaps) > 8 else ""
        yield _made("missing-cross", "look", f"{', '.join(gaps[:8])}{more}: the one then rules out the other")
    rare = balance.rare(manifest)
    if rare:
        shown = ", ".join(f"{emotion} ({count})" for emotion, count in rare.items())
        yield _made("rare-class", "know", f"rare beside the others: {shown}. Score by UAR, and weigh classes")


def _gaps(manifest: Manifest, corpus: str) -> Iterator[str]:
    """Name what a corpus lacks of emotions that it has otherwise: a sex, an intensity."""
    own = manifest.where(lambda clip: clip.corpus == corpus)
    for trait in ("sex", "intensity"):
        lacks: dict[str, list[str]] = {}
        for row, emotion in balance.missing(balance.cross(own, trait)) if trait in balance.known(own) else ():
            lacks.setdefault(row, []).append(emotion)
        for row, emotions in lacks.items():
            if row not in ("unknown", "unspecified"):
                yield f"no {' or '.join(emotions)} of {trait} {row} in {corpus}"


def _speakers(look: Look) -> Iterator[Finding]:
    unknown = [Named(name(clip), "") for clip in look.manifest if not clip.speaker_is_known]
    if unknown:
        words = f"the speaker of {_count(len(unknown))} is not known: no split of them keeps voices apart"
        yield _made("unknown-speaker", "fix", words, unknown)
    single = balance.single(look.manifest)
    if single:
        shown = ", ".join(f"{who} ({emotion})" for who, emotion in list(single.items())[:8])
        more = f" and {len(single) - 8} more" if len(single) > 8 else ""
        words = f"{_count(len(single), 'speaker')} with one emotion only: {shown}{more}. The voice gives it away"
        yield _made("one-class-speaker", "fix", words)
    known = {clip.group for clip in look.manifest if clip.speaker_is_known}
    if 0 < len(known) < _FEW:
        words = f"only {_count(len(known), 'speaker')}: scores on new voices will rest on very few people"
        yield _made("few-speakers", "know", words)


def _lacking(look: Look) -> Iterator[Finding]:
    """Name the speakers who have no clip of an emotion that others of their corpus have."""
    lacks = balance.lacking(look.manifest)
    if lacks:
        shown = ", ".join(f"{who} ({', '.join(emotions)})" for who, emotions in list(lacks.items())[:8])
        more = f" and {len(lacks) - 8} more" if len(lacks) > 8 else ""
        words = f"{_count(len(lacks), 'speaker')} without an emotion of their corpus: {shown}{more}"
        yield _made("speaker-lacks", "know", f"{words}. Tested alone, they say nothing of it")


def _habits(look: Look) -> Iterator[Finding]:
    for habit in habits(look.sounds):
        yield _made(habit.kind, habit.tone, habit.text)


def _beside(one: Odd, unit: str) -> str:
    """Say what was measured beside what is usual, or allowed."""
    bar = "allowed" if one.measure in ("clipped", "dc", "silence") else "usual"
    return f"{_short(one.value, one.measure)} {unit}".strip() + f", {bar} {_short(one.usual, one.measure)}"


def _short(value: float, measure: str) -> str:
    if measure == "rate":  # 22.05 kHz, 11.025 kHz
        return f"{value:g}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _odd(look: Look) -> Iterator[Finding]:
    titles = {m.name: m for m in MEASURES}
    for measure, (tone, words) in _ODD.items():
        some = [one for one in look.odd if one.measure == measure]
        clips = [Named(name(look.clips.clips[one.place]), _beside(one, titles[measure].unit)) for one in some]
        if clips:
            yield _made(f"odd-{measure}", tone, f"{_count(len(clips))} {_is(len(clips))} {words}", clips)


def _doubted(look: Look) -> Iterator[Finding]:
    if not look.doubts:
        return
    clips = [
        Named(
            name(look.clips.clips[d.place]),
            f"labelled {d.given}, sounds like {d.heard} (leads by {d.margin:.2f})",
        )
        for d in look.doubts
    ]
    common = Counter((d.given, d.heard) for d in look.doubts).most_common(1)[0]
    often = f"; most often {common[0][0]} heard as {common[0][1]} ({common[1]})" if len(clips) > 3 else ""
    words = f"{_count(len(clips))} may be mislabelled: all other clips confidently disagree{often}. Listen to them"
    yield _made("mislabelled", "look", words, clips)


def _told(look: Look) -> Iterator[Finding]:
    told = {(probe.what, probe.how): probe for probe in look.probes}
    emotion = told.get(("emotion", "unheard speakers"))
    random = told.get(("emotion", "random clips"))
    if emotion and random and random.uar - emotion.uar > 0.05:
        words = (
            f"the same simple classifier reaches {100 * random.uar:.0f} % UAR on random clips and "
            f"{100 * emotion.uar:.0f} % on speakers it has not heard: the difference is what a random split flatters"
        )
        yield _made("flattered", "know", words)
    for what in ("speaker", "corpus"):
        for how in ("unheard speakers", "random clips"):
            probe = told.get((what, how))
            if probe and probe.uar > 0.5 + probe.chance / 2:
                words = (
                    f"the features tell the {what} in {100 * probe.uar:.0f} % ({probe.classes} of them, guessing "
                    f"{100 * probe.chance:.0f} %): a network can learn {'voices' if what == 'speaker' else 'corpora'} "
                    "instead of emotions"
                )
                yield _made(f"tells-{what}", "know", words)


def _leaks(look: Look) -> Iterator[Finding]:
    for risk in look.risks:
        if risk.folds and risk.protocol != "article-random" and risk.recordings:
            words = f"{100 * risk.recordings:.1f} % of the clips tested by {risk.protocol} are heard in training too"
            yield _made("leak", "fix", f"{words}: doubles under different speakers")
