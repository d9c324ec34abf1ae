"""What every command shares: results on stdout as text or JSON, progress on stderr."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

QUIET = 20.0  # seconds between two lines of progress where nobody watches a bar

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def emit(value: object, as_json: bool, text: Callable[[], Any]) -> None:
    """Print `value` as JSON, or what `text` makes of it (a string or anything that rich renders)."""
    if as_json:
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        return
    rendered = text()
    if isinstance(rendered, str):
        sys.stdout.write(rendered.rstrip("\n") + "\n")
    else:
        from rich.console import Console

        Console().print(rendered)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, if a person watches, while the block runs; call the result with (done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show on stderr what is being done: a bar if a person watches, else a line at each beginning.

    Call the result with what is done now, how much of it, and of how much.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console, log = Console(stderr=True), _Log()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def tell(what: str, done: int, total: int) -> None:
            if bars.tasks[0].description != what:
                bars.reset(bar, description=what, total=total)  # another stage has another speed
            bars.update(bar, completed=done, total=total)
            if not console.is_terminal:
                log.tell(what, done, total)

        yield tell


class _Log:
    """Progress for a file or a pipe: a line at the beginning of each stage, and one now and then with the time left."""

    def __init__(self) -> None:
        self._what, self._began, self._last, self._first = "", 0.0, 0.0, 0

    def tell(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what != self._what:
            self._what, self._began, self._last, self._first = what, now, now, done
            say(f"{what} …")
        elif now - self._last >= QUIET and done > self._first:
            self._last, left = now, (total - done) * (now - self._began) / (done - self._first)
            say(f"{what}: {done} of {total}, about {_span(left)} left")


def _span(seconds: float) -> str:
    """Give a time in words.

    Example:
        >>> _span(14.2), _span(200), _span(8000)
        ('15 s', '4 min', '2.2 h')
    """
    if seconds < 90:
        return f"{5 * math.ceil(seconds / 5)} s"
    return f"{math.ceil(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def say(text: str) -> None:
    """Print a line of progress on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
