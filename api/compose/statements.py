"""What ingestion makes ready for answers: the vectors of what the documents state."""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.compose.knowledge import STATEMENTS_FILE, statements_file
from api.compose.learnt import load_vehicles
from api.settings import Settings
from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.embedders.prepared import PreparedEmbedder
from rag.ingestion.shared_files import SharedFiles

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


def share_statements(settings: Settings, files: SharedFiles) -> None:
    """Let processes on other machines have these vectors. What fails is logged: it only costs time later."""
    if settings.embedded_sql or not statements_file(settings).is_file():
        return
    try:
        files.put(STATEMENTS_FILE, statements_file(settings))
    except (SQLAlchemyError, OSError) as error:
        log.warning("statements_not_shared", error=type(error).__name__)


def fetch_statements(settings: Settings, files: SharedFiles) -> None:
    """Have the vectors that an ingestion has shared. What fails is logged: it only costs time later."""
    if settings.embedded_sql:
        return
    try:
        files.fetch(STATEMENTS_FILE, statements_file(settings))
    except (SQLAlchemyError, OSError) as error:
        log.warning("statements_not_fetched", error=type(error).__name__)
