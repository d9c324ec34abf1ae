"""Look at a whole corpus: everything a report says about it, computed once."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from quaver import dataset, frontend, zoo
from quaver.bundle import MODEL
from quaver.errors import ManifestError, QuaverError
from quaver.explore import doubles, doubts, space
from quaver.explore.doubles import Double
from quaver.explore.doubts import Doubt
from quaver.explore.oddities import Odd, odd
from quaver.explore.risks import Risk, risks
from quaver.explore.sounds import Sounds, listen
from quaver.explore.space import Probe
from quaver.frontend.tables import Array
from quaver.manifest import Manifest
from quaver.networks.small import POOLED
from quaver.onnx_graph import VOICE
from quaver.stems import Stem

Stage = Callable[[str, int, int], None]  # what is being done, how much is done, of how much

SPEC = "article"  # the frontend whose values stand for a clip
HEARS = "small"  # the bundle whose frozen blocks help to doubt labels


@dataclass(frozen=True)
class Look:
    """What is known of a corpus; places are those of `clips`."""

    manifest: Manifest  # as given, without augmented rows
    sounds: Sounds
    relative: Array  # (n, 162) features, each speaker's own mean and deviation taken out
    map: Array  # (m, 2) where the drawn clips lie
    drawn: Array  # (m,) places
    probes: tuple[Probe, ...]
    doubts: tuple[Doubt, ...]
    distance: Array  # (n,) from the centre of the class
    odd: tuple[Odd, ...]
    doubles: tuple[Double, ...]
    compared: bool  # whether near-duplicates were sought
    risks: tuple[Risk, ...]

    @property
    def clips(self) -> Manifest:
        """Give the clips that can be read."""
        return self.sounds.clips

    def typical(self, emotion: str) -> int:
        """Give the place of the clip nearest to the centre of an emotion."""
        return self._by_distance(emotion)[0]

    def atypical(self, emotion: str) -> int | None:
        """Give the place of the clip farthest from the centre of an emotion; None where there is but one."""
        order = self._by_distance(emotion)
        return order[-1] if len(order) > 1 else None

    def _by_distance(self, emotion: str) -> list[int]:
        places = [i for i, clip in enumerate(self.clips) if clip.emotion == emotion]
        return sorted(places, key=lambda i: (self.distance[i], i))


def look(
    manifest: Manifest, *, copies: bool | None = None, cache: bool = True, stage: Stage = lambda what, done, total: None
) -> Look:
    """Listen to a corpus and find out what a person should know before training on it.

    Memory grows by some kilobytes a clip; sounds are never held together.

    Args:
        manifest: the clips; augmented rows are passed over.
        copies: whether to seek near-duplicates; None means up to 50,000 clips.
        cache: whether measures and features are remembered, so that an interrupted look goes on where it was.
        stage: told what is being done.

    Raises:
        QuaverError: there are no clips, none can be read, or scikit-learn is missing.
    """
    if find_spec("sklearn") is None:
        raise QuaverError("exploring needs scikit-learn; install it with: pip install 'quaver[train]'")
    clips = manifest.where(lambda clip: not clip.variant)
    if not clips:
        raise ManifestError("the manifest lists no clips; there is nothing to see.")
    sounds = listen(clips, lambda done, total: stage("listening", done, total), cache=cache)
    if not sounds.clips:
        raise QuaverError(f"not one of {len(clips)} clips could be read; the first: {sounds.failures[0][1]}")
    compared = len(sounds.clips) <= doubles.MOST if copies is None else copies
    twins = doubles.exact(sounds)
    if compared:
        twins += doubles.near(sounds.clips.clips, lambda done, total: stage("comparing", done, total))
    return _seen(clips, sounds, twins, compared, cache, stage)


def _seen(clips: Manifest, sounds: Sounds, twins: list[Double], compared: bool, cache: bool, stage: Stage) -> Look:
    spec = frontend.spec(SPEC)
    found = dataset.extract(sounds.clips, spec, cache=cache, progress=lambda d, t: stage("features", d, t))
    sounds = _only(sounds, found.clips, found.failures)
    assert isinstance(spec, frontend.ArticleSpec)  # noqa: S101 - the name says so
    points = space.levels(found.values, spec)
    labels, groups = [clip.emotion for clip in sounds.clips], [clip.group for clip in sounds.clips]
    relative, heard = space.within(points, groups), _heard(sounds.clips, groups, cache, stage)
    stage("thinking", 0, 4)
    drawn = space.sample(len(points), space.MOST_DRAWN, groups)
    laid = space.project(points[drawn])
    stage("thinking", 1, 4)
    probes = _probes(points, sounds.clips)
    stage("thinking", 2, 4)
    doubted = tuple(doubts.doubts([relative, heard], labels))
    stage("thinking", 3, 4)
    far = doubts.distances(relative, labels)
    threats = tuple(risks(sounds.clips, twins))
    stage("thinking", 4, 4)
    strange = tuple(odd(sounds))
    return Look(clips, sounds, relative, laid, drawn, probes, doubted, far, strange, tuple(twins), compared, threats)


def _heard(clips: Manifest, groups: list[str], cache: bool, stage: Stage) -> Array:
    """Give what the frozen blocks of `small` hear in each clip (n, 2048), relative to the speaker's own.

    They have learnt to hear speech and never an emotion, so that a label that a bundle learnt cannot speak for itself.
    """
    model = zoo.load(HEARS)
    mark = f"{model.card.files[MODEL][:12]}-{VOICE}"
    stem = Stem(model.model, mark, POOLED, output=VOICE)
    found = dataset.extract(
        clips, model.card.spec, through=stem, cache=cache, progress=lambda d, t: stage("hearing", d, t)
    )
    values = found.values
    if len(found.clips) < len(clips):
        place = {id(clip): i for i, clip in enumerate(clips)}
        values = np.tile(found.values.mean(axis=0), (len(clips), 1))  # of what it cannot hear it says nothing
        values[[place[id(clip)] for clip in found.clips]] = found.values
    return space.within(values, groups)


def _only(sounds: Sounds, kept: Manifest, failures: tuple[tuple[object, str], ...]) -> Sounds:
    """Leave out what could be heard but not computed."""
    if not failures:
        return sounds
    wanted = {id(clip) for clip in kept}
    places = [i for i, clip in enumerate(sounds.clips) if id(clip) in wanted]
    values = {name: column[places] for name, column in sounds.values.items()}
    digests = tuple(sounds.digests[i] for i in places)
    return Sounds(kept, values, digests, (*sounds.failures, *failures))  # type: ignore[arg-type]


def _probes(points: Array, clips: Manifest) -> tuple[Probe, ...]:
    some = space.sample(len(points), space.MOST_ASKED, [f"{clip.group}|{clip.emotion}" for clip in clips])
    held = [clips.clips[i] for i in some]
    x, speakers, corpora = points[some], [clip.group for clip in held], [clip.corpus for clip in held]
    emotions = [clip.emotion for clip in held]
    asked = (
        space.probe("emotion", x, emotions, speakers),
        space.probe("emotion", x, emotions),
        space.probe("speaker", *_of_known(x, held)),
        space.probe("corpus", x, corpora, speakers) or space.probe("corpus", x, corpora),
    )
    return tuple(probe for probe in asked if probe)


def _of_known(points: Array, clips: list) -> tuple[Array, list[str]]:  # type: ignore[type-arg]
    known = np.array([clip.speaker_is_known for clip in clips], bool)
    return points[known], [clip.group for clip in clips if clip.speaker_is_known]
