"""The sections of the page about a run."""

from collections.abc import Iterator
from pathlib import Path

from quaver import audio, page, plots, splits
from quaver.errors import AudioError, ManifestError
from quaver.explore import figures as pictures
from quaver.page import Section, text
from quaver.report import figures
from quaver.report.runs import Mistake, Run
from quaver.report.summary import summary
from quaver.scores import FEW

LONGEST = 8.0  # seconds of a clip that are drawn and played


def write(run: Run, path: Path | str, *, audio: bool = True) -> None:
    """Write the page about a run.

    Args:
        run: what `read` gave.
        path: of the HTML file.
        audio: whether mistakes can be played; a corpus may forbid that its clips are passed on.
    """
    parts = [
        _in_short(run),
        _protocol(run),
        _answers(run),
        _voices(run),
        _trust(run),
        _learning(run),
        _worst(run, audio),
        _use(run),
    ]
    title = f"{run.folder.resolve().name}: the run"
    page.write(path, title, _lead(run), [part for part in parts if part.blocks])


def _lead(run: Run) -> str:
    s = run.scores
    between = f"{100 * s.interval[0]:.1f} to {100 * s.interval[1]:.1f} %" if s.interval else "one speaker: no interval"
    facts = [
        (f"{100 * s.uar:.1f} %", "UAR, the mean recall of the emotions"),
        (between, "95 % over speakers"),
        (f"{100 * s.wa:.1f} %", "of the clips right"),
        (page.number(s.clips), "clips tested"),
        (str(len(s.speakers)), "speakers"),
    ]
    return page.facts(facts)


def _in_short(run: Run) -> Section:
    section, s = Section("summary", "In short"), run.scores
    if s.speaker_independent:
        section.add(page.note("know", "Speaker-independent: nobody who was tested was heard in training."))
    else:
        words = "Speaker-dependent: speakers or sounds of the test were heard in training. No measure of new speakers."
        section.add(page.note("fix", words))
    if len(s.speakers) < FEW:
        section.add(page.note("look", "So few speakers that the interval says little: read each speaker's score."))
    section.add(*(page.note("look", f"{text(one)}.") for one in s.notes))
    section.add(*(page.note(tone, text(words)) for tone, words in summary(run)))
    return section


def _protocol(run: Run) -> Section:
    section = Section("protocol", "What was asked")
    name = str(run.settings.get("protocol") or run.card.get("protocol") or "")
    rows = [("protocol", f"<code>{text(name or 'unknown')}</code> {text(_title(name))}")]
    rows += [(text(key), text(value)) for key, value in _settings(run).items()]
    section.add(page.table(("", ""), rows))
    return section


def _title(name: str) -> str:
    try:
        return splits.protocol(name).title
    except ManifestError:
        return ""


