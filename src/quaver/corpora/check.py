"""What a folder holds: which corpus, and what in it is missing, damaged, silent, duplicated or mislabelled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from quaver.corpora import get, recognise
from quaver.corpora.base import Corpus, folder, sounds
from quaver.corpora.listen import Heard, Progress, listen
from quaver.emotions import in_order
from quaver.manifest import Clip


@dataclass(frozen=True)
class Problem:
    """One file, relative to the folder, and what is wrong with it."""

    file: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What `check` found. Files are given relative to the folder."""

    corpus: str
    title: str
    folder: str
    clips: int  # usable ones
    expected_clips: int | None
    speakers: int
    expected_speakers: int | None
    emotions: Mapping[str, int]  # label -> usable clips
    missing: Sequence[str] = ()  # names where the layout allows it, else counts by emotion
    damaged: Sequence[Problem] = ()
    silent: Sequence[Problem] = ()
    duplicated: Sequence[Sequence[str]] = ()  # groups of files with the same samples, or copies of one clip
    mislabelled: Sequence[Problem] = ()
    unknown: Sequence[str] = ()  # sounds whose names are not the corpus's
    note: str = field(default="", compare=False)

    @property
    def complete(self) -> bool:
        """Tell whether nothing is missing and every clip can be used."""
        return not (self.missing or self.damaged or self.mislabelled)

    def to_dict(self) -> dict[str, object]:
        """Give the report as plain values, for JSON."""
        return asdict(self) | {"complete": self.complete}


def check(root: Path | str, name: str | None = None, *, progress: Progress | None = None) -> Report:
    """Read everything in a folder and compare it with what the corpus should be.

    Args:
        root: the folder.
        name: the corpus; recognised by its file names when left out.
        progress: called with (done, total) while the sounds are read.

    Raises:
        CorpusError: there is no such folder, no corpus is recognised, or no clip of `name` is in it.
    """
    root = folder(root)
    corpus = get(name or recognise(root))
    root = corpus.enter(root)
    clips = corpus.read(root)
    heard = list(listen(clips, progress))
    good = [entry.clip for entry in heard if not entry.error]
    bad = [Problem(_inside(entry.clip.path, root), _shorten(entry)) for entry in heard if entry.error]
    return Report(
        corpus=corpus.name,
        title=corpus.title,
        folder=str(root),
        clips=len(good),
        expected_clips=_expected(corpus, root, clips),
        speakers=len({clip.speaker for clip in good}),
        expected_speakers=corpus.speakers,
        emotions={label: sum(clip.emotion == label for clip in good) for label in in_order(c.emotion for c in good)},
        missing=_missing(corpus, root, clips),
        damaged=[problem for problem in bad if not _is_silence(problem)],
        silent=[problem for problem in bad if _is_silence(problem)],
        duplicated=_same_sound(good, root) + _copies(corpus, root, clips),
        mislabelled=_mislabelled(corpus, root) + _two_labels(good, root),
        unknown=[_inside(path, root) for path in sounds(root) if corpus.said(root, path) is None],
        note=corpus.note,
    )


def _inside(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _shorten(entry: Heard) -> str:
    """Drop the path from the reason; it stands beside it."""
    return entry.error.replace(str(entry.clip.path), "it")


def _is_silence(problem: Problem) -> bool:
    return "silent" in problem.reason


def _names(corpus: Corpus, root: Path, clips: Iterable[Clip]) -> set[str]:
    return {said.name for clip in clips if (said := corpus.said(root, clip.path)) is not None}


def _expected(corpus: Corpus, root: Path, clips: Sequence[Clip]) -> int | None:
    """Count the clips of a complete copy; by name where that depends on what is there, as with RAVDESS's songs."""
    if corpus.names is None:
        return corpus.clips
    return len(set(corpus.names(_names(corpus, root, clips))))


def _missing(corpus: Corpus, root: Path, clips: Sequence[Clip]) -> list[str]:
    if corpus.names is not None:
        present = _names(corpus, root, clips)
        return sorted(set(corpus.names(present)) - present)
    found = Counter(clip.emotion for clip in clips)
    lacking = {label: wanted - found[label] for label, wanted in corpus.counts.items() if found[label] < wanted}
    return [f"{number} of {corpus.counts[label]} {label} clips" for label, number in lacking.items()]


def _same_sound(clips: Iterable[Clip], root: Path) -> list[list[str]]:
    """Group files with the same samples under different names."""
    return [[_inside(clip.path, root) for clip in group] for group in _groups(clips) if len(group) > 1]


def _groups(clips: Iterable[Clip]) -> list[list[Clip]]:
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[clip.sha256].append(clip)
    return list(groups.values())


def _copies(corpus: Corpus, root: Path, clips: Iterable[Clip]) -> list[list[str]]:
    """Group the file taken for a clip with those passed over: another container, or a folder packed twice."""
    taken = {clip.path for clip in clips}
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sounds(root):
        said = corpus.said(root, path)
        if said is not None:
            files[said.name].append(path)
    doubled = (sorted(group, key=lambda path: path not in taken) for group in files.values() if len(group) > 1)
    return [[_inside(path, root) for path in group] for group in doubled]


def _mislabelled(corpus: Corpus, root: Path) -> list[Problem]:
    """List files with an unknown label, and those whose name contradicts their folder."""
    problems = []
    for path in sounds(root):
        said = corpus.said(root, path)
        if said is None:
            continue
        promised = corpus.folders(path.parent.name) if corpus.folders and path.parent != root else ""
        if corpus.label(said.raw) is None:
            known = ", ".join(corpus.emotions)
            problems.append(Problem(_inside(path, root), f"its label is {said.raw!r}; {corpus.name} knows {known}"))
        elif promised and promised not in (said.raw, said.speaker):
            says = f"{said.speaker}, {corpus.label(said.raw)}"
            problems.append(Problem(_inside(path, root), f"its name says {says}; its folder is {path.parent.name}"))
    return problems


def _two_labels(clips: Iterable[Clip], root: Path) -> list[Problem]:
    """List files with the same samples but different labels."""
    problems = []
    for group in _groups(clips):
        labels = {clip.emotion for clip in group}
        if len(labels) > 1:
            reason = f"the same sound is labelled {' and '.join(in_order(labels))}"
            problems += [Problem(_inside(clip.path, root), reason) for clip in group]
    return problems
