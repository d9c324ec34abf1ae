"""What it costs to hear a clip with the default bundle: against ONNX Runtime alone, and from the shell.

Processor seconds for a second of sound, the whole way from file to answer beside the network alone in ONNX Runtime on
features that are there already, in turns on the same clips, one thread each. Then cold starts: a new process from the
shell to the printed answer, in wall-clock seconds, and the most memory it had.

    python benchmarks/predict.py
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import onnxruntime

import quaver
from quaver import audio, frontend, zoo
from quaver.files import write_json

HERE = Path(__file__).resolve().parent
ROUNDS, STARTS = 5, 10


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=40)
    paths = sorted((HERE.parent / "data" / "emodb" / "wav").iterdir())[:: 535 // parser.parse_args().clips]
    result = {"quaver": quaver.__version__, "script": "benchmarks/predict.py", "machine": platform.machine()}
    result |= {"load": round(os.getloadavg()[0], 1), **whole_and_alone(paths), **cold(paths[0])}
    write_json(HERE / "results" / "predict.json", result)
    print({key: value for key, value in result.items() if key != "script"}, file=sys.stderr)


def whole_and_alone(paths: list[Path]) -> dict[str, float | int]:
    """Give the processor seconds for a second of sound, of quaver and of its network alone."""
    predictor, bundle = quaver.load(), zoo.load()
    session = one_thread(bundle.model)
    sounds = [audio.load(path, bundle.card.spec.sample_rate)[0] for path in paths]
    features = [frontend.features(sound, bundle.card.spec)[None] for sound in sounds]
    seconds = sum(map(len, sounds)) / bundle.card.spec.sample_rate
    name = session.get_inputs()[0].name
    predictor.predict(paths[0])
    spent: dict[str, list[float]] = {"whole": [], "network": []}
    for _ in range(ROUNDS):
        for path, values in zip(paths, features, strict=True):
            spent["whole"].append(used(lambda path=path: predictor.predict(path)))
            spent["network"].append(used(lambda values=values: session.run(None, {name: values})))
    per_second = {kind: sum(times) / ROUNDS / seconds for kind, times in spent.items()}
    return {
        "clips": len(paths),
        "seconds_of_sound": round(seconds, 1),
        "processor_seconds_per_second": round(per_second["whole"], 5),
        "of_network_alone": round(per_second["network"], 5),
        "ratio": round(per_second["whole"] / per_second["network"], 3),
    }


def one_thread(model: Path) -> onnxruntime.InferenceSession:
    """Open a network as quaver does, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def used(work: object) -> float:
    """Give the processor seconds that a call takes, over all threads."""
    before = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - before


def cold(path: Path) -> dict[str, float]:
    """Start the program anew and wait for its answer."""
    times = []
    for _ in range(STARTS):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "quaver", path], check=True, capture_output=True)
        times.append(time.monotonic() - began)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    found = (("cold_start", statistics.median(times)), ("fastest", min(times)), ("slowest", max(times)))
    return {
        **{f"{name}_seconds": round(value, 3) for name, value in found},
        "memory_mb": round(most),
    }


if __name__ == "__main__":
    main()
