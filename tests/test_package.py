"""What a user gets: a small wheel that holds the model, a base install that predicts without the training half."""

import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

TRAINING_HALF = ("keras", "jax", "onnx", "h5py", "matplotlib", "sklearn", "scipy", "librosa")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_is_small_and_complete(wheel):
    assert wheel.stat().st_size < 14_000_000
    names = set(zipfile.ZipFile(wheel).namelist())
    for bundle in ("article", "nano", "small", "small-open"):
        assert {f"quaver/assets/bundles/{bundle}/{name}" for name in ("card.json", "model.onnx")} <= names
    kit = ("web.html", "web_worker.js", "board/main.c", "freestanding/string.h", "hls/model.h")
    assert {f"quaver/compile/kit/{name}" for name in kit} <= names
    assert {"quaver/frontend/logmel.c", "quaver/frontend/fft.c", "quaver/frontend/fft_wide.c"} <= names
    assert {"quaver/assets/samples/german-angry.opus", "quaver/assets/LICENSES.md", "quaver/py.typed"} <= names
    assert {f"quaver/page/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert not [name for name in names if name.startswith(("tests", "data", "benchmarks"))]


def test_the_base_install_predicts_without_the_training_half(tmp_path):
    block = "".join(f"sys.modules[{name!r}] = None\n" for name in TRAINING_HALF)
    code = f"import sys\n{block}from quaver.cli.app import main\nmain(['demo', '-o', {str(tmp_path)!r}])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "german-angry.opus" in done.stdout
    assert "quaver[train]" in done.stderr  # says why there is no picture


@pytest.mark.parametrize("command", [["train", "--protocol", "emodb-loso"], ["explore"]], ids=lambda words: words[0])
def test_training_without_its_extra_says_what_to_install(tmp_path, emodb, command):
    block = "".join(f"sys.modules[{name!r}] = None\n" for name in TRAINING_HALF)
    arguments = [*command, str(emodb / "manifest.csv"), "-o", str(tmp_path / "run")]
    code = f"import sys\n{block}from quaver.cli.app import main\nmain({arguments!r})\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "quaver[train]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_lock_pins_everything_with_hashes_and_names_no_index():
    text = (ROOT / "requirements.txt").read_text()
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert entries
    for entry in entries:
        assert "==" in entry and entry.endswith("\\"), entry
    names = {entry.partition("==")[0] for entry in entries}
    assert not names & {"torch", "tensorflow", "tensorflow-cpu"}
    assert {"hatchling", "keras", "jax", "numpy", "onnxruntime", "soundfile", "soxr", "typer", "rich"} <= names
    assert text.count("--hash=sha256:") > len(entries)
