"""The corpora quaver reads: one importer a file, each with the facts about its corpus."""

from importlib import import_module
from pathlib import Path

from quaver.corpora.base import Archive, Corpus, Said, folder, sounds
from quaver.errors import CorpusError
from quaver.manifest import Manifest

__all__ = ["NAMES", "Archive", "Corpus", "Said", "get", "read", "recognise"]

NAMES = ("emodb", "ravdess", "tess", "banglaser", "nemo")
"""The importers, in the order in which they are listed."""


def get(name: str) -> Corpus:
    """Give the corpus called `name`.

    Raises:
        CorpusError: nobody knows it.

    Example:
        >>> get("emodb").clips
        535
    """
    if name not in NAMES:
        raise CorpusError(f"there is no corpus {name!r}; quaver knows {', '.join(NAMES)}.")
    corpus: Corpus = import_module(f"quaver.corpora.{name}").CORPUS
    return corpus


def read(root: Path | str, name: str) -> Manifest:
    """Read the corpus `name` from its official layout; lengths and digests are left open.

    Raises:
        CorpusError: no such corpus, no such folder, or nothing of the corpus in it.
    """
    return Manifest.of(get(name).read(root))


def recognise(root: Path | str) -> str:
    """Say which corpus a folder holds, by the names of its files.

    Raises:
        CorpusError: no such folder, or its names follow no known scheme.
    """
    root = folder(root)
    files = list(sounds(root))
    fits = {name: sum(get(name).clip(root, path) is not None for path in files) for name in NAMES}
    best = max(fits, key=lambda name: fits[name])
    if fits[best] * 2 <= len(files):
        raise CorpusError(f"{root} holds {len(files)} sound files whose names follow no corpus quaver knows.")
    return best
