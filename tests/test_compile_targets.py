"""Targets besides Linux: microcontrollers, Android, synthesis, and bundles run as native code from Python."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import conv_bundle
import numpy as np
import onnx
import pytest
from c_programs import Programs, compiler, model, reference
from conftest import ROOT
from test_compile_cli import run

import quaver
from quaver import audio, frontend, zoo
from quaver.compile import adopt, hls, speed, verify
from quaver.compile.budget import Budget
from quaver.compile.hearing import hearing
from quaver.compile.source import Wishes, plan_of, program_of, read
from quaver.compile.targets import targets
from quaver.errors import CompileError
from quaver.manifest import Manifest
from quaver.profiles import Profile

BOARDS = [name for name, target in targets().items() if target.board]
UNSEEN = [name for name, target in targets().items() if target.unseen]
ARDUINO = """#include <stdint.h>
struct Port {
    void begin(long);
    void println(const char *);
    void println(float, int);
    void print(const char *);
    void print(char);
};
static struct Port Serial __attribute__((unused));
"""
PDM = """struct Microphone {
    void onReceive(void (*)());
    bool begin(int, int);
    int available();
    int read(void *, int);
};
static struct Microphone PDM __attribute__((unused));
"""
ACLE = """#include <stdint.h>
typedef int int8x4_t, int16x2_t;
static inline int __smlad(int a, int b, int c)
{
    return c + (int16_t)a * (int16_t)b + (int16_t)(a >> 16) * (int16_t)(b >> 16);
}
static inline int __sxtb16(int a)
{
    return (int)((uint16_t)(int8_t)a | (uint32_t)(uint16_t)(int8_t)(a >> 16) << 16);
}
"""
JAVA = """package org.quaver;
import java.nio.file.*;
import java.nio.*;
public class Check {
    public static void main(String[] names) throws Exception {
        Quaver quaver = new Quaver();
        for (String name : names) {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(name)));
            FloatBuffer values = bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            float[] samples = new float[values.remaining()];
            values.get(samples);
            for (float p : quaver.hear(samples)) System.out.print(p + " ");
            System.out.println(Quaver.label(0) + " " + Quaver.sampleRate());
        }
        try { quaver.hear(new float[5]); System.out.println("heard"); }
        catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
        try { Quaver.label(99); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
    }
}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return conv_bundle.bundle(tmp_path_factory.mktemp("conv") / "conv")


@pytest.fixture(scope="module")
def bytewise(small):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUAVER_CACHE", str(small.path.parent / "cache"))
        yield adopt.in_eight_bits(small)


def built(*command, folder):
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]
    return done.stdout


def test_pairs_of_bytes_give_the_sums_of_plain_c(bytewise, tmp_path):
    """The path of Cortex-M, with its instructions in C: everything must be the same to the last bit."""
    (tmp_path / "arm_acle.h").write_text(ACLE)
    pairs = ["-D__ARM_FEATURE_SIMD32", "-D__ARM_ARCH_PROFILE='M'", f"-I{tmp_path}"]
    answers, x = [], np.random.default_rng(0).normal(size=(5, 162))
    for name, flags in (("pairs", [*pairs, "-fsanitize=undefined"]), ("plain", ["-DQUAVER_PLAIN"])):
        (tmp_path / name).mkdir()
        strict = ["-O1", "-ffp-contract=off", "-fno-sanitize-recover=all", *flags]
        programs = Programs(tmp_path / name, {"net": onnx.load(bytewise.model)}, strict)
        answers.append(np.concatenate([programs("net", row) for row in x]))
    assert "__smlad" in (tmp_path / "pairs" / "net.c").read_text()
    assert np.array_equal(*answers)
    assert len(np.unique(answers[0].round(4))) > 20


def test_a_board_gets_ready_libraries(small, tmp_path):
    program, target = program_of(small, "a test", keep=False), targets()["cortex-m4"]
    for name, content in target.writes(program).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    library = tmp_path / "library"
    properties = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
    assert {
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
        "architectures",
    } <= set(properties)
    assert json.loads((library / "library.json").read_text())["headers"] == "quaver_model.h"
    assert "kconfig: zephyr/Kconfig" in (library / "zephyr/module.yml").read_text()
    for source in re.findall(r"[\w./]+\.c\b", (library / "zephyr/CMakeLists.txt").read_text()):
        assert (library / "zephyr" / source).is_file()
    (tmp_path / "Arduino.h").write_text(ARDUINO)
    (tmp_path / "PDM.h").write_text(PDM)
    sketch = library / "examples/Microphone/Microphone.ino"
    flags = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-include", "Arduino.h", "-I.", "-Ilibrary/src"]
    if not shutil.which("g++"):
        pytest.skip("g++ is not here")
    built("g++", *flags, "-x", "c++", sketch, folder=tmp_path)


