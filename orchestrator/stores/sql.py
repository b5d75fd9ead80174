"""The conversation store over SQL: SQLite by default, PostgreSQL by its URL."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.commands import Answer, Caller, Feedback, Read, Send
from orchestrator.errors import NotFound, StorageUnavailable
from orchestrator.event.ownership import Standing
from orchestrator.events import Durable, Envelope, InputRequired, Terminal
from orchestrator.run import Effect, Handing, Memory
from orchestrator.store import (
    NO_LEASE,
    NOTHING_LEARNED,
    Handed,
    Lease,
    Marks,
    PastAnswer,
    ReadReply,
    Receipt,
    RunStart,
    SessionSummary,
    StoredMessage,
    Touched,
    Unfinished,
)
from orchestrator.stores import accepting, citing, message_words, naming, ownership, rows, running, taking_back
from orchestrator.tables import conversations, events, feedback, messages, runs
from rag.database import Transactions, empty_log, reading

log = structlog.get_logger()
T = TypeVar("T")

TITLE_CHARS = 80
ATTEMPTS = 3
"""To empty SQLite's log, each of which waits for whoever reads it."""


class SqlStore:
    """See `orchestrator.store.Store`. Takes ownership of `engine`."""

    def __init__(self, engine: Engine) -> None:
        self.transactions = Transactions(engine, StorageUnavailable)
        self._write = self.transactions.write
        self._read = self.transactions.read

    async def _alone(self, conversation_id: str, work: Callable[[Connection], T]) -> T:
        """Commit `work` while nobody else changes the conversation."""

        def held(connection: Connection) -> T:
            rows.hold(connection, conversation_id)
            return work(connection)

        return await self._write(held)

    # --- accepting -------------------------------------------------------------------------------------------------

    async def accept(self, caller: Caller, command: Send, read: ReadReply) -> Receipt:
        return await self._write(lambda connection: accepting.accept(connection, caller, command, read))

    async def answer(self, caller: Caller, command: Answer) -> Receipt:
        return await self._write(lambda connection: accepting.answer(connection, caller, command))

    async def open(self, caller: Caller, session_id: str, metadata: Mapping[str, Any] | None = None) -> str:
        return await self._write(
            lambda connection: rows.open_conversation(connection, caller.user_id, session_id, metadata)
        )

    async def describe(self, caller: Caller, session_id: str, metadata: Mapping[str, Any]) -> None:
        await self._write(lambda connection: naming.describe(connection, caller, session_id, metadata))

    async def remember(self, caller: Caller, session_id: str, digest: str) -> None:
        await self._write(lambda connection: naming.remember(connection, caller, session_id, digest))

    async def recall(self, caller: Caller, digest: str) -> str | None:
        return await self._read(lambda connection: naming.recall(connection, caller, digest))

    async def seen(self, caller: Caller, command: Read) -> str:
        return await self._write(lambda connection: accepting.seen(connection, caller, command))

    # --- taking back -----------------------------------------------------------------------------------------------

    async def touched(self, caller: Caller, message_id: str) -> Touched:
        return await self._read(lambda connection: taking_back.touched(connection, caller, message_id))

    async def replaced(self, caller: Caller, command: Send) -> Touched | None:
        return await self._read(lambda connection: taking_back.replaced(connection, caller, command))

    async def blank(self, caller: Caller, message_id: str) -> Sequence[Envelope]:
        envelopes = await self._write(lambda connection: taking_back.blank(connection, caller, message_id))
        await self.wipe()
        return envelopes

    async def wipe(self) -> None:
        """Take what was overwritten out of the index and SQLite's log as well."""
        engine = self.transactions.engine
        await self._write(message_words.forget_removed)
        if engine.dialect.name != "sqlite":
            return
        for _ in range(ATTEMPTS):
            if await self.transactions.in_turn(lambda: empty_log(engine)):
                return
        log.warning("database_log_not_emptied", advice="It is emptied after the next message that is taken back.")

    # --- running ---------------------------------------------------------------------------------------------------

    async def begin(self, conversation_id: str, lease: Lease = NO_LEASE) -> RunStart | None:
        return await self._alone(conversation_id, lambda c: running.begin(c, conversation_id, lease))

    async def renew(self, lease: Lease) -> frozenset[str]:
        return await self._write(lambda connection: running.renew(connection, lease))

    async def append(
        self, conversation_id: str, run_id: str, event: Durable, attempt: int | None = None
    ) -> Envelope | None:
        return await self._alone(conversation_id, lambda c: running.append(c, conversation_id, run_id, event, attempt))

    async def park(
        self,
        conversation_id: str,
        event: InputRequired,
        parked: str,
        memory: Memory = NOTHING_LEARNED,
        attempt: int | None = None,
    ) -> Envelope | None:
        return await self._alone(
            conversation_id, lambda c: running.park(c, conversation_id, event, parked, memory, attempt)
        )

    async def drop(self, conversation_id: str, request_id: str) -> Envelope | None:
        return await self._alone(conversation_id, lambda c: running.drop(c, conversation_id, request_id))

    async def call_off(self, conversation_id: str, run_id: str, said: str | None = None) -> Envelope | None:
        return await self._alone(conversation_id, lambda c: running.call_off(c, conversation_id, run_id, said))

    async def record(self, run_id: str, effects: Sequence[Effect], attempt: int | None = None) -> bool:
        return await self._write(lambda connection: running.record(connection, run_id, effects, attempt))

    async def finish(
        self,
        conversation_id: str,
        event: Terminal,
        memory: Memory = NOTHING_LEARNED,
        handing: Handing | None = None,
        attempt: int | None = None,
    ) -> Sequence[Envelope]:
        def work(connection: Connection) -> Sequence[Envelope]:
            envelope = running.finish(connection, conversation_id, event, memory, attempt)
            if envelope is None or handing is None:
                return () if envelope is None else (envelope,)
            return (envelope, *ownership.hand_over(connection, conversation_id, handing).envelopes)

        return await self._alone(conversation_id, work)

    async def hand_over(self, conversation_id: str, handing: Handing) -> Handed:
        return await self._write(lambda connection: ownership.hand_over(connection, conversation_id, handing))

    async def standing(self, conversation_id: str) -> Standing:
        return await self._read(lambda connection: ownership.current(connection, conversation_id))

    async def requeue(self, run_id: str, *, crashed: bool, attempt: int | None = None) -> Envelope | None:
        return await self._write(lambda connection: running.requeue(connection, run_id, crashed, attempt))

    async def unfinished(self) -> Sequence[Unfinished]:
        return await self._read(running.unfinished)

    async def current_run(self, conversation_id: str) -> str | None:
        return await self._read(lambda connection: running.current_run(connection, conversation_id))

    # --- reading ---------------------------------------------------------------------------------------------------

    async def events(self, conversation_id: str, after: int, most: int | None = None) -> Sequence[Envelope]:
        query = select(events).where(events.c.conversation_id == conversation_id, events.c.seq > after)
        page = query.order_by(events.c.seq).limit(most)
        return await self._read(lambda connection: rows.envelopes(connection, page))

    async def run_events(self, conversation_id: str, run_id: str) -> Sequence[Envelope]:
        return await self._read(lambda connection: running.run_events(connection, conversation_id, run_id))

    async def conversation(self, caller: Caller, session_id: str) -> str:
        return await self._read(lambda connection: rows.find(connection, caller, session_id))

    async def marks(self, conversation_id: str) -> Marks:
        return await self._read(lambda connection: rows.marks(connection, conversation_id))

    async def run_owner(self, caller: Caller, run_id: str) -> str:
        query = (
            select(runs.c.conversation_id)
            .join(conversations, conversations.c.id == runs.c.conversation_id)
            .where(runs.c.id == run_id, conversations.c.owner == caller.user_id)
        )
        conversation_id = await self._read(lambda connection: connection.scalar(query))
        if conversation_id is None:
            raise NotFound
        return str(conversation_id)

    async def sessions(self, caller: Caller, limit: int | None = None, offset: int = 0) -> Sequence[SessionSummary]:
        current = (messages.c.conversation_id == conversations.c.id) & messages.c.superseded_by.is_(None)
        first = (
            select(messages.c.text)
            .where(current, messages.c.role == "customer", messages.c.deleted_at.is_(None))
            .order_by(messages.c.seq)
            .limit(1)
            .scalar_subquery()
        )
        count = select(func.count(messages.c.id)).where(current).scalar_subquery()
        query = (
            select(
                conversations.c.session_id,
                first.label("title"),
                count.label("messages"),
                conversations.c.created_at,
                conversations.c.updated_at,
                conversations.c.metadata,
            )
            .where(conversations.c.owner == caller.user_id)
            .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        )
        if limit is not None:
            query = query.limit(limit).offset(offset)

        def work(connection: Connection) -> list[SessionSummary]:
            return [
                SessionSummary(
                    r.session_id,
                    (r.title or "")[:TITLE_CHARS],
                    r.messages,
                    r.created_at,
                    r.updated_at,
                    rows.decode_metadata(r.metadata),
                )
                for r in connection.execute(query)
            ]

        return await self._read(work)

    async def messages(
        self, caller: Caller, session_id: str, after: int = 0, *, superseded: bool = False, limit: int | None = None
    ) -> Sequence[StoredMessage]:
        def work(connection: Connection) -> list[StoredMessage]:
            conversation_id = rows.find(connection, caller, session_id)
            return rows.stored_messages(connection, conversation_id, after, superseded=superseded, limit=limit)

        return await self._read(work)

    async def delete(self, caller: Caller, session_id: str) -> str:
        conversation_id = await self._write(
            lambda connection: rows.delete_conversation(connection, caller.user_id, session_id)
        )
        await self.wipe()
        return conversation_id

    async def feedback(self, caller: Caller, command: Feedback) -> str:
        def work(connection: Connection) -> str:
            conversation_id = connection.scalar(
                select(conversations.c.id)
                .select_from(messages.join(conversations, conversations.c.id == messages.c.conversation_id))
                .where(
                    and_(
                        messages.c.id == command.message_id,
                        messages.c.role.in_(("assistant", "staff")),
                        conversations.c.owner == caller.user_id,
                    )
                )
            )
            if conversation_id is None:
                raise NotFound
            rows.hold(connection, conversation_id)
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
            return str(conversation_id)

        return await self._write(work)

    def answers_citing(self, document_ids: Collection[str]) -> Iterator[PastAnswer]:
        try:
            with reading(self.transactions.engine) as connection:
                yield from citing.answers_citing(connection, document_ids)
        except SQLAlchemyError as error:
            raise StorageUnavailable from error

    async def probe(self) -> None:
        if not self.transactions.failed:
            return
        # A row that is always there: rewriting it takes a page of the disk, as every write does.
        await self._write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num=version_num"))
        )

    async def close(self) -> None:
        self.transactions.close()
        self.transactions.engine.dispose()
