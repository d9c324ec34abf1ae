"""Importers: each official layout gives the right labels, whatever the container and the nesting."""

import re
from pathlib import Path

import pytest
import soundfile
from corpus_copies import LAYOUTS, copy_of, put, tone

from quaver import corpora
from quaver.emotions import EMOTIONS
from quaver.errors import CorpusError
from quaver.manifest import Manifest

ROOT = Path(__file__).resolve().parent.parent

# name in the layout: speaker, gender, emotion, own label, sentence, intensity
TRUTH = {
    "OAF_back_fear": ("OAF", "female", "fear", "fear", "back", ""),
    "OAF_back_ps": ("OAF", "female", "surprise", "ps", "back", ""),
    "OA_bite_neutral": ("OAF", "female", "neutral", "neutral", "bite", ""),
    "YAF_back_fear": ("YAF", "female", "fear", "fear", "back", ""),
    "YAF_back_ps": ("YAF", "female", "surprise", "ps", "back", ""),
    "03-01-01-01-01-01-01": ("01", "male", "neutral", "01", "stmt01_rep01", "normal"),
    "03-01-08-02-02-02-02": ("02", "female", "surprise", "08", "stmt02_rep02", "strong"),
    "03-02-06-01-01-02-02": ("02", "female", "fear", "06", "song_stmt01_rep02", "normal"),
    "1001_DFA_ANG_XX": ("1001", "male", "angry", "ANG", "DFA", "unspecified"),
    "1002_IEO_HAP_HI": ("1002", "female", "happy", "HAP", "IEO", "high"),
    "1040_ITH_SAD_X": ("1040", "male", "sad", "SAD", "ITH", "unspecified"),
    "DC/a01": ("DC", "male", "angry", "a", "a01", ""),
    "JE/sa15": ("JE", "male", "sad", "sa", "sa15", ""),
    "KL/su02": ("KL", "male", "surprise", "su", "su02", ""),
    "KL/n30": ("KL", "male", "neutral", "n", "n30", ""),
    "03a01Fa": ("03", "male", "happy", "F", "a01", ""),
    "08b10Wa": ("08", "female", "angry", "W", "b10", ""),
    "16a02Lb": ("16", "female", "boredom", "L", "a02", ""),
    "dis-f1-b1": ("f1", "female", "disgust", "dis", "b1", ""),
    "gio-m3-n5": ("m3", "male", "happy", "gio", "n5", ""),
    "EB0_anger_1": ("EB0", "female", "angry", "anger", "1", ""),
    "MP0_surprised_8": ("MP0", "male", "surprise", "surprised", "8", ""),
    "01-01-04-02-03-01-15": ("15", "male", "surprise", "04", "stmt03_rep01", "strong"),
    "03-01-05-01-01-03-02": ("02", "female", "neutral", "05", "stmt01_rep03", "normal"),
    "angry/201": ("liuchanhg", "", "angry", "angry", "201", ""),
    "surprise/250": ("zhaozuoxiang", "", "surprise", "surprise", "250", ""),
    "SM1_F4_A04": ("SM1", "male", "angry", "A", "", ""),
    "SF10_F2_S02": ("SF10", "female", "sad", "S", "", ""),
    "SM5_F72_N0100": ("SM5", "male", "neutral", "N", "", ""),
    "a5-03-01-02-50": ("50", "male", "angry", "a", "a03_rep01", ""),
    "S4-04-02-01-29": ("29", "female", "sad", "s", "s04_rep02", ""),
    "a03 (4)": ("4", "", "angry", "a", "03", ""),
    "s05 (3)": ("3", "", "sad", "s", "05", ""),
    "rex/1": ("rex", "", "dog", "dog", "", ""),
    "tom/1": ("tom", "", "cat", "cat", "", ""),
}
FIELDS = ("speaker", "gender", "emotion", "emotion_raw", "sentence", "intensity")


def names(manifest: Manifest) -> list[str]:
    return [clip.path.name for clip in manifest]


@pytest.mark.parametrize("name", LAYOUTS)
def test_official_layout_gives_labels(name: str, tmp_path: Path) -> None:
    clips = corpora.read(copy_of(name, tmp_path), name)
    assert len(clips) == len(LAYOUTS[name])
    for clip in clips:
        stem = clip.path.with_suffix("").as_posix()
        truth = next(value for key, value in TRUTH.items() if stem.endswith(key))
        assert tuple(getattr(clip, field) for field in FIELDS) == truth, stem
        assert clip.corpus == name
        assert clip.language == corpora.get(name).language


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "folders"])
def test_suffix_nesting_and_litter_do_not_matter(name: str, tmp_path: Path) -> None:
    plain = corpora.read(copy_of(name, tmp_path / "plain"), name)
    deep = tmp_path / "deep"
    for number, path in enumerate(LAYOUTS[name]):
        suffix = (".FLAC", ".opus", ".ogg", ".Wav", ".mp3")[number % 5]
        put(deep / "download" / "a copy", [Path(path).with_suffix(suffix).as_posix()])
    for litter in ("__MACOSX/" + LAYOUTS[name][0], "x/._" + Path(LAYOUTS[name][0]).name, ".DS_Store", "read me.txt"):
        (deep / litter).parent.mkdir(parents=True, exist_ok=True)
        (deep / litter).write_bytes(b"litter")
    found = corpora.read(deep, name)
    assert [tuple(getattr(c, f) for f in FIELDS) for c in found] == [
        tuple(getattr(c, f) for f in FIELDS) for c in plain
    ]
    assert corpora.recognise(deep) == corpora.recognise(tmp_path / "plain") == name


