"""Which passages each answer used: written with the answer, and read back by document."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from orchestrator.events import Completed, Sources, decode
from orchestrator.store import PastAnswer, UsedPassage
from orchestrator.tables import citations, events, messages, runs

_DOCUMENTS = 500
"""Documents asked for in one statement; databases limit how many values one may hold."""


_SOURCES = (
    select(events.c.body)
    .where(
        events.c.conversation_id == bindparam("of_conversation"),
        events.c.run_id == bindparam("of_run"),
        events.c.kind == Sources.__struct_config__.tag,
    )
    .order_by(events.c.seq.desc())
    .limit(1)
)
_NEW_CITATION = insert(citations)
_FLAGGED = update(runs).where(runs.c.id == bindparam("of_run")).values(flagged=True)


def record(connection: Connection, conversation_id: str, answer: Completed) -> None:
    """Store the passages that the answer was written from, and flag its run where they do not support all of it."""
    used = _used(_read_sources(connection, conversation_id, answer.run_id), answer)
    if used:
        connection.execute(_NEW_CITATION, used)
    if answer.unsupported:
        connection.execute(_FLAGGED, {"of_run": answer.run_id})


def _read_sources(connection: Connection, conversation_id: str, run_id: str) -> Sources | None:
    """The run's sources; those of its last attempt where it was begun again."""
    body = connection.scalar(_SOURCES, {"of_conversation": conversation_id, "of_run": run_id})
    sources = decode(body) if body is not None else None
    return sources if isinstance(sources, Sources) else None


def _used(sources: Sources | None, answer: Completed) -> list[dict[str, Any]]:
    evidence = {cited.number: cited for cited in answer.citations}
    return [
        {
            "run_id": answer.run_id,
            "number": number,
            "document_id": passage.source,
            "version": passage.version,
            "chunk_id": passage.id,
            "start": evidence.get(number, passage).start,
            "end": evidence.get(number, passage).end,
            "cited": number in evidence,
        }
        for number, passage in enumerate(sources.passages if sources else (), start=1)
    ]


def answers_citing(connection: Connection, document_ids: Collection[str]) -> Iterator[PastAnswer]:
    """See `Store.answers_citing`."""
    ordered = list(document_ids)
    lots = [ordered[at : at + _DOCUMENTS] for at in range(0, len(ordered), _DOCUMENTS)]
    rows = heapq.merge(*(_passages_of(connection, lot) for lot in lots), key=_place)
    for _, group in groupby(rows, key=lambda row: row.run_id):
        answer = _answer(list(group))
        if any(passage.cited for passage in answer.passages):
            yield answer


def _passages_of(connection: Connection, document_ids: Sequence[str]) -> Iterator[Row[Any]]:
    query = (
        select(citations, runs.c.conversation_id, messages.c.text, messages.c.created_at)
        .join(runs, runs.c.id == citations.c.run_id)
        .join(messages, messages.c.id == runs.c.message_id)
        .where(
            citations.c.document_id.in_(document_ids),
            messages.c.deleted_at.is_(None),
            messages.c.superseded_by.is_(None),
        )
        .order_by(messages.c.created_at, citations.c.run_id, citations.c.number)
    )
    yield from connection.execution_options(yield_per=500).execute(query)


def _place(row: Row[Any]) -> tuple[str, str, int]:
    return row.created_at, row.run_id, row.number


def _answer(rows: Sequence[Row[Any]]) -> PastAnswer:
    first = rows[0]
    passages = tuple(
        UsedPassage(row.document_id, row.version, row.chunk_id, row.number, row.start, row.end, row.cited)
        for row in rows
    )
    return PastAnswer(first.run_id, first.conversation_id, first.text, first.created_at, passages)
