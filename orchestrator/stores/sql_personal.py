"""The store of what is held of persons, over SQL."""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, tuple_, update

from agents.tables import appointments
from orchestrator.audit.act import SERVER, Act
from orchestrator.audit.chain import digest
from orchestrator.errors import NotFound
from orchestrator.privacy.store import Digest, Erased, Erasures, Periods
from orchestrator.stores import rows
from orchestrator.stores.personal import HOLDINGS, Holding, conversations_of
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit
from orchestrator.stores.sql_revocations import hashed, revocations
from orchestrator.stores.staff_tables import audit_log, webhook_deliveries
from orchestrator.tables import conversations, feedback, ledger, messages, runs

ROWS = 100
"""That are read or erased in one transaction, so that others have their turn between two."""
ERASED = "erased"
ERASING = ("erase", "erase_me")
"""The operations that erase a person."""


class SqlPersonalStore:
    """See `orchestrator.privacy.store.PersonalStore`."""

    def __init__(self, store: SqlStore, audit: SqlAudit) -> None:
        self._store = store
        self._write = store.transactions.write
        self._read = store.transactions.read
        self.audit = audit

    @property
    def tables(self) -> Sequence[str]:
        return tuple(HOLDINGS)

    async def unfinished(self, user_id: str) -> Sequence[tuple[str, str]]:
        query = (
            select(runs.c.conversation_id, runs.c.id)
            .where(runs.c.conversation_id.in_(conversations_of(user_id)), runs.c.finished_at.is_(None))
            .order_by(runs.c.status.desc(), runs.c.created_at.desc())
        )
        return await self._read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    async def page(self, user_id: str, table: str, after: Sequence[Any] | None) -> tuple[list[dict[str, Any]], Any]:
        holding = HOLDINGS[table]
        key = tuple(holding.table.primary_key.columns)

        def work(connection: Connection) -> list[Row[Any]]:
            query = select(holding.table).where(holding.of(user_id, self.audit.digest(connection, user_id)))
            if after is not None:
                query = query.where(tuple_(*key) > tuple_(*after))
            return list(connection.execute(query.order_by(*key).limit(ROWS)))

        found = await self._read(work)
        last = [found[-1]._mapping[column.name] for column in key] if len(found) == ROWS else None
        return [_told(holding, row) for row in found], last

    # --- erasing ---------------------------------------------------------------------------------------------------

    async def erase(self, act: Act) -> Erased:
        user_id = act.subject
        gone = _Gone()
        while await self._write(
            lambda connection: _erase_conversations(connection, conversations.c.owner == user_id, gone)
        ):
            pass
        while await self._write(lambda connection: _disown(connection, ledger.c.owner == user_id, gone)):
            pass
        audit_id = await self._write(lambda connection: self._erase_rest(connection, act, gone))
        await self._store.wipe()
        return gone.erased(audit_id)

    def _erase_rest(self, connection: Connection, act: Act, gone: "_Gone") -> int:
        """What no conversation holds, and the entry that says that all is erased."""
        user_id, w = act.subject, revocations.c
        for table, which in (
            (feedback, feedback.c.user_id == user_id),
            (appointments, appointments.c.user_id == user_id),
        ):
            gone.rows[str(table.name)] += connection.execute(delete(table).where(which)).rowcount
        revoked = update(revocations).where(w.kind == "user", w.name == user_id)
        connection.execute(revoked.values(name=hashed(user_id)))
        counted = {name: number for name, number in gone.rows.items() if number}
        return self.audit.keep(connection, msgspec.structs.replace(act, detail=act.detail | {"rows": counted}))

    async def sweep(self, subjects: Collection[str]) -> None:
        since = rows.stamp(datetime.now(UTC) - timedelta(days=1))
        left = ledger.c.conversation_id.not_in(select(conversations.c.id)) & (ledger.c.created_at >= since)
        owners = select(ledger.c.owner).where(left, ledger.c.owner != ERASED).distinct()

        def work(connection: Connection) -> bool:
            theirs = [one for one in connection.scalars(owners) if self.audit.digest(connection, one) in subjects]
            return bool(theirs) and _disown(connection, left & ledger.c.owner.in_(theirs), _Gone())

        while await self._write(work):
            pass

    # --- what was kept for long enough -----------------------------------------------------------------------------

    async def expire(self, periods: Periods) -> Erased:
        gone = _Gone()
        if days := periods.conversations:
            unfinished = select(runs.c.conversation_id).where(runs.c.finished_at.is_(None))
            old = (conversations.c.updated_at < _ago(days)) & conversations.c.id.not_in(unfinished)
            while await self._write(lambda connection: _erase_conversations(connection, old, gone)):
                pass
        if days := periods.ledger:
            spent = (ledger.c.day < _ago(days)[:10]) & (ledger.c.owner != ERASED)
            while await self._write(lambda connection: _disown(connection, spent, gone)):
                pass
        await self._write(lambda connection: self._expire_rest(connection, periods, gone))
        if any(gone.rows.values()):
            await self._store.wipe()
        return gone.erased(0)

    def _expire_rest(self, connection: Connection, periods: Periods, gone: "_Gone") -> None:
        w = webhook_deliveries.c
        if days := periods.appointments:
            over = appointments.c.starts_at < _ago(days)
            gone.rows["appointments"] += connection.execute(delete(appointments).where(over)).rowcount
        if days := periods.deliveries:
            done = w.state.in_(("delivered", "failed")) & (w.created_at < _ago(days))
            gone.rows["webhook_deliveries"] += connection.execute(delete(webhook_deliveries).where(done)).rowcount
        if counted := {name: number for name, number in gone.rows.items() if number}:
            self.audit.keep(connection, Act(SERVER, "expire", detail={"rows": counted}))

    # --- what other processes erase --------------------------------------------------------------------------------

    async def erased_since(self, number: int | None) -> Erasures:
        def work(connection: Connection) -> Erasures:
            upto = connection.scalar(select(func.max(audit_log.c.id))) or 0
            if number is None:
                return Erasures({}, upto)
            since = (audit_log.c.id > number) & (audit_log.c.id <= upto) & audit_log.c.operation.in_(ERASING)
            found = connection.execute(select(audit_log.c.id, audit_log.c.subject).where(since))
            return Erasures({row.id: row.subject for row in found}, upto)

        return await self._read(work)

    async def digest(self) -> Digest:
        key = await self._read(self.audit.key)
        return partial(digest, key)


