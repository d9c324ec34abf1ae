"""How soon a speaker's own statistics should count: chosen on the validation speakers of the bundle's folds.

For each candidate of `profiles.ENOUGH` the head of every fold answers the validation speakers' clips, with profiles of
a few clips that are not scored, and with profiles of all clips. The head is the one that has not learnt from them. Test
speakers decide nothing. Needs the folds that `benchmarks/bundles.py small` has trained.

    QUAVER_CORPORA=… python benchmarks/adaptation.py
"""

import sys
from pathlib import Path

import numpy as np
from accuracy import DRAWS, ENROLLED, Part
from bundles import RUNS, SETTINGS, TWICE, UNHEARD, read

from quaver import EMOTIONS, profiles
from quaver.files import write_json
from quaver.fit import BEST, uar
from quaver.splits import protocol

HERE = Path(__file__).resolve().parent
CANDIDATES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def main() -> None:
    """Write the table and say which candidate is best."""
    heard = read().where(lambda clip: clip.group not in UNHEARD | TWICE)
    settings = SETTINGS["small"]
    folds = protocol(settings.protocol).folds(heard, settings.recipe.seed)
    run = RUNS / "small"
    parts = [Part(run / f"fold-{fold.index:02d}", fold.validation, EMOTIONS, BEST) for fold in folds]
    plain = pooled([(part.answers(part.voice), part.truth) for part in parts])
    table = {}
    for candidate in CANDIDATES:
        profiles.ENOUGH = candidate
        table[f"{candidate:g}"] = {str(count): enrolled(parts, count) for count in ENROLLED} | {
            "all": pooled([(part.adapted()[0], part.truth) for part in parts])
        }
        print(candidate, table[f"{candidate:g}"], file=sys.stderr, flush=True)
    means = {candidate: float(np.mean(list(row.values()))) for candidate, row in table.items()}
    best = max(means, key=lambda candidate: means[candidate])
    write_json(HERE / "results" / "adaptation.json", {"plain": plain, "after": table, "best": float(best)})
    print(f"as is {100 * plain:.1f}; best: ENOUGH = {best}", file=sys.stderr)


def enrolled(parts: list[Part], count: int) -> float:
    """Give the UAR of the clips that are not in the profile, the mean over draws."""
    values = []
    for draw in range(DRAWS):
        rng = np.random.default_rng([draw, count])
        answered = [(part, *part.adapted(rng, count)) for part in parts]
        values.append(pooled([(answers, part.truth[used]) for part, answers, used in answered]))
    return round(float(np.mean(values)), 6)


def pooled(answered: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Give the UAR over all folds."""
    return round(uar(np.concatenate([a for a, _ in answered]), np.concatenate([t for _, t in answered])), 6)


if __name__ == "__main__":
    main()