def test_native_code_predicts_as_onnx_runtime_does(small, bytewise, monkeypatch, tmp_path):
    compiler()
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    for bundle in (small, bytewise):
        ours, theirs = quaver.load(bundle.path, runtime="native"), quaver.load(bundle.path)
        for clip in zoo.samples():
            got, wanted = ours.predict(clip), theirs.predict(clip)
            assert got.emotion == wanted.emotion
            assert list(got.probabilities.values()) == pytest.approx(list(wanted.probabilities.values()), abs=1e-4)
        with pytest.raises(quaver.QuaverError, match="too short|at least"):
            ours.predict(np.zeros(10, np.float32) + 0.5, 22_050)
    libraries = list(tmp_path.glob("native/*/libquaver.so"))
    assert len(libraries) == 2
    monkeypatch.setenv("CC", "no-such-compiler")  # what is in the cache needs none
    assert quaver.load(small.path, runtime="native").predict(zoo.samples()[0]).emotion
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "fresh"))
    with pytest.raises(CompileError, match="no-such-compiler is not installed"):
        quaver.load(small.path, runtime="native")
    assert not list(tmp_path.glob("fresh/native/*")), "something was left behind"
    with pytest.raises(quaver.QuaverError, match="there is no runtime 'gpu'; there are: onnx, native"):
        quaver.load(small.path, runtime="gpu")


def test_sounds_of_any_length_are_heard_natively(monkeypatch, tmp_path):
    """By `nano`, whose network is told how many frames there are."""
    compiler()
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    ours, theirs = quaver.load("nano", runtime="native"), quaver.load("nano")
    samples, rate = audio.load(zoo.samples()[2], 16_000)
    for sound in (samples[:4800], samples, np.tile(samples, 5)):
        got, wanted = (each.predict(sound, rate).probabilities for each in (ours, theirs))
        assert got == pytest.approx(wanted, abs=0.02)


def test_somebody_who_is_known_is_heard_natively(monkeypatch, tmp_path):
    compiler()
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    ours, theirs = quaver.load("nano", runtime="native"), quaver.load("nano")
    known = {each: Profile("anna", theirs.network.model) for each in (ours, theirs)}
    for clip in list(Manifest.read(ROOT / "data/emodb/manifest.csv"))[:5]:
        told = {each: each.listen(clip.path, profile=known[each]) for each in known}
        known = {each: profile for each, (_, profile) in told.items()}
        assert told[ours][0].probabilities == pytest.approx(told[theirs][0].probabilities, abs=0.02)
        assert np.abs(known[ours].mean - known[theirs].mean).max() < 0.05
    alone = ours.predict(clip.path).probabilities
    assert told[ours][0].probabilities != pytest.approx(alone, abs=0.002), "the profile made no difference"
    heard = {each: each.overhear(clip.path) for each in known}
    again = [each.again(*heard[each], known[theirs]).probabilities for each in known]
    assert again[0] == pytest.approx(again[1], abs=0.02)


def test_a_network_alone_is_run_natively_where_its_features_have_no_c(monkeypatch, tmp_path):
    compiler()
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    spec = frontend.ArticleSpec(name="odd", n_fft=1000, hop=250)
    bundle = conv_bundle.save(
        tmp_path / "odd", conv_bundle.network(), frontend=spec.to_dict(), fingerprint=spec.fingerprint
    )
    ours, theirs = quaver.load(bundle.path, runtime="native"), quaver.load(bundle.path)
    got, wanted = (each.predict(zoo.samples()[0]).probabilities for each in (ours, theirs))
    assert got == pytest.approx(wanted, abs=1e-4)


