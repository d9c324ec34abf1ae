"""The promises of the layout: who may import whom, how long things may grow, what importing costs."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SOURCE = ROOT / "src" / "quaver"
ROWS = (  # from the bottom; a module imports only from rows below its own
    {"averages", "emotions", "errors", "files", "machine", "nibbles", "recipe", "sinusoids", "styles"},
    {"backend", "balance", "card_rules", "containers"},
    {"audio"},
    {"manifest", "frontend"},
    {"bundle", "cells", "deal", "likeness", "augment", "corpora", "onnx_graph", "prediction", "profiles", "windows"},
    {"excerpts", "familiar", "splits", "prints", "zoo", "plots", "export_attention", "export_recurrent", "calibrate"},
    {"export_functional"},
    {"export_joins", "export_pictures"},
    {"export_graph"},
    {"copies", "export", "page", "quantise", "teachers"},
    {"answers", "leaks", "networks"},
    {"stems", "runtime"},
    {"predict", "dataset", "scores"},
    {"evaluate", "fit", "provenance", "together", "voices"},
    {"run_folder", "sides", "teaching"},
    {"crossed", "heads", "job"},
    {"train", "explore", "compile"},
    {"report"},
    {"cli"},
)
FREE = {"__init__", "__main__"}
HEAVY = {"keras", "jax", "tensorflow", "torch", "onnx", "onnxruntime", "matplotlib", "sklearn", "librosa"}
TEXTS = {".py", ".md", ".txt", ".toml", ".json", ".csv", ".ipynb", ".sh"}


def module_of(path: Path) -> str:
    inside = path.relative_to(SOURCE)
    return inside.parts[0].removesuffix(".py")


FILES = sorted(SOURCE.rglob("*.py"))
MODULES = sorted({module_of(path) for path in FILES} - FREE)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "quaver":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quaver."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("quaver.")}
    return found & set(MODULES)


def row_of(module: str) -> int:
    return next(number for number, row in enumerate(ROWS) if module in row)


def test_every_module_has_a_row():
    assert set(MODULES) == set().union(*ROWS)


@pytest.mark.parametrize("path", [path for path in FILES if module_of(path) not in FREE], ids=lambda p: p.stem)
def test_a_module_imports_only_from_rows_below(path):
    mine = module_of(path)
    above = {other for other in imports(path) if other != mine and row_of(other) >= row_of(mine)}
    assert not above, f"{path.name} of row {row_of(mine)} imports {above}"


def test_files_and_functions_stay_short():
    lengths = {}
    for path in FILES:
        tree = ast.parse(path.read_text())
        assert len(path.read_text().splitlines()) <= 300, f"{path} is too long; does it do one thing?"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lengths[f"{path.name}:{node.name}"] = body[-1].end_lineno - body[0].lineno + 1 if body else 0
    assert max(lengths.values()) <= 50, max(lengths, key=lengths.get)
    assert statistics.median(lengths.values()) <= 12


def test_commands_are_thin():
    for path in (SOURCE / "cli").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.get_docstring(node):
                body = [s for s in node.body[1:] if not isinstance(s, ast.ImportFrom)]
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                assert lines <= 15, f"{path.name}: {node.name} has {lines} lines"


@pytest.mark.parametrize("arguments", [["-c", "import quaver"], ["-m", "quaver", "--help"]])
def test_neither_importing_nor_help_loads_anything_heavy(arguments):
    probe = [sys.executable, "-X", "importtime", *arguments]
    told = subprocess.run(probe, capture_output=True, text=True, timeout=120, check=True).stderr
    loaded = set(re.findall(r"\| +(\w+)$", told, re.MULTILINE))
    assert not loaded & {
        "keras",
        "jax",
        "tensorflow",
        "torch",
        "onnx",
        "onnxruntime",
        "matplotlib",
        "sklearn",
        "librosa",
    }
    assert "quaver" in loaded


def test_importing_sets_no_threads_seeds_or_warnings():
    code = (
        "import os, warnings, numpy as np\n"
        "before = dict(os.environ), list(warnings.filters), np.random.get_state()[1].tolist()\n"
        "import quaver.predict, quaver.dataset, quaver.augment, quaver.evaluate, quaver.export\n"
        "after = dict(os.environ), list(warnings.filters), np.random.get_state()[1].tolist()\n"
        "assert before == after\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_no_machine_path_or_index_is_committed():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    here = re.compile(r"/(home|root|Users)/\w|index-url https?:|find-links|pypi\.org")
    for name in listed.split("\0"):
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".txt", ".toml", ".json", ".csv", ".ipynb", ".sh"}
            and path.name != Path(__file__).name
        ):
            assert not here.search(path.read_text()), name
