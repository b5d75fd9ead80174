"""The ledger over SQL. Statements run in threads of its own, so that accounts never wait for, or hold up, readers."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, case, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.errors import StorageUnavailable
from orchestrator.ledger import By, Entry, Spent, Total
from orchestrator.stores.rows import now
from orchestrator.tables import ledger

T = TypeVar("T")

_KEY = ("run_id", "day", "kind", "agent", "name")
_SUMS = (
    "calls", "failures", "estimated", "input_tokens", "cached_tokens", "output_tokens", "cost_micros",
    "milliseconds", "begun", "first_token_ms",
)  # fmt: skip

_IS_TOOL = ledger.c.kind == "tool"
_TOKENS = ledger.c.input_tokens + ledger.c.output_tokens
_SPENT = (
    func.sum(ledger.c.input_tokens).label("input_tokens"),
    func.sum(ledger.c.cached_tokens).label("cached_tokens"),
    func.sum(ledger.c.output_tokens).label("output_tokens"),
    func.sum(ledger.c.cost_micros).label("cost_micros"),
    func.sum(case((ledger.c.cost_micros.is_(None), _TOKENS), else_=0)).label("unpriced"),
)

_BY: dict[By, tuple[ColumnElement[str], ColumnElement[bool] | None]] = {
    "day": (ledger.c.day, None),
    "user": (ledger.c.owner, None),
    "model": (ledger.c.name, ~_IS_TOOL),
    "agent": (ledger.c.agent, None),
    "purpose": (ledger.c.kind, ~_IS_TOOL),
    "tool": (ledger.c.name, _IS_TOOL),
}


class SqlLedger:
    """See `orchestrator.ledger.Ledger`. `engine` stays its owner's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._readable = engine.execution_options(read_only=True)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger-write")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="ledger-read")

    async def add(self, entries: Sequence[Entry]) -> None:
        def transaction() -> None:
            with self._engine.begin() as connection:
                for entry in entries:
                    _add(connection, entry)

        await self._run(self._writer, transaction)

    async def of_day(self, owner: str, day: str) -> Spent:
        return await self._spent(ledger.c.owner == owner, ledger.c.day == day)

    async def of_run(self, run_id: str) -> Spent:
        return await self._spent(ledger.c.run_id == run_id)

    async def totals(self, since: str, by: By) -> Sequence[Total]:
        column, only = _BY[by]
        query = (
            select(
                column.label("key"),
                func.count(ledger.c.run_id.distinct()).label("runs"),
                *_SPENT,
                _sum(ledger.c.calls, ~_IS_TOOL).label("calls"),
                _sum(ledger.c.calls, _IS_TOOL).label("tool_calls"),
                func.sum(ledger.c.failures).label("failures"),
                func.sum(ledger.c.estimated).label("estimated"),
                _sum(ledger.c.milliseconds, ~_IS_TOOL).label("milliseconds"),
                _sum(ledger.c.milliseconds, _IS_TOOL).label("tool_milliseconds"),
                func.sum(ledger.c.begun).label("begun"),
                func.sum(ledger.c.first_token_ms).label("first_token_ms"),
            )
            .where(ledger.c.day >= since)
            .group_by(column)
            .order_by(*((column.desc(),) if by == "day" else (func.sum(_TOKENS).desc(), column)))
        )
        if only is not None:
            query = query.where(only)
        return await self._read(lambda connection: [_total(row) for row in connection.execute(query)])

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)

    async def _spent(self, *conditions: ColumnElement[bool]) -> Spent:
        query = select(*_SPENT).where(*conditions)
        return await self._read(lambda connection: _as_spent(connection.execute(query).one()))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with self._readable.begin() as connection:
                return work(connection)

        return await self._run(self._reader, transaction)

    async def _run(self, pool: ThreadPoolExecutor, transaction: Callable[[], T]) -> T:
        try:
            # Shielded: a run that is cancelled while its accounts are written leaves them to be written.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(pool, transaction))
        except (SQLAlchemyError, PoolTimeout) as error:
            raise StorageUnavailable from error


def _add(connection: Connection, entry: Entry) -> None:
    """Add to the row that is alike, or make it. A run is at work in one process at a time, so no other one makes it
    meanwhile."""
    sums = {name: ledger.c[name] + getattr(entry, name) for name in _SUMS if name != "cost_micros"}
    sums["cost_micros"] = None if entry.cost_micros is None else ledger.c.cost_micros + entry.cost_micros
    same = [ledger.c[name] == getattr(entry, name) for name in _KEY]
    if connection.execute(update(ledger).where(*same).values(**sums)).rowcount:
        return
    values = {name: getattr(entry, name) for name in (*_KEY, *_SUMS, "owner", "conversation_id")}
    connection.execute(insert(ledger).values(**values, created_at=now()))


def _sum(column: ColumnElement[Any], only: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((only, column), else_=0))


def _as_spent(row: Any) -> Spent:
    """SQL's sum of nothing is NULL, and PostgreSQL's sums are Decimals."""
    return Spent(*(int(row._mapping[name] or 0) for name in Spent.__dataclass_fields__))


def _total(row: Any) -> Total:
    return Total(
        key=row.key,
        runs=row.runs,
        spent=_as_spent(row),
        calls=int(row.calls),
        tool_calls=int(row.tool_calls),
        failures=int(row.failures),
        estimated=int(row.estimated),
        milliseconds=float(row.milliseconds),
        tool_milliseconds=float(row.tool_milliseconds),
        begun=int(row.begun),
        first_token_ms=float(row.first_token_ms),
    )