def test_a_bare_network_hears_through_a_frontend_in_eight_bits(small, tmp_path):
    compiler()
    shutil.copy(small.model, tmp_path / "mine.onnx")
    words = [tmp_path / "mine.onnx", "--frontend", "article-edge", "--int8", "-o", tmp_path / "out", "--json"]
    done = run(*words, QUAVER_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"]["bar"] == verify.BARS["int8"]
    assert told["verified"]["same_label"] == told["verified"]["clips"] == len(zoo.samples())
    source = (tmp_path / "out" / "quaver_model.c").read_text()
    assert "conv_u8" in source
    assert "article_features" in source


def test_wishes_that_cannot_be_met_are_named(small, tmp_path):
    network, empty = tmp_path / "mine.onnx", tmp_path / "empty"
    shutil.copy(small.model, network)
    empty.mkdir()
    cases = (
        (network, Wishes(frontend="logmel"), r"the network takes \(162\) values"),
        (network, Wishes(int8=True), "name its frontend with --frontend"),
        (small.path, Wishes(frontend="article"), "has its own frontend"),
        (small.path, Wishes(int8=True, calibration=empty), "holds no sounds"),
        (small.path, Wishes(calibration=empty), "--calibration goes with --int8"),
        (network, Wishes(fixed=True), "leave --fixed out"),
    )
    for source, wishes, expected in cases:
        with pytest.raises(CompileError, match=expected):
            read(str(source), "a test", wishes)
    assert run(network, "--frontend", "ears").returncode == 2


def test_other_shapes_of_the_same_values_are_taken(small, monkeypatch, tmp_path):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path))
    nodes = [("Flatten", ["x"], "flat", {}), ("Gemm", ["flat", "w"], "h", {}), ("Softmax", ["h"], "y", {"axis": 1})]
    made = model(nodes, (1, 162, 1), {"w": np.random.default_rng(0).normal(size=(162, 3))})
    bundle = adopt.adopt(made.SerializeToString(), "a net", "article")
    assert bundle.card.emotions == ("class0", "class1", "class2")
    x = np.random.default_rng(1).normal(size=(1, 162)).astype(np.float32)
    got = quaver.Predictor(bundle).network.run(x)[0]
    assert np.abs(got - reference(made, x[..., None])).max() < 1e-6


