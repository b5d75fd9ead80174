"""Transactions that take something from the customer: a message, an answer to a parked run, a reading mark."""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from orchestrator.commands import FORMS, Answer, Caller, Read, Send
from orchestrator.errors import BadRequest, IdempotencyConflict, NotFound, RunBusy, RunNotActive
from orchestrator.events import Accepted, Completed, Envelope, InputRequired
from orchestrator.staff import notices
from orchestrator.store import MAX_WAITING, ReadReply, Receipt
from orchestrator.stores import ownership, rows, taking_back
from orchestrator.tables import conversations, events, requests, runs

DECLINED_LABEL = "No, thank you"
"""What stands in the transcript for a refusal that the request has no option for."""


def _new_session(client_message_id: str | None) -> str:
    """A session for a message that names none; a message with an id of its own gets the same one when it is re-sent."""
    return (uuid.uuid5(uuid.NAMESPACE_OID, client_message_id) if client_message_id else uuid.uuid4()).hex


_ACTIVE = select(func.count()).where(
    runs.c.conversation_id == rows.OF_CONVERSATION,
    runs.c.finished_at.is_(None),
    runs.c.status.in_(("waiting", "running")),
)
_NEW_RUN = insert(runs)


def accept(connection: Connection, caller: Caller, command: Send, read: ReadReply) -> Receipt:
    """See `Store.accept`."""
    session_id = command.session_id or _new_session(command.client_message_id)
    conversation_id = rows.open_conversation(connection, caller.user_id, session_id)
    owner = ownership.standing(connection, conversation_id)
    if command.client_message_id is not None:
        earlier = rows.earlier_receipt(connection, conversation_id, command)
        if earlier is not None:
            again = earlier.accepted
            return earlier if again.run_id else dataclasses.replace(earlier, told=_told(owner, again))
    accepted = _accepted(str(uuid.uuid4()), session_id, command)
    before: list[Envelope] = []
    if owner.state == "closed":
        before.append(ownership.reopened(connection, owner))
    if command.replaces is not None:
        before += taking_back.supersede(connection, conversation_id, command.replaces, accepted.message_id)
    if command.zone:
        mine = conversations.c.id == conversation_id
        connection.execute(
            update(conversations).where(mine, conversations.c.zone != command.zone).values(zone=command.zone)
        )
    _introduce(connection, owner, caller)
    if owner.state == "staff":
        return _left_to_staff(connection, owner, accepted, before)
    pending = _pending(connection, conversation_id)
    if pending and pending[0].expires_at > rows.now():
        value = read(command.message, pending[0])
        if value is not None:
            accepted = replace(accepted, run_id=pending[0].run_id)
            return _reply(connection, conversation_id, pending[0], value, accepted, before)
    dropped = [
        rows.cancel_run(connection, conversation_id, request.run_id, request.partial_response) for request in pending
    ]
    if (connection.scalar(_ACTIVE, {"of_conversation": conversation_id}) or 0) > MAX_WAITING:
        raise RunBusy
    connection.execute(
        _NEW_RUN,
        {
            "id": accepted.run_id,
            "conversation_id": conversation_id,
            "message_id": accepted.message_id,
            "role": caller.role,
            "status": "waiting",
            "owner_epoch": owner.owner_epoch,
            "wishes": rows.encode_wishes(command.wishes),
            "created_at": accepted.sent_at,
        },
    )
    envelope = _store(connection, conversation_id, accepted)
    return Receipt(envelope, accepted, duplicate=False, before=(*before, *filter(None, dropped)))


def _introduce(connection: Connection, conversation: Row[Any], caller: Caller) -> None:
    """Keep who the customer is, as the token tells, for the staff."""
    if (caller.name, caller.email) != (conversation.customer_name, conversation.customer_email):
        connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation.id)
            .values(customer_name=caller.name, customer_email=caller.email)
        )


def _left_to_staff(
    connection: Connection, conversation: Row[Any], accepted: Accepted, before: Sequence[Envelope]
) -> Receipt:
    """Keep a message that a person will answer. It is one of its own, of no run."""
    accepted = replace(accepted, run_id=None)
    envelope = _store(connection, conversation.id, accepted)
    return Receipt(envelope, accepted, duplicate=False, before=tuple(before), told=_told(conversation, accepted))


def _told(conversation: Row[Any], accepted: Accepted) -> Completed:
    return notices.left_to_staff(accepted, conversation.staff_name or "")


