"""The corpora quaver reads: one importer a file, each with the facts about its corpus."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from quaver.corpora.base import Archive, Corpus, Said, folder, sounds
from quaver.errors import CorpusError
from quaver.manifest import Manifest

__all__ = ["NAMES", "Archive", "Corpus", "Said", "get", "read", "recognise"]

NAMES = (
    "tess",
    "ravdess",
    "crema_d",
    "savee",
    "emodb",
    "emovo",
    "nemo",
    "banglaser",
    "casia",
    "urdu",
    "ased",
    "aesdd",
    "folders",
)
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


def read(root: Path | str, name: str, *, speaker: str | None = None) -> Manifest:
    """Read the corpus `name` from its official layout; lengths and digests are left open.

    Args:
        root: the folder, at any depth above the files.
        name: one of `NAMES`.
        speaker: for `folders` alone, where the speaker stands: see `quaver.corpora.folders`.

    Raises:
        CorpusError: no such corpus, no such folder, or nothing of the corpus in it.
    """
    corpus = get(name)
    if speaker is not None:
        from quaver.corpora.folders import Folders

        if not isinstance(corpus, Folders):
            raise CorpusError(f"the names of {name} say who speaks; --speaker is for the corpus `folders` alone.")
        corpus = replace(corpus, speaker=speaker)
    return Manifest.of(corpus.read(root))


def recognise(root: Path | str) -> str:
    """Say which corpus a folder holds, by the names of its files; `folders` is never guessed.

    Raises:
        CorpusError: no such folder, or fewer than half of its sounds follow one scheme.
    """
    root = folder(root)
    files = list(sounds(root))
    known = [get(name) for name in NAMES if name != "folders"]
    fitting = {corpus.name: sum(corpus.fits(root, path) for path in files) for corpus in known}
    best = max(fitting, key=lambda name: fitting[name])
    if fitting[best] * 2 <= len(files):
        some = f" ({fitting[best]} of them as in {best}: if that is it, say --corpus {best})" if fitting[best] else ""
        raise CorpusError(
            f"{root} holds {len(files)} sound files, and their names follow no corpus quaver knows{some}. "
            "If its sub-folders are the classes, say --corpus folders."
        )
    return best
