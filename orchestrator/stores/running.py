"""Transactions in the life of a run: begun, parked, recorded, ended, handed on."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Double, bindparam, func, insert, select, update

from orchestrator.events import Durable, Envelope, InputRequired, RunRestarted, Terminal
from orchestrator.run import Effect, Memory, Reply
from orchestrator.store import Lease, RunStart, Unfinished
from orchestrator.stores import history, rows
from orchestrator.stores.memory import decode_memory, encode_memory, learned
from orchestrator.tables import conversations, events, messages, requests, runs
from rag.database import seconds_now

_UNFINISHED = (
    select(
        runs.c.id,
        runs.c.status,
        runs.c.role,
        runs.c.attempt,
        runs.c.wishes,
        messages.c.text,
        conversations.c.session_id,
        conversations.c.owner,
        conversations.c.customer_email,
        conversations.c.memory,
        conversations.c.zone,
        conversations.c.owner_epoch,
    )
    .join(messages, messages.c.id == runs.c.message_id)
    .join(conversations, conversations.c.id == runs.c.conversation_id)
    .where(runs.c.conversation_id == rows.OF_CONVERSATION, runs.c.finished_at.is_(None))
    .order_by(messages.c.seq)
)
_HELD = {"holder": bindparam("by"), "leased_until": seconds_now() + bindparam("lease_s", type_=Double)}
_BEGUN = update(runs).where(runs.c.id == rows.OF_RUN).values(status="running", **_HELD)


def begin(connection: Connection, conversation_id: str, lease: Lease) -> RunStart | None:
    """See `Store.begin`."""
    unfinished = connection.execute(_UNFINISHED, {"of_conversation": conversation_id}).all()
    waiting = [row for row in unfinished if row.status == "waiting"]
    if not waiting or any(row.status == "running" for row in unfinished):
        return None
    row, open_runs = waiting[0], [other.id for other in unfinished]
    connection.execute(_BEGUN, {"of_run": row.id, **_holding(lease)})
    _remember_begin(connection, row.id, row.memory)
    memory = decode_memory(row.memory)
    recent = history.newest(connection, conversation_id, open_runs)
    older = history.older(connection, conversation_id, recent, memory.summary_upto, open_runs)
    return RunStart(
        run_id=row.id,
        conversation_id=conversation_id,
        session_id=row.session_id,
        owner=row.owner,
        role=row.role,
        attempt=row.attempt,
        message=row.text,
        history=history.turns(recent),
        facts=memory.facts,
        notes=memory.notes,
        summary=memory.summary,
        older=history.turns(older),
        older_upto=older[-1].seq if older else 0,
        zone=row.zone,
        reply=_reply(connection, conversation_id, row.id),
        wishes=rows.decode_wishes(row.wishes),
        owner_epoch=row.owner_epoch,
        email=row.customer_email,
    )


def _holding(lease: Lease) -> dict[str, Any]:
    return {"by": lease.holder, "lease_s": lease.seconds}


def renew(connection: Connection, lease: Lease) -> frozenset[str]:
    """See `Store.renew`."""
    mine = (runs.c.holder == lease.holder) & (runs.c.status == "running")
    kept = connection.scalars(update(runs).where(mine).values(**_HELD).returning(runs.c.id), _holding(lease))
    return frozenset(kept)


_LATEST = select(func.max(messages.c.seq)).where(messages.c.run_id == rows.OF_RUN, messages.c.role == "customer")
_KNOWN_BEFORE = (
    update(messages)
    .where(
        messages.c.run_id == rows.OF_RUN,
        messages.c.seq == _LATEST.scalar_subquery(),
        messages.c.memory.is_(None),
    )
    .values(memory=bindparam("known"))
)


def _remember_begin(connection: Connection, run_id: str, memory: str) -> None:
    """Keep what was known before the message that the run is now about, for the day when that is taken back."""
    connection.execute(_KNOWN_BEFORE, {"of_run": run_id, "known": memory})


_ANSWERS = (
    select(requests.c.parked, requests.c.answer)
    .where(requests.c.run_id == rows.OF_RUN, requests.c.answered_seq.is_not(None))
    .order_by(requests.c.answered_seq.desc())
    .limit(1)
)


def _reply(connection: Connection, conversation_id: str, run_id: str) -> Reply | None:
    """The last answer that the run was given."""
    row = connection.execute(_ANSWERS, {"of_run": run_id}).first()
    if row is None:
        return None
    return Reply(msgspec.json.decode(row.answer), row.parked, _text_so_far(connection, conversation_id, run_id))


_OPEN_RUN = select(runs.c.id).where(rows.OPEN_TO_BOT)


def append(
    connection: Connection, conversation_id: str, run_id: str, event: Durable, attempt: int | None
) -> Envelope | None:
    """See `Store.append`."""
    open_run = connection.scalar(_OPEN_RUN, {"of_run": run_id, "at_attempt": attempt})
    return rows.append(connection, conversation_id, run_id, event) if open_run else None


def finish(
    connection: Connection, conversation_id: str, event: Terminal, memory: Memory, attempt: int | None
) -> Envelope | None:
    """See `Store.finish`."""
    envelope = rows.end_run(connection, conversation_id, event, attempt, by_bot=True)
    if envelope is not None:
        _learn(connection, conversation_id, event.run_id, memory)
    return envelope


_MEMORY = select(conversations.c.memory).where(conversations.c.id == rows.OF_CONVERSATION)
_LEARNT = update(conversations).where(conversations.c.id == rows.OF_CONVERSATION).values(memory=bindparam("known"))


def _learn(connection: Connection, conversation_id: str, run_id: str, memory: Memory) -> None:
    if memory == Memory():
        return
    before = connection.scalar(_MEMORY, {"of_conversation": conversation_id}) or "{}"
    message_seq = connection.scalar(_LATEST, {"of_run": run_id}) or 0
    after = encode_memory(learned(decode_memory(before), memory, message_seq))
    if after != before:
        connection.execute(_LEARNT, {"of_conversation": conversation_id, "known": after})


_PARKED = update(runs).where(rows.OPEN_TO_BOT).values(status="parked")


def park(
    connection: Connection,
    conversation_id: str,
    event: InputRequired,
    parked: str,
    memory: Memory,
    attempt: int | None,
) -> Envelope | None:
    """See `Store.park`."""
    changed = connection.execute(_PARKED, {"of_run": event.run_id, "at_attempt": attempt})
    if changed.rowcount != 1:
        return None
    envelope = rows.append(connection, conversation_id, event.run_id, event)
    connection.execute(
        insert(requests).values(
            id=event.request_id, run_id=event.run_id, seq=envelope.seq, parked=parked, expires_at=event.expires_at
        )
    )
    rows.store_message(connection, envelope, str(uuid.uuid4()), event.run_id, "assistant", event.prompt, None)
    _learn(connection, conversation_id, event.run_id, memory)
    return envelope


def drop(connection: Connection, conversation_id: str, request_id: str) -> Envelope | None:
    """See `Store.drop`."""
    seq = connection.scalar(
        select(requests.c.seq)
        .join(runs, runs.c.id == requests.c.run_id)
        .where(requests.c.id == request_id, requests.c.answered_seq.is_(None), runs.c.status == "parked")
    )
    if seq is None:
        return None
    request = rows.event_at(connection, conversation_id, seq)
    assert isinstance(request, InputRequired)
    return rows.cancel_run(connection, conversation_id, request.run_id, request.partial_response)


def call_off(connection: Connection, conversation_id: str, run_id: str, said: str | None = None) -> Envelope | None:
    """See `Store.call_off`."""
    status = connection.scalar(select(runs.c.status).where(runs.c.id == run_id))
    if status == "running" and said is not None:
        said = said or _text_so_far(connection, conversation_id, run_id)
        return rows.cancel_run(connection, conversation_id, run_id, said)
    if status == "waiting":
        return rows.cancel_run(connection, conversation_id, run_id, _text_so_far(connection, conversation_id, run_id))
    if status == "parked":
        request_id = connection.scalar(
            select(requests.c.id).where(requests.c.run_id == run_id, requests.c.answered_seq.is_(None))
        )
        return drop(connection, conversation_id, request_id or "")
    return None


def _text_so_far(connection: Connection, conversation_id: str, run_id: str) -> str:
    """What a run had said when it was last parked; nothing if it never was."""
    seq = connection.scalar(
        select(requests.c.seq).where(requests.c.run_id == run_id).order_by(requests.c.seq.desc()).limit(1)
    )
    request = rows.event_at(connection, conversation_id, seq) if seq is not None else None
    return request.partial_response if isinstance(request, InputRequired) else ""


def record(connection: Connection, run_id: str, effects: Sequence[Effect], attempt: int | None) -> bool:
    """See `Store.record`."""
    mine = (runs.c.id == rows.OF_RUN) & rows.AT_ITS_ATTEMPT
    recorded = update(runs).where(mine).values(effects=rows.encode_effects(effects))
    kept = connection.execute(recorded, {"of_run": run_id, "at_attempt": attempt})
    return kept.rowcount == 1


def requeue(connection: Connection, run_id: str, crashed: bool, attempt: int | None) -> Envelope | None:
    """See `Store.requeue`."""
    belongs_to = select(runs.c.conversation_id).where(runs.c.id == run_id).scalar_subquery()
    rows.hold_any(connection, conversations.c.id == belongs_to)
    requeued = (
        update(runs)
        .where(runs.c.id == rows.OF_RUN, runs.c.status == "running", rows.AT_ITS_ATTEMPT)
        .values(status="waiting", attempt=runs.c.attempt + 1, crashes=runs.c.crashes + int(crashed))
        .returning(runs.c.conversation_id, runs.c.attempt)
    )
    row = connection.execute(requeued, {"of_run": run_id, "at_attempt": attempt}).first()
    if row is None:
        return None
    return rows.append(connection, row.conversation_id, run_id, RunRestarted(run_id, row.attempt))


def unfinished(connection: Connection) -> list[Unfinished]:
    """See `Store.unfinished`."""
    query = (
        select(
            runs.c.conversation_id,
            runs.c.id,
            runs.c.status,
            runs.c.attempt,
            runs.c.crashes,
            (runs.c.leased_until > seconds_now()).label("leased"),
            runs.c.effects,
            requests.c.id.label("request_id"),
            requests.c.expires_at,
        )
        .join(
            requests,
            (requests.c.run_id == runs.c.id) & requests.c.answered_seq.is_(None) & (runs.c.status == "parked"),
            isouter=True,
        )
        .where(runs.c.finished_at.is_(None))
        .order_by(runs.c.created_at)
    )
    return [
        Unfinished(
            r.conversation_id,
            r.id,
            r.status,
            r.attempt,
            r.crashes,
            r.status == "running" and bool(r.leased),
            rows.decode_effects(r.effects),
            r.request_id,
            r.expires_at,
        )
        for r in connection.execute(query)
    ]


def current_run(connection: Connection, conversation_id: str) -> str | None:
    """See `Store.current_run`."""
    open_runs = connection.execute(
        select(runs.c.id, runs.c.status)
        .join(messages, messages.c.id == runs.c.message_id)
        .where(runs.c.conversation_id == conversation_id, runs.c.finished_at.is_(None))
        .order_by(messages.c.seq)
    ).all()
    order = ("running", "waiting", "parked")
    return min(open_runs, key=lambda row: order.index(row.status)).id if open_runs else None


def run_events(connection: Connection, conversation_id: str, run_id: str) -> list[Envelope]:
    """See `Store.run_events`."""
    query = select(events).where(events.c.conversation_id == conversation_id, events.c.run_id == run_id)
    return rows.envelopes(connection, query.order_by(events.c.seq))