def answer(connection: Connection, caller: Caller, command: Answer) -> Receipt:
    """See `Store.answer`."""
    asked_in = select(runs.c.conversation_id).join(requests, requests.c.run_id == runs.c.id)
    rows.hold_any(
        connection, conversations.c.id == asked_in.where(requests.c.id == command.request_id).scalar_subquery()
    )
    row = connection.execute(
        select(
            requests.c.answer,
            requests.c.answered_seq,
            requests.c.seq,
            requests.c.expires_at,
            runs.c.status,
            conversations.c.id,
            conversations.c.session_id,
        )
        .join(runs, runs.c.id == requests.c.run_id)
        .join(conversations, conversations.c.id == runs.c.conversation_id)
        .where(requests.c.id == command.request_id, conversations.c.owner == caller.user_id)
    ).first()
    if row is None:
        raise NotFound
    if row.answered_seq is not None:
        if row.answer not in (_as_text(command.value), taking_back.NO_ANSWER):
            raise IdempotencyConflict
        return rows.receipt_at(connection, row.id, row.answered_seq)
    if row.status != "parked" or row.expires_at <= rows.now():
        raise RunNotActive
    request = rows.event_at(connection, row.id, row.seq)
    assert isinstance(request, InputRequired)
    accepted = _accepted(request.run_id, row.session_id, Send(_label(request, command.value)))
    return _reply(connection, row.id, request, command.value, accepted)


_PENDING = (
    select(events.c.body)
    .join(requests, (requests.c.run_id == events.c.run_id) & (requests.c.seq == events.c.seq))
    .join(runs, runs.c.id == requests.c.run_id)
    .where(
        events.c.conversation_id == rows.OF_CONVERSATION,
        runs.c.conversation_id == rows.OF_CONVERSATION,
        runs.c.finished_at.is_(None),
        runs.c.status == "parked",
        requests.c.answered_seq.is_(None),
    )
    .order_by(events.c.seq.desc())
)


def _pending(connection: Connection, conversation_id: str) -> list[InputRequired]:
    """The requests that parked runs of the conversation wait for, the latest first."""
    bodies = connection.scalars(_PENDING, {"of_conversation": conversation_id})
    return [msgspec.json.decode(body, type=InputRequired) for body in bodies]


def _reply(
    connection: Connection,
    conversation_id: str,
    request: InputRequired,
    value: object,
    accepted: Accepted,
    before: Sequence[Envelope] = (),
) -> Receipt:
    """Take the value as the request's answer: its run waits for its turn again, and the text stands as a message."""
    envelope = _store(connection, conversation_id, accepted)
    connection.execute(
        update(requests)
        .where(requests.c.id == request.request_id)
        .values(answer=_as_text(value), answered_seq=envelope.seq)
    )
    connection.execute(update(runs).where(runs.c.id == request.run_id).values(status="waiting"))
    return Receipt(envelope, accepted, duplicate=False, before=tuple(before))


def _accepted(run_id: str, session_id: str, command: Send) -> Accepted:
    return Accepted(
        message_id=str(uuid.uuid4()),
        run_id=run_id,
        session_id=session_id,
        message=command.message,
        sent_at=rows.now(),
        client_message_id=command.client_message_id,
        replaces=command.replaces,
    )


_LAST_OF_CUSTOMER = (
    update(conversations).where(conversations.c.id == rows.OF_CONVERSATION).values(customer_seq=bindparam("at_seq"))
)


def _store(connection: Connection, conversation_id: str, accepted: Accepted) -> Envelope:
    run_id = accepted.turn_id
    envelope = rows.append(connection, conversation_id, run_id, accepted)
    connection.execute(_LAST_OF_CUSTOMER, {"of_conversation": conversation_id, "at_seq": envelope.seq})
    rows.store_message(
        connection,
        envelope,
        accepted.message_id,
        run_id,
        "customer",
        accepted.message,
        None,
        accepted.client_message_id,
    )
    return envelope


def _as_text(value: object) -> str:
    """A value so that equal ones are equal texts, and true is not 1."""
    return msgspec.json.encode(value, order="sorted").decode()


def _label(request: InputRequired, value: object) -> str:
    """The value as the person would have said it. Raises BadRequest for one that the request does not offer."""
    for option in request.options:
        if _as_text(option.value) == _as_text(value):
            return option.label
    if isinstance(value, dict) and isinstance(value.get("change"), str):
        return str(value["change"])
    if value is False:
        return DECLINED_LABEL
    raise BadRequest(field="value", form=FORMS["value"])


def seen(connection: Connection, caller: Caller, command: Read) -> str:
    """See `Store.seen`."""
    conversation_id = rows.find(connection, caller, command.session_id)
    if command.epoch not in (None, conversation_id):
        raise NotFound
    connection.execute(
        update(conversations)
        .where(
            conversations.c.id == conversation_id,
            conversations.c.read_seq < command.seq,
            conversations.c.head_seq >= command.seq,
        )
        .values(read_seq=command.seq)
    )
    return conversation_id
