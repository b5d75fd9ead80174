"""What the SQL store's transactions are made of: one statement or two each, inside the caller's transaction.

What every turn executes is a constant with named parameters: to build a statement anew takes SQLAlchemy four times as
long as to execute it.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Integer, bindparam, delete, insert, select, update

from agents.types import AS_USUAL, Wishes
from orchestrator.commands import Caller, Send
from orchestrator.errors import IdempotencyConflict, NotFound
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Cancelled,
    Completed,
    Durable,
    Envelope,
    Terminal,
    decode,
    encode,
)
from orchestrator.run import Effect, side_effects
from orchestrator.store import Marks, Receipt, StoredMessage
from orchestrator.stores import citing
from orchestrator.stores.staff_tables import webhook_deliveries
from orchestrator.tables import conversations, deleted_conversations, events, messages, runs
from rag.database import hold_rows


def now() -> str:
    """The time as the tables hold it: ISO 8601, UTC, milliseconds."""
    return stamp(datetime.now(UTC))


def stamp(at: datetime) -> str:
    """A moment in UTC as the tables hold it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


OF_RUN: BindParameter[str] = bindparam("of_run")
OF_CONVERSATION: BindParameter[str] = bindparam("of_conversation")
_CONVERSATION = select(conversations.c.id).where(conversations.c.id == OF_CONVERSATION)


def hold(connection: Connection, conversation_id: str) -> None:
    """Let nobody else change this conversation before the transaction ends."""
    hold_rows(connection, _CONVERSATION, {"of_conversation": conversation_id})


def hold_any(connection: Connection, which: ColumnElement[bool]) -> None:
    """The same for the conversation of which this holds."""
    hold_rows(connection, select(conversations.c.id).where(which))


_OWN = select(conversations.c.id).where(
    conversations.c.owner == bindparam("of_owner"), conversations.c.session_id == bindparam("of_session")
)
_DELETED = select(deleted_conversations.c.seq).where(deleted_conversations.c.name == bindparam("of_name"))
_NEW_CONVERSATION = insert(conversations)


def open_conversation(
    connection: Connection, owner: str, session_id: str, metadata: Mapping[str, Any] | None = None
) -> str:
    """The id of the owner's conversation, made with these `metadata` if it is new."""
    existing_id = connection.scalar(_OWN, {"of_owner": owner, "of_session": session_id})
    if existing_id is not None:
        hold(connection, existing_id)
        return str(existing_id)
    conversation_id, at = str(uuid.uuid4()), now()
    earlier = connection.scalar(_DELETED, {"of_name": _name(owner, session_id)})
    connection.execute(
        _NEW_CONVERSATION,
        {
            "id": conversation_id,
            "owner": owner,
            "session_id": session_id,
            "head_seq": 0,
            "earlier_seq": earlier or 0,
            "metadata": encode_metadata(metadata or {}),
            "created_at": at,
            "updated_at": at,
        },
    )
    return conversation_id


def delete_conversation(connection: Connection, owner: str, session_id: str) -> str:
    """Remove the owner's conversation with everything in it; its id. Raises NotFound."""
    gone = connection.execute(
        delete(conversations)
        .where(conversations.c.owner == owner, conversations.c.session_id == session_id)
        .returning(conversations.c.id, conversations.c.head_seq, conversations.c.earlier_seq)
    ).first()
    if gone is None:
        raise NotFound
    connection.execute(delete(webhook_deliveries).where(webhook_deliveries.c.conversation_id == gone.id))
    if gone.head_seq:
        name = _name(owner, session_id)
        connection.execute(delete(deleted_conversations).where(deleted_conversations.c.name == name))
        connection.execute(insert(deleted_conversations).values(name=name, seq=gone.earlier_seq + gone.head_seq))
    return str(gone.id)


def _name(owner: str, session_id: str) -> str:
    """What is kept of the name of a deleted conversation."""
    return hashlib.sha256(f"{owner}\0{session_id}".encode()).hexdigest()


def marks(connection: Connection, conversation_id: str) -> Marks:
    """See `Store.marks`."""
    row = connection.execute(
        select(conversations.c.head_seq, conversations.c.read_seq, conversations.c.earlier_seq).where(
            conversations.c.id == conversation_id
        )
    ).first()
    if row is None:
        raise NotFound
    return Marks(row.head_seq, row.read_seq, row.earlier_seq)


