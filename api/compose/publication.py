"""The server's part in keeping knowledge: a thread that publishes what ingestion made ready, while answers go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from rag.index import IndexUnavailable
from rag.ingestion.publish import Publisher, Stopped

log = structlog.get_logger()

EVERY_S = 1.0
"""How often the server looks for releases; an ingestion beside it waits about half of that before it is published."""
PAUSE_S = 0.01
"""Rest after every few chunks that go into the indexes, so that searches and streams have their turn."""


@contextmanager
def keeping_current(publisher: Publisher, every_s: float = EVERY_S) -> Iterator[None]:
    """Publish what becomes ready until the block ends, in a thread of its own."""
    ended = Event()

    def keep() -> None:
        failing = False
        while True:
            try:
                for published in publisher.work():
                    log.info("published", generation=published.generation, **published.actions)
                failing = False
            except Stopped:
                return
            except (IndexUnavailable, SQLAlchemyError, OSError) as error:
                if not failing:  # it is tried again every second, and said once
                    log.error("publishing_failed", error=str(error))
                failing = True
            if ended.wait(every_s):
                return

    thread = Thread(target=keep, name="publish")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        publisher.stop()
        thread.join()
