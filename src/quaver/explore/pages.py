"""The page about a corpus."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from quaver import page, plots
from quaver.errors import AudioError
from quaver.explore import balance, figures, risks, variations
from quaver.explore.finding import Finding, findings, name
from quaver.explore.seen import Look, Stage
from quaver.explore.sounds import MEASURES, Measure
from quaver.explore.variations import LONGEST, load
from quaver.manifest import Clip
from quaver.page import Section, text

SHOWN = 12  # clips of a list; the rest is folded or in the JSON
MOST_EMOTIONS = 12  # that are drawn and played
HEARD = 8  # doubted clips that can be played
DRAWN = ("seconds", "level", "peak", "noise", "silence", "clipped", "dc", "bandwidth")


def write(
    look: Look, path: Path | str, *, audio: bool = True, stage: Stage = lambda what, done, total: None
) -> list[Finding]:
    """Write the page about a corpus, and give the findings it lists.

    Args:
        look: what `explore.look` gave.
        path: of the HTML file.
        audio: whether clips can be played; a corpus may forbid that its clips are passed on.
        stage: told what is being done.
    """
    found = findings(look)
    parts = [
        _in_short(found),
        _balance(look),
        _heard(look, audio, stage),
        variations.section(look, audio, stage),
        _quality(look, found),
        _space(look),
        _splits(look),
        _all(look, found, audio),
    ]
    names = ", ".join(look.manifest.corpora)
    page.write(
        path,
        f"{names}: the {'corpora' if len(look.manifest.corpora) > 1 else 'corpus'}",
        _lead(look),
        [part for part in parts if part.blocks],
        _notice(look, audio),
    )
    return found


def _lead(look: Look) -> str:
    manifest, hours = look.manifest, float(look.sounds.values["seconds"].sum()) / 3600
    languages = sorted({clip.language for clip in manifest if clip.language})
    minutes = f"{60 * hours:.0f} min" if hours < 2 else f"{hours:.1f} h"
    speakers = {clip.group for clip in manifest if clip.speaker_is_known}
    facts = [
        (page.number(len(manifest)), "clips" if len(manifest) > 1 else "clip"),
        (str(len(speakers) or "unknown"), "speaker" if len(speakers) == 1 else "speakers"),
        (str(len(manifest.emotions)), "emotions" if len(manifest.emotions) > 1 else "emotion"),
        (minutes, "of sound"),
        (", ".join(languages) or "unknown", "languages" if len(languages) > 1 else "language"),
    ]
    return page.facts(facts)


def _notice(look: Look, sounds: bool) -> str:
    from quaver import corpora

    known = [name for name in look.manifest.corpora if name in corpora.NAMES and name != "folders"]
    licences = "; ".join(f"{text(corpora.get(name).title)}: {text(corpora.get(name).licence)}" for name in known)
    said = f"Licences of the corpora, in their authors' words: {licences}." if licences else ""
    kept = " Excerpts of the clips are part of this page; pass it on only as far as those licences allow." * sounds
    return page.paragraph(said + kept) if said or kept else ""


def _in_short(found: Sequence[Finding]) -> Section:
    section = Section("summary", "In short")
    counts = {tone: sum(finding.tone == tone for finding in found) for tone in ("fix", "look", "know")}
    section.add(
        page.paragraph(
            f"{counts['fix']} to fix, {counts['look']} to look at, {counts['know']} to know before training."
        )
    )
    for finding in found:
        where = f' <a href="#{_anchor(finding, found)}">Which</a>' if finding.clips else ""
        section.add(page.note(finding.tone, f"{text(_sentence(finding))}.{where}"))
    return section


def _balance(look: Look) -> Section:
    section = Section("balance", "What there is of each emotion")
    manifest = look.manifest
    blocks = [page.drawing(figures.classes(manifest), "Bars: clips of each emotion")]
    for trait in sorted(balance.known(manifest), key=lambda name: name == "speaker"):  # the tallest table last
        alt = f"Table: clips of each emotion by {trait}"
        hole = "Blank" if figures.is_dense(manifest, trait) else "A dash"
        blocks.append(page.drawing(figures.balance(manifest, trait), alt, f"By {trait}. {hole}: no clip."))
    section.add(page.grid(blocks))
    alike = [trait for trait in balance.TRAITS if trait not in balance.known(manifest)]
    if alike:
        section.add(page.paragraph(f"The same, or unknown, for all clips: {', '.join(alike)}.", "quiet"))
    return section


def _heard(look: Look, sounds: bool, stage: Stage) -> Section:
    section = Section("listen", "What each emotion sounds like")
    section.add(
        page.paragraph(
            "Typical: the clip nearest to the centre of its emotion; atypical: the one farthest from it, in the "
            "features of the whole clip relative to its speaker's own. MFCC: blue above, orange below each "
            "coefficient's own mean. Pitch: dots in Hz over the energy in grey."
        )
    )
    cards: list[str] = []
    counts = Counter(clip.emotion for clip in look.clips)
    emotions = [emotion for emotion in look.clips.emotions if emotion in dict(counts.most_common(MOST_EMOTIONS))]
    if len(emotions) < len(counts):
        section.add(page.paragraph(f"The {len(emotions)} most frequent of {len(counts)} classes.", "quiet"))
    for done, emotion in enumerate(emotions):
        stage("drawing", done, len(emotions))
        for what, place in (("typical", look.typical(emotion)), ("atypical", look.atypical(emotion))):
            if place is not None:
                cards += _card(look.clips.clips[place], f"{emotion}, {what}", emotion, look, sounds)
    section.add(_tabs((*figures.VIEWS, "pitch"), page.grid(cards, "pairs")))
    return section


def _tabs(names: Sequence[str], inside: str) -> str:
    """Let one of several views be chosen, for all cards at once; print shows the chosen one."""
    chosen = (
        f'<input type="radio" name="view" id="view{n}" class="v{n}"{" checked" if n == 1 else ""}>'
        f'<label for="view{n}">{text(what)}</label>'
        for n, what in enumerate(names, start=1)
    )
    return f'<div class="tabs">{"".join(chosen)}{inside}</div>'


def _card(clip: Clip, title: str, emotion: str, look: Look, sounds: bool) -> Iterator[str]:
    try:
        samples, rate = load(clip)
    except AudioError:  # it could be read a moment ago
        return
    said = page.drawing(figures.wave(samples, rate), f"Waveform of {clip.path.name}")
    kinds = figures.VIEWS
    shown = [page.drawing(figures.view(samples, rate, kind), f"{kind} of {clip.path.name}") for kind in kinds]
    shown.append(page.drawing(figures.contours(samples, rate), f"Pitch and energy of {clip.path.name}"))
    views = "".join(f'<div class="view v{n}">{one}</div>' for n, one in enumerate(shown, start=1))
    player = page.sound(samples, rate, f"{title}: {clip.path.name}") if sounds else ""
    cut = f", its first {LONGEST:g} s" if len(samples) >= LONGEST * rate else ""
    below = page.paragraph(f"{text(name(clip))}, speaker {text(clip.speaker)}{cut}", "quiet")
    shade = plots.colour(emotion, look.clips.emotions)
    yield page.card(title, page.stage(said, views), player, below, shade=shade)


def _quality(look: Look, found: Sequence[Finding]) -> Section:
    section = Section("recording", "How it was recorded")
    section.add(page.paragraph("All clips, measured at their own sample rate. Strokes below an axis are the outliers."))
    drawn = [m for m in MEASURES if m.name in DRAWN and not m.is_alike(look.sounds.values[m.name])]
    section.add(page.grid(page.drawing(figures.distribution(look, m.name), f"Distribution: {m.title}") for m in drawn))
    alike = [_common(m, look) for m in MEASURES if m.name in DRAWN and m not in drawn]
    if alike:
        section.add(page.paragraph(f"As good as the same for all clips: {'; '.join(alike)}.", "quiet"))
    rates = zip(look.sounds.values["rate"].tolist(), look.sounds.values["channels"].tolist(), strict=True)
    kinds: dict[tuple[float, float], int] = {}
    for kind in rates:
        kinds[kind] = kinds.get(kind, 0) + 1
    rows = [(f"{rate:g} kHz", f"{channels:.0f}", page.number(n)) for (rate, channels), n in sorted(kinds.items())]
    section.add("<h3>Sample rates</h3>", page.table(("rate", "channels", "clips"), rows, (1, 2)))
    section.add(*(_listed(finding, found) for finding in found if finding.kind.startswith("odd-")))
    return section


def _space(look: Look) -> Section:
    section = Section("features", "What the features tell")
    few = f"{len(look.drawn)} of {len(look.clips)} clips" if len(look.drawn) < len(look.clips) else "every clip"
    section.add(
        page.paragraph(
            f"Each point is a clip ({few}); neighbours sound alike, distances mean nothing. If the colours of the "
            "speakers or corpora part more clearly than those of the emotions, so will a network's."
        )
    )
    traits = ["emotion", *(t for t in ("speaker", "corpus") if t in balance.known(look.manifest))]
    maps = [page.drawing(figures.space(look, t), f"Map of the clips in the colours of {t}") for t in traits]
    if look.probes:
        words = (
            "The honest measure: a linear classifier on the same features, asked about clips it has not learnt from "
            "(five folds). A stroke marks what guessing would reach. Where it says <em>unheard speakers</em>, nobody "
            "in the test was heard in training."
        )
        alt = "Bars: how well emotion, speaker and corpus are told"
        maps.append(page.drawing(figures.told(look), alt, words))
    section.add(page.grid(maps))
    return section


def _splits(look: Look) -> Section:
    section = Section("splits", "What the usual splits let through")
    section.add(page.paragraph("Of the tested clips, how many share something with the training side."))
    rows = []
    for risk in look.risks:
        what = f"{text(risks.NAMES[risk.protocol])}<br><code>{risk.protocol}</code>"
        if risk.folds:
            shares = (f"{100 * part:.0f} %" for part in (risk.speakers, risk.recordings, risk.sentences))
            rows.append((what, *shares))
    section.add(page.table(("split", "speaker", "recording", "sentence"), rows, (1, 2, 3)))
    for risk in look.risks:
        if not risk.folds:
            words = f"Not possible here: {risks.NAMES[risk.protocol]}. {risk.reason}"
            section.add(page.paragraph(text(words), "quiet"))
    return section


def _all(look: Look, found: Sequence[Finding], sounds: bool) -> Section:
    section = Section("findings", "All findings")
    section.add(*(_listed(one, found) for one in found if not one.kind.startswith("odd-") and one.clips))
    section.add(page.paragraph(_sought(look), "quiet"))
    cards: list[str] = []
    for doubt in look.doubts[:HEARD] if sounds else ():
        clip = look.clips.clips[doubt.place]
        try:
            samples, rate = load(clip)
        except AudioError:
            continue
        label = f"labelled {doubt.given}, sounds like {doubt.heard}"
        below = page.paragraph(f"{text(name(clip))}; the other label leads by {doubt.margin:.2f}", "quiet")
        cards.append(page.card(label, page.sound(samples, rate, label), below))
    if cards:
        section.add('<h3 class="heard">Hear the doubted ones</h3>', page.grid(cards, "heard"))
    return section


def _sought(look: Look) -> str:
    if not look.compared:
        return "Copies with the same samples were sought among all clips, near-duplicates were not."
    return (
        "Copies were sought among all clips: of different speakers by waveform and by melody, which outlasts another "
        "tempo or pitch; of one speaker by waveform alone."
    )


def _sentence(finding: Finding) -> str:
    return finding.text[0].upper() + finding.text[1:]


def _anchor(finding: Finding, found: Sequence[Finding]) -> str:
    return f"finding-{found.index(finding) + 1}"


def _common(measure: Measure, look: Look) -> str:
    middle = float(np.median(look.sounds.values[measure.name]))
    title = measure.title if measure.name == "dc" else measure.title.lower()
    return f"{title} {round(middle, 1) + 0.0:g} {measure.unit}"


def _listed(finding: Finding, found: Sequence[Finding]) -> str:
    rows = [(text(clip.file), text(clip.detail)) for clip in finding.clips]
    head = ("clip", "what")
    more = [page.fold(f"{len(rows) - SHOWN} more", page.table(head, rows[SHOWN:]))] if len(rows) > SHOWN else []
    left = finding.total - len(rows)
    rest = [page.paragraph(f"and {left} that are not named here", "quiet")] if left > 0 else []
    title = f'<h3 id="{_anchor(finding, found)}">{text(_sentence(finding))}</h3>'
    return "\n".join([title, page.table(head, rows[:SHOWN]), *more, *rest])
