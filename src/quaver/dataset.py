"""From a manifest to arrays: features in parallel, cached by content, and batches of them for training."""

import hashlib
import os
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from quaver import audio, augment
from quaver.errors import QuaverError
from quaver.files import cache_folder
from quaver.frontend import FrontendSpec, features
from quaver.machine import cores
from quaver.manifest import Clip, Manifest
from quaver.stems import Stem

Progress = Callable[[int, int], None]

FEW = 24  # files; for fewer, starting processes costs more than they save
LARGE = 16_000  # bytes for a second of sound: features that grow with the clip and reach it are not kept
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Features:
    """What `extract` gives: one row of values for each clip that could be read, in the manifest's order."""

    values: np.ndarray  # (n, *spec.shape) float32; (n,) arrays where the shape depends on the clip's length
    clips: Manifest  # the n clips
    failures: tuple[tuple[Clip, str], ...]  # the others, with the reason


@dataclass(frozen=True)
class _Job:
    """One span of one file, and the cache keys of the variants of it that are wanted."""

    clip: Clip
    draw: str  # what the augmentations' draws depend on: the seed and the content, never the path
    keys: Mapping[str, str]  # variant -> key


@dataclass(frozen=True)
class _Wanted:
    """What is computed of each clip: features, or what a stem makes of them."""

    spec: FrontendSpec
    through: Stem | None

    @property
    def shape(self) -> tuple[int | None, ...]:
        return self.through.shape if self.through else self.spec.shape

    @property
    def fingerprint(self) -> str:
        return f"{self.spec.fingerprint}-{self.through.fingerprint}" if self.through else self.spec.fingerprint

    @property
    def small(self) -> bool:
        """Tell whether a corpus of them may be kept."""
        if None not in self.shape:
            return True
        second = features(np.zeros(self.spec.sample_rate, np.float32), self.spec)
        return second.nbytes < LARGE

    def of(self, samples: np.ndarray) -> np.ndarray:
        computed = features(samples, self.spec)
        return self.through(computed) if self.through else computed


_Result = tuple[dict[str, np.ndarray], dict[str, str]]  # values by key, reasons by key


def extract(
    manifest: Manifest,
    spec: FrontendSpec,
    *,
    through: Stem | None = None,
    seed: int = 0,
    workers: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
) -> Features:
    """Compute the features of every clip, in parallel, and remember them.

    What is done is in the cache at once, so an interrupted run goes on where it was. The key is the file's content,
    the span, the variant with its seed and the spec's fingerprint: never the file's name or time.

    Args:
        manifest: the clips; those with a variant are augmented before the frontend sees them.
        spec: the frontend.
        through: what turns a clip's features into the values wanted; None keeps the features.
        seed: of the augmentations' draws; the untouched clips do not depend on it.
        workers: number of processes; None means one for each core, and 1 stays in this process.
        cache: whether to read and write the cache below `files.cache_folder()`; features as long as their clip are
            kept there if a second of them is small.
        progress: called with (files done, files in all).

    Returns:
        Features; clips that cannot be read are in `failures`.

    Raises:
        QuaverError: not one clip could be read.
    """
    errors: dict[str, str] = {}
    wanted = _Wanted(spec, through)
    keys, jobs = _plan(manifest, wanted, seed, errors)
    with closing(_Store(wanted) if cache and wanted.small else _NoStore()) as store:
        found = store.read(keys)
        todo = [job for job in jobs if not found.keys() >= set(job.keys.values())]
        for done, (values, reasons) in enumerate(_run(todo, wanted, workers), start=len(jobs) - len(todo) + 1):
            store.write(values)
            found.update(values)
            errors.update(reasons)
            if progress:
                progress(done, len(jobs))
    return _collect(manifest, wanted, keys, found, errors)


