"""What the commands share of reading and writing: data on stdout, progress and messages on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.cli.failure import CommandFailed

Advance = Callable[[int, int, str], None]
"""Told how many are done, of how many, and what is next."""

_PLAIN_EVERY_S = 5.0


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A message to the person at the keyboard, on stderr."""
    print(text, file=sys.stderr, flush=True)


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file; empty lines are skipped. Raises CommandFailed naming file and line."""
    import orjson

    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise CommandFailed(f"{path}, line {number} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise CommandFailed(f"{path}, line {number} is not a JSON object.")
        found.append(value)
    return found


def write_json_lines(path: Path, values: Iterable[Any]) -> None:
    """Write one object per line."""
    import orjson

    with path.open("wb") as file:
        for value in values:
            file.write(orjson.dumps(value) + b"\n")


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Shows how far a long command is, with its rate and the time left: a bar on a terminal, else a line every few
    seconds."""
    if quiet:
        yield lambda done, total, current: None
    elif sys.stderr.isatty():
        with _bar(what) as advance:
            yield advance
    else:
        yield _plain(what)


@contextmanager
def _bar(what: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, current="", rate="")
        started = time.monotonic()

        def advance(done: int, total: int, current: str) -> None:
            bar.update(task, completed=done, total=total, current=current[-60:], rate=_rate(done, started))

        yield advance


def _plain(what: str) -> Advance:
    started = time.monotonic()
    shown = started

    def advance(done: int, total: int, current: str) -> None:
        nonlocal shown
        now = time.monotonic()
        if not total or (0 < done < total and now - shown < _PLAIN_EVERY_S):
            return
        shown = now
        left = f", {(now - started) / done * (total - done):.0f} s left" if 0 < done < total else ""
        note(f"{what} {done}/{total} {_rate(done, started)}{left} {current}".rstrip())

    return advance


def _rate(done: int, started: float) -> str:
    return f"{done / max(time.monotonic() - started, 1e-3):.1f}/s" if done else ""
