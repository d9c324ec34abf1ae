"""Protocols divide manifests so that nobody is heard on both sides."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaver.emotions import EMOTIONS
from quaver.errors import ManifestError
from quaver.manifest import Clip, Manifest
from quaver.splits import Fold, protocol, protocol_names

quick = settings(max_examples=40, deadline=None)


def clips_of(corpus: str, speaker: str, emotions: tuple[str, ...], gender: str = "", sentence: str = "s") -> list[Clip]:
    return [
        Clip(Path(f"/{corpus}/{speaker}-{e}-{n}.wav"), corpus, speaker, e, gender=gender, sentence=f"{sentence}{n}")
        for e in emotions
        for n in range(2)
    ]


@st.composite
def manifests(draw: st.DrawFn, least: int = 2) -> Manifest:
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4).filter(lambda sizes: sum(sizes) >= least))
    clips = []
    for c, size in enumerate(sizes):
        for s in range(size):
            gender = draw(st.sampled_from(["female", "male", ""]))
            emotions = draw(st.lists(st.sampled_from([*EMOTIONS, "calm"]), min_size=1, max_size=3, unique=True))
            clips += clips_of(
                f"c{c}", f"{s:02}", ("sad", *emotions) if "sad" not in emotions else tuple(emotions), gender
            )
    return Manifest(tuple(clips))


def keys(side: Manifest) -> list[tuple[Path, str]]:
    return [(clip.path, clip.variant) for clip in side]


def who(fold: Fold) -> list[tuple[str, ...]]:
    return [fold.train.speakers, fold.validation.speakers, fold.test.speakers]


def ravdess(actors: range = range(1, 25)) -> Manifest:
    clips = [
        Clip(Path(f"/r/03-01-0{n}-01-01-01-{a:02}.wav"), "ravdess", f"{a:02}", e, gender="male" if a % 2 else "female")
        for a in actors
        for n, e in enumerate(("neutral", "calm", "happy"), start=1)
    ]
    return Manifest(tuple(clips))


@quick
@given(manifests(), st.sampled_from(["loso", "loso-own"]))
def test_every_speaker_is_tested_once_and_heard_on_one_side_only(manifest: Manifest, name: str) -> None:
    folds = protocol(name).folds(manifest)
    assert sorted(s for fold in folds for s in fold.test.speakers) == list(manifest.speakers)
    for fold in folds:
        train, validation, test = map(set, who(fold))
        assert not test & (train | validation)
        assert train
        assert validation
        if fold.validation_by == "speakers":
            assert not train & validation
        else:
            assert len(train) == 1
    assert [fold.index for fold in folds] == list(range(1, len(folds) + 1))


@quick
@given(manifests(least=5))
def test_dealt_folds_cover_everybody_and_spread_every_corpus(manifest: Manifest) -> None:
    folds = protocol("speakers-5fold").folds(manifest)
    assert len(folds) == 5
    assert sorted(s for fold in folds for s in fold.test.speakers) == list(manifest.speakers)
    for corpus in manifest.corpora:
        heard = [sum(s.startswith(f"{corpus}/") for s in fold.test.speakers) for fold in folds]
        assert max(heard) - min(heard) <= 1


@quick
@given(manifests(least=3), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(manifest: Manifest, random: object) -> None:
    mixed = list(manifest.clips)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for name in ("loso", "speakers-3fold", "article-random"):
        one, other = protocol(name).folds(manifest), protocol(name).folds(Manifest(tuple(mixed)))
        assert [sorted(map(str, keys(f.train))) for f in one] == [sorted(map(str, keys(f.train))) for f in other]
        assert [sorted(map(str, keys(f.test))) for f in one] == [sorted(map(str, keys(f.test))) for f in other]


@quick
@given(manifests(least=3), st.integers(1, 9))
def test_a_seed_changes_who_validates_and_never_who_is_tested(manifest: Manifest, seed: int) -> None:
    for name in ("loso", "speakers-3fold", "article-random"):
        for one, other in zip(protocol(name).folds(manifest), protocol(name).folds(manifest, seed), strict=True):
            assert keys(one.test) == keys(other.test)
            assert sorted(map(str, keys(one.train + one.validation))) == sorted(
                map(str, keys(other.train + other.validation))
            )


@quick
@given(manifests(least=3))
def test_sides_keep_the_order_of_the_manifest(manifest: Manifest) -> None:
    place = {clip.path: i for i, clip in enumerate(manifest)}
    for fold in protocol("loso").folds(manifest):
        for side in (fold.train, fold.validation, fold.test):
            places = [place[clip.path] for clip in side]
            assert places == sorted(places)


def test_seeds_do_change_who_validates() -> None:
    chosen = {protocol("ravdess-emobox6").folds(ravdess(), seed)[0].validation.speakers for seed in range(6)}
    assert len(chosen) > 2


def test_the_published_folds_of_ravdess() -> None:
    tested = [
        [int(s.rpartition("/")[2]) for s in fold.test.speakers] for fold in protocol("ravdess-emobox6").folds(ravdess())
    ]
    assert tested == [
        [1, 11, 20, 21], [4, 10, 12, 14], [8, 9, 19, 23], [3, 5, 7, 24], [2, 15, 16, 18], [6, 13, 17, 22],
    ]  # fmt: skip
    luna = [
        [int(s.rpartition("/")[2]) for s in fold.test.speakers] for fold in protocol("ravdess-luna5").folds(ravdess())
    ]
    assert luna == [
        [2, 5, 14, 15, 16], [3, 6, 7, 13, 18], [10, 11, 12, 19, 20], [8, 17, 21, 23, 24], [1, 4, 9, 22],
    ]  # fmt: skip


def test_published_folds_refuse_a_speaker_they_do_not_know() -> None:
    stranger = replace(ravdess().clips[0], speaker="25")
    with pytest.raises(ManifestError, match="ravdess/25"):
        protocol("ravdess-luna5").folds(ravdess() + Manifest((stranger,)))


def test_part_of_a_corpus_gives_the_folds_that_it_has() -> None:
    folds = protocol("ravdess-emobox6").folds(ravdess(range(1, 5)))
    assert [(fold.index, fold.test.speakers) for fold in folds] == [
        (1, ("ravdess/01",)),
        (2, ("ravdess/04",)),
        (4, ("ravdess/03",)),
        (5, ("ravdess/02",)),
    ]


def test_ravdess_protocols_leave_out_song_and_other_corpora_and_count_them() -> None:
    song = replace(ravdess().clips[0], path=Path("/r/03-02-01-01-01-01-01.wav"))
    other = clips_of("emodb", "03", ("sad",))
    fold = protocol("ravdess-luna5").folds(ravdess() + Manifest((song, *other)))[0]
    assert fold.dropped == 3
    assert song.path not in {clip.path for clip in fold.train + fold.validation + fold.test}


def test_loso_drops_labels_outside_the_seven_and_loso_own_keeps_them() -> None:
    assert {fold.dropped for fold in protocol("loso").folds(ravdess())} == {24}
    kept = protocol("loso-own").folds(ravdess())[0]
    assert kept.dropped == 0
    assert "calm" in kept.test.emotions
    assert protocol("loso-own").labels_of(ravdess()) == ("happy", "neutral", "calm")


def test_emodb_keeps_boredom_and_validates_with_a_woman_and_a_man(emodb: Path) -> None:
    folds = protocol("emodb-loso").folds(Manifest.read(emodb / "manifest.csv"))
    assert len(folds) == 10
    assert sum(len(fold.test) for fold in folds) == 535
    for fold in folds:
        assert len(fold.validation.speakers) == 2
        assert {clip.gender for clip in fold.validation} == {"female", "male"}
        assert "boredom" in fold.train.emotions


def test_two_speakers_leave_unseen_sentences_to_validate() -> None:
    clips = [
        Clip(Path(f"/t/{s}_{w}_{e}.wav"), "tess", s, e, sentence=f"w{w}")
        for s in ("OAF", "YAF")
        for e in EMOTIONS
        for w in range(20)
    ]
    for fold in protocol("tess-loso").folds(Manifest(tuple(clips))):
        assert fold.validation_by == "sentences"
        assert fold.train.speakers == fold.validation.speakers != fold.test.speakers
        assert not {clip.sentence for clip in fold.train} & {clip.sentence for clip in fold.validation}
        assert len(fold.validation) == 4 * 7


def test_without_sentences_rows_validate() -> None:
    manifest = Manifest(tuple(replace(clip, sentence="") for clip in ravdess(range(1, 3))))
    fold = protocol("loso").folds(manifest)[0]
    assert fold.validation_by == "rows"
    assert len(fold.validation) == 1


def test_validation_speakers_are_spread_over_corpora_and_genders() -> None:
    clips = [
        c for corpus in "ab" for s in range(12) for c in clips_of(corpus, str(s), ("sad",), ("female", "male")[s % 2])
    ]
    for seed in range(5):
        fold = protocol("speakers-3fold").folds(Manifest(tuple(clips)), seed)[0]
        assert len(fold.validation.speakers) == 3  # of 16
        assert {clip.corpus for clip in fold.validation} == {"a", "b"}
        assert {clip.gender for clip in fold.validation} == {"female", "male"}


def test_leaving_out_a_corpus() -> None:
    clips = [c for corpus in ("a", "a2", "b") for s in range(3) for c in clips_of(corpus, str(s), ("sad",))]
    folds = protocol("corpora-loco").folds(Manifest(tuple(clips)))
    assert [fold.test.corpora for fold in folds] == [("a",), ("a2",), ("b",)]
    assert not set(folds[0].train.corpora + folds[0].validation.corpora) & {"a"}


def test_the_articles_split_has_copies_on_both_sides_on_purpose() -> None:
    (fold,) = protocol("article-random").folds(ravdess())
    total = 3 * len(ravdess())
    assert not fold.speaker_independent
    assert fold.validation_by == "rows"
    assert len(fold.train) + len(fold.validation) + len(fold.test) == total
    assert len(fold.test) == total // 4
    assert {clip.variant for clip in fold.test} == {"", "noise", "stretch+pitch"}
    both = {clip.path for clip in fold.test} & {clip.path for clip in fold.train}
    assert len(both) > len(ravdess()) // 4


@pytest.mark.parametrize("name, of_ravdess", [("joint", "ravdess-emobox6"), ("joint-luna5", "ravdess-luna5")])
def test_joint_folds_test_the_fold_of_every_corpus_at_once(emodb: Path, name: str, of_ravdess: str) -> None:
    german = Manifest.read(emodb / "manifest.csv")
    bangla = [clip for n in range(34) for clip in clips_of("banglaser", f"{n:02}", ("sad", "happy"))]
    folds = protocol(name).folds(ravdess() + german + Manifest(tuple(bangla)))
    assert [fold.index for fold in folds] == list(range(1, 11))  # as many as EmoDB has speakers
    for corpus, own in (("ravdess", of_ravdess), ("emodb", "emodb-loso"), ("banglaser", "speakers-5fold")):
        source = {"ravdess": ravdess(), "emodb": german, "banglaser": Manifest(tuple(bangla))}[corpus]
        alone = [set(fold.test.speakers) for fold in protocol(own).folds(source)]
        joint = [{speaker for speaker in fold.test.speakers if speaker.startswith(f"{corpus}/")} for fold in folds]
        assert joint == alone + [set()] * (10 - len(alone))
    for fold in folds:
        train, validation, test = (set(side) for side in who(fold))
        assert not test & (train | validation) and not train & validation
    assert {"calm", "boredom"} <= set(folds[0].train.emotions)


def test_augmented_rows_are_trained_on_and_never_tested_or_validated() -> None:
    noisy = [replace(clip, extra={"variant": "noise"}) for clip in ravdess()]
    fold = protocol("ravdess-luna5").folds(ravdess() + Manifest(tuple(noisy)))[0]
    assert {clip.variant for clip in fold.train} == {"", "noise"}
    assert {clip.variant for clip in fold.test + fold.validation} == {""}


@pytest.mark.parametrize("name", protocol_names())
def test_final_tests_nobody_and_loses_nobody(name: str, emodb: Path) -> None:
    p = protocol(name)
    manifest = Manifest.read(emodb / "manifest.csv")
    manifest = Manifest(tuple(replace(clip, corpus=p.corpus or clip.corpus) for clip in manifest))
    fold = p.final(manifest)
    assert fold.index == 0
    assert not fold.test
    assert set(fold.train.speakers) | set(fold.validation.speakers) == set(manifest.speakers)
    if p.speaker_independent:
        assert not set(fold.train.speakers) & set(fold.validation.speakers)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("emodb-loso", "protocol emodb-loso needs clips of emodb; the manifest has ravdess"),
        ("corpora-loco", "found 1 fold in 2 speakers of ravdess"),
        ("speakers-5fold", "needs 5 speakers; the manifest has 2"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_in_one_line(name: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message) as caught:
        protocol(name).folds(ravdess(range(1, 3)))
    assert "\n" not in str(caught.value)


def test_labels_nobody_knows_are_refused() -> None:
    with pytest.raises(ManifestError, match="loso-own"):
        protocol("loso").folds(Manifest(tuple(clips_of("a", "1", ("calm",)))))


def test_an_unknown_protocol_names_those_there_are() -> None:
    with pytest.raises(ManifestError, match="emodb-loso"):
        protocol("emodb-random")


def test_every_protocol_says_what_it_is() -> None:
    for name in protocol_names():
        p = protocol(name)
        assert p.name == name
        assert p.version >= 1
        assert p.title
        assert "\n" not in p.title
    assert [name for name in protocol_names() if not protocol(name).speaker_independent] == ["article-random"]
