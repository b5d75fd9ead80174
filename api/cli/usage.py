"""`pitcrew usage`: what the answers took of models and tools, and what that cost."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.cli.terminal.output import note, print_json, print_table
from api.failure import CommandFailed

if TYPE_CHECKING:
    from api.settings import Settings
    from orchestrator.accounting.ledger import Total


By = Literal["day", "user", "model", "agent", "purpose", "tool"]


def usage(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How many days back, today (UTC) among them.")] = 30,
    by: Annotated[By, typer.Option(help="What to add up by. `purpose`: what a model was asked for.")] = "day",
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Show the tokens, cost and time that answers took. The server may be running meanwhile.

    Example: pitcrew usage --days 7 --by model
    """
    from api.settings import Settings

    settings = Settings()
    since = (datetime.now(UTC).date() - timedelta(days=days - 1)).isoformat()
    totals = _totals(settings, since, by)
    for total in totals if json else ():
        print_json(_object(total, by, settings.currency))
    if totals and not json:
        _print(totals, by, settings.currency)
    _remark(totals, since)


def _totals(settings: "Settings", since: str, by: By) -> "Sequence[Total]":
    from sqlalchemy.engine import make_url

    from api.migrations import head_revision, revision
    from orchestrator.errors import StorageUnavailable
    from orchestrator.stores.sql_ledger import SqlLedger
    from rag.database import Transactions, open_database

    if settings.embedded_sql and not Path(make_url(settings.sql_url).database or "").is_file():
        return ()
    transactions = Transactions(open_database(settings.sql_url), StorageUnavailable)
    try:
        if revision(transactions.engine) != head_revision():
            raise CommandFailed("The database is of another version: start the server, or run `pitcrew migrate`.")
        return asyncio.run(SqlLedger(transactions).totals(since, by))
    finally:
        transactions.close()
        transactions.engine.dispose()


def _remark(totals: "Sequence[Total]", since: str) -> None:
    """What the figures leave open."""
    if not totals:
        note(f"Nothing was asked of models or tools since {since}.")
    if unpriced := sum(total.spent.unpriced for total in totals):
        note(f"{unpriced} tokens have no price and are not in the cost. Set PITCREW_PRICES before the server starts.")
    if estimated := sum(total.estimated for total in totals):
        note(f"Calls whose tokens are estimated, as they were cut short or their provider counted none: {estimated}.")


def _object(total: "Total", by: By, currency: str) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(total).items() if name not in {"key", "spent"}}
    spent = asdict(total.spent)
    cost = None if _unknown(total) else spent["cost_micros"] / 1e6
    return {by: total.key} | plain | spent | {"cost": cost, "currency": currency}


def _unknown(total: "Total") -> bool:
    """Whether there are tokens, and none has a price."""
    return 0 < total.spent.tokens == total.spent.unpriced


def _print(totals: "Sequence[Total]", by: By, currency: str) -> None:
    columns = _tool_columns() if by == "tool" else _columns(currency)
    rows = [(total.key or "(router)", str(total.runs), *(show(total) for show in columns.values())) for total in totals]
    # A run may have asked several models, specialists and tools: then the sum of the rows is no number of runs.
    runs = str(sum(total.runs for total in totals)) if by in {"day", "user"} else ""
    last = _sum(totals)
    rows.append((last.key, runs, *(show(last) for show in columns.values())))
    print_table((by, "runs", *columns), rows, figures_from=1)


def _columns(currency: str) -> "dict[str, Callable[[Total], str]]":
    return {
        "calls": lambda total: str(total.calls),
        "failed": lambda total: str(total.failures),
        "input": lambda total: str(total.spent.input_tokens),
        "cached": lambda total: str(total.spent.cached_tokens),
        "output": lambda total: str(total.spent.output_tokens),
        currency: _cost,
        "ms/call": lambda total: _mean(total.milliseconds, total.calls),
        "ms to first": lambda total: _mean(total.first_token_ms, total.begun),
        "tools": lambda total: str(total.tool_calls),
        "ms/tool": lambda total: _mean(total.tool_milliseconds, total.tool_calls),
    }


def _tool_columns() -> "dict[str, Callable[[Total], str]]":
    return {
        "calls": lambda total: str(total.tool_calls),
        "failed": lambda total: str(total.failures),
        "ms/call": lambda total: _mean(total.tool_milliseconds, total.tool_calls),
    }


def _cost(total: "Total") -> str:
    cost = f"{total.spent.cost_micros / 1e6:.4f}"
    return "-" if _unknown(total) else f"{cost}+" if total.spent.unpriced else cost


def _mean(milliseconds: float, count: int) -> str:
    return f"{milliseconds / count:.0f}" if count else "-"


def _sum(totals: "Sequence[Total]") -> "Total":
    from orchestrator.accounting.ledger import Spent, Total

    def add(kind: Any, values: Sequence[Any], *without: str) -> dict[str, Any]:
        names = [name for name in kind.__dataclass_fields__ if name not in without]
        return {name: sum(getattr(value, name) for value in values) for name in names}

    spent = Spent(**add(Spent, [total.spent for total in totals]))
    return Total(key="total", spent=spent, **add(Total, totals, "key", "spent"))
