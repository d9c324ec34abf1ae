# Everything a developer does, one target each. `make demo` and `make test` need only Python 3.11, git and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help setup demo test test-slow test-backends test-torch test-tensorflow lint fix wheel clean
.PHONY: benchmark-frontend benchmark-leaks benchmark-explore benchmark-article benchmark-bundles benchmark-accuracy
.PHONY: benchmark-compile benchmark-wasm benchmark-boards benchmark-predict benchmark-loco benchmark-baselines test-compile

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

# The lock is installed first, with the hash of every wheel; then quaver itself, which may fetch nothing more.
$(VENV)/ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

setup: $(VENV)/ready  ## make the environment

demo: setup  ## label the sample clips and draw one of them
	$(BIN)/quaver demo -o demo

test: setup  ## the default suite
	$(BIN)/python -m pytest

test-slow: setup  ## what takes minutes, not seconds
	$(BIN)/python -m pytest -m slow

# zig is 440 MB on the disk and builds a C library for every target that it meets: not for everybody's environment.
test-compile: setup  ## compile for every target and run it under its emulator (qemu, node)
	[ -d .venv-zig/ziglang ] || $(BIN)/python -m pip install --quiet --target .venv-zig 'ziglang>=0.14'
	PYTHONPATH=$(CURDIR)/.venv-zig $(BIN)/python -m pytest -m slow tests/test_compile_cli.py tests/test_compile_targets.py tests/test_compile_web.py tests/test_compile_int8.py

test-backends: test-torch test-tensorflow  ## train a tiny run on the other two backends and compare

# Environments of their own: these two bring gigabytes on some machines, so the lock never has them.
test-torch: setup
	sh tests/backends/run.sh torch $(PYTHON)

test-tensorflow: setup
	sh tests/backends/run.sh tensorflow $(PYTHON)

lint: setup  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: setup  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: setup  ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

benchmark-frontend: setup  ## the article's features against librosa, in one run
	$(BIN)/python benchmarks/frontend.py

benchmark-leaks: setup  ## what the leak guard finds, and what it raises falsely
	$(BIN)/python benchmarks/leaks.py

benchmark-explore: setup  ## what a look at a corpus takes, and how many wrong labels and copies it names
	$(BIN)/python benchmarks/explore.py

benchmark-article: setup  ## the article's split against speakers never heard; hours, resumable
	$(BIN)/python benchmarks/article.py

benchmark-bundles: setup  ## train and score the bundles that come with quaver; hours, resumable
	$(BIN)/python benchmarks/bundles.py small
	$(BIN)/python benchmarks/bundles.py nano --labels-alone
	$(BIN)/python benchmarks/bundles.py article

benchmark-accuracy: setup  ## every protocol on speakers never heard, half a day on two cores, resumable
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/accuracy.py --rows own --seed 1
	$(BIN)/python benchmarks/accuracy.py --rows own --seed 2
	$(BIN)/python benchmarks/nano_accuracy.py
	$(BIN)/python benchmarks/readme.py

# openSMILE's licence allows research only: it has an environment of its own.
benchmark-baselines: setup  ## hand-made features and a linear machine on the same folds; an hour, resumable
	[ -x .venv-opensmile/bin/python ] || $(PYTHON) -m venv .venv-opensmile
	.venv-opensmile/bin/python -m pip install --quiet --disable-pip-version-check opensmile soundfile soxr
	$(BIN)/python benchmarks/baselines.py

benchmark-predict: setup  ## what it costs to hear a clip, from the file and from the shell
	$(BIN)/python benchmarks/predict.py

benchmark-loco: setup  ## the default network on corpora that it has never heard; resumable
	$(BIN)/python benchmarks/loco.py

# Peers that cannot be had are told as missing, so one of them does not stop the others.
PEERS := librosa onnx onnxruntime ai-edge-litert openvino emx-onnx-cgen tflite-micro

.venv-peers/ready:
	$(PYTHON) -m venv .venv-peers
	for peer in numpy $(PEERS); do .venv-peers/bin/python -m pip install --quiet $$peer || echo "missing: $$peer"; done
	touch $@

benchmark-compile: setup .venv-peers/ready  ## compiled programs against other engines and librosa, in one run each
	$(BIN)/python benchmarks/compile.py
	$(BIN)/python benchmarks/peers.py

benchmark-wasm: setup  ## WebAssembly against onnxruntime-web, in one headless Chromium
	[ -d .venv-zig/ziglang ] || $(BIN)/python -m pip install --quiet --target .venv-zig 'ziglang>=0.14'
	[ -d .venv-web/node_modules/onnxruntime-web ] || npm install --silent --prefix .venv-web onnxruntime-web
	PYTHONPATH=$(CURDIR)/.venv-zig $(BIN)/python benchmarks/wasm.py .venv-web/node_modules/onnxruntime-web

benchmark-boards: setup  ## instructions on microcontrollers, counted by QEMU
	[ -d .venv-zig/ziglang ] || $(BIN)/python -m pip install --quiet --target .venv-zig 'ziglang>=0.14'
	PYTHONPATH=$(CURDIR)/.venv-zig $(BIN)/python benchmarks/boards.py

clean:  ## remove what can be made again
	rm -rf $(VENV) .venv-* dist build demo .pytest_cache .mypy_cache .ruff_cache
