"""What `pitcrew doctor` says of rows that nothing is made of: of tables, and of customers' questions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from api.cli.finding import Finding

if TYPE_CHECKING:
    from api.settings import Settings
    from rag.types import Chunk

MOST = 5
"""Rows that are told one by one."""
_LONGEST = 120
_AGAIN = "Correct it in the file, and ingest that again."


def unreadable_rows(settings: "Settings") -> list[Finding]:
    """Each row that cannot be read: its file, what it holds, what is wrong with it and what to do."""
    from agents.appointments.dealers import workshops
    from agents.diagnosis import guided_checks
    from api.compose import supplements
    from api.compose.learnt import load_vehicles
    from rag.customer_questions import FILE, BadQuestions, read, unplaced

    chunks, vehicles = _chunks(settings), load_vehicles(settings)
    rows = (*workshops.parse(chunks, vehicles).unread, *guided_checks.parse(chunks, vehicles).unread)
    found = [_finding("tables", f"{row.document_id}: {row.problem}, in the row: {row.row}") for row in rows]
    try:
        lost = unplaced(read(supplements.current(settings) / FILE), chunks)
    except BadQuestions as error:
        return [*_first(found), _finding("questions", str(error))]
    told = [
        _finding(
            "questions",
            f"{FILE}: {' / '.join(filter(None, (lacks.document_id, lacks.section, lacks.statement)))} is not there, "
            f"for the question: {lacks.text}",
        )
        for lacks in lost
    ]
    return [*_first(found), *_first(told)]


def _chunks(settings: "Settings") -> "list[Chunk]":
    from rag.catalogue import Catalogue
    from rag.database import open_database

    database = open_database(settings.sql_url)
    try:
        catalogue = Catalogue(database)
        return list(catalogue.chunks(sorted(catalogue.chunk_ids())).values())
    finally:
        database.dispose()


def _finding(part: str, message: str) -> Finding:
    cut = message if len(message) <= 2 * _LONGEST else f"{message[: 2 * _LONGEST]}…"
    return Finding(part, "warn", cut, _AGAIN)


def _first(found: Sequence[Finding]) -> list[Finding]:
    more = len(found) - MOST
    rest = [Finding(found[0].part, "warn", f"and {more} more rows", _AGAIN)] if more > 0 else []
    return [*found[:MOST], *rest]