def find(connection: Connection, caller: Caller, session_id: str) -> str:
    """The id of the caller's conversation. Raises NotFound."""
    conversation_id = connection.scalar(_OWN, {"of_owner": caller.user_id, "of_session": session_id})
    if conversation_id is None:
        raise NotFound
    return str(conversation_id)


def earlier_receipt(connection: Connection, conversation_id: str, command: Send) -> Receipt | None:
    """The receipt of a message sent before under the same id. Raises IdempotencyConflict when its text was another."""
    seq = earlier_message(connection, conversation_id, command.client_message_id or "", command.message)
    return receipt_at(connection, conversation_id, seq) if seq is not None else None


_SENT_BEFORE = select(messages.c.text, messages.c.seq, messages.c.deleted_at).where(
    messages.c.conversation_id == OF_CONVERSATION, messages.c.client_message_id == bindparam("of_client_message")
)


def earlier_message(connection: Connection, conversation_id: str, client_message_id: str, text: str) -> int | None:
    """Where the message stands that was sent before under the same id. Raises IdempotencyConflict when its text was
    another."""
    sent = {"of_conversation": conversation_id, "of_client_message": client_message_id}
    row = connection.execute(_SENT_BEFORE, sent).first()
    if row is None:
        return None
    if row.text != text and row.deleted_at is None:
        raise IdempotencyConflict
    return int(row.seq)


def receipt_at(connection: Connection, conversation_id: str, seq: int) -> Receipt:
    """The receipt that was given for the message at `seq`, again."""
    accepted = event_at(connection, conversation_id, seq)
    assert isinstance(accepted, Accepted)
    return Receipt(Envelope(conversation_id, accepted, seq), accepted, duplicate=True)


def event_at(connection: Connection, conversation_id: str, seq: int) -> AnyEvent:
    """The durable event at `seq`, which must be there."""
    body = connection.scalar(
        select(events.c.body).where(events.c.conversation_id == conversation_id, events.c.seq == seq)
    )
    return decode(body or "")


_EPOCH = select(conversations.c.owner_epoch).where(conversations.c.id == runs.c.conversation_id)
_AT_ATTEMPT = bindparam("at_attempt", type_=Integer)
AT_ITS_ATTEMPT = _AT_ATTEMPT.is_(None) | ((runs.c.attempt == _AT_ATTEMPT) & (runs.c.status == "running"))
"""That the run is still at this attempt, where one is named."""
OPEN_TO_BOT = (
    (runs.c.id == OF_RUN)
    & runs.c.finished_at.is_(None)
    & (runs.c.owner_epoch == _EPOCH.scalar_subquery())
    & AT_ITS_ATTEMPT
)
"""That the run has not ended, is still at this attempt, and that the conversation has the owner whom it had when the
run's message was accepted."""
_ENDED = update(runs).where(runs.c.id == OF_RUN, runs.c.finished_at.is_(None))
_ENDED_BY_BOT = update(runs).where(OPEN_TO_BOT)


def end_run(
    connection: Connection, conversation_id: str, event: Terminal, attempt: int | None = None, *, by_bot: bool = False
) -> Envelope | None:
    """Write the terminal event of a run, and the answer as a message; None where the run had ended, or where the bot
    ends it and it is not OPEN_TO_BOT."""
    where = {"of_run": event.run_id, **({"at_attempt": attempt} if by_bot else {})}
    written = {"status": event.__struct_config__.tag, "finished_at": now(), "wishes": None}
    if connection.execute(_ENDED_BY_BOT if by_bot else _ENDED, where | written).rowcount != 1:
        return None
    envelope = append(connection, conversation_id, event.run_id, event)
    if isinstance(event, Completed):
        store_message(connection, envelope, event.message_id, event.run_id, "assistant", event.response, event.agent)
        citing.record(connection, conversation_id, event)
    elif isinstance(event, Cancelled) and event.partial_response:
        text = event.partial_response
        store_message(connection, envelope, str(uuid.uuid4()), event.run_id, "assistant", text, None)
    return envelope