def _plan(manifest: Manifest, wanted: _Wanted, seed: int, errors: dict[str, str]) -> tuple[list[str], list[_Job]]:
    """Give each clip its cache key, and gather the clips that one decoding serves into a job."""
    contents: dict[Path, str] = {}
    keys: list[str] = []
    jobs: dict[str, _Job] = {}
    for clip in manifest:
        try:
            content = contents.get(clip.path) or contents.setdefault(clip.path, _content(clip.path))
        except OSError as error:
            keys.append(f"unreadable {clip.path}")
            errors[keys[-1]] = f"{clip.path} cannot be read: {error.strerror or error}."
            continue
        span = f"{content}:{clip.start}:{clip.end}"
        draw = f"{clip.variant}:{seed}" if clip.variant else ""
        keys.append(hashlib.sha256(f"{span}|{draw}|{wanted.fingerprint}".encode()).hexdigest())
        job = jobs.setdefault(span, _Job(clip, f"{seed}:{span}", {}))
        jobs[span] = _Job(job.clip, job.draw, {**job.keys, clip.variant: keys[-1]})
    return keys, list(jobs.values())


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _collect(
    manifest: Manifest, wanted: _Wanted, keys: list[str], found: dict[str, np.ndarray], errors: dict[str, str]
) -> Features:
    rows = list(zip(manifest, keys, strict=True))
    kept = [(clip, found[key]) for clip, key in rows if key in found]
    failures = tuple((clip, errors[key]) for clip, key in rows if key not in found)
    if failures and not kept:
        raise QuaverError(f"not one of {len(failures)} clips could be read; the first: {failures[0][1]}")
    values = _stacked([values for _, values in kept], wanted.shape)
    return Features(values, Manifest(tuple(clip for clip, _ in kept)), failures)


def _stacked(rows: list[np.ndarray], shape: tuple[int | None, ...]) -> np.ndarray:
    fixed = [size for size in shape if size is not None]
    if len(fixed) == len(shape):
        return np.stack(rows) if rows else np.zeros((0, *fixed), np.float32)
    values = np.empty(len(rows), object)
    values[:] = rows
    return values


def _run(jobs: list[_Job], wanted: _Wanted, workers: int | None) -> Iterator[_Result]:
    workers = min(workers or cores(), max(1, len(jobs) // FEW))
    if workers == 1:
        yield from (_compute(job, wanted) for job in jobs)
        return
    context = get_context("spawn")  # a forked JAX or TensorFlow hangs
    with _one_thread_each(), ProcessPoolExecutor(workers, context, _leave_interrupts_to_parent) as pool:
        waiting = iter(jobs)
        running: set[Future[_Result]] = {pool.submit(_compute, job, wanted) for job in islice(waiting, 4 * workers)}
        try:
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(_compute, job, wanted) for job in islice(waiting, len(finished))}
                yield from (future.result() for future in finished)
        except BrokenProcessPool as error:
            raise QuaverError(
                "a worker process ended early; in a script of your own put the call below "
                '`if __name__ == "__main__":`, or use workers=1.'
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _compute(job: _Job, wanted: _Wanted) -> _Result:
    clip, values = job.clip, {}
    try:
        samples, rate = audio.load(clip.path, wanted.spec.sample_rate, start=clip.start, end=clip.end)
        for variant, key in job.keys.items():
            varied = augment.vary(samples, rate, variant, job.draw) if variant else samples
            values[key] = wanted.of(varied)
    except QuaverError as error:
        return values, {key: str(error) for key in job.keys.values() if key not in values}
    return values, {}


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the processes that start meanwhile use one thread each; there is one for every core already."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _NoStore:
    """A cache that remembers nothing."""

    def read(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        return {}

    def write(self, values: Mapping[str, np.ndarray]) -> None: ...

    def close(self) -> None: ...


class _Store(_NoStore):
    """Features on disk, a SQLite file for each spec and stem: whole or absent after any interruption, safe to share."""

    def __init__(self, wanted: _Wanted) -> None:
        folder = cache_folder() / "features"
        folder.mkdir(parents=True, exist_ok=True)
        self._shape = [-1 if size is None else size for size in wanted.shape]
        self._db = sqlite3.connect(folder / f"{wanted.spec.name}-{wanted.fingerprint}.sqlite", timeout=60)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.execute("create table if not exists features (key text primary key, value blob) without rowid")

    def read(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        found = {}
        for key in keys:
            row = self._db.execute("select value from features where key = ?", (key,)).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], "<f4").reshape(self._shape)
        return found

    def write(self, values: Mapping[str, np.ndarray]) -> None:
        rows = [(key, np.asarray(value, "<f4").tobytes()) for key, value in values.items()]
        with self._db:
            self._db.executemany("insert or replace into features values (?, ?)", rows)

    def close(self) -> None:
        self._db.close()
