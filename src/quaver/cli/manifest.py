"""`quaver manifest`: list the clips of a corpus in a CSV."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.output import Json, emit, progress, say
from quaver.errors import CorpusError

if TYPE_CHECKING:
    from quaver.manifest import Manifest

Folder = Annotated[Path, typer.Argument(help="The folder with the corpus.")]
Name = Annotated[str | None, typer.Option("--corpus", help="Which corpus; recognised by its names when left out.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The CSV to write; its paths are relative to it.")]
Hash = Annotated[bool, typer.Option("--hash/--no-hash", help="Read every sound for its length and digest.")]
Speaker = Annotated[str | None, typer.Option(help="For `folders`: auto, folder, prefix or file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(manifest)


def manifest(
    directory: Folder,
    name: Name = None,
    output: Output = Path("manifest.csv"),
    read: Hash = True,
    speaker: Speaker = None,
    as_json: Json = False,
) -> None:
    """List the clips of a corpus: speaker, emotion, sentence, length and digest of each.

    quaver manifest data/emodb -o emodb.csv
    quaver manifest ~/corpora/tess --corpus tess -o tess.csv
    quaver manifest my-sounds --corpus folders --speaker prefix -o mine.csv
    """
    from quaver import corpora

    name = name or corpora.recognise(directory)
    clips = corpora.read(directory, name, speaker=speaker)
    _warn(clips)
    clips = _listen(clips, directory) if read else clips
    clips.write(output)
    facts = clips.describe() | {"corpus": name, "manifest": str(output)}
    emit(facts, as_json, lambda: f"{output}: {len(clips)} clips of {name}, {len(clips.speakers)} speakers.")


def _warn(clips: "Manifest") -> None:
    """Say what nobody should find out later: whose speaker is not known."""
    unknown = sum(not clip.speaker_is_known for clip in clips)
    if unknown:
        say(
            f"the speaker of {unknown} clips is not known: each counts as its own, so no split of them keeps voices "
            "apart. If the names say who speaks, use --speaker folder or --speaker prefix."
        )


def _listen(clips: "Manifest", directory: Path) -> "Manifest":
    """Fill in lengths and digests; clips that cannot be used are named and left out."""
    from quaver.corpora.listen import listen
    from quaver.manifest import Manifest

    with progress("reading") as bar:
        heard = list(listen(clips, bar))
    for entry in heard:
        if entry.error:
            say(f"left out: {entry.error}")
    usable = tuple(entry.clip for entry in heard if not entry.error)
    if not usable:
        raise CorpusError(f"none of the {len(heard)} clips in {directory} can be used; see the reasons above.")
    return Manifest(usable)
