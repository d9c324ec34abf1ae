"""A trained model with its contract: a folder of `card.json`, `model.onnx` and, from training, the Keras files."""

import hashlib
import json
import math
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from quaver.card_rules import CARD, RULES, SCHEMA, safely, short
from quaver.errors import BundleError, SpecError
from quaver.files import write_json
from quaver.frontend import FrontendSpec, from_dict

MODEL = "model.onnx"
UNSURE = 0.4  # confidence below which an answer is unsure, where nothing was calibrated
COVERAGE = 0.9  # how often a set is to hold the true label, unless something else is asked for
SET_BAR = 0.1  # probability from which a label belongs to the set, likewise


@dataclass(frozen=True)
class Card:
    """What a bundle is, what it learned from, how well it does, and which numbers go with it: `card.json`.

    The fields are those of the file. A card that contradicts itself cannot be made.

    Raises:
        BundleError: a value is of the wrong kind, or the frontend is not the one of the fingerprint.
    """

    name: str
    emotions: tuple[str, ...]  # the labels, in the order of the network's outputs
    frontend: Mapping[str, Any]  # FrontendSpec.to_dict()
    fingerprint: str  # of that spec
    network: Mapping[str, Any]  # name, parameters, trainable
    corpora: tuple[Mapping[str, Any], ...]  # name, language, licence, clips of each
    licence: str  # of the weights
    training_speakers: tuple[str, ...]  # corpus/speaker of everybody heard, validation included
    validation_speakers: tuple[str, ...]
    validation: str  # "speakers", or "sentences" where too few speakers remained
    protocol: str
    speaker_independent: bool
    precision: str = "float32"
    scores: Mapping[str, Any] = field(default_factory=dict)  # Scores.to_dict(), or nothing
    temperature: float = 1.0  # divides the logits
    thresholds: Mapping[str, Any] = field(default_factory=dict)  # unsure, set; without: UNSURE and SET_BAR
    window: Mapping[str, float] = field(default_factory=lambda: {"seconds": 3.0, "hop": 1.5})
    notes: Mapping[str, str] = field(default_factory=dict)  # intended, forbidden, limits
    files: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of every other file of the bundle
    commit: str = ""  # of the code that trained it
    quaver: str = field(default_factory=lambda: version("quaver"))
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        for name in ("emotions", "corpora", "training_speakers", "validation_speakers"):
            if isinstance(value := getattr(self, name), list):  # as JSON has them
                object.__setattr__(self, name, tuple(value))
        for name, (holds, what) in RULES.items():
            if not safely(holds, value := getattr(self, name)):
                raise BundleError(f"bundle {self.name!r}: {name} must be {what}, got {short(value)}.")
        try:
            made = from_dict(self.frontend).fingerprint
        except SpecError as error:
            raise BundleError(f"bundle {self.name!r}: {error}") from error
        if made != self.fingerprint:
            raise BundleError(
                f"bundle {self.name!r} was made for the frontend {self.fingerprint}, its numbers give {made}; "
                "the card was changed, or another quaver made it. Train it again."
            )

    @property
    def spec(self) -> FrontendSpec:
        """Give the frontend whose features the network takes."""
        return from_dict(self.frontend)

    @property
    def unsure(self) -> float:
        """Give the confidence below which an answer is unsure."""
        return float(self.thresholds.get("unsure", UNSURE))

    @property
    def unfamiliar(self) -> float:
        """Give the distance from which a sound is unlike the voices that the network learnt from; infinite for none."""
        return float(self.thresholds.get("unfamiliar", math.inf))

    def set_bar(self, coverage: float = COVERAGE) -> float:
        """Give the probability from which a label belongs to the set that holds the truth in `coverage` of clips.

        Raises:
            BundleError: the card has no such coverage.
        """
        bars = self.thresholds.get("set", {f"{COVERAGE:g}": SET_BAR})
        if f"{coverage:g}" not in bars:
            raise BundleError(f"bundle {self.name!r} has no sets for {coverage:g}; its card has {', '.join(bars)}.")
        return float(bars[f"{coverage:g}"])

    def to_dict(self) -> dict[str, Any]:
        """Give the card as plain JSON values, the schema first."""
        return {"schema": self.schema, **_plain(asdict(self))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Card":
        """Make the card that `to_dict` described.

        Raises:
            BundleError: the schema is another one, a field is missing or unknown, or the card contradicts itself.
        """
        name = values.get("name", "?")
        if values.get("schema") != SCHEMA:
            raise BundleError(
                f"bundle {name!r} has schema {short(values.get('schema'))}, this quaver reads {SCHEMA}; "
                "install the quaver that made it, or a newer one."
            )
        known = {f.name for f in fields(cls)}
        if missing := sorted(known - values.keys()):
            raise BundleError(f"bundle {name!r}: {', '.join(missing)} missing from {CARD}; train or download it again.")
        if unknown := sorted(values.keys() - known):
            raise BundleError(f"bundle {name!r}: {CARD} has fields that nobody knows: {', '.join(unknown)}.")
        return cls(**values)


@dataclass(frozen=True)
class Bundle:
    """A folder with a checked card and unharmed files."""

    path: Path
    card: Card

    @property
    def model(self) -> Path:
        """Locate the network as ONNX."""
        return self.path / MODEL

    @property
    def size(self) -> int:
        """Count the bytes of all files of the bundle."""
        return sum((self.path / name).stat().st_size for name in (CARD, *self.card.files))

    @classmethod
    def load(cls, folder: Path | str) -> "Bundle":
        """Read a bundle and check all of it but the network itself, which a Predictor checks when it opens it.

        Raises:
            BundleError: no bundle, another schema, a card that contradicts itself, or a missing or changed file.
        """
        folder = Path(folder)
        card = Card.from_dict(_read_card(folder))
        if MODEL not in card.files:
            raise BundleError(f"bundle {card.name!r}: {CARD} does not list {MODEL}, without which nothing runs.")
        for name, expected in card.files.items():
            if not (folder / name).is_file():
                raise BundleError(f"bundle {card.name!r}: {name} is missing from {folder}; train or download it again.")
            if sha256((folder / name).read_bytes()) != expected:
                raise BundleError(
                    f"bundle {card.name!r}: {name} is not the file that {CARD} describes; it was changed."
                )
        return cls(folder, card)

    @classmethod
    def save(cls, folder: Path | str, card: Card, files: Mapping[str, bytes]) -> "Bundle":
        """Write a bundle whole or not at all; an older one is replaced, other files in the folder stay.

        Args:
            folder: where the bundle shall lie.
            card: its `files` are filled in here.
            files: contents by plain file name, `model.onnx` among them.

        Raises:
            BundleError: it would not load again, or the folder cannot be written.
        """
        folder = Path(folder).resolve()
        card = replace(card, files={name: sha256(content) for name, content in files.items()})
        fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
        try:
            fresh.mkdir(parents=True)
            for name, content in files.items():
                (fresh / name).write_bytes(content)
            write_json(fresh / CARD, card.to_dict())
            cls.load(fresh)
            _replace(folder, fresh)
        except OSError as error:
            raise BundleError(f"the bundle cannot be written to {folder}: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return cls(folder, card)


def sha256(content: bytes) -> str:
    """Identify the content of a file, as the card does."""
    return hashlib.sha256(content).hexdigest()


def _read_card(folder: Path) -> Mapping[str, Any]:
    if not (folder / CARD).is_file():
        raise BundleError(f"{folder} is no bundle: it has no {CARD}. `quaver bundles` lists those that are here.")
    try:
        values = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder / CARD} cannot be read as JSON: {error}.") from error
    if not isinstance(values, dict):
        raise BundleError(f"{folder / CARD} holds a {type(values).__name__}; a bundle's card is a JSON object.")
    return values


def _replace(folder: Path, fresh: Path) -> None:
    """Put `fresh` where `folder` is; what in it is not part of the old bundle moves over."""
    if not folder.exists():
        fresh.rename(folder)
        return
    old = fresh.with_name(f"{fresh.name}-old")
    ours = {CARD, *_listed(folder)}
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for entry in old.iterdir():
        if entry.name not in ours and not (folder / entry.name).exists():
            entry.rename(folder / entry.name)
    shutil.rmtree(old, ignore_errors=True)


def _listed(folder: Path) -> set[str]:
    """Name the files of the bundle that lies in `folder`, if one does."""
    with suppress(BundleError, AttributeError):
        return set(_read_card(folder).get("files", {}).keys())
    return set()


def _plain(values: Any) -> Any:
    """Turn tuples into lists, all the way down."""
    if isinstance(values, Mapping):
        return {key: _plain(value) for key, value in values.items()}
    return [_plain(value) for value in values] if isinstance(values, list | tuple) else values