def _settings(run: Run) -> dict[str, object]:
    recipe, card = run.settings.get("recipe") or {}, run.card
    variants = [variant or "as it is" for variant in run.settings.get("variants") or ()]
    told = {
        "network": run.settings.get("network") or (card.get("network") or {}).get("name"),
        "frontend": run.settings.get("frontend") or (card.get("frontend") or {}).get("name"),
        "folds": len(run.cards) or None,
        "training rows": ", ".join(variants),
        "validation by": card.get("validation"),
        "epochs, at most": recipe.get("epochs"),
        "seed": recipe.get("seed"),
        "commit": run.settings.get("commit") or card.get("commit"),
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _answers(run: Run) -> Section:
    section = Section("answers", "Where the answers went")
    words = "Rows: what the actor was to express. Columns: what the network answered. The deeper, the larger the share."
    section.add(
        page.grid(
            [
                page.drawing(figures.confusion(run), "Table: answers for each emotion", words),
                page.drawing(figures.recalls(run), "Bars: recall of each emotion"),
            ]
        )
    )
    return section


def _voices(run: Run) -> Section:
    section, s = Section("voices", "Voice by voice"), run.scores
    few = (
        f" The {figures.MOST_SPEAKERS} weakest of {len(s.speakers)}." if len(s.speakers) > figures.MOST_SPEAKERS else ""
    )
    low, middle, high = (100 * s.spread["uar"][name] for name in ("min", "median", "max"))
    words = f"Lowest {low:.1f} %, median {middle:.1f} %, highest {high:.1f} %.{few}"
    parts = [page.drawing(figures.speakers(run), "Bars: UAR of each speaker", words)]
    if few:
        parts.insert(
            0, page.drawing(figures.voices(run), "Strokes: UAR of all speakers by corpus", "A stroke is a speaker.")
        )
    section.add(page.grid([*parts, _parts(run)]))
    return section


def _parts(run: Run) -> str:
    parts = {**run.scores.corpora, **run.scores.genders}
    rows = [
        (text(n), f"{100 * p['uar']:.1f}", f"{100 * p['wa']:.1f}", page.number(int(p["clips"])))
        for n, p in parts.items()
    ]
    return page.table(("of", "UAR %", "right %", "clips"), rows, (1, 2, 3))


def _trust(run: Run) -> Section:
    section, s = Section("confidence", "How far its confidence can be trusted"), run.scores
    words = (
        "On the diagonal a confidence of 70 % is right in seven of ten answers. Below it the network is too sure, "
        f"above it too timid. Rings: fewer than {plots.FEW_CLIPS} clips, which say little. "
        f"On average it is {100 * s.ece:.1f} points off."
    )
    section.add(page.grid([page.drawing(plots.reliability(s), "Accuracy against confidence", words)]))
    return section


def _learning(run: Run) -> Section:
    section = Section("learning", "How it learned")
    if run.histories:
        words = "One line a fold; a dot marks the epoch that was kept, chosen on validation speakers."
        drawn = [
            page.drawing(figures.curve(run, name), f"Lines: {name} over epochs", words) for name in ("accuracy", "loss")
        ]
        section.add(page.grid(drawn))
    return section


def _worst(run: Run, sounds: bool) -> Section:
    section = Section("mistakes", "The mistakes it was surest of")
    wrong, total = page.number(run.wrong), page.number(run.scores.clips)
    counts = f"{wrong} of {total} answers are wrong, {page.number(run.scores.clips - run.wrong)} right."
    section.add(page.paragraph(counts))
    section.add(page.grid([card for mistake in run.mistakes for card in _mistake(mistake, run, sounds)]))
    return section


def _mistake(mistake: Mistake, run: Run, sounds: bool) -> Iterator[str]:
    said = (
        f"{100 * mistake.confidence:.0f} % sure; {mistake.truth} got {100 * mistake.of_truth:.0f} %. "
        f"{Path(mistake.file).name}, speaker {mistake.speaker}"
    )
    blocks, missing = [], "" if sounds else "."
    if sounds and not mistake.alone:
        missing = "; not drawn: the file holds several clips, and the run does not say which part this is."
    elif sounds:
        try:
            samples, rate = audio.load(mistake.file)
            samples = samples[: int(LONGEST * rate)]
            strips = (pictures.wave(samples, rate), pictures.view(samples, rate), pictures.contours(samples, rate))
            blocks = [page.stage(*(page.drawing(p, Path(mistake.file).name) for p in strips))]
            blocks.append(page.sound(samples, rate, f"{mistake.truth} heard as {mistake.answer}"))
        except AudioError:
            missing = "; its file is not where it was."
    title, shade = f"{mistake.truth}, heard as {mistake.answer}", plots.colour(mistake.truth, run.scores.labels)
    yield page.card(title, *blocks, page.paragraph(text(said + missing), "quiet"), shade=shade)


def _use(run: Run) -> Section:
    section, notes = Section("use", "Licences, and what it is for"), run.card.get("notes") or {}
    columns = ("name", "language", "licence")
    rows = [tuple(text(corpus.get(key, "")) for key in columns) for corpus in run.corpora]
    if rows:
        section.add(page.paragraph("Learnt from; what these licences forbid, they forbid for the weights too:"))
        section.add(page.table(("corpus", *columns[1:]), rows))
    if run.card.get("licence"):
        section.add(page.paragraph(f"Licence of the weights: {text(run.card['licence'])}."))
    for name in ("intended", "limits", "forbidden"):
        if notes.get(name):
            section.add(page.paragraph(f"<b>{name.capitalize()}.</b> {text(notes[name])}"))
    if run.mistakes:
        section.add(page.paragraph("Clips that can be played here stay under the licences of their corpora.", "quiet"))
    return section