@pytest.mark.parametrize("name", [name for name in corpora.NAMES if name != "folders"])
def test_facts_agree_with_themselves(name: str) -> None:
    corpus = corpora.get(name)
    assert corpus.name == name
    assert sum(corpus.counts.values()) == corpus.clips
    assert set(corpus.counts) == set(corpus.emotions.values())
    assert corpus.archives or corpus.by_hand
    assert re.fullmatch(r"https?://\S+", corpus.address)
    if corpus.names is None:
        return
    complete = set(corpus.names({said.name for path in LAYOUTS[name] if (said := corpus.parse(Path(path)))}))
    if name == "ravdess":  # the imitation holds a song, so the songs belong to a complete copy
        complete = {entry for entry in complete if entry.startswith("03-01")}
    assert len(complete) == corpus.clips
    said = [corpus.parse(Path(f"{entry}.wav")) for entry in complete]
    assert all(said) and {entry.name for entry in said if entry} == complete
    assert len({entry.speaker for entry in said if entry}) == corpus.speakers
    labels = [corpus.emotions[entry.raw] for entry in said if entry]
    assert {label: labels.count(label) for label in corpus.counts} == dict(corpus.counts)


def test_songs_of_ravdess_are_marked(tmp_path: Path) -> None:
    clips = corpora.read(copy_of("ravdess", tmp_path), "ravdess")
    assert [clip.extra.get("channel", "") for clip in clips] == ["", "", "song"]
    corpus = corpora.get("ravdess")
    assert corpus.names is not None
    assert len(list(corpus.names({"03-02-06-01-01-02-02"}))) == 1012
    films = put(tmp_path / "films", ["Actor_01/01-01-01-01-01-01-01.wav", "Actor_01/03-01-01-01-01-01-01.wav"])
    assert names(corpora.read(films, "ravdess")) == ["03-01-01-01-01-01-01.wav"]


def test_savee_flat_and_a_single_speakers_folder(tmp_path: Path) -> None:
    flat = corpora.read(put(tmp_path / "flat", ["DC_a01.wav", "JK_su15.wav"]), "savee")
    assert [(clip.speaker, clip.emotion) for clip in flat] == [("DC", "angry"), ("JK", "surprise")]
    put(tmp_path, ["AudioData/DC/h03.wav"])
    alone = corpora.read(tmp_path / "AudioData" / "DC", "savee")
    assert [(clip.speaker, clip.emotion) for clip in alone] == [("DC", "happy")]


def test_casia_whole_and_flat(tmp_path: Path) -> None:
    whole = ["相同文本300/wangzhe/normal/7.wav", "不同文本100/Zhe.Wang/normal/7.wav", "不同文本100/Zhe.Wang/sad/7.wav"]
    clips = corpora.read(put(tmp_path / "whole", whole), "casia")
    assert {(clip.speaker, clip.emotion) for clip in clips} == {("wangzhe", "neutral"), ("wangzhe", "sad")}
    assert len({clip.sentence for clip in clips}) == 3
    flat = corpora.read(put(tmp_path / "flat", ["angry/201-angry-liuchanhg.wav"]), "casia")
    assert [(clip.speaker, clip.emotion, clip.sentence) for clip in flat] == [("liuchanhg", "angry", "201")]


def test_a_folder_packed_twice_and_a_second_container_count_once(tmp_path: Path) -> None:
    put(tmp_path, ["Actor_01/03-01-01-01-01-01-01.wav", "all/Actor_01/03-01-01-01-01-01-01.wav"])
    put(tmp_path, ["AudioMP3/Actor_01/03-01-01-01-01-01-01.mp3"])
    assert [clip.path for clip in corpora.read(tmp_path, "ravdess")] == [
        tmp_path.resolve() / "Actor_01" / "03-01-01-01-01-01-01.wav"
    ]


def test_gender_stays_open_where_names_disagree(tmp_path: Path) -> None:
    put(tmp_path, ["05Angry/a5-03-01-02-50.wav", "04Sad/s4-03-01-01-50.wav", "04Sad/s4-03-01-01-51.wav"])
    genders = {(clip.speaker, clip.gender) for clip in corpora.read(tmp_path, "ased")}
    assert genders == {("50", ""), ("51", "female")}


