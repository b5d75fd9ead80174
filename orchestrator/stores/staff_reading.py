"""What the staff reads of one conversation: its messages and notes, its customer, and why an answer was given."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from orchestrator.errors import NotFound
from orchestrator.event.ownership import Member
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Completed,
    Event,
    Failed,
    InputRequired,
    Routed,
    Sources,
    decode,
)
from orchestrator.run import side_effects
from orchestrator.staff.drafting import Basis, basis_of
from orchestrator.staff.explanation import Call, Explained, Explanation, Facts
from orchestrator.staff.values import Message, Note, Opened, Rated
from orchestrator.stores import history, rows, running, staff_listing
from orchestrator.stores.memory import decode_memory
from orchestrator.stores.staff_tables import private_notes
from orchestrator.tables import conversations, events, feedback, ledger, messages, runs


def opened(connection: Connection, conversation_id: str, limit: int) -> Opened:
    """The conversation with its newest messages. Raises NotFound."""
    line = staff_listing.line(connection, conversation_id)
    newest, more = earlier(connection, conversation_id, None, limit)
    return Opened(line, newest, more, notes(connection, conversation_id))


def earlier(
    connection: Connection, conversation_id: str, before: int | None, limit: int
) -> tuple[tuple[Message, ...], bool]:
    """The last messages before a seq, oldest first, and whether there are more."""
    answer = (
        (events.c.conversation_id == messages.c.conversation_id)
        & (events.c.seq == messages.c.seq)
        & (events.c.kind == _kind(Completed))
    )
    query = (
        select(messages, events.c.body, feedback.c.rating, feedback.c.reason, feedback.c.created_at.label("rated_at"))
        .join(events, answer, isouter=True)
        .join(feedback, feedback.c.message_id == messages.c.id, isouter=True)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(messages.c.seq.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(messages.c.seq < before)
    found = connection.execute(query).all()
    return tuple(_message(row) for row in reversed(found[:limit])), len(found) > limit


def message(connection: Connection, conversation_id: str, seq: int) -> Message:
    """The message at `seq`, which must be there."""
    found, _ = earlier(connection, conversation_id, seq + 1, 1)
    return found[0]


def notes(connection: Connection, conversation_id: str) -> tuple[Note, ...]:
    query = select(private_notes).where(private_notes.c.conversation_id == conversation_id)
    return tuple(note_of(row) for row in connection.execute(query.order_by(private_notes.c.created_at)))


def note_of(row: Any) -> Note:
    return Note(row.id, row.conversation_id, row.text, Member(row.author_id, row.author_name), row.created_at)


def facts(connection: Connection, conversation_id: str) -> Facts:
    """Who the customer is and what the conversation knows. Raises NotFound."""
    row = _conversation(connection, conversation_id)
    others = staff_listing.of_customer(connection, row.owner, 20)
    return Facts(staff_listing.customer_of(row), decode_memory(row.memory).facts, row.zone, tuple(others))


def basis(connection: Connection, conversation_id: str) -> Basis:
    """What a draft of a reply is made from. Raises NotFound."""
    row = _conversation(connection, conversation_id)
    turns = history.turns(history.newest(connection, conversation_id, ()))
    return basis_of(turns, dict(decode_memory(row.memory).facts), row.zone, row.head_seq)


def explained(connection: Connection, conversation_id: str, run_id: str) -> Explained:
    """All that is kept of a run. Raises NotFound."""
    run = connection.execute(
        select(runs, messages.c.text.label("question"))
        .join(messages, messages.c.id == runs.c.message_id)
        .where(runs.c.id == run_id, runs.c.conversation_id == conversation_id)
    ).first()
    if run is None:
        raise NotFound
    told = [envelope.event for envelope in running.run_events(connection, conversation_id, run_id)]
    return Explained(_explanation(run, told, _calls(connection, run_id)))


def _explanation(run: Row[Any], told: Sequence[AnyEvent], calls: tuple[Call, ...]) -> Explanation:
    ended = next((event for event in told if isinstance(event, Completed | Failed | Cancelled)), None)
    asked = next((event for event in reversed(told) if isinstance(event, InputRequired)), None)
    sources = next((event.passages for event in reversed(told) if isinstance(event, Sources)), ())
    routed = next((event.agents for event in reversed(told) if isinstance(event, Routed)), ())
    so_far = ended.partial_response if isinstance(ended, Cancelled) else asked.partial_response if asked else None
    return Explanation.of(
        run_id=run.id,
        status=run.status,
        question=run.question,
        completed=ended if isinstance(ended, Completed) else None,
        answer=so_far,
        routed=routed,
        passages=sources,
        failure=ended.reason if isinstance(ended, Failed) else None,
        calls=calls,
        effects=side_effects(rows.decode_effects(run.effects)),
        attempts=run.attempt,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def _calls(connection: Connection, run_id: str) -> tuple[Call, ...]:
    query = select(ledger).where(ledger.c.run_id == run_id).order_by(ledger.c.kind, ledger.c.name)
    return tuple(
        Call(
            row.kind,
            row.agent,
            row.name,
            row.calls,
            row.failures,
            row.input_tokens,
            row.output_tokens,
            row.cost_micros,
            round(row.milliseconds, 1),
        )
        for row in connection.execute(query)
    )


def _conversation(connection: Connection, conversation_id: str) -> Row[Any]:
    row = connection.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
    if row is None:
        raise NotFound
    return row


def _message(row: Row[Any]) -> Message:
    event = decode(row.body) if row.body is not None else None
    declined = isinstance(event, Completed) and event.declined
    rated = Rated(row.rating, row.reason, row.rated_at) if row.rating is not None else None
    staff = row.role == "staff"
    return Message(
        message_id=row.id,
        seq=row.seq,
        role=row.role,
        text=row.text,
        created_at=row.created_at,
        run_id=row.run_id if row.run_id != row.id else None,
        name=row.agent if staff else None,
        agent=None if staff else row.agent,
        declined=declined,
        deleted=row.deleted_at is not None,
        superseded_by=row.superseded_by,
        feedback=rated,
    )


def _kind(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)
