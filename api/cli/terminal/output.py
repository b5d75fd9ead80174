"""What the commands share of reading and writing: data on stdout, progress and messages on stderr."""

import codecs
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import typer

from api.failure import CommandFailed

Advance = Callable[[int, int, str], None]
"""Told how many are done, of how many, and what is next."""

_PLAIN_EVERY_S = 5.0
_LONGEST_LINE = 64 << 20
"""Bytes; longer lines are no JSON Lines, and a device that never ends must not fill the memory."""


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A message to the person at the keyboard, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, figures_from: int | None = None) -> None:
    """Columns as wide as what stands in them. Those that hold figures, from column `figures_from` on, are flush right;
    otherwise the last one runs on. Control characters, which a terminal would obey, become question marks."""
    table = [
        ["".join(character if character.isprintable() else "?" for character in cell) for cell in row]
        for row in (head, *rows)
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    flush = len(widths) if figures_from is None else figures_from
    for row in table:
        cells = enumerate(zip(row, widths, strict=True))
        padded = (cell.rjust(width) if at >= flush else cell.ljust(width) for at, (cell, width) in cells)
        print("  ".join(padded).rstrip())


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file; empty lines are skipped. Raises CommandFailed naming file and line."""
    return [value for _, value in numbered_json_lines(path)]


def numbered_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file as they are read, each with its line from 1. Raises as `read_json_lines`."""
    import orjson

    with path.open("rb") as file:
        for number in itertools.count(1):
            line = file.readline(_LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > _LONGEST_LINE:
                raise CommandFailed(f"{path}, line {number} is longer than {_LONGEST_LINE >> 20} MB.")
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not line.strip():
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise CommandFailed(f"{path}, line {number} is not JSON: {error}") from error
            if not isinstance(value, dict):
                raise CommandFailed(f"{path}, line {number} is not a JSON object.")
            yield number, value


def write_json_lines(path: Path, values: Iterable[Any]) -> None:
    """Write one object per line, all of them or none."""
    import orjson

    with written_whole(path) as file:
        for value in values:
            file.write(orjson.dumps(value) + b"\n")


def check_writable(path: Path) -> None:
    """Ends the command as wrongly used where no file can be written, before hours are spent on what goes into it."""
    folder = path.parent
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a directory, not a file.")
    if not folder.is_dir():
        raise typer.BadParameter(f"The directory {folder} does not exist: make it, or name another file.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise typer.BadParameter(f"{path} cannot be written: change its permissions, or name another file.")


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends well; nobody sees half of it. A device or pipe is
    written to as it is. Raises CommandFailed where that fails, as on a full disk."""
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        place = Path(os.path.realpath(path))
        draft = place.with_name(f".{place.name[:200]}.{os.getpid()}.part")
        try:
            with draft.open("wb") as file:
                yield file
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(f"{path} could not be written: {error.strerror or error}.") from error


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
    last_note = started

    def advance(done: int, total: int, current: str) -> None:
        nonlocal last_note
        now = time.monotonic()
        if not total or (0 < done < total and now - last_note < _PLAIN_EVERY_S):
            return
        last_note = now
        left = f", {(now - started) / done * (total - done):.0f} s left" if 0 < done < total else ""
        note(f"{what} {done}/{total} {_rate(done, started)}{left} {current}".rstrip())

    return advance


def _rate(done: int, started: float) -> str:
    return f"{done / max(time.monotonic() - started, 1e-3):.1f}/s" if done else ""
