"""What a training run is asked for, and one fold of it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from quaver import augment, networks, stems
from quaver.errors import TrainingError
from quaver.frontend import FrontendSpec, spec
from quaver.manifest import Manifest
from quaver.recipe import CHOICES, SCHEDULES, Recipe
from quaver.splits import Fold, Protocol
from quaver.stems import Stem
from quaver.teaching import Teacher, Teaching


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a training run makes, besides the clips; kept in RUN/run.json.

    Raises:
        SpecError: nobody knows the network, the frontend or a variant.
        TrainingError: nobody chooses an epoch or a rate so, or the validation speakers are to teach what they cannot.
    """

    network: str = "article"
    frontend: str = "article"
    protocol: str = "speakers-5fold"
    variants: tuple[str, ...] = ("", "noise", "stretch+pitch")  # rows a training clip becomes, as in the article
    recipe: Recipe = field(default_factory=Recipe)
    teaching: Teaching | None = None  # from whom the network learns besides the labels

    def __post_init__(self) -> None:
        networks.check(self.network)
        spec(self.frontend)
        if self.recipe.choose not in CHOICES:
            raise TrainingError(f"an epoch is chosen by {' or '.join(CHOICES)}, got {self.recipe.choose!r}.")
        if self.recipe.schedule not in SCHEDULES:
            raise TrainingError(f"the rate follows {' or '.join(SCHEDULES)}, got {self.recipe.schedule!r}.")
        if self.recipe.warp and not networks.excerpt(self.network):
            raise TrainingError(f"--warp stretches excerpts, and {self.network!r} hears whole clips; leave it out.")
        if self.recipe.refit and self.anew:
            raise TrainingError(
                f"the end of {self.network!r} is trained anew with voices, without the validation speakers; drop "
                "--refit, or --adapted and --styles."
            )
        if self.recipe.calibration_folds and not self.recipe.refit:
            raise TrainingError("--calibration-folds goes with --refit: without it the validation speakers calibrate.")
        if self.recipe.calibration_folds == 1:
            raise TrainingError("--calibration-folds 1 leaves nobody to train on; 2 or more, or 0 for none.")
        for variant in self.variants:
            augment.recipe(variant)

    @property
    def anew(self) -> bool:
        """Tell whether the end of the network is trained a second time, with voices."""
        return bool(networks.excerpt(self.network) and (self.recipe.adapted or self.recipe.styles))


@dataclass(frozen=True)
class Job:
    """One fold: who is on which side, where its files go, and what follows from the settings."""

    rule: Protocol
    fold: Fold
    labels: tuple[str, ...]
    settings: Settings
    folder: Path
    allow_leak: bool
    name: str = ""
    licence: str = ""
    unlabelled: Manifest | None = None  # of the fold's clips, those that the teacher has labelled

    @property
    def spec(self) -> FrontendSpec:
        """Give the frontend."""
        return spec(self.settings.frontend)

    @cached_property
    def stem(self) -> Stem | None:
        """Give the frozen beginning of the network, if it has one."""
        return stems.of(self.settings.network)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Give the shape of what is trained on."""
        return networks.trainable(self.settings.network, self.stem.shape if self.stem else self.spec.shape)

    @cached_property
    def teacher(self) -> Teacher | None:
        """Find who teaches this fold; refuse who has heard those that are tested."""
        if self.settings.teaching is None:
            return None
        found = self.settings.teaching.find(self.folder)
        found.check(self.fold, self.labels)
        return found

    @property
    def lenient(self) -> bool:
        """Tell whether a leak is let pass: asked for, or what the protocol is about."""
        return self.allow_leak or not self.rule.speaker_independent

    @property
    def independent(self) -> bool:
        """Tell whether scores measure new speakers: no leak was let pass, and it is known who speaks."""
        sides = self.fold.train + self.fold.validation + self.fold.test
        return not self.lenient and all(clip.speaker_is_known for clip in sides)
