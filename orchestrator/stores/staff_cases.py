"""Transactions about frozen cases."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, insert, select, update

from orchestrator.errors import NotFound
from orchestrator.event.ownership import Member
from orchestrator.events import Completed, Sources
from orchestrator.staff.cases import Case, CaseLine, Frozen, State
from orchestrator.stores import history, rows, running
from orchestrator.stores.memory import decode_memory
from orchestrator.stores.staff_listing import decode_cursor, encode_cursor
from orchestrator.stores.staff_tables import cases
from orchestrator.tables import conversations, messages

MOST_LINES = 10_000


def freeze(
    connection: Connection, conversation_id: str, message_id: str, author: Member, expected: str, comment: str | None
) -> tuple[Case, bool]:
    """Make a case of an answer of the bot, or correct the one that there is; True where it is new. Raises NotFound for
    what is no such answer, or whose question was taken back."""
    known = connection.execute(select(cases).where(cases.c.message_id == message_id)).first()
    if known is not None and known.conversation_id == conversation_id:
        values = {"expected": expected, "comment": comment, "author_id": author.id, "author_name": author.name}
        connection.execute(update(cases).where(cases.c.id == known.id).values(**values))
        return _case(connection.execute(select(cases).where(cases.c.id == known.id)).one()), False
    answer = connection.execute(
        select(messages).where(
            messages.c.id == message_id,
            messages.c.conversation_id == conversation_id,
            messages.c.role == "assistant",
        )
    ).first()
    if answer is None:
        raise NotFound
    asked_id, frozen = _frozen(connection, answer)
    case_id = str(uuid.uuid4())
    connection.execute(
        insert(cases).values(
            id=case_id,
            conversation_id=conversation_id,
            message_id=message_id,
            asked_id=asked_id,
            body=msgspec.json.encode(frozen).decode(),
            expected=expected,
            comment=comment,
            author_id=author.id,
            author_name=author.name,
            created_at=rows.now(),
        )
    )
    return _case(connection.execute(select(cases).where(cases.c.id == case_id)).one()), True


def _frozen(connection: Connection, answer: Row[Any]) -> tuple[str, Frozen]:
    """The id of the question, and all that its answer was made from."""
    told = [envelope.event for envelope in running.run_events(connection, answer.conversation_id, answer.run_id)]
    completed = next((event for event in told if isinstance(event, Completed)), None)
    passages = next((event.passages for event in reversed(told) if isinstance(event, Sources)), ())
    asked = connection.execute(
        select(messages, conversations.c.zone)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.run_id == answer.run_id,
            messages.c.role == "customer",
            messages.c.deleted_at.is_(None),
            messages.c.seq < answer.seq,
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()
    if completed is None or asked is None:
        raise NotFound
    before = history.before(connection, answer.conversation_id, asked.seq)
    facts = decode_memory(asked.memory).facts if asked.memory else {}
    state = State(history.turns(before), dict(facts), asked.zone)
    return asked.id, Frozen(asked.text, completed.response, completed.agent, state, passages)


def listed(connection: Connection, limit: int, cursor: str | None) -> tuple[list[Case], str | None]:
    """Cases, the latest first, and the cursor of those after them."""
    query = select(cases).order_by(cases.c.created_at.desc(), cases.c.id.desc()).limit(limit + 1)
    if cursor:
        at, case_id = decode_cursor(cursor, str, str)
        same = and_(cases.c.created_at == at, cases.c.id < case_id)
        query = query.where((cases.c.created_at < at) | same)
    found = [_case(row) for row in connection.execute(query)]
    more = len(found) > limit
    page = found[:limit]
    return page, encode_cursor([page[-1].created_at, page[-1].case_id]) if more else None


def lines(connection: Connection) -> Sequence[CaseLine]:
    """All cases, oldest first, as lines of a file."""
    found = []
    for row in connection.execute(select(cases).order_by(cases.c.created_at, cases.c.id).limit(MOST_LINES)):
        one = msgspec.json.decode(row.body, type=Frozen)
        found.append(
            CaseLine(row.id, one.question, one.answer, row.expected, one.agent, one.state, one.passages, row.comment)
        )
    return found


def _case(row: Row[Any]) -> Case:
    one = msgspec.json.decode(row.body, type=Frozen)
    return Case(
        row.id,
        row.message_id,
        row.conversation_id,
        one.question,
        one.answer,
        row.expected,
        row.comment,
        Member(row.author_id, row.author_name),
        row.created_at,
    )
