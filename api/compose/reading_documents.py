"""A worker's part in ingestion: documents that a command has put on the queue are read, stored and embedded here.

What is stored is seen by nobody until the command publishes it.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.compose.parking import libpq_url
from api.settings import Settings

log = structlog.get_logger()

if TYPE_CHECKING:
    from rag.ingestion.extract import Extractor
    from rag.ingestion.ingest import Shelf


@asynccontextmanager
async def reading_documents(settings: Settings, shelf: "Shelf") -> AsyncIterator[None]:
    """Read what is on the queue while the block runs."""
    from orchestrator.dispatchers.documents import open_document_queue
    from rag.ingestion.extract import Extractor

    async with open_document_queue(libpq_url(settings)) as queue:
        with Extractor(processes=1) as extractor:

            async def read(document_id: str, name: str) -> None:
                await asyncio.to_thread(store_document, shelf, extractor, document_id, name)

            async with queue.serving(read):
                yield


def store_document(shelf: "Shelf", extractor: "Extractor", document_id: str, name: str) -> None:
    """Read the shared file of this name and store it as a version of the document, with its vectors. What cannot be
    read is left to the command, which says why. Errors are SQLAlchemy's and OSError."""
    from rag.ingestion.ingest import store_read
    from rag.ingestion.scan import File

    with tempfile.TemporaryDirectory(prefix="pitcrew-document-") as folder:
        path = Path(folder, document_id)
        if not shelf.files.fetch(name, path):
            return  # the ingestion has ended
        [read] = extractor.extract(Path(folder), [document_id])
        if read.content is not None:
            log.info("document_read", document=document_id, ms=round(1000 * read.seconds))
            store_read(File(document_id, path, read.sha256), read.content, shelf)
