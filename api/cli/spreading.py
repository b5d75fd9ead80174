"""Letting workers read the documents of an ingestion, before the command looks at what is stored and does the rest.

Imported by the command that needs it, because what it imports is heavy.
"""

import asyncio
import uuid
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from api.cli.terminal.output import note
from api.compose.parking import libpq_url
from api.settings import Settings
from orchestrator.dispatchers.documents import open_document_queue
from orchestrator.dispatchers.procrastinate import AWAY, open_procrastinate_dispatcher
from rag.ingestion.ingest import Progress, Shelf
from rag.ingestion.scan import File

LOOK_S = 0.5
ALONE_S = 15.0
"""So long no worker may be there before the command does without."""


def let_workers_read(settings: Settings, files: Sequence[File], shelf: Shelf, progress: Progress) -> None:
    """Put these files on the queue and wait until workers have read them. What they have not is left; why is said."""
    batch = uuid.uuid4().hex
    names = {file.id: f"ingesting/{batch}/{number}" for number, file in enumerate(files)}
    try:
        for file in files:
            shelf.files.put(names[file.id], file.path)
        asyncio.run(_read(settings, batch, list(names.items()), progress))
    except (*AWAY, SQLAlchemyError, OSError) as error:
        note(f"Workers could not be asked ({type(error).__name__}): the rest is read here.")
    finally:
        shelf.files.drop(list(names.values()))


async def _read(settings: Settings, batch: str, documents: Sequence[tuple[str, str]], progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    url = libpq_url(settings)
    async with open_document_queue(url) as queue, open_procrastinate_dispatcher(url) as dispatcher:
        try:
            await queue.put(batch, documents)
            seen = loop.time()
            while left := await queue.left(batch):
                progress(len(documents) - left, len(documents), "")
                seen = loop.time() if await dispatcher.workers() else seen
                if loop.time() - seen > ALONE_S:
                    note("No worker is there: the documents are read here.")
                    return
                await asyncio.sleep(LOOK_S)
            progress(len(documents), len(documents), "")
        finally:
            await queue.drop(batch)
