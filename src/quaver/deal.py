"""Choose speakers, sentences and rows: deal them out to folds, or hold some out.

Nothing here draws random numbers. Where a choice is arbitrary, keys are ordered by a hash, so that the same manifest
gives the same choice on every machine, whatever the order of its rows.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

from quaver.manifest import Clip, Manifest


def shuffled(keys: Iterable[str], salt: str) -> list[str]:
    """Order distinct keys arbitrarily, but the same way each time.

    Example:
        >>> shuffled(["a", "b", "c"], "x") == shuffled(["c", "b", "a", "a"], "x")
        True
    """
    return sorted(set(keys), key=lambda key: (hashlib.sha256(f"{salt}|{key}".encode()).digest(), key))


def count(share: float, total: int) -> int:
    """Give about `share` of `total`, at least one; at least one is left."""
    return min(max(1, round(share * total)), total - 1)


def row_key(clip: Clip) -> str:
    """Name a row without the folder a corpus lies in, but with enough of it to tell rows apart."""
    where = "/".join(clip.path.parts[-3:])
    return f"{clip.group}|{clip.emotion}|{where}|{clip.start}|{clip.end}|{clip.variant}"


def speakers_into(folds: int, manifest: Manifest) -> list[tuple[str, ...]]:
    """Deal speakers out to folds, even in speakers and genders of every corpus and then in clips.

    Returns:
        The `corpus/speaker` keys of each fold, sorted. A corpus of at least `folds` speakers is in every fold.
    """
    clips = Counter(clip.group for clip in manifest)
    corpus, gender = _traits(manifest)
    size = Counter(corpus.values())
    hands: list[list[str]] = [[] for _ in range(folds)]

    def load(fold: int, speaker: str) -> tuple[int, int, int, int, int]:
        hand = hands[fold]
        mates = [other for other in hand if corpus[other] == corpus[speaker]]
        same = sum(gender[other] == gender[speaker] for other in mates)
        alike = sum(gender[other] == gender[speaker] for other in hand)
        return len(mates), same, alike, sum(clips[other] for other in hand), fold

    # large corpora first, so that the small ones fill the gaps
    for speaker in sorted(clips, key=lambda s: (-size[corpus[s]], corpus[s], gender[s], -clips[s], s)):
        hands[min(range(folds), key=lambda fold: load(fold, speaker))].append(speaker)
    return [tuple(sorted(hand)) for hand in hands]


def held_out_speakers(manifest: Manifest, share: float, salt: str) -> set[str]:
    """Choose speakers one after the other from the corpus, then the gender, that is furthest below its share.

    The last speaker of a corpus is taken only when there is no other choice.
    """
    corpus, gender = _traits(manifest)
    order = shuffled(corpus, salt)
    there, taken = Counter(_strata(corpus, gender)), Counter[tuple[str, ...]]()
    wanted, chosen = count(share, len(order)), set[str]()

    def need(speaker: str) -> tuple[bool, float, float, float]:
        of_corpus, of_both, of_gender = strata = tuple(_strata({speaker: corpus[speaker]}, gender))
        lack = {s: wanted * there[s] / len(order) - taken[s] for s in strata}
        return there[of_corpus] - taken[of_corpus] > 1, lack[of_corpus], lack[of_both], lack[of_gender]

    while len(chosen) < wanted:
        best = max((s for s in order if s not in chosen), key=need)
        chosen.add(best)
        taken.update(_strata({best: corpus[best]}, gender))
    return chosen


def held_out_sentences(manifest: Manifest, share: float, salt: str) -> set[str]:
    """Choose sentences; none where a clip's sentence is unknown or there is only one."""
    sentences = {clip.sentence for clip in manifest}
    if len(sentences) < 2 or "" in sentences:
        return set()
    return set(shuffled(sentences, salt)[: count(share, len(sentences))])


def held_out_rows(manifest: Manifest, rows: int, salt: str) -> set[str]:
    """Choose that many rows, by their `row_key`."""
    return set(shuffled(map(row_key, manifest), salt)[:rows])


def _traits(manifest: Manifest) -> tuple[dict[str, str], dict[str, str]]:
    """Give the corpus and the gender of each speaker, in the order of their names."""
    by_name = sorted(manifest, key=lambda clip: clip.group)
    return {clip.group: clip.corpus for clip in by_name}, {clip.group: clip.gender for clip in by_name}


def _strata(corpus: dict[str, str], gender: dict[str, str]) -> Iterable[tuple[str, ...]]:
    for speaker, name in corpus.items():
        yield ("corpus", name)
        yield ("both", name, gender[speaker])
        yield ("gender", gender[speaker])
