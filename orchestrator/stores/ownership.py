"""Transactions that change who has a conversation. Each ends what may not go on in the same commit."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from orchestrator.errors import Conflict, NotFound
from orchestrator.event.ownership import Member, Standing
from orchestrator.events import (
    Completed,
    Envelope,
    Event,
    HandOverReason,
    Owner,
    QueuePlace,
    StaffMessage,
    StaffPerson,
    State,
    decode,
)
from orchestrator.run import Handing
from orchestrator.staff import notices
from orchestrator.store import Handed
from orchestrator.stores import rows, running
from orchestrator.stores.staff_tables import handovers, staff_members
from orchestrator.tables import conversations, events, messages, runs

_HELD = select(conversations).where(conversations.c.id == rows.OF_CONVERSATION).with_for_update()


def standing(connection: Connection, conversation_id: str) -> Row[Any]:
    """The conversation's row, nobody else's to change until the transaction ends. Raises NotFound."""
    row = connection.execute(_HELD, {"of_conversation": conversation_id}).first()
    if row is None:
        raise NotFound
    return row


def current(connection: Connection, conversation_id: str) -> Standing:
    """See `Store.standing`."""
    row = connection.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
    if row is None:
        raise NotFound
    staff = Member(row.staff_id, row.staff_name or "") if row.staff_id else None
    number = place(connection, row.waiting_since) if row.state == "waiting" else None
    return Standing(
        row.id,
        row.session_id,
        row.state,
        row.owner_epoch,
        staff,
        number,
        connection.scalar(select(func.count()).where(conversations.c.state == "waiting")) or 0,
        row.customer_email,
        _declined_last(connection, conversation_id),
    )


def _declined_last(connection: Connection, conversation_id: str) -> bool:
    """Whether the bot's last answer was none; what was before a change of owner counts no more."""
    telling = (_kind(Completed), _kind(Owner))
    last = connection.scalar(
        select(events.c.body)
        .where(events.c.conversation_id == conversation_id, events.c.kind.in_(telling))
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    event = decode(last) if last is not None else None
    return isinstance(event, Completed) and event.declined


def _kind(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)


def place(connection: Connection, waiting_since: str) -> int:
    """The place in the queue of who waits since then."""
    before = select(func.count()).where(
        conversations.c.state == "waiting", conversations.c.waiting_since < waiting_since
    )
    return 1 + (connection.scalar(before) or 0)


def hand_over(connection: Connection, conversation_id: str, handing: Handing) -> Handed:
    """Let a conversation of the bot wait for a person; nothing changes for any other."""
    row = standing(connection, conversation_id)
    if row.state not in ("bot", "closed"):
        return Handed()
    at = rows.now()
    _change(
        connection,
        conversation_id,
        "waiting",
        waiting_since=at,
        reason=handing.reason,
        reason_text=handing.reason_text,
        closed_at=None,
    )
    connection.execute(
        insert(handovers).values(
            id=str(uuid.uuid4()), conversation_id=conversation_id, reason=handing.reason, asked_at=at
        )
    )
    number = place(connection, at)
    owner = Owner(
        row.session_id,
        "bot",
        "waiting",
        notice=handing.notice(number, row.customer_email),
        queue=QueuePlace(number),
        reason=handing.reason,
    )
    return Handed((rows.append(connection, conversation_id, "", owner),))


def take(
    connection: Connection, conversation_id: str, member: Member, said: Mapping[str, str], *, force: bool
) -> Handed:
    """Give the conversation to a member of staff: the bot's runs end cancelled, each after what it has `said`. Raises
    NotFound, and Conflict where a colleague has it and no `force` is used."""
    row = standing(connection, conversation_id)
    if row.state == "staff":
        if row.staff_id == member.id:
            return Handed()
        if not force:
            raise Conflict
    ended = _end_runs(connection, conversation_id, said)
    _change(
        connection,
        conversation_id,
        "staff",
        owner_epoch=row.owner_epoch + 1,
        staff_id=member.id,
        staff_name=member.name,
        waiting_since=None,
        closed_at=None,
    )
    _taken(connection, conversation_id)
    owner = Owner(row.session_id, "staff", "staff", StaffPerson(member.name), notices.taken(member.name))
    return Handed((*ended, rows.append(connection, conversation_id, "", owner)))


def give_back(connection: Connection, conversation_id: str, member: Member, *, anybodys: bool) -> Handed:
    """Return the conversation to the bot. Raises NotFound; Conflict where the bot has it alone or it is closed, and,
    unless `anybodys` may be returned, where a colleague has it."""
    row = standing(connection, conversation_id)
    if row.state not in ("staff", "waiting"):
        raise Conflict
    if row.state == "staff" and row.staff_id != member.id and not anybodys:
        raise Conflict
    taken = row.state == "staff"
    _change(connection, conversation_id, "bot", owner_epoch=row.owner_epoch + int(taken), waiting_since=None)
    _over(connection, conversation_id)
    notice = notices.returned(row.staff_name or "") if taken else notices.NOBODY_COMES
    owner = Owner(row.session_id, "bot", "bot", notice=notice)
    return Handed((rows.append(connection, conversation_id, "", owner),))


def close(connection: Connection, conversation_id: str, said: Mapping[str, str]) -> Handed:
    """Close the conversation, whoever has it. Raises NotFound."""
    row = standing(connection, conversation_id)
    if row.state == "closed":
        return Handed()
    ended = _end_runs(connection, conversation_id, said)
    _change(
        connection,
        conversation_id,
        "closed",
        owner_epoch=row.owner_epoch + 1,
        waiting_since=None,
        closed_at=rows.now(),
    )
    _over(connection, conversation_id)
    owner = Owner(row.session_id, "bot", "closed", notice=notices.CLOSED)
    return Handed((*ended, rows.append(connection, conversation_id, "", owner)))


def reopen(connection: Connection, conversation_id: str) -> Handed:
    """Give a closed conversation back to the bot. Raises NotFound, and Conflict where it is not closed."""
    row = standing(connection, conversation_id)
    if row.state != "closed":
        raise Conflict
    return Handed((reopened(connection, row),))


def reopened(connection: Connection, row: Row[Any]) -> Envelope:
    """A closed conversation goes on."""
    _change(connection, row.id, "bot", closed_at=None, reopened=row.reopened + 1)
    owner = Owner(row.session_id, "bot", "bot", notice=notices.REOPENED)
    return rows.append(connection, row.id, "", owner)


def reply(
    connection: Connection, conversation_id: str, member: Member, text: str, client_message_id: str | None
) -> tuple[Envelope, bool]:
    """A member of staff writes; True where the same was written before. Raises NotFound; Conflict unless the
    conversation is theirs; IdempotencyConflict."""
    row = standing(connection, conversation_id)
    if client_message_id is not None:
        client_message_id = f"staff-{client_message_id}"[:64]
        earlier = rows.earlier_message(connection, conversation_id, client_message_id, text)
        if earlier is not None:
            event = rows.event_at(connection, conversation_id, earlier)
            return Envelope(conversation_id, event, earlier), True
    if row.state != "staff" or row.staff_id != member.id:
        raise Conflict
    message_id = str(uuid.uuid4())
    event = StaffMessage(row.session_id, text, member.name, message_id, rows.now())
    envelope = rows.append(connection, conversation_id, message_id, event)
    rows.store_message(connection, envelope, message_id, message_id, "staff", text, member.name[:64], client_message_id)
    seen = update(conversations).where(conversations.c.id == conversation_id).values(staff_seq=envelope.seq)
    connection.execute(seen)
    first = (handovers.c.conversation_id == conversation_id) & handovers.c.answered_at.is_(None)
    connection.execute(update(handovers).where(first, handovers.c.ended_at.is_(None)).values(answered_at=rows.now()))
    return envelope, False


def meet(connection: Connection, member: Member) -> None:
    """Know a member of staff, by their latest name."""
    mine = staff_members.c.id == member.id
    changed = connection.execute(update(staff_members).where(mine).values(name=member.name, seen_at=rows.now()))
    if changed.rowcount == 0:
        connection.execute(insert(staff_members).values(id=member.id, name=member.name, seen_at=rows.now()))


def known(connection: Connection, member_id: str) -> Member | None:
    """The member of staff who was met under this id."""
    name = connection.scalar(select(staff_members.c.name).where(staff_members.c.id == member_id))
    return Member(member_id, name) if name is not None else None


def _change(connection: Connection, conversation_id: str, state: State, **values: Any) -> None:
    connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(state=state, **values))


