"""Transactions of the staff that leave the conversation to whoever has it: tags, notes, replies that are written once,
and ratings."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from orchestrator.errors import Conflict, NotFound
from orchestrator.event.ownership import Member
from orchestrator.staff.values import PRIORITIES, Canned, Note, Priority, RatedAnswer
from orchestrator.stores import ownership, rows
from orchestrator.stores.staff_listing import decode_cursor, encode_cursor
from orchestrator.stores.staff_tables import canned_replies, cases, private_notes, staff_members, tags
from orchestrator.tables import conversations, feedback, messages


def tag(connection: Connection, conversation_id: str, wanted: Sequence[str]) -> None:
    ownership.standing(connection, conversation_id)
    connection.execute(delete(tags).where(tags.c.conversation_id == conversation_id))
    for name in dict.fromkeys(wanted):
        connection.execute(insert(tags).values(conversation_id=conversation_id, tag=name))


def prioritise(connection: Connection, conversation_id: str, priority: Priority) -> None:
    ownership.standing(connection, conversation_id)
    mine = conversations.c.id == conversation_id
    connection.execute(update(conversations).where(mine).values(priority=PRIORITIES.index(priority)))


def note(connection: Connection, conversation_id: str, author: Member, text: str) -> Note:
    ownership.standing(connection, conversation_id)
    kept = Note(str(uuid.uuid4()), conversation_id, text, author, rows.now())
    connection.execute(
        insert(private_notes).values(
            id=kept.note_id,
            conversation_id=conversation_id,
            text=text,
            author_id=author.id,
            author_name=author.name,
            created_at=kept.created_at,
        )
    )
    return kept


def seen(connection: Connection, conversation_id: str, seq: int) -> None:
    row = ownership.standing(connection, conversation_id)
    if row.staff_seq < seq <= row.head_seq:
        mine = conversations.c.id == conversation_id
        connection.execute(update(conversations).where(mine).values(staff_seq=seq))


def canned(connection: Connection) -> list[Canned]:
    query = select(canned_replies).order_by(canned_replies.c.shortcut)
    return [Canned(row.id, row.shortcut, row.title, row.text, row.updated_at) for row in connection.execute(query)]


def keep_canned(connection: Connection, canned_id: str | None, shortcut: str, title: str, text: str) -> Canned:
    taken = connection.scalar(select(canned_replies.c.id).where(canned_replies.c.shortcut == shortcut))
    if taken is not None and taken != canned_id:
        raise Conflict(field="shortcut")
    kept = Canned(canned_id or str(uuid.uuid4()), shortcut, title, text, rows.now())
    values = {"shortcut": shortcut, "title": title, "text": text, "updated_at": kept.updated_at}
    if canned_id is None:
        connection.execute(insert(canned_replies).values(id=kept.canned_id, **values))
        return kept
    changed = update(canned_replies).where(canned_replies.c.id == canned_id).values(**values)
    if connection.execute(changed).rowcount == 0:
        raise NotFound
    return kept


def drop_canned(connection: Connection, canned_id: str) -> None:
    if connection.execute(delete(canned_replies).where(canned_replies.c.id == canned_id)).rowcount == 0:
        raise NotFound


def ratings(
    connection: Connection, rating: str | None, limit: int, cursor: str | None
) -> tuple[list[RatedAnswer], str | None]:
    asked = messages.alias("asked")
    # The question is the last thing that the customer said in the run.
    question = (
        select(asked.c.text)
        .where(asked.c.run_id == messages.c.run_id, asked.c.role == "customer", asked.c.seq < messages.c.seq)
        .order_by(asked.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(feedback, messages, cases.c.id.label("case_id"), question.label("question"))
        .add_columns(feedback.c.created_at.label("rated_at"))
        .join(messages, messages.c.id == feedback.c.message_id)
        .join(cases, cases.c.message_id == messages.c.id, isouter=True)
        .order_by(feedback.c.created_at.desc(), feedback.c.message_id.desc())
        .limit(limit + 1)
    )
    if rating is not None:
        query = query.where(feedback.c.rating == rating)
    if cursor:
        at, message_id = decode_cursor(cursor, str, str)
        same = and_(feedback.c.created_at == at, feedback.c.message_id < message_id)
        query = query.where((feedback.c.created_at < at) | same)
    found = connection.execute(query).all()
    page = [
        RatedAnswer(
            row.conversation_id,
            row.message_id,
            row.run_id,
            row.rating,
            row.reason,
            row.rated_at,
            row.question or "",
            row.text,
            row.case_id,
        )
        for row in found[:limit]
    ]
    more = len(found) > limit
    return page, encode_cursor([page[-1].at, page[-1].message_id]) if more else None


def members(connection: Connection) -> list[tuple[Member, int]]:
    has = (conversations.c.staff_id == staff_members.c.id) & (conversations.c.state == "staff")
    query = (
        select(staff_members.c.id, staff_members.c.name, func.count(conversations.c.id))
        .join(conversations, has, isouter=True)
        .group_by(staff_members.c.id, staff_members.c.name)
        .order_by(staff_members.c.name, staff_members.c.id)
    )
    return [(Member(member_id, name), number) for member_id, name, number in connection.execute(query)]
