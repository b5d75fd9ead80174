"""`pitcrew ingest --watch`: every change below the paths goes in as it is made, one publication for each batch."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from watchfiles import watch as changes

from api.cli.ingestion import Done, Ingestion, Tools
from api.cli.terminal.output import note
from api.failure import explain

QUIET_MS = 400
"""A batch of changes ends when nothing has changed for so long ..."""
LONGEST_MS = 5_000
"""... or after this time, while files go on changing."""
LOOK_S = 15.0
"""It looks by itself this often: not every file system tells of changes, and what failed is tried again."""


def watch(ingestion: Ingestion, report: Callable[[Done], None]) -> None:
    """Ingest, then again whenever something changes, until Ctrl-C or SIGTERM. What cannot be done now, because a file
    or the database is not at its best, is said and tried again."""
    with ingestion.opened() as tools, _stopping_at_sigterm():
        try:
            _once(ingestion, tools, report)
            note(f"Watching {', '.join(map(str, ingestion.places))}. Ctrl-C ends it.")
            for _ in changes(
                *_watched(ingestion.places),
                debounce=LONGEST_MS,
                step=QUIET_MS,
                yield_on_timeout=True,
                rust_timeout=int(LOOK_S * 1000),
            ):
                _once(ingestion, tools, report)
        except KeyboardInterrupt:
            note("Stopped watching.")


def _once(ingestion: Ingestion, tools: Tools, report: Callable[[Done], None]) -> None:
    """One ingestion. A failure that a person can do something about is said."""
    began = time.monotonic()
    try:
        done = ingestion.run(tools)
    except Exception as error:
        message, _ = explain(error)
        if message is None:
            raise
        note(f"{message} It is tried again at the next change, or in {LOOK_S:.0f} s.")
        return
    report(done)
    if done.published is not None:
        note(f"That took {time.monotonic() - began:.1f} s.")


def _watched(places: Sequence[Path]) -> list[Path]:
    """The folders that hold all places, none of them below another."""
    folders = dict.fromkeys(place if place.is_dir() else place.parent for place in places)
    return [
        folder for folder in folders if not any(folder != other and folder.is_relative_to(other) for other in folders)
    ]


@contextmanager
def _stopping_at_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
