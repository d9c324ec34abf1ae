"""A run's folder: what was asked for, which folds are finished, and their scores together."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quaver import __version__, evaluate, provenance
from quaver.errors import TrainingError
from quaver.files import write_json
from quaver.manifest import Manifest
from quaver.scores import Scores


def wanted(folds: Sequence[int] | None, count: int) -> set[int]:
    """Give the numbers of the folds asked for, all without a wish.

    Raises:
        TrainingError: there is no such fold.
    """
    asked = set(folds or range(1, count + 1))
    if wrong := asked - set(range(1, count + 1)):
        raise TrainingError(f"there is no fold {min(wrong)}; the protocol has folds 1 to {count}.")
    return asked


def begin(out: Path, manifest: Manifest, settings: Any, resume: bool) -> None:
    """Begin a run or make sure that the one in `out` is the same.

    Raises:
        TrainingError: `out` holds another run, or one that is not to be resumed.
    """
    told = _plain(settings) | {"clips": len(manifest), "emotions": manifest.describe()["emotions"]}
    path = out / "run.json"
    if not path.exists():
        write_json(path, told | {"quaver": __version__, "commit": provenance.commit()})
        return
    if not resume:
        raise TrainingError(f"{out} holds a run already; go on with --resume, or give another folder.")
    before = json.loads(path.read_text())
    before["recipe"] = _plain(type(settings.recipe)()) | before.get("recipe", {})  # of a quaver that knew fewer choices
    if before.get("teaching") and settings.teaching:
        before["teaching"] = _plain(type(settings.teaching)("")) | before["teaching"]
    for name, value in told.items():
        if (was := before.get(name)) != value:
            if name == "recipe":
                name = next(choice for choice in {**was, **value} if was.get(choice) != value.get(choice))
                was, value = was.get(name), value.get(name)
            raise TrainingError(
                f"{out} holds a run with another {name} ({was}, not {value}); "
                "resume with the same settings and manifest, or give another folder."
            )


def _plain(settings: Any) -> dict[str, Any]:
    """Give what a JSON file would."""
    return dict(json.loads(json.dumps(asdict(settings))))


def pool(out: Path, count: int) -> Scores | None:
    """Score a run over its folds once all are there."""
    if len(list(out.glob("fold-*/scores.json"))) < count:
        return None
    scores = evaluate.run(out)
    write_json(out / "scores.json", scores.to_dict())
    return scores


def pooled(out: Path) -> dict[str, Any]:
    """Read the pooled scores of a run, {} while there are none."""
    path = out / "scores.json"
    return json.loads(path.read_text()) if path.exists() else {}
