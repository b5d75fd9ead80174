"""The conversation store over SQL: SQLite by default, PostgreSQL by its URL.

Statements run in threads, on SQLite all writes in one: it has a single writer anyway, and a queue in the process is
fairer and cheaper than waiting for its lock.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, and_, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from agents.types import Turn
from orchestrator.commands import Caller, Feedback, Send
from orchestrator.errors import NotFound, RunBusy, StorageUnavailable
from orchestrator.events import Accepted, Cancelled, Completed, Durable, Envelope, Terminal
from orchestrator.store import MAX_WAITING, Receipt, RunStart, SessionSummary, StoredMessage
from orchestrator.stores import rows
from orchestrator.tables import conversations, events, feedback, messages, runs

T = TypeVar("T")

HISTORY_TURNS = 12
"""Earlier messages that a run sees; the facts carry what matters from before."""
TITLE_CHARS = 80
READERS = 4
FINAL_STATUS = {"completed": "completed", "failed": "failed", "cancelled": "cancelled"}


def _new_session(client_message_id: str | None) -> str:
    """A session for a message that names none; a message with an id of its own gets the same one when it is re-sent."""
    return (uuid.uuid5(uuid.NAMESPACE_OID, client_message_id) if client_message_id else uuid.uuid4()).hex


class SqlStore:
    """See `orchestrator.store.Store`. Takes ownership of `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        writers = 1 if engine.dialect.name == "sqlite" else READERS
        self._writer = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._reader = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._run(self._writer, self._engine, work)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._run(self._reader, self._engine.execution_options(read_only=True), work)

    async def _run(self, pool: ThreadPoolExecutor, engine: Engine, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        try:
            # Shielded: a cancelled caller must not leave the outcome of a half-sent transaction unknown to its thread.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(pool, transaction))
        except IntegrityError:
            raise
        except (SQLAlchemyError, PoolTimeout) as error:
            raise StorageUnavailable from error

    # --- accepting and running -------------------------------------------------------------------------------------

    async def accept(self, caller: Caller, command: Send) -> Receipt:
        return await self._write(lambda connection: self._accept(connection, caller, command))

    def _accept(self, connection: Connection, caller: Caller, command: Send) -> Receipt:
        session_id = command.session_id or _new_session(command.client_message_id)
        conversation_id = rows.open_conversation(connection, caller.user_id, session_id)
        if command.client_message_id is not None:
            earlier = rows.earlier_receipt(connection, conversation_id, command)
            if earlier is not None:
                return earlier
        active = connection.scalar(
            select(func.count()).where(runs.c.conversation_id == conversation_id, runs.c.finished_at.is_(None))
        )
        if (active or 0) > MAX_WAITING:
            raise RunBusy
        accepted = Accepted(
            message_id=str(uuid.uuid4()),
            run_id=str(uuid.uuid4()),
            session_id=session_id,
            message=command.message,
            sent_at=rows.now(),
            client_message_id=command.client_message_id,
        )
        connection.execute(
            insert(runs).values(
                id=accepted.run_id,
                conversation_id=conversation_id,
                message_id=accepted.message_id,
                role=caller.role,
                status="waiting",
                attempt=0,
                created_at=accepted.sent_at,
            )
        )
        envelope = rows.append(connection, conversation_id, accepted.run_id, accepted)
        rows.store_message(
            connection,
            envelope,
            accepted.message_id,
            accepted.run_id,
            "customer",
            command.message,
            None,
            command.client_message_id,
        )
        return Receipt(envelope, accepted, duplicate=False)

    async def begin(self, conversation_id: str) -> RunStart | None:
        return await self._write(lambda connection: self._begin(connection, conversation_id))

    def _begin(self, connection: Connection, conversation_id: str) -> RunStart | None:
        unfinished = connection.execute(
            select(
                runs.c.id,
                runs.c.status,
                runs.c.role,
                runs.c.attempt,
                messages.c.text,
                messages.c.seq,
                conversations.c.session_id,
                conversations.c.owner,
                conversations.c.facts,
            )
            .join(messages, messages.c.id == runs.c.message_id)
            .join(conversations, conversations.c.id == runs.c.conversation_id)
            .where(runs.c.conversation_id == conversation_id, runs.c.finished_at.is_(None))
            .order_by(messages.c.seq)
        ).all()
        if not unfinished or any(row.status == "running" for row in unfinished):
            return None
        row = unfinished[0]
        connection.execute(update(runs).where(runs.c.id == row.id).values(status="running", attempt=row.attempt + 1))
        earlier = connection.execute(
            select(messages.c.role, messages.c.text, messages.c.agent)
            .where(messages.c.conversation_id == conversation_id, messages.c.run_id.not_in([r.id for r in unfinished]))
            .order_by(messages.c.seq.desc())
            .limit(HISTORY_TURNS)
        ).all()
        history = tuple(
            Turn("customer" if r.role == "customer" else "assistant", r.text, r.agent) for r in reversed(earlier)
        )
        return RunStart(
            row.id, conversation_id, row.session_id, row.owner, row.role, row.attempt + 1, row.text, history, row.facts
        )

    async def append(self, conversation_id: str, run_id: str, event: Durable) -> Envelope | None:
        def work(connection: Connection) -> Envelope | None:
            open_run = connection.scalar(select(runs.c.id).where(runs.c.id == run_id, runs.c.finished_at.is_(None)))
            return rows.append(connection, conversation_id, run_id, event) if open_run else None

        return await self._write(work)

    async def finish(
        self, conversation_id: str, event: Terminal, facts: Mapping[str, str] | None = None
    ) -> Envelope | None:
        def work(connection: Connection) -> Envelope | None:
            status = FINAL_STATUS[event.__struct_config__.tag]  # type: ignore[index]
            ended = connection.execute(
                update(runs)
                .where(runs.c.id == event.run_id, runs.c.finished_at.is_(None))
                .values(status=status, finished_at=rows.now())
            )
            if ended.rowcount != 1:
                return None
            envelope = rows.append(connection, conversation_id, event.run_id, event)
            if isinstance(event, Completed):
                rows.store_message(
                    connection, envelope, event.message_id, event.run_id, "assistant", event.response, event.agent
                )
            elif isinstance(event, Cancelled) and event.partial_response:
                rows.store_message(
                    connection, envelope, str(uuid.uuid4()), event.run_id, "assistant", event.partial_response, None
                )
            if facts is not None:
                connection.execute(
                    update(conversations).where(conversations.c.id == conversation_id).values(facts=dict(facts))
                )
            return envelope

        return await self._write(work)

    async def current_run(self, conversation_id: str) -> str | None:
        query = (
            select(runs.c.id)
            .join(messages, messages.c.id == runs.c.message_id)
            .where(runs.c.conversation_id == conversation_id, runs.c.finished_at.is_(None))
            .order_by(messages.c.seq)
            .limit(1)
        )
        return await self._read(lambda connection: connection.scalar(query))

    async def unfinished(self) -> Sequence[tuple[str, str, str, int]]:
        query = (
            select(runs.c.conversation_id, runs.c.id, runs.c.status, runs.c.attempt)
            .where(runs.c.finished_at.is_(None))
            .order_by(runs.c.created_at)
        )
        return await self._read(lambda connection: [tuple(row) for row in connection.execute(query)])

    async def requeue(self, run_id: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(
                update(runs).where(runs.c.id == run_id, runs.c.status == "running").values(status="waiting")
            )

        await self._write(work)

    # --- reading ---------------------------------------------------------------------------------------------------

    async def events(self, conversation_id: str, after: int) -> Sequence[Envelope]:
        query = select(events).where(events.c.conversation_id == conversation_id, events.c.seq > after)
        return await self._read(lambda connection: rows.envelopes(connection, query.order_by(events.c.seq)))

    async def run_events(self, conversation_id: str, run_id: str) -> Sequence[Envelope]:
        query = select(events).where(events.c.conversation_id == conversation_id, events.c.run_id == run_id)
        return await self._read(lambda connection: rows.envelopes(connection, query.order_by(events.c.seq)))

    async def conversation(self, caller: Caller, session_id: str) -> str:
        return await self._read(lambda connection: rows.find(connection, caller, session_id))

    async def head(self, conversation_id: str) -> int:
        query = select(conversations.c.head_seq).where(conversations.c.id == conversation_id)
        return await self._read(lambda connection: connection.scalar(query) or 0)

    async def run_owner(self, caller: Caller, run_id: str) -> str:
        query = (
            select(runs.c.conversation_id)
            .join(conversations, conversations.c.id == runs.c.conversation_id)
            .where(runs.c.id == run_id, conversations.c.owner == caller.user_id)
        )
        found = await self._read(lambda connection: connection.scalar(query))
        if found is None:
            raise NotFound
        return str(found)

    async def sessions(self, caller: Caller) -> Sequence[SessionSummary]:
        asked = messages.c.role == "customer"
        first = (
            select(messages.c.text)
            .where(messages.c.conversation_id == conversations.c.id, asked)
            .order_by(messages.c.seq)
            .limit(1)
            .scalar_subquery()
        )
        count = (
            select(func.count(messages.c.id)).where(messages.c.conversation_id == conversations.c.id).scalar_subquery()
        )
        query = (
            select(
                conversations.c.session_id,
                first.label("title"),
                count.label("messages"),
                conversations.c.created_at,
                conversations.c.updated_at,
            )
            .where(conversations.c.owner == caller.user_id)
            .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        )

        def work(connection: Connection) -> list[SessionSummary]:
            return [
                SessionSummary(r.session_id, (r.title or "")[:TITLE_CHARS], r.messages, r.created_at, r.updated_at)
                for r in connection.execute(query)
            ]

        return await self._read(work)

    async def messages(self, caller: Caller, session_id: str, after: int = 0) -> Sequence[StoredMessage]:
        def work(connection: Connection) -> list[StoredMessage]:
            conversation_id = rows.find(connection, caller, session_id)
            query = (
                select(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
                .order_by(messages.c.seq)
            )
            return [
                StoredMessage(r.id, r.role, r.text, r.agent, r.run_id, r.seq, r.created_at)
                for r in connection.execute(query)
            ]

        return await self._read(work)

    async def delete(self, caller: Caller, session_id: str) -> str:
        def work(connection: Connection) -> str:
            conversation_id = rows.find(connection, caller, session_id)
            connection.execute(delete(conversations).where(conversations.c.id == conversation_id))
            return conversation_id

        return await self._write(work)

    async def feedback(self, caller: Caller, command: Feedback) -> None:
        def work(connection: Connection) -> None:
            known = connection.scalar(
                select(literal(1))
                .select_from(messages.join(conversations, conversations.c.id == messages.c.conversation_id))
                .where(
                    and_(
                        messages.c.id == command.message_id,
                        messages.c.role == "assistant",
                        conversations.c.owner == caller.user_id,
                    )
                )
            )
            if known is None:
                raise NotFound
            mine = and_(feedback.c.message_id == command.message_id, feedback.c.user_id == caller.user_id)
            connection.execute(delete(feedback).where(mine))
            connection.execute(
                insert(feedback).values(
                    message_id=command.message_id,
                    user_id=caller.user_id,
                    rating=command.rating,
                    reason=command.reason,
                    created_at=rows.now(),
                )
            )

        await self._write(work)

    async def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
        self._engine.dispose()
