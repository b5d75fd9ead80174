"""What an ingestion changes, taken in by running servers and workers while answers go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from api.compose import supplements
from api.settings import BadSetting, Settings
from rag.catalogue import Catalogue
from rag.ingestion.shared_files import SharedFiles

log = structlog.get_logger()

EVERY_S = 2.0
"""How often it is looked whether something was ingested."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """The folder of the newest edition of what is no document, and the newest generation of the documents."""

    edition: Path
    generation: int


TakeIn = Callable[[Ingested, Ingested], Awaitable[None]]
"""Given what was taken in before and what there is now. May raise BadSetting, SQLAlchemy's errors and OSError."""


def ingested(settings: Settings, database: Database) -> Ingested:
    """What there is now. Blocks. Raises SQLAlchemy's errors and OSError."""
    supplements.fetch(settings, SharedFiles(database))
    return Ingested(supplements.current(settings), Catalogue(database).generation())


@asynccontextmanager
async def keeping_up(
    settings: Settings, database: Database, known: Ingested, take_in: TakeIn, every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """Look for what was ingested since `known` while the block runs. What cannot be taken in is looked at again."""

    async def follow() -> None:
        nonlocal known
        while True:
            await asyncio.sleep(every_s)
            try:
                if (found := await asyncio.to_thread(ingested, settings, database)) != known:
                    await take_in(known, found)
                    known = found
                    log.info("taken_in", edition=found.edition.name, generation=found.generation)
            except (SQLAlchemyError, OSError, BadSetting) as error:
                log.warning("not_taken_in", error=type(error).__name__)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
