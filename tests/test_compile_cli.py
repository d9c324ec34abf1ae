"""`quaver compile` as a user meets it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from c_programs import STRICT, compiler, model, reference
from tiny_bundle import bundle

from quaver import backend, frontend, zoo
from quaver.compile import verify
from quaver.compile.targets import targets

CROSS = [
    name
    for name, target in targets().items()
    if target.cross and target.builds and not target.board and not target.unseen
]


def run(*words, **env):
    command = [sys.executable, "-m", "quaver", "compile", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, timeout=1700)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A bundle of one dense layer on the edge frontend: its program is small."""
    spec = frontend.spec("article-edge")
    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    bundle(folder, frontend=spec.to_dict(), fingerprint=spec.fingerprint, temperature=1.5)
    return folder


def test_a_bundle_becomes_a_checked_program(tiny, tmp_path):
    compiler()
    done = run(tiny, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"]["clips"] == len(zoo.samples()) == told["verified"]["same_label"]
    assert told["verified"]["largest_difference"] <= 1e-4
    assert told["flash"]["total"] == told["flash"]["constants"] + told["flash"]["code"]
    assert told["ram"]["arena"] >= told["ram"]["network"]
    assert told["macs"] == 7 * 162
    written = json.loads((tmp_path / "out" / "footprint.json").read_text())
    assert written == {key: value for key, value in told.items() if key != "output"}
    for name in ("quaver_model.c", "quaver_model.h", "quaver_weights.bin", "CMakeLists.txt", "main.c", "libquaver.so"):
        assert (tmp_path / "out" / name).is_file()
    assert not list(tmp_path.glob(".*")), "something was left behind"
    again = run(tiny, "-o", tmp_path / "out", "--no-verify")
    assert again.returncode == 0, again.stderr
    assert "not asked for" in again.stdout


def test_sources_alone_keep_the_contract(tiny, tmp_path):
    done = run(tiny, "--target", "c", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "by this machine's compiler" in done.stderr
    assert "clips have the same label" in done.stdout
    assert "the same C on this machine" in (tmp_path / "out" / "footprint.json").read_text()
    without = run(tiny, "--target", "c", "-o", tmp_path / "without", CC="no-such-compiler")
    assert without.returncode == 0, without.stderr
    assert "not run: no-such-compiler is not installed" in without.stdout
    (tmp_path / "out" / "size.c").write_text(
        '#include "quaver_model.h"\n#include <stdio.h>\nint main(void){return !printf("%zu",sizeof(quaver_stream));}'
    )
    subprocess.run([compiler(), "size.c", "-o", "size"], cwd=tmp_path / "out", check=True)
    size = subprocess.run(["./size"], cwd=tmp_path / "out", capture_output=True, check=True).stdout
    assert json.loads((tmp_path / "out" / "footprint.json").read_text())["ram"]["stream"] == int(size)
    source = (tmp_path / "out" / "quaver_model.c").read_text()
    assert not any(word in source for word in ("malloc", "stdio.h", "printf"))
    for flags in (["-O1"], ["-O1", "-DQUAVER_PLAIN", "-pedantic"]):
        files = ["quaver_model.c", "quaver_weights.c", "main.c"]
        built = subprocess.run(
            [compiler(), *STRICT, *flags, *files, "-o", "model", "-lm"],
            cwd=tmp_path / "out",
            capture_output=True,
            text=True,
        )
        assert built.returncode == 0, built.stderr
        undefined = subprocess.run(["nm", "-u", "model"], cwd=tmp_path / "out", capture_output=True, text=True).stdout
        assert "quaver" not in undefined


def test_cmake_builds_what_comes_out(tiny, tmp_path):
    compiler()
    if not shutil.which("cmake"):
        pytest.skip("cmake is not here")
    assert run(tiny, "--target", "c", "-o", tmp_path / "out").returncode == 0
    for words in (["-B", "build"], ["--build", "build"]):
        done = subprocess.run(["cmake", *words], cwd=tmp_path / "out", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "build" / "quaver_model").is_file()


def test_a_build_may_hear_less_at_once(tiny, tmp_path):
    """All sample clips are longer than a second, so their windows are those of Python or nothing would agree."""
    compiler()
    done = run(tiny, "--seconds", "1", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert "windows of 1 s every 0.5 s" in done.stderr
    told = json.loads(done.stdout)
    assert told["verified"]["largest_difference"] <= 1e-4
    assert told["ram"]["samples_of_a_window"] == 4 * 22_050
    header = (tmp_path / "out" / "quaver_model.h").read_text()
    assert "#define QUAVER_LONGEST 22050\n" in header
    assert "--seconds 1" in header
    with pytest.raises(verify.CompileError, match="differs from ONNX Runtime"):
        verify.verify(tmp_path / "out", targets()["native"], zoo.load(tiny))
    refused = run(tiny, "--seconds", "0.05", "-o", tmp_path / "out")
    assert refused.returncode == 1
    assert "0.1 to 30 s" in refused.stderr


def test_a_bare_network_is_compiled_without_features(tmp_path):
    made = model([("Gemm", ["x", "w"], "h", {}), ("Tanh", ["h"], "y", {})], ("batch", 5), {"w": np.eye(5, 3)})
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    done = run(tmp_path / "net.onnx", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "8 random inputs give the same" in done.stdout
    build = [compiler(), "check.c", "-L.", "-lquaver", "-Wl,-rpath,.", "-o", "check"]
    assert subprocess.run(build, cwd=tmp_path / "out").returncode == 0
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("<f4")
    answer = subprocess.run(
        ["./check"], cwd=tmp_path / "out", input=x.tobytes(), capture_output=True, check=True
    ).stdout
    assert np.abs(np.frombuffer(answer, "<f4").reshape(4, 3) - reference(made, x)).max() < 1e-6


def test_the_budget_is_checked_before_anything_is_compiled(tiny, tmp_path):
    for words, expected in (
        (["--ram", "16K"], "the arena takes"),
        (["--flash", "0.02M"], "the constants alone take"),
    ):
        done = run(tiny, *words, "-o", tmp_path / "out", CC="false")
        assert done.returncode == 1
        assert done.stderr.startswith(f"quaver: {expected}")
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
    for size in ("much", "inf", "-5", "0"):
        refused = run(tiny, "--ram", size)
        assert refused.returncode == 2
        assert "is no size" in refused.stderr


def test_mistakes_are_one_line(tiny, tmp_path):
    compiler()
    made = model([("CumSum", ["x", "a"], "y", {})], (1, 3), {"a": np.array(1)})
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    (tmp_path / "bare.onnx").write_bytes(model([("Relu", ["x"], "y", {})], (1, 3)).SerializeToString())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    cases = (
        ([tmp_path / "net.onnx"], {}, "CumSum"),
        ([tmp_path / "none.onnx"], {}, "there is no file"),
        (["nobody"], {}, "there is no bundle 'nobody'"),
        ([tmp_path / "bare.onnx", "--target", "web"], {}, "name them with --frontend"),
        ([tiny, "-o", tmp_path / "mine", "--target", "c"], {}, "holds something else"),
        ([tiny, "-o", tmp_path / "out"], {"CC": "false"}, "false failed with code 1"),
        ([tiny, "-o", tmp_path / "out"], {"CC": "no-such-compiler"}, "not installed"),
    )
    for words, env, expected in cases:
        done = run(*words, **env)
        assert done.returncode == 1
        assert expected in done.stderr
        assert "Traceback" not in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert not (tmp_path / "out").exists()
    assert run(tiny, "--target", "toaster").returncode == 2


def test_an_artifact_that_is_wrong_is_not_handed_over(tiny, tmp_path):
    compiler()
    made, wrong = zoo.load(tiny), tmp_path / "wrong"
    bundle(wrong, frontend=made.card.spec.to_dict(), fingerprint=made.card.fingerprint, temperature=9.0)
    done = run(tiny, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with pytest.raises(verify.CompileError, match="differs from ONNX Runtime"):
        verify.verify(tmp_path / "out", targets()["native"], zoo.load(wrong))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_keras_file_is_compiled(suffix, tmp_path):
    pytest.importorskip("jax")
    keras = backend.keras()
    layers = keras.layers
    made = keras.Sequential([keras.Input((12, 1)), layers.Conv1D(5, 3, activation="relu")])
    made.add(layers.Bidirectional(layers.GRU(4)))
    made.add(layers.Dense(3, activation="softmax"))
    made.save(tmp_path / f"net.{suffix}")
    done = run(tmp_path / f"net.{suffix}", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    build = [compiler(), "check.c", "-L.", "-lquaver", "-Wl,-rpath,.", "-o", "check"]
    assert subprocess.run(build, cwd=tmp_path / "out").returncode == 0
    x = np.random.default_rng(0).normal(size=(4, 12)).astype("<f4")
    answer = subprocess.run(["./check"], cwd=tmp_path / "out", input=x.tobytes(), capture_output=True, check=True)
    wanted = np.asarray(made(x[..., None]))
    assert np.abs(np.frombuffer(answer.stdout, "<f4").reshape(4, 3) - wanted).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", CROSS)
def test_other_processors_agree_with_onnx_runtime(name, tmp_path):
    if not find_spec("ziglang") and not shutil.which("zig"):
        pytest.skip("ziglang is not installed")
    target = targets()[name]
    if verify.missing(target):
        assert not os.environ.get("CI"), verify.missing(target)
        pytest.skip(verify.missing(target))
    done = run("article", "--target", name, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    footprint = json.loads(done.stdout)
    told = footprint["verified"]
    assert told["clips"] == told["same_label"] == len(zoo.samples())
    assert 10_000 < footprint["flash"]["code"] < 200_000
    assert footprint["ram"]["stack_at_most"] > 100
    assert footprint["seconds"]["network"] > 0