def test_the_budget_says_what_fits(small, bytewise, monkeypatch):
    nano = zoo.load("nano")
    program, lean = program_of(small, "a test", keep=False), program_of(bytewise, "a test", keep=False)
    room = Budget(flash=1 << 20, ram=256 << 10).answer(program, small, True)
    assert room.startswith("it fits: about ")
    assert f"{4 * program.contract.window[0]:,} for 3 s of samples" in room
    monkeypatch.setattr(zoo, "names", lambda: ())
    tight = Budget(flash=(program.constant_bytes + lean.constant_bytes) // 2 + (32 << 10))
    with pytest.raises(CompileError, match=r"What would fit: the same in eight bits \(--int8\)"):
        tight.answer(program, small, True)
    whole, shorter = program_of(nano, "", keep=False), program_of(hearing(nano, 2.0), "", keep=False)
    assert f"or {whole.stream_bytes:,} for a stream" in Budget(ram=1 << 20).answer(whole, nano, True)
    with pytest.raises(CompileError, match=r"What would fit: the same with --seconds 2 \("):
        Budget(ram=shorter.arena + (5 << 10)).answer(whole, nano, True)
    with pytest.raises(CompileError, match="No bundle that comes with quaver fits either"):
        Budget(ram=1024).answer(program, small, True)


def test_the_estimates_are_what_the_boards_measured(small):
    measured = json.loads((ROOT / "benchmarks/results/boards.json").read_text())
    assert set(measured) == set(speed.RATES) == set(BOARDS)
    for name, rate in speed.RATES.items():
        for precision, found in measured[name].items():
            assert rate.macs[precision] == found["instructions_of_a_product"]
        assert rate.sound == pytest.approx(measured[name]["float32"]["instructions_of_a_second"], rel=0.05)
    told = speed.estimate(program_of(small, "a test"), "cortex-m4")
    assert told["window"] > told["network"] > 0
    assert "an estimate" in told["basis"]
    program = program_of(small, "a test")
    assert speed.estimate(program, "riscv64")["network"] == pytest.approx(program.plan.macs / 1.5e9)
    assert "at the very best" in speed.estimate(program, "riscv64")["basis"]
    assert speed.estimate(program, "c")["network"] is None
    told = {name for name in targets() if speed.estimate(program, name)["network"] is not None}
    assert told == set(targets()) - {"c", "hls"}


def test_the_estimates_for_computers_are_what_was_measured(small):
    measured = json.loads((ROOT / "benchmarks/results/compile.json").read_text())
    macs = measured["peers"]["networks"]["article, float32"]["macs"]
    for precision, nanoseconds in speed.HOST.items():
        assert 1e6 * measured[precision]["ms"]["quaver"] / macs == pytest.approx(nanoseconds, rel=0.3)
    browser = json.loads((ROOT / "benchmarks/results/wasm.json").read_text())["networks"]
    for precision, nanoseconds in speed.BROWSER.items():
        assert 1e6 * browser[f"article, {precision}"]["quaver"] / macs == pytest.approx(nanoseconds, rel=0.1)
    assert "Chromium" in speed.estimate(program_of(small, "a test"), "web")["basis"]


def test_c_for_synthesis_has_fixed_bounds(small, bytewise, tmp_path):
    compiler()
    for name, bundle in (("float", small), ("bytes", bytewise), ("open", zoo.load("nano"))):
        done = run(bundle.path, "--target", "hls", "-o", tmp_path / name, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)["verified"]
        assert told["same_label"] == told["clips"]
        text = (tmp_path / name / "quaver_hls.c").read_text()
        network = re.sub(r"/\*.*?\*/", "", text[text.index("static void run_") :])
        assert not re.search(r"\*\s*\*|vector_size|->|malloc", network)
        bounds = re.findall(r"for \(int \w+ = 0; \w+ < ([^;]+);", network)
        assert len(bounds) > 20
        assert all(bound.isdigit() for bound in bounds)
    pooled = model([("MaxPool", ["x"], "y", {"kernel_shape": [3]})], (1, 2, 9))
    with pytest.raises(CompileError, match="has no form with fixed bounds"):
        hls.source(plan_of(pooled.SerializeToString()))


def shared_library(bundle, folder: Path) -> None:
    """Build the library of Android for this machine, and Java's class beside it."""
    program = program_of(bundle, "a test")
    for name, content in {**program.files("text"), **targets()["android"].writes(program)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sources = ["quaver_model.c", "quaver_weights.c", "quaver_jni.c"]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-O1", "-fPIC"]
    built(compiler(), *strict, "-shared", *sources, "-o", "libquaver.so", folder=folder)
    built(compiler(), *strict, "-Dquaver_classify=through_jni", "mock_jni.c", "main.c", "-L.",
          "-lquaver", "-Wl,-rpath,.", "-o", "quaver_check", "-lm", folder=folder)  # fmt: skip


def test_the_native_methods_of_java_answer(small, tmp_path, monkeypatch):
    compiler()
    shared_library(small, tmp_path)
    own = replace(targets()["android"], runner=(), emulator="", answers=None)
    told = verify.verify(tmp_path, own, small)
    assert told.same == told.clips == len(zoo.samples())
    if not (shutil.which("javac") and shutil.which("java")):
        pytest.skip("Java is not here")
    sound = audio.load(zoo.samples()[0], 22_050)[0]
    (tmp_path / "clip.raw").write_bytes(np.asarray(sound, "<f4").tobytes())
    (tmp_path / "java/org/quaver/Check.java").write_text(JAVA)
    built("javac", "-d", "classes", *(tmp_path / "java").rglob("*.java"), folder=tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    lines = built("java", "-cp", "classes", "org.quaver.Check", "clip.raw", folder=tmp_path)
    first, short, label = lines.splitlines()
    wanted = list(quaver.Predictor(small).predict(sound, 22_050).probabilities.values())
    assert [float(word) for word in first.split()[:-2]] == pytest.approx(wanted, abs=1e-4)
    assert first.split()[-2:] == ["angry", "22050"]
    assert short == "the sound is too short"
    assert label == "there is no label of that index"


def zig():
    if not find_spec("ziglang") and not shutil.which("zig"):
        pytest.skip("ziglang is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("name", BOARDS)
def test_boards_agree_with_onnx_runtime(name, precision, small, bytewise, tmp_path):
    zig()
    if verify.missing(targets()[name]):
        assert not os.environ.get("CI"), verify.missing(targets()[name])
        pytest.skip(verify.missing(targets()[name]))
    source = {"float32": small, "int8": bytewise}[precision]
    done = run(source.path, "--target", name, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"]["same_label"] == told["verified"]["clips"] == len(zoo.samples())
    assert told["verified"]["largest_difference"] <= 1e-4
    measured = told["measured"]
    assert measured["instructions_per_clip"] > measured["instructions_of_network"] > 2 * told["macs"] / 10
    assert 100 < measured["stack"] < 4096
    assert told["flash"]["code"] < 32 << 10
    assert (tmp_path / "out" / "libquaver_model.a").is_file()
    gcc = {"cortex": "arm-none-eabi-gcc", "riscv3": "riscv64-unknown-elf-gcc"}[name[:6]]
    if shutil.which(gcc):  # somebody's own compiler takes the example as it stands
        built("make", "-s", folder=tmp_path / "out" / "example")


@pytest.mark.slow
@pytest.mark.parametrize("name", UNSEEN)
def test_what_is_not_run_is_linked_and_says_so(name, small, tmp_path):
    zig()
    done = run(small.path, "--target", name, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "linked, but nothing here runs" in told["verified"]
    assert 10_000 < told["flash"]["code"] < 200_000
    assert 100 < told["ram"]["stack_at_most"] < 20_000
    assert (tmp_path / "out" / targets()[name].product).read_bytes()[:2] in (b"MZ", b"\xcf\xfa")
