"""Transactions that take a customer's message back: replaced, with what came of it kept as a branch; or blanked."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, select, update

from orchestrator.commands import Caller, Send
from orchestrator.errors import BadRequest, NotFound
from orchestrator.events import (
    Cancelled,
    Completed,
    Deleted,
    Envelope,
    Event,
    InputRequired,
    Sources,
    Superseded,
    encode,
)
from orchestrator.store import Touched
from orchestrator.stores import rows, running
from orchestrator.stores.masking import masked, own_words
from orchestrator.stores.memory import ConversationMemory, decode_memory, encode_memory, without
from orchestrator.stores.staff_tables import cases
from orchestrator.tables import conversations, events, messages, requests, runs

_SAYING: tuple[type[Event], ...] = (InputRequired, Completed, Cancelled)
"""Events with words of the assistant."""
NO_ANSWER = "null"
"""What stands instead of an answer whose message was taken back; no answer is null."""


def replaced(connection: Connection, caller: Caller, command: Send) -> Touched | None:
    """See `Store.replaced`."""
    conversation_id = rows.find(connection, caller, command.session_id or "")
    if command.client_message_id is not None and rows.earlier_receipt(connection, conversation_id, command):
        return None
    return _touched(connection, _replaceable(connection, conversation_id, command.replaces or ""))


def supersede(connection: Connection, conversation_id: str, message_id: str, by: str) -> list[Envelope]:
    """Make a branch of the past of the message and all that came of it and after it; the events of that. Raises
    NotFound, BadRequest."""
    message = _replaceable(connection, conversation_id, message_id)
    ended = _call_off(connection, conversation_id, _touched(connection, message).unfinished)
    questions = messages.alias("asked")
    # What is still said to an earlier message, which was being answered meanwhile, is no part of the branch.
    came_of_it = (
        select(questions.c.id)
        .where(
            questions.c.run_id == messages.c.run_id,
            questions.c.role == "customer",
            questions.c.seq >= message.seq,
            questions.c.seq <= messages.c.seq,
        )
        .exists()
    )
    connection.execute(
        update(messages)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq >= message.seq,
            messages.c.superseded_by.is_(None),
            came_of_it,
        )
        .values(superseded_by=by)
    )
    if message.memory is not None:
        mine = conversations.c.id == conversation_id
        connection.execute(update(conversations).where(mine).values(memory=message.memory))
    superseded = Superseded(message_id, by, message.run_id)
    return [*ended, rows.append(connection, conversation_id, message.run_id, superseded)]


def _replaceable(connection: Connection, conversation_id: str, message_id: str) -> Row[Any]:
    message = connection.execute(
        select(messages).where(
            messages.c.id == message_id, messages.c.conversation_id == conversation_id, messages.c.role == "customer"
        )
    ).first()
    if message is None:
        raise NotFound(field="replaces")
    if message.superseded_by is not None or message.deleted_at is not None:
        raise BadRequest(field="replaces", form="a message that was neither replaced nor taken back")
    return message


def touched(connection: Connection, caller: Caller, message_id: str) -> Touched:
    """See `Store.touched`."""
    return _touched(connection, _own(connection, caller, message_id))


def _own(connection: Connection, caller: Caller, message_id: str) -> Row[Any]:
    message = connection.execute(
        select(messages)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == message_id, messages.c.role == "customer", conversations.c.owner == caller.user_id)
    ).first()
    if message is None:
        raise NotFound
    return message


def _touched(connection: Connection, message: Row[Any]) -> Touched:
    if message.deleted_at is not None or message.superseded_by is not None:
        return Touched(message.conversation_id, message.run_id, frozenset())
    unfinished = connection.scalars(
        select(runs.c.id)
        .join(messages, messages.c.run_id == runs.c.id)
        .where(
            runs.c.conversation_id == message.conversation_id,
            runs.c.finished_at.is_(None),
            messages.c.role == "customer",
            messages.c.seq >= message.seq,
        )
    )
    return Touched(message.conversation_id, message.run_id, frozenset(unfinished))


def _call_off(connection: Connection, conversation_id: str, run_ids: Iterable[str]) -> list[Envelope]:
    """End these runs cancelled, in the order in which they were asked for."""
    ordered = connection.scalars(select(runs.c.id).where(runs.c.id.in_(run_ids)).order_by(runs.c.created_at))
    ended = [
        running.call_off(connection, conversation_id, run_id)
        or rows.cancel_run(connection, conversation_id, run_id, "")
        for run_id in ordered.all()
    ]
    return [envelope for envelope in ended if envelope is not None]


def blank(connection: Connection, caller: Caller, message_id: str) -> list[Envelope]:
    """See `Store.blank`."""
    rows.hold(connection, _own(connection, caller, message_id).conversation_id)
    message = _own(connection, caller, message_id)
    if message.deleted_at is not None:
        return []
    conversation_id, run_id, seq = message.conversation_id, message.run_id, message.seq
    ended = _call_off(connection, conversation_id, _readers(connection, _touched(connection, message)))
    connection.execute(update(messages).where(messages.c.id == message_id).values(text="", deleted_at=rows.now()))
    accepted = rows.receipt_at(connection, conversation_id, seq).accepted
    connection.execute(
        update(events)
        .where(events.c.conversation_id == conversation_id, events.c.seq == seq)
        .values(body=encode(msgspec.structs.replace(accepted, message="")).decode())
    )
    connection.execute(delete(cases).where(cases.c.conversation_id == conversation_id))
    _unlearn(connection, message)
    _mask_repeats(connection, message)
    _blank_requests(connection, message)
    return [*ended, rows.append(connection, conversation_id, run_id, Deleted(message_id, run_id))]


def _readers(connection: Connection, touched: Touched) -> set[str]:
    """The runs that must end with the message: its own, and those whose state, kept while they wait for the customer,
    may hold it."""
    kept = connection.scalars(select(requests.c.run_id).where(requests.c.run_id.in_(touched.unfinished)))
    return {*kept} | ({touched.run_id} & touched.unfinished)


def _unlearn(connection: Connection, message: Row[Any]) -> None:
    """Take what came from the message out of what is remembered, now and at every later message."""
    earlier = decode_memory(message.memory) if message.memory is not None else ConversationMemory()

    def clean(text: str) -> str:
        return encode_memory(without(decode_memory(text), message.seq, earlier))

    mine = conversations.c.id == message.conversation_id
    current = connection.scalar(select(conversations.c.memory).where(mine)) or "{}"
    connection.execute(update(conversations).where(mine).values(memory=clean(current)))
    later = connection.execute(
        select(messages.c.id, messages.c.memory).where(
            messages.c.conversation_id == message.conversation_id,
            messages.c.seq > message.seq,
            messages.c.memory.is_not(None),
        )
    ).all()
    cleaned = ({"place": row.id, "left": clean(row.memory), "before": row.memory} for row in later)
    changed = [
        {"place": change["place"], "left": change["left"]} for change in cleaned if change["left"] != change["before"]
    ]
    if changed:
        statement = update(messages).where(messages.c.id == bindparam("place")).values(memory=bindparam("left"))
        connection.execute(statement, changed)


def _mask_repeats(connection: Connection, message: Row[Any]) -> None:
    """Make unreadable what the assistant has repeated of the message since."""
    since = (events.c.conversation_id == message.conversation_id, events.c.seq > message.seq)
    replies = connection.execute(
        select(events.c.seq, events.c.body).where(*since, events.c.kind.in_(map(_kind, _SAYING)))
    ).all()
    everything = "\n".join(row.body for row in replies).casefold()
    if not any(word.casefold() in everything for word in own_words(message.text, "")):
        return
    sources = connection.scalars(select(events.c.body).where(*since, events.c.kind == _kind(Sources)))
    words = own_words(message.text, "\n".join(sources))
    for row in replies:
        plain = msgspec.json.decode(row.body)
        if (clean := masked(plain, words)) != plain:
            mine = (events.c.conversation_id == message.conversation_id, events.c.seq == row.seq)
            connection.execute(update(events).where(*mine).values(body=msgspec.json.encode(clean).decode()))
    answers = connection.execute(
        select(messages.c.id, messages.c.text).where(
            messages.c.conversation_id == message.conversation_id,
            messages.c.seq > message.seq,
            messages.c.role == "assistant",
        )
    ).all()
    for row in answers:
        if (text := masked(row.text, words)) != row.text:
            connection.execute(update(messages).where(messages.c.id == row.id).values(text=text))


def _kind(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)


def _blank_requests(connection: Connection, message: Row[Any]) -> None:
    """What parked runs had left behind, which nobody needs any more, and the answer that the message was."""
    later = select(messages.c.run_id).where(
        messages.c.conversation_id == message.conversation_id, messages.c.seq >= message.seq
    )
    connection.execute(update(requests).where(requests.c.run_id.in_(later)).values(parked=""))
    connection.execute(
        update(requests)
        .where(requests.c.run_id == message.run_id, requests.c.answered_seq == message.seq)
        .values(answer=NO_ANSWER)
    )
