"""The audit log over SQL: entries are added under the lock of the chain's head, and never changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from orchestrator.audit.act import Act, Audited
from orchestrator.audit.chain import Break, Head, Row, breaks, digest, link
from orchestrator.event.ownership import Member
from orchestrator.stores import rows
from orchestrator.stores.staff_listing import decode_cursor, encode_cursor
from orchestrator.stores.staff_tables import audit_chain, audit_log
from orchestrator.tables import conversations
from rag.database import Transactions

ADDRESS_CHARS = 64
MOST_BREAKS = 100
TOGETHER = 1_000
_L = audit_log.c
_HEAD = select(audit_chain).with_for_update()
_MOVED = update(audit_chain)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are listed; None leaves all. `user_id` is whom they are about, `since` and `until` are moments as
    the log has them, the second exclusive."""

    member_id: str | None = None
    conversation_id: str | None = None
    user_id: str | None = None
    operation: str | None = None
    since: str | None = None
    until: str | None = None


class SqlAudit:
    """`key` is that of users' digests; without one it is the database's own. The transactions stay their owner's.
    Raises StorageUnavailable."""

    def __init__(self, transactions: Transactions, key: str = "") -> None:
        self._write = transactions.write
        self._read = transactions.read
        self._key = key

    def keep(self, connection: Connection, act: Act) -> int:
        """Add an act in a transaction of the caller's, as the last thing in it: until its end nobody else can. The
        number of the entry."""
        head = connection.execute(_HEAD).one()
        row = Row(
            head.number + 1,
            rows.now(),
            act.member.id,
            act.member.name,
            act.operation,
            act.conversation_id,
            msgspec.json.encode(act.detail).decode(),
            act.address[:ADDRESS_CHARS],
            digest(self._key or head.key, act.subject or _customer(connection, act.conversation_id)),
        )
        row = replace(row, hash=link(head.hash, row))
        connection.execute(
            insert(audit_log).values(
                id=row.number,
                at=row.at,
                staff_id=row.staff_id,
                staff_name=row.staff_name,
                operation=row.operation,
                conversation_id=row.conversation_id,
                detail=row.detail,
                address=row.address,
                subject=row.subject,
                hash=row.hash,
            )
        )
        connection.execute(_MOVED.values(number=row.number, hash=row.hash))
        return row.number

    async def add(self, act: Act) -> None:
        """Add an act that nothing else is committed with."""
        await self._write(lambda connection: self.keep(connection, act))

    async def listed(
        self, limit: int, cursor: str | None = None, wanted: Wanted | None = None
    ) -> tuple[list[Audited], str | None]:
        """Entries, the latest first, and the cursor of those after them."""
        before = decode_cursor(cursor, int)[0] if cursor else None

        def work(connection: Connection) -> list[Audited]:
            query = self._wanted(connection, wanted or Wanted()).order_by(_L.id.desc()).limit(limit + 1)
            query = query.where(_L.id < before) if before is not None else query
            return [_audited(row) for row in _rows(connection, query)]

        found = await self._read(work)
        page = found[:limit]
        return page, encode_cursor([page[-1].audit_id]) if len(found) > limit else None

    def _wanted(self, connection: Connection, wanted: Wanted) -> "Select[tuple[object, ...]]":
        query = select(audit_log)
        subject = None if wanted.user_id is None else self.digest(connection, wanted.user_id)
        for column, value in (
            (_L.staff_id, wanted.member_id),
            (_L.conversation_id, wanted.conversation_id),
            (_L.subject, subject),
            (_L.operation, wanted.operation),
        ):
            query = query.where(column == value) if value is not None else query
        query = query.where(_L.at >= wanted.since) if wanted.since else query
        return query.where(_L.at < wanted.until) if wanted.until else query

    def key(self, connection: Connection) -> str:
        """The key of the digests by which entries name users."""
        return self._key or connection.scalar(select(audit_chain.c.key)) or ""

    def digest(self, connection: Connection, user_id: str) -> str:
        """By what entries name this user."""
        return digest(self.key(connection), user_id)

    async def verify(self, noted: Head | None = None) -> tuple[Head, Sequence[Break]]:
        """The chain's head, and where it does not hold: the first MOST_BREAKS places."""

        def work(connection: Connection) -> tuple[Head, Sequence[Break]]:
            row = connection.execute(select(audit_chain)).one()
            head = Head(row.number, row.hash)
            ordered = _rows(connection, select(audit_log).order_by(_L.id))
            return head, tuple(islice(breaks(ordered, head, noted), MOST_BREAKS))

        return await self._read(work)


def _customer(connection: Connection, conversation_id: str | None) -> str:
    if conversation_id is None:
        return ""
    return connection.scalar(select(conversations.c.owner).where(conversations.c.id == conversation_id)) or ""


def _rows(connection: Connection, query: "Select[tuple[object, ...]]") -> Iterator[Row]:
    for row in connection.execute(query, execution_options={"yield_per": TOGETHER}):
        yield Row(
            row.id,
            row.at,
            row.staff_id,
            row.staff_name,
            row.operation,
            row.conversation_id,
            row.detail,
            row.address,
            row.subject,
            row.hash,
        )


def _audited(row: Row) -> Audited:
    return Audited(
        row.number,
        row.at,
        Member(row.staff_id, row.staff_name),
        row.operation,
        row.conversation_id,
        msgspec.json.decode(row.detail),
        row.address,
        row.subject,
        row.hash,
    )
