"""What `pitcrew doctor` says of tables and of customers' questions: what skills make of them, and the rows that say
nothing to them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from api.cli.finding import Finding

if TYPE_CHECKING:
    from agents.passages.table_rows import UnreadRow
    from agents.types import Evidence
    from agents.vehicles.range import Vehicles
    from api.settings import Settings
    from rag.types import Chunk

MOST = 20
"""Rows that are told one by one."""
_FILES = 3
"""Documents that are named with what was read of them."""
_LONGEST = 240
"""Characters of a row."""
_AGAIN = "Correct it in the file, and ingest that again."


def read_tables(settings: "Settings") -> Iterator[Finding]:
    """How many rows each skill uses, and each row that cannot be read: where it stands, what it holds, all that is
    wrong with it and what to do. The same of customers' questions."""
    from api.compose import supplements
    from api.compose.learnt import load_vehicles
    from api.settings import BadSetting
    from rag.customer_questions import FILE, BadQuestions, read, unplaced

    chunks = _chunks(settings)
    try:
        vehicles = load_vehicles(settings)
    except BadSetting as error:
        yield Finding("tables", "fail", str(error), _AGAIN)
        return
    used, unread = _read(chunks, vehicles)
    yield from _used(used, vehicles)
    yield from _first([_of_row(row, chunks) for row in unread])
    try:
        questions = read(supplements.current(settings) / FILE)
    except BadQuestions as error:
        yield Finding("questions", "warn", str(error), _AGAIN)
        return
    lost = unplaced(questions, chunks)
    if found := len(questions) - len(lost):
        yield Finding("questions", "ok", f"{found} customers' questions have their answers in the documents")
    yield from _first(
        [
            Finding(
                "questions",
                "warn",
                f"{FILE}: {' / '.join(filter(None, (lacks.document_id, lacks.section, lacks.statement)))} is not "
                f"there, for the question: {lacks.text}",
                _AGAIN,
            )
            for lacks in lost
        ]
    )


def _chunks(settings: "Settings") -> "list[Chunk]":
    from rag.catalogue import Catalogue
    from rag.database import open_database

    database = open_database(settings.sql_url)
    try:
        catalogue = Catalogue(database)
        found = catalogue.chunks(sorted(catalogue.chunk_ids()))
        return sorted(found.values(), key=lambda chunk: (chunk.document_id, chunk.start))
    finally:
        database.dispose()


def _read(
    chunks: "Sequence[Chunk]", vehicles: "Vehicles"
) -> "tuple[Mapping[str, Iterable[Evidence]], Sequence[UnreadRow]]":
    """The rows that each skill uses, under the name that docs/make-it-yours.md has for it; and those that it does not,
    once for each row."""
    from agents.appointments.dealers import workshops
    from agents.diagnosis import codes, guided_checks
    from agents.service import prices, schedules
    from agents.types import Evidence
    from agents.vehicle_data.facts import facts
    from agents.vehicles.applicability import fitment_of
    from rag.types import Passage

    dealers, checks = workshops.parse(chunks, vehicles), guided_checks.parse(chunks, vehicles)
    faults, plan = codes.parse(chunks, vehicles), schedules.parse(chunks, vehicles)
    costs = prices.parse(chunks, vehicles)
    figures = facts(chunks, fitment_of(vehicles)) if vehicles.rows else ()
    used = {
        "figures": (Evidence(Passage(fact.chunk, 1.0), fact.start, fact.end) for fact in figures),
        "trouble codes": (row.evidence for rows in faults.rows.values() for row in rows),
        "guided checks": (cause.evidence for symptom in checks.symptoms for cause in symptom.causes),
        "service plan": (entry.evidence for entry in plan.entries),
        "prices": (price.evidence for price in costs.rows),
        "dealers": (row.evidence for row in dealers.rows),
    }
    unread = (*dealers.unread, *checks.unread, *faults.unread, *plan.unread, *costs.unread)
    return used, unread


def _used(used: "Mapping[str, Iterable[Evidence]]", vehicles: "Vehicles") -> Iterator[Finding]:
    """What each skill makes of the tables, and which have none."""
    if vehicles.rows:
        models = len({row.model for row in vehicles.rows})
        yield Finding("tables", "ok", f"product names: {models} products, {len(vehicles.rows)} variants")
    without = []
    for skill, rows in used.items():
        count = Counter(document for document, _ in {(row.passage.chunk.document_id, row.start) for row in rows})
        if not count:
            without.append(skill)
            continue
        files = [f"{number} of {document}" for document, number in count.most_common(_FILES)]
        more = [f"{count.total() - sum(number for _, number in count.most_common(_FILES))} of others"]
        told = ", ".join(files + more * (len(count) > _FILES))
        yield Finding(
            "tables", "ok", f"{skill}: {count.total()} rows, {told}" if len(count) > 1 else f"{skill}: {told}"
        )
    if without:
        yield Finding("tables", "ok", f"no table for {', '.join(without)}: docs/make-it-yours.md says what it needs")


def _of_row(row: "UnreadRow", chunks: "Sequence[Chunk]") -> Finding:
    """A row by its place in its table, which is that of a section of its document."""
    from agents.passages.table_rows import rows

    chunk = row.evidence.passage.chunk
    table = [other for other in chunks if (other.document_id, other.section) == (chunk.document_id, chunk.section)]
    number = len({other.evidence.start for other in rows(table) if other.evidence.start <= row.evidence.start})
    under = f" under {chunk.section[-1]!r}" if chunk.section else ""
    text = row.text if len(row.text) <= _LONGEST else f"{row.text[:_LONGEST]}…"
    message = f"{chunk.document_id}, row {number}{under}: {'; '.join(row.problems)}. The row: {text}"
    return Finding("tables", "ok", message) if row.meant else Finding("tables", "warn", message, _AGAIN)


def _first(found: Sequence[Finding]) -> list[Finding]:
    more = len(found) - MOST
    rest = [Finding(found[0].part, "warn", f"and {more} more rows", _AGAIN)] if more > 0 else []
    return [*found[:MOST], *rest]
