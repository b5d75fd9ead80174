"""What customers asked, taken in by whoever answers, while answers go on, when an ingestion has a new edition of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from api.compose import supplements
from api.compose.knowledge import Library, open_questions
from api.settings import BadSetting, Settings
from rag.ingestion.shared_files import SharedFiles

log = structlog.get_logger()

EVERY_S = 2.0
"""How often it is looked for a new edition."""


@asynccontextmanager
async def taking_in(
    settings: Settings, database: Database, library: Library, every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """Look for a new edition while the block runs. A search that is under way goes on with the questions it began
    with."""
    files, known = SharedFiles(database), supplements.current(settings)

    def newest() -> Path:
        supplements.fetch(settings, files)
        return supplements.current(settings)

    def take_in() -> None:
        questions = open_questions(settings, library.embedder, library.shelf.vectors)
        questions.embed(lambda *_: None)  # what the ingestion has not come to
        library.retriever.renew(questions)

    async def follow() -> None:
        nonlocal known
        while True:
            await asyncio.sleep(every_s)
            try:
                if (edition := await asyncio.to_thread(newest)) != known:
                    await asyncio.to_thread(take_in)
                    known = edition
                    log.info("questions_taken_in", edition=edition.name)
            except (SQLAlchemyError, OSError, BadSetting) as error:  # it is looked for again
                log.warning("questions_not_taken_in", error=type(error).__name__)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
