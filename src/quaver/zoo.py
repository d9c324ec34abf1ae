"""What comes with quaver: bundles, by name, and sample clips."""

from importlib import resources
from pathlib import Path

from quaver.bundle import Bundle
from quaver.card_rules import CARD
from quaver.errors import BundleError

DEFAULT = "small"


def names() -> tuple[str, ...]:
    """List the bundles that are installed with quaver, sorted."""
    shipped = _shelf()
    return tuple(sorted(p.name for p in shipped.iterdir() if (p / CARD).is_file())) if shipped.is_dir() else ()


def find(name_or_path: Path | str) -> Path:
    """Locate a bundle: an installed one by its name, any other by its folder.

    Raises:
        BundleError: neither a name nor a folder with a card.
    """
    path = Path(name_or_path)
    if str(name_or_path) in names():
        return _shelf() / path
    if path.is_dir() or path.name == CARD:
        return path.parent if path.name == CARD else path
    known = ", ".join(names()) or "none"
    raise BundleError(
        f"there is no bundle {str(name_or_path)!r}; give a bundle's folder or one of these names: {known}."
    )


def load(name_or_path: Path | str = DEFAULT) -> Bundle:
    """Load an installed bundle by its name, or any bundle by its folder.

    Raises:
        BundleError: there is none, or it does not pass its checks.
    """
    return Bundle.load(find(name_or_path))


def samples() -> tuple[Path, ...]:
    """List the sample clips that are installed with quaver, spoken by people whom no bundle here has heard."""
    return tuple(sorted((_assets() / "samples").glob("*.opus")))


def _shelf() -> Path:
    return _assets() / "bundles"


def _assets() -> Path:
    return Path(str(resources.files("quaver"))) / "assets"