def test_odd_containers_of_tess_are_read(tmp_path: Path) -> None:
    folder = copy_of("tess", tmp_path) / "OAF_Fear"
    soundfile.write(folder / "OAF_bar_fear.wav", tone(), 24414, format="AIFF")
    soundfile.write(folder / "OAF_base_fear.wav", tone(seconds=0.02), 96000)
    assert {"OAF_bar_fear.wav", "OAF_base_fear.wav"} <= set(names(corpora.read(tmp_path, "tess")))


def test_unknown_names_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no corpus 'tes'.*tess"):
        corpora.get("tes")
    with pytest.raises(CorpusError, match="does not exist"):
        corpora.read(tmp_path / "nowhere", "tess")
    put(tmp_path, ["song.wav"])
    with pytest.raises(CorpusError, match="is a file"):
        corpora.read(tmp_path / "song.wav", "tess")
    with pytest.raises(CorpusError, match="no clip of Toronto"):
        corpora.read(tmp_path, "tess")
    with pytest.raises(CorpusError, match="follow no corpus.*--corpus folders"):
        corpora.recognise(tmp_path)


def test_an_empty_folder_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds 0 sound files"):
        corpora.recognise(tmp_path)


def test_folders_keep_any_label_and_spell_the_seven(tmp_path: Path) -> None:
    put(tmp_path, ["pack/Angry/anna/1.wav", "pack/Glass breaking/1.wav", "pack/stray.wav"])
    clips = corpora.read(tmp_path, "folders")
    assert clips.emotions == ("angry", "Glass breaking")
    assert {clip.emotion_raw for clip in clips} == {"Angry", "Glass breaking"}
    assert "angry" in EMOTIONS


def test_folders_find_speakers_as_told(tmp_path: Path) -> None:
    put(tmp_path, ["dog/rex_001.wav", "dog/bello_001.wav", "cat/rex_002.wav"])

    def speakers(how: str | None) -> set[str]:
        return {clip.speaker for clip in corpora.read(tmp_path, "folders", speaker=how)}

    assert speakers("prefix") == {"rex", "bello"}
    assert speakers(None) == speakers("file") == {"file:dog/rex_001", "file:dog/bello_001", "file:cat/rex_002"}
    with pytest.raises(CorpusError, match="CLASS/SPEAKER/file"):
        speakers("folder")
    with pytest.raises(CorpusError, match="no way 'nose'"):
        speakers("nose")
    put(tmp_path, ["cat/nameless.wav"])
    with pytest.raises(CorpusError, match="nameless.wav names no speaker"):
        speakers("prefix")
    with pytest.raises(CorpusError, match="folders"):
        corpora.read(copy_of("tess", tmp_path / "tess"), "tess", speaker="prefix")


def test_folders_step_into_a_packed_folder_only(tmp_path: Path) -> None:
    put(tmp_path / "a", ["top/dog/1.wav", "top/cat/1.wav"])
    assert corpora.read(tmp_path / "a", "folders").emotions == ("cat", "dog")
    put(tmp_path / "b", ["dog/1.wav"])
    assert corpora.read(tmp_path / "b", "folders").emotions == ("dog",)


def test_the_emodb_of_the_repository_is_whole(emodb: Path) -> None:
    clips = Manifest.read(emodb / "manifest.csv")
    assert len(clips) == 535
    assert clips.describe()["emotions"] == dict(corpora.get("emodb").counts)
    fresh = corpora.read(emodb, "emodb")
    assert [(c.path, c.speaker, c.emotion) for c in clips] == [(c.path, c.speaker, c.emotion) for c in fresh]
    assert sum(path.stat().st_size for path in emodb.rglob("*") if path.is_file()) < 8_000_000
    readme = (emodb / "README.md").read_text(encoding="utf-8")
    assert all(word in readme for word in ("CC0 1.0", "emodb.bilderbar.info", "audEERING", "Opus", "kbit/s"))


def test_the_documentation_lists_what_the_code_knows() -> None:
    page = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(corpora.NAMES)
    for name, row in zip(corpora.NAMES, rows, strict=True):
        corpus = corpora.get(name)
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        size = [str(corpus.clips or "any"), str(corpus.speakers or "any"), ", ".join(corpus.labels) or "any"]
        address = f"<{corpus.address}>" if corpus.address else "–"
        assert cells[:7] == [f"`{name}`", corpus.title, corpus.language or "–", *size, corpus.licence], name
        assert cells[7] == address, name
        assert cells[8] == ("download" if corpus.archives else "by hand" if corpus.address else "–"), name


def test_the_template_is_a_working_importer(tmp_path: Path) -> None:
    space: dict[str, object] = {}
    exec((ROOT / "src/quaver/corpora/TEMPLATE.py").read_text(encoding="utf-8"), space)  # noqa: S102
    corpus = space["CORPUS"]
    assert isinstance(corpus, corpora.Corpus) and corpus.names is not None
    complete = list(corpus.names([]))
    clips = corpus.read(put(tmp_path, [f"{name}.wav" for name in complete]))
    assert len(clips) == corpus.clips == sum(corpus.counts.values())
    assert {clip.emotion for clip in clips} == set(corpus.labels)
