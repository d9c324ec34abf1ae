"""What a card says about where a bundle comes from and what it is for."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from quaver import corpora
from quaver.bundle import Card
from quaver.manifest import Manifest

NOTES = {
    "intended": (
        "Estimating the emotion that acted speech expresses: research, demonstrations, art, interfaces that adapt."
    ),
    "forbidden": (
        "Judging what somebody feels, and any decision about a person; in the EU inferring emotions of people at the "
        "workplace or in education is prohibited (Regulation (EU) 2024/1689, Article 5(1)(f))."
    ),
    "limits": (
        "Learnt from actors who portray emotions in studios. Spontaneous speech, other languages, rooms, microphones, "
        "ages and accents than those of the training corpora lower the scores, often by much."
    ),
    "people": (
        "For comparison: people who judge CREMA-D by voice alone agree with the intended emotion in 40 % of ratings, "
        "and in 45 % of clips by majority (Cao et al., 2014)."
    ),
}


def notes(
    taught_by: Card | None = None, calibration_folds: int = 0, unlabelled: Manifest | None = None
) -> dict[str, str]:
    """Give the notes of a card, of whom the network learnt besides the labels, and what it was calibrated by."""
    told = dict(NOTES)
    if taught_by is not None:
        told["teacher"] = f"{taught_by.name} ({taught_by.network['name']}, {taught_by.protocol})"
    if unlabelled:
        told["unlabelled"] = (
            f"{len(unlabelled):,} clips of {', '.join(unlabelled.corpora)}, answered by the teacher; their own labels "
            "were not used."
        )
    if calibration_folds:
        told["calibration"] = (
            f"By {calibration_folds} groups of speakers, each answered by a network trained without it."
        )
    return told


def corpora_of(heard: Manifest) -> tuple[dict[str, Any], ...]:
    """Describe the corpora that clips come from: name, language, licence, number of untouched clips."""
    return tuple(_corpus(name, heard) for name in heard.corpora)


def network(name: str, model: Any) -> dict[str, Any]:
    """Describe a network: its name and how many parameters it has."""
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {"name": name, "parameters": model.count_params(), "trainable": trainable}


def _corpus(name: str, heard: Manifest) -> dict[str, Any]:
    clips = heard.where(lambda clip: clip.corpus == name and not clip.variant)
    return {
        "name": name,
        "language": next((clip.language for clip in heard if clip.corpus == name), ""),
        "licence": corpora.get(name).licence if name in corpora.NAMES else "unknown",
        "clips": len(clips),
    }


def commit() -> str:
    """Name the git commit of a source checkout; empty for an installed quaver."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
