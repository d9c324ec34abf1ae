"""What is known of a person's voice: running statistics that let a network tell their mood from their manner.

A profile needs no labels. It keeps the mean and deviation of what the network's encoder gives for a person's clips, and
shrinks them towards those of everybody until it has heard enough. Profiles are personal data: they stay on the machine,
readable by their owner alone, and `quaver profiles delete` removes them.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from quaver.errors import ProfileError
from quaver.files import atomic_path

Array = np.ndarray[Any, np.dtype[Any]]

ENOUGH = 4.0  # clips after which a person's own statistics count as much as everybody's; see docs/small.md
SMALLEST = 0.05  # deviation, of everybody's, below which a value is not stretched further
_NAME = re.compile(r"\w[\w.-]{0,63}")


@dataclass(frozen=True)
class Profile:
    """Running statistics of one person's voice, as one network hears it; everybody has mean 0 and variance 1.

    Example:
        >>> profile = Profile("anna", "f00d").heard([1.0, -1.0]).heard([3.0, -1.0])
        >>> profile.clips, profile.mean.tolist(), profile.variance.tolist()
        (2, [2.0, -1.0], [1.0, 0.0])
    """

    name: str
    model: str  # SHA-256 of the network whose values these are
    clips: int = 0
    mean: Array = field(default_factory=lambda: np.zeros(0))  # (n,)
    squares: Array = field(default_factory=lambda: np.zeros(0))  # (n,) sum of squared distances from the mean

    @property
    def variance(self) -> Array:
        """Give the variance (n,) over the clips."""
        return self.squares / max(self.clips, 1)

    def heard(self, voice: Array | Sequence[float]) -> "Profile":
        """Give the profile after one more clip, by Welford's update (1962).

        Args:
            voice: (n,) what the network gives for the clip.
        """
        voice = np.asarray(voice, np.float64)
        mean = self.mean if self.clips else np.zeros_like(voice)
        squares = self.squares if self.clips else np.zeros_like(voice)
        off = voice - mean
        mean = mean + off / (self.clips + 1)
        return replace(self, clips=self.clips + 1, mean=mean, squares=squares + off * (voice - mean))

    def adaptation(self) -> tuple[Array, Array] | None:
        """Give the mean and deviation (n,) float32 to take for this person; None before the first clip.

        They lie between everybody's and the person's own, the nearer to the latter the more clips were heard.
        """
        if not self.clips:
            return None
        own = self.clips / (self.clips + ENOUGH)
        deviation = np.sqrt(own * self.variance + (1 - own))
        return (own * self.mean).astype(np.float32), np.maximum(deviation, SMALLEST).astype(np.float32)

    def save(self) -> Path:
        """Write the profile where only its owner can read it.

        Raises:
            ProfileError: it cannot be written.
        """
        path = _path(self.name)
        told = {"name": self.name, "model": self.model, "clips": self.clips}
        told |= {"mean": self.mean.tolist(), "squares": self.squares.tolist()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with atomic_path(path) as temporary:
                temporary.touch(mode=0o600)
                temporary.write_text(json.dumps(told), encoding="utf-8")
        except OSError as error:
            raise ProfileError(f"the profile {path} cannot be written: {error.strerror or error}.") from error
        return path


def load(name: str, model: str) -> Profile:
    """Give the profile of that name, a new one where there is none.

    Args:
        name: letters, digits, dots, dashes and underscores.
        model: SHA-256 of the network that is to use it.

    Raises:
        ProfileError: the name is no name, the file is damaged, or it belongs to another network.
    """
    if not exists(name):
        return Profile(name, model)
    profile = read(name)
    if profile.model != model:
        raise ProfileError(
            f"the profile {name!r} belongs to another bundle; delete it (quaver profiles delete {name}) or give "
            "another name, and let this bundle hear the person again."
        )
    return profile


def read(name: str) -> Profile:
    """Read a profile.

    Raises:
        ProfileError: there is none of that name, or the file is damaged.
    """
    path = _path(name)
    if not path.is_file():
        raise ProfileError(f"there is no profile {name!r}; there are: {', '.join(names()) or 'none'}.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        mean, squares = (np.array(told[key], np.float64) for key in ("mean", "squares"))
        if mean.ndim != 1 or mean.shape != squares.shape or not np.isfinite([mean, squares]).all():
            raise ValueError("its numbers make no profile")
        return Profile(name, str(told["model"]), int(told["clips"]), mean, squares)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProfileError(f"the profile {path} is damaged ({error}); delete it and begin anew.") from error


def names() -> tuple[str, ...]:
    """List the profiles on this machine, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.json") if not path.name.startswith(".")))


def exists(name: str) -> bool:
    """Tell whether there is a profile of that name.

    Raises:
        ProfileError: the name is no name.
    """
    return _path(name).is_file()


def delete(name: str) -> None:
    """Remove a profile for good.

    Raises:
        ProfileError: there is none of that name.
    """
    if not exists(name):
        raise ProfileError(f"there is no profile {name!r}; there are: {', '.join(names()) or 'none'}.")
    _path(name).unlink()


def folder() -> Path:
    """Give the folder of the profiles: $QUAVER_PROFILES, else quaver's part of the user's data."""
    if own := os.environ.get("QUAVER_PROFILES"):
        return Path(own)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quaver" / "profiles"


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ProfileError(f"{name!r} is no name for a profile; use letters, digits, dots, dashes and underscores.")
    return folder() / f"{name}.json"
