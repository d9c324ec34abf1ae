#!/bin/sh
# Trains a tiny run on another Keras backend, in an environment of its own, and compares it with the one of `make setup`.
set -eu
backend=$1
python=$2
env=.venv-$backend

if [ ! -e "$env/ready" ]; then
  "$python" -m venv "$env"
  # everything but the backend comes from the lock, JAX excepted
  awk '/^(jax|jaxlib|mypy|ruff|ipykernel|librosa|numba|llvmlite)==/ {skip=1} /^[^ ]/ && !/^(jax|jaxlib|mypy|ruff|ipykernel|librosa|numba|llvmlite)==/ {skip=0} !skip' \
    requirements.txt >"$env/requirements.txt"
  "$env/bin/pip" install --quiet --require-hashes --no-deps -r "$env/requirements.txt"
  case $backend in
    # 2.13.0 where the index offers a CPU build; the CPU index of PyTorch elsewhere
    torch) "$env/bin/pip" install --quiet ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0 ;;
    tensorflow) "$env/bin/pip" install --quiet tensorflow-cpu ;;
  esac
  "$env/bin/pip" install --quiet --no-deps --no-build-isolation -e .
  touch "$env/ready"
fi

reference=$(mktemp -d)
trap 'rm -rf "$reference"' EXIT
KERAS_BACKEND=jax .venv/bin/python tests/backends/tiny.py "$reference"
KERAS_BACKEND=$backend "$env/bin/python" tests/backends/tiny.py "$reference" --compare
