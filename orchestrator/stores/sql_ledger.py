"""The ledger over SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, insert, select, update

from orchestrator.accounting.ledger import By, Entry, Spent, Total
from orchestrator.stores.rows import now
from orchestrator.tables import ledger
from rag.database import Transactions

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
    """See `orchestrator.accounting.ledger.Ledger`. `transactions` stay their owner's."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def add(self, entries: Sequence[Entry]) -> None:
        def work(connection: Connection) -> None:
            for entry in entries:
                _add(connection, entry)

        await self._transactions.write(work)

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
        return await self._transactions.read(lambda connection: [_total(row) for row in connection.execute(query)])

    async def _spent(self, *conditions: ColumnElement[bool]) -> Spent:
        query = select(*_SPENT).where(*conditions)
        return await self._transactions.read(lambda connection: _as_spent(connection.execute(query).one()))


_ADDED = (
    update(ledger)
    .where(*(ledger.c[name] == bindparam(f"of_{name}") for name in _KEY))
    .values({name: ledger.c[name] + bindparam(f"more_{name}", type_=ledger.c[name].type) for name in _SUMS})
)
_NEW = insert(ledger)


def _add(connection: Connection, entry: Entry) -> None:
    """Add to the row that is alike, or make it. A run is at work in one process at a time, so no other one makes it
    meanwhile."""
    same = {f"of_{name}": getattr(entry, name) for name in _KEY}
    more = {f"more_{name}": getattr(entry, name) for name in _SUMS}  # what has no price makes that of the sum unknown
    if connection.execute(_ADDED, same | more).rowcount:
        return
    values = {name: getattr(entry, name) for name in (*_KEY, *_SUMS, "owner", "conversation_id")}
    connection.execute(_NEW, values | {"created_at": now()})


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