def _end_runs(connection: Connection, conversation_id: str, said: Mapping[str, str]) -> Sequence[Envelope]:
    """End every unfinished run cancelled, in the order in which they were asked for."""
    unfinished = connection.execute(
        select(runs.c.id, runs.c.status)
        .join(messages, messages.c.id == runs.c.message_id)
        .where(runs.c.conversation_id == conversation_id, runs.c.finished_at.is_(None))
        .order_by(messages.c.seq)
    ).all()
    ended = [
        rows.cancel_run(connection, conversation_id, row.id, said.get(row.id, ""))
        if row.status == "running"
        else running.call_off(connection, conversation_id, row.id)
        for row in unfinished
    ]
    return [envelope for envelope in ended if envelope is not None]


def _taken(connection: Connection, conversation_id: str) -> None:
    """Somebody has come, asked for or not."""
    open_ones = (handovers.c.conversation_id == conversation_id) & handovers.c.ended_at.is_(None)
    at = rows.now()
    asked = connection.scalar(select(func.count()).select_from(handovers).where(open_ones))
    if asked:
        connection.execute(update(handovers).where(open_ones, handovers.c.taken_at.is_(None)).values(taken_at=at))
        return
    reason: HandOverReason = "staff"
    connection.execute(
        insert(handovers).values(
            id=str(uuid.uuid4()), conversation_id=conversation_id, reason=reason, asked_at=at, taken_at=at
        )
    )


def _over(connection: Connection, conversation_id: str) -> None:
    open_ones = (handovers.c.conversation_id == conversation_id) & handovers.c.ended_at.is_(None)
    connection.execute(update(handovers).where(open_ones).values(ended_at=rows.now()))
