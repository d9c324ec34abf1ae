"""`quaver features`: what a frontend makes of files and manifests, as one NumPy archive."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.choices import one_of
from quaver.cli.output import Json, emit, progress, say

if TYPE_CHECKING:
    from quaver.dataset import Features
    from quaver.frontend import FrontendSpec
    from quaver.manifest import Clip, Manifest

_GIVEN = "given"  # extra column of a clip that was named on the command line: its name as typed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(features)


Inputs = Annotated[list[str], typer.Argument(metavar="FILE|MANIFEST...", help="Sound files and manifest CSVs.")]
Which = Annotated[str, one_of("frontend.NAMES", "Which features: article, article-edge, logmel or logmel-nano.")]
Out = Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="The .npz to write.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one for each core unless given.")]
Cache = Annotated[bool, typer.Option("--cache/--no-cache", help="Remember features by the files' content.")]


def features(
    inputs: Inputs,
    output: Out,
    frontend: Which = "article",
    workers: Workers = None,
    cache: Cache = True,
    as_json: Json = False,
) -> None:
    """Compute features and write them as one .npz.

    quaver features clip.wav -o clip.npz                   of a file
    quaver features data/emodb/manifest.csv -o emodb.npz   of a corpus, with emotions and speakers
    quaver features *.wav --frontend article-edge -o x.npz

    The arrays: features (n, 162), files, names; with manifests also emotions and groups (corpus/speaker). With
    `--frontend logmel` features holds the frames of all clips, (frames, 80), and frames says how many each has.
    """
    from quaver.dataset import extract
    from quaver.frontend import spec

    clips, bad = _clips(inputs)
    with progress("features") as bar:
        found = extract(clips, spec(frontend), workers=workers, cache=cache, progress=bar)
    bad += [{"file": _file(clip), "error": reason} for clip, reason in found.failures]
    for one in bad:
        say(f"left out: {one['error']}")
    _write(output, found, spec(frontend), labelled=any(map(_is_manifest, inputs)))
    emit(_summary(output, found, spec(frontend), bad), as_json, lambda: _text(output, found, bad))


def _clips(inputs: Sequence[str]) -> "tuple[Manifest, list[dict[str, str]]]":
    """Gather the clips of files and manifests in the order given, and what is wrong with manifests that are none."""
    from quaver.errors import ManifestError
    from quaver.manifest import Clip, Manifest

    clips: list[Clip] = []
    bad = []
    for name in inputs:
        try:
            clips += Manifest.read(name) if _is_manifest(name) else [Clip(Path(name), "", "", "", extra={_GIVEN: name})]
        except ManifestError as error:
            bad.append({"file": name, "error": str(error)})
    if not clips:
        raise ManifestError(bad[0]["error"] if bad else f"{inputs[0]} lists no clips; there is nothing to compute.")
    return Manifest(tuple(clips)), bad


def _is_manifest(name: str) -> bool:
    return name.lower().endswith(".csv")


def _file(clip: "Clip") -> str:
    return clip.extra.get(_GIVEN) or str(clip.path.resolve())


def _write(output: Path, found: "Features", spec: "FrontendSpec", labelled: bool) -> None:
    import numpy as np

    from quaver.files import atomic_path

    ragged = None in spec.shape
    arrays = {
        "features": np.concatenate(list(found.values)) if ragged else found.values,
        "files": np.array([_file(clip) for clip in found.clips], dtype=str),
        "names": np.array(spec.names, dtype=str),
    }
    if ragged:
        arrays["frames"] = np.array([len(value) for value in found.values])
    if labelled:
        arrays["emotions"] = np.array([clip.emotion for clip in found.clips], dtype=str)
        arrays["groups"] = np.array([clip.group if clip.corpus else "" for clip in found.clips], dtype=str)
    with atomic_path(output) as temporary, temporary.open("wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]


def _summary(output: Path, found: "Features", spec: "FrontendSpec", bad: list[dict[str, str]]) -> dict[str, object]:
    return {
        "output": str(output),
        "frontend": spec.name,
        "fingerprint": spec.fingerprint,
        "shape": list(_shape(found)),
        "failures": bad,
    }


def _text(output: Path, found: "Features", bad: list[dict[str, str]]) -> str:
    clips, *values = _shape(found)
    return f"{output}: {' x '.join(map(str, values))} values of {clips} clips" + (
        f", {len(bad)} left out" if bad else ""
    )


def _shape(found: "Features") -> tuple[int, ...]:
    """Give the clips and the values of each; of clips that differ in length, the frames of all."""
    if found.values.dtype != object:
        return found.values.shape
    return len(found.values), sum(len(value) for value in found.values), found.values[0].shape[-1]
