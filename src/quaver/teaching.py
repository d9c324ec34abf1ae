"""What a trained network answers to training clips, for another to learn from: distillation (Hinton et al., 2015)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quaver import dataset, networks, stems, zoo
from quaver.answers import predict
from quaver.balance import Data
from quaver.bundle import MODEL, Bundle
from quaver.card_rules import CARD
from quaver.errors import BundleError, TrainingError
from quaver.fit import BEST, REFIT
from quaver.manifest import Manifest
from quaver.splits import Fold
from quaver.stems import Stem

Array = np.ndarray[Any, np.dtype[Any]]
ALIKE = 1e-3  # largest difference between two ways to the same probabilities
SAMPLE = 3  # clips by which the ways are compared


@dataclass(frozen=True)
class Teaching:
    """Who teaches, and how much the answers count beside the labels."""

    teacher: str  # a run, whose fold of the same number teaches a fold; or a bundle, for all folds
    share: float = 0.5  # of the target; the rest is the label's
    temperature: float = 1.0  # divides the teacher's logits
    unlabelled: tuple[str, ...] = ()  # manifests of further clips to learn from, whose labels nobody looks at

    def find(self, folder: Path) -> "Teacher":
        """Find who teaches what is trained in `folder`: the part of the run with that name, or the bundle.

        Raises:
            BundleError: there is neither, or it does not pass its checks.
        """
        given, part = Path(self.teacher), Path(self.teacher) / folder.name
        if part.is_dir():
            return Teacher(Bundle.load(part), self)
        if given.is_dir() and not (given / CARD).is_file():
            raise BundleError(f"the teacher {given} has no {folder.name}; train that first.")
        return Teacher(zoo.load(self.teacher), self)


@dataclass(frozen=True)
class Teacher:
    """A bundle that teaches."""

    bundle: Bundle
    teaching: Teaching

    def check(self, fold: Fold, labels: Sequence[str]) -> None:
        """Refuse to teach those who are tested on speakers that the teacher has heard, or other labels.

        Speakers that validate both may have been taught at the teacher's end, by `Recipe.refit`.

        Raises:
            TrainingError: it has heard a test speaker, or trained on a validation speaker, or lacks a label.
        """
        card = self.bundle.card
        heard, validated = set(card.training_speakers), set(card.validation_speakers)
        for side, clips, known in (
            ("test", fold.test, heard),
            ("validation", fold.validation, heard - validated),
        ):
            if shared := sorted(known.intersection(clips.speakers)):
                raise TrainingError(
                    f"the teacher {card.name!r} has heard {len(shared)} of the {side} speakers ({shared[0]}, ...); "
                    "give a run of the same protocol, clips and seed: its folds teach the same folds."
                )
        if lacking := [label for label in labels if label not in card.emotions]:
            raise TrainingError(f"the teacher {card.name!r} does not know {', '.join(lacking)}.")

    def teach(
        self,
        data: Data,
        clips: Manifest,
        labels: Sequence[str],
        seed: int = 0,
        progress: dataset.Progress | None = None,
    ) -> Data:
        """Add what the teacher thinks of every clip and variant; it is kept in the cache like features.

        Raises:
            TrainingError: a clip could not be heard.
        """
        found = self._answered(clips, labels, seed, progress)
        if found.failures:
            raise TrainingError(f"the teacher cannot hear {len(found.failures)} clips: {found.failures[0][1]}")
        softened = found.values ** (1 / self.teaching.temperature)
        taught = np.asarray(softened / softened.sum(axis=1, keepdims=True), np.float32)
        return replace(data, taught=taught, share=self.teaching.share)

    def label(
        self, clips: Manifest, labels: Sequence[str], seed: int = 0, progress: dataset.Progress | None = None
    ) -> dataset.Features:
        """Give clips the label that the teacher finds likeliest, whatever theirs was (Lee, 2013).

        Returns:
            The clips with their new labels, the answers (n, k) as values, and those that could not be heard.
        """
        found = self._answered(clips, labels, seed, progress)
        likeliest = found.values.argmax(axis=1)
        named = (
            replace(clip, emotion=labels[n], emotion_raw="") for clip, n in zip(found.clips, likeliest, strict=True)
        )
        return replace(found, clips=Manifest(tuple(named)))

    def _answered(
        self, clips: Manifest, labels: Sequence[str], seed: int, progress: dataset.Progress | None
    ) -> dataset.Features:
        """Give the answers to clips, a column a label; none is quite 0."""
        found = self._by_head(clips, seed, progress) or self._heard(clips, self._whole, seed, progress)
        columns = found.values[:, [self.bundle.card.emotions.index(label) for label in labels]]
        return replace(found, values=np.maximum(columns, 1e-7))

    def _by_head(self, clips: Manifest, seed: int, progress: dataset.Progress | None) -> dataset.Features | None:
        """Run the trained part alone on what the frozen part gives, which is in the cache; None if there is none.

        The trained part is that of the best epoch, which has not learnt from validation speakers.
        """
        folder, name = self.bundle.path, str(self.bundle.card.network["name"])
        best, last = folder / BEST, folder / REFIT
        if not best.is_file() or name not in networks.NAMES or (stem := stems.of(name)) is None:
            return None
        few = Manifest(clips.clips[:SAMPLE])
        in_parts = predict(networks.load(last if last.is_file() else best), self._heard(few, stem, seed).values)
        if np.abs(in_parts - self._heard(few, self._whole, seed).values).max() > ALIKE:
            return None  # the frozen part is no longer the one that the teacher was made with
        found = self._heard(clips, stem, seed, progress)
        return replace(found, values=predict(networks.load(best), found.values))

    @property
    def _whole(self) -> Stem:
        card = self.bundle.card
        return Stem(self.bundle.model, card.files[MODEL][:12], (len(card.emotions),))

    def _heard(
        self, clips: Manifest, through: Stem, seed: int, progress: dataset.Progress | None = None
    ) -> dataset.Features:
        """Give what comes out of a network for every clip (n, m)."""
        return dataset.extract(clips, self.bundle.card.spec, through=through, seed=seed, progress=progress)