class _Gone:
    """What was erased so far. A transaction that is tried again may count twice; nothing depends on the number."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.conversation_ids: list[str] = []
        self.run_ids: list[str] = []

    def erased(self, audit_id: int) -> Erased:
        return Erased(dict(self.rows), tuple(self.conversation_ids), tuple(self.run_ids), audit_id)


def _erase_conversations(connection: Connection, which: ColumnElement[bool], gone: _Gone) -> bool:
    """Remove some of these conversations with all in them; whether there may be more."""
    query = select(conversations.c.id, conversations.c.owner, conversations.c.session_id).where(which).limit(ROWS)
    found = connection.execute(query).all()
    ids = [row.id for row in found]
    gone.run_ids += connection.scalars(select(runs.c.id).where(runs.c.conversation_id.in_(ids)))
    counted = select(func.count()).select_from(messages).where(messages.c.conversation_id.in_(ids))
    gone.rows["messages"] += connection.scalar(counted) or 0
    for row in found:
        rows.hold(connection, row.id)
        try:
            gone.conversation_ids.append(rows.delete_conversation(connection, row.owner, row.session_id))
        except NotFound:  # somebody else was quicker
            continue
        gone.rows["conversations"] += 1
    return len(found) == ROWS


def _disown(connection: Connection, which: ColumnElement[bool], gone: _Gone) -> bool:
    """Keep of some of these rows of the ledger what was taken, and no more; whether there may be more. The rows of a
    run stay together, so that runs can still be counted."""
    some = select(ledger.c.run_id).where(which).distinct().limit(ROWS)
    run_ids = connection.scalars(some).all()
    for run_id in run_ids:
        nameless = {"owner": ERASED, "conversation_id": "", "run_id": str(uuid.uuid4())}
        changed = update(ledger).where(ledger.c.run_id == run_id, which).values(**nameless)
        gone.rows["ledger"] += connection.execute(changed).rowcount
    return len(run_ids) == ROWS


def _told(holding: Holding, row: Row[Any]) -> dict[str, Any]:
    told = {str(name): value for name, value in row._mapping.items() if name not in holding.hidden}
    for name in holding.plain & told.keys():
        told[name] = _plain(told[name])
    return told


def _plain(text: str | None) -> Any:
    """What a column of JSON holds; one whose JSON was taken out, as it is."""
    try:
        return msgspec.json.decode(text) if text else text
    except msgspec.DecodeError:
        return text


def _ago(days: int) -> str:
    return rows.stamp(datetime.now(UTC) - timedelta(days=days))
