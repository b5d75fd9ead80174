"""Showing a release from the command line: by this process, or by the server that is running beside it.

Imported by the commands that need it, because what it imports is heavy.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from api.cli.terminal.output import note, progress
from api.compose.knowledge import open_publisher, owned
from api.failure import CommandFailed
from api.settings import Settings
from rag.index import IndexUnavailable
from rag.ingestion.ingest import Shelf
from rag.releases import Published

_LOOK_S = 0.2
_TRY_S = 1.0
_LONG_S = 60.0


@contextmanager
def taking_turns(settings: Settings) -> Iterator[None]:
    """One command at a time changes the knowledge base of a data directory; others wait until the block ends."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "ingest.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("Another command is changing the knowledge base; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def publish(settings: Settings, shelf: Shelf, release_id: int, *, quiet: bool = False) -> Published:
    """Show a release that is ready. Where a server runs on the same data it does that, while this waits; should it go
    away, this process takes over. Raises CommandFailed when the release was abandoned."""
    began, notices = time.monotonic(), 0
    while True:
        if published := _publish_here(settings, shelf, release_id, quiet=quiet):
            return published
        if notices == 0 and not quiet:
            note("Waiting for the running server to publish ...")
            notices = 1
        if notices < 2 and time.monotonic() - began > _LONG_S:
            note("It has not yet: see its log. Ctrl-C leaves it to the server, or to the next command.")
            notices = 2
        deadline = time.monotonic() + _TRY_S
        while time.monotonic() < deadline:
            if published := shelf.releases.published(release_id):
                return published
            time.sleep(_LOOK_S)
        if release_id not in shelf.releases.ready() and shelf.releases.published(release_id) is None:
            raise CommandFailed("Another ingestion took the place of this one. Run it again.")


def publish_waiting(settings: Settings, shelf: Shelf, *, quiet: bool = False) -> None:
    """Show what an earlier command had made ready when it ended, so that plans begin from it."""
    for release_id in shelf.releases.ready():
        publish(settings, shelf, release_id, quiet=quiet)


def repair(settings: Settings, shelf: Shelf, *, quiet: bool = False) -> int:
    """Put into the indexes what they lack; how many passages that were. A running server has seen to it."""
    try:
        with open_publisher(settings, shelf) as publisher, progress("Indexing", quiet=quiet) as advance:
            lacked = publisher.align(advance)
            publisher.finish()
            return lacked
    except IndexUnavailable as error:
        if owned(error):
            return 0
        raise


def _publish_here(settings: Settings, shelf: Shelf, release_id: int, *, quiet: bool) -> Published | None:
    """Show it with indexes of this process; None where another process owns them."""
    try:
        with open_publisher(settings, shelf) as publisher, progress("Indexing", quiet=quiet) as advance:
            publisher.align(advance)
            published = publisher.publish(release_id, advance) or shelf.releases.published(release_id)
            publisher.finish()
            return published
    except IndexUnavailable as error:
        if owned(error):
            return None
        raise
