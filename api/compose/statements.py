"""What ingestion makes ready for answers: the vectors of what the documents state."""

from collections.abc import Callable

import structlog

from api.compose.knowledge import statements_file
from api.compose.learnt import load_vehicles
from api.settings import Settings
from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.embedders.prepared import PreparedEmbedder

log = structlog.get_logger()

MOST_CHUNKS = 5_000
"""With more, a statement is embedded when a question first finds it: to read them all would take longer than to ingest
the documents."""


def prepare_statements(
    settings: Settings, catalogue: Catalogue, embedder: Embedder, progress: Callable[[int, int, str], None]
) -> int:
    """Keep the vectors of all that the documents state now; how many were embedded. Blocks. A file that cannot be
    written only costs time later."""
    from agents.extractive.scoring import compared
    from agents.passages.statements import statements
    from agents.vehicles.applicability import fitment_of
    from rag.types import Passage

    chunk_ids = catalogue.chunk_ids()
    chunks = catalogue.chunks(chunk_ids).values() if len(chunk_ids) <= MOST_CHUNKS else ()
    fitment = fitment_of(load_vehicles(settings))
    texts = dict.fromkeys(
        compared(statement) for chunk in chunks for statement in statements([Passage(chunk, 0.0)], fitment)
    )
    try:
        return PreparedEmbedder(embedder, statements_file(settings)).prepare(list(texts), progress)
    except OSError as error:
        log.warning("statements_not_prepared", error=type(error).__name__)
        return 0