def cancel_run(connection: Connection, conversation_id: str, run_id: str, text: str) -> Envelope | None:
    """End a run that nobody is answering, cancelled after `text`; None where it has ended. Its effects stay told."""
    effects = connection.scalar(select(runs.c.effects).where(runs.c.id == run_id))
    done = side_effects(decode_effects(effects or "[]"))
    return end_run(connection, conversation_id, Cancelled(run_id, text, done))


def decode_effects(text: str) -> tuple[Effect, ...]:
    """The effects of a run as `runs.effects` holds them."""
    return msgspec.json.decode(text, type=tuple[Effect, ...])


def encode_effects(effects: Sequence[Effect]) -> str:
    return msgspec.json.encode(effects).decode()


def decode_wishes(text: str | None) -> Wishes:
    """How a run's message wants to be answered."""
    return msgspec.json.decode(text, type=Wishes) if text else AS_USUAL


def encode_wishes(wishes: Wishes) -> str | None:
    """What `decode_wishes` reads; None for as usual."""
    return None if wishes == AS_USUAL else msgspec.json.encode(wishes).decode()


def decode_metadata(text: str | None) -> dict[str, Any]:
    """What a client noted of a conversation."""
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}


def encode_metadata(metadata: Mapping[str, Any]) -> str | None:
    """What `decode_metadata` reads; None for nothing."""
    return msgspec.json.encode(metadata).decode() if metadata else None


_NEXT_SEQ = (
    update(conversations)
    .where(conversations.c.id == OF_CONVERSATION)
    .values(head_seq=conversations.c.head_seq + 1, said=None, updated_at=bindparam("at"))
    .returning(conversations.c.head_seq)
)
_NEW_EVENT, _NEW_MESSAGE = insert(events), insert(messages)


def append(connection: Connection, conversation_id: str, run_id: str, event: Durable) -> Envelope:
    """Give the event the conversation's next `seq` and store it: what has been said is something else from now on.
    Raises NotFound when the conversation is gone."""
    at = now()
    seq = connection.scalar(_NEXT_SEQ, {"of_conversation": conversation_id, "at": at})
    if seq is None:
        raise NotFound
    connection.execute(
        _NEW_EVENT,
        {
            "conversation_id": conversation_id,
            "seq": seq,
            "kind": event.__struct_config__.tag,
            "run_id": run_id,
            "body": encode(event).decode(),
            "created_at": at,
        },
    )
    return Envelope(conversation_id, event, seq)  # type: ignore[arg-type]


def store_message(
    connection: Connection,
    envelope: Envelope,
    message_id: str,
    run_id: str,
    role: str,
    text: str,
    agent: str | None,
    client_message_id: str | None = None,
) -> None:
    """Store a message at the `seq` of its event."""
    connection.execute(
        _NEW_MESSAGE,
        {
            "id": message_id,
            "conversation_id": envelope.conversation_id,
            "run_id": run_id,
            "seq": envelope.seq,
            "role": role,
            "text": text,
            "agent": agent,
            "client_message_id": client_message_id,
            "created_at": now(),
        },
    )


def envelopes(connection: Connection, query: Any) -> list[Envelope]:
    """The rows of `events` that the query selects, as they were published."""
    return [Envelope(row.conversation_id, decode(row.body), row.seq) for row in connection.execute(query)]


def stored_messages(
    connection: Connection, conversation_id: str, after: int, *, superseded: bool, limit: int | None = None
) -> list[StoredMessage]:
    """The messages of a conversation with `seq > after`, in order, at most `limit`, each answer with the event that
    said it."""
    is_answer = (
        (events.c.conversation_id == messages.c.conversation_id)
        & (events.c.seq == messages.c.seq)
        & (events.c.kind == Completed.__struct_config__.tag)
    )
    query = (
        select(messages, events.c.body)
        .join(events, is_answer, isouter=True)
        .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
        .order_by(messages.c.seq)
    )
    if not superseded:
        query = query.where(messages.c.superseded_by.is_(None))
    if limit is not None:
        query = query.limit(limit)
    return [
        StoredMessage(r.id, r.role, r.text, r.agent, r.run_id, r.seq, r.created_at, _answer(r.body), r.superseded_by)
        for r in connection.execute(query)
    ]


def _answer(body: str | None) -> Completed | None:
    event = decode(body) if body is not None else None
    return event if isinstance(event, Completed) else None
