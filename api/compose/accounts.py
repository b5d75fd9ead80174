"""The accounts of a server: what its settings allow and charge, around the runs."""

from api.observability.metrics import Metrics
from api.settings import Settings
from orchestrator.accounting.budgets import Allowance, MeteredRun
from orchestrator.accounting.prices import parse_prices
from orchestrator.execution.runs import Run
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_ledger import SqlLedger


def metered(settings: Settings, run: Run, store: SqlStore, metrics: Metrics, *, asks_models: bool) -> MeteredRun:
    """`run` with its accounts in the store's database. A server that asks no models has no budgets to look at."""
    allowance = Allowance(settings.run_tokens, settings.user_day_tokens, round(settings.user_day_cost * 1_000_000))
    return MeteredRun(
        run,
        SqlLedger(store.transactions),
        allowance if asks_models else Allowance(),
        parse_prices(settings.prices),
        metrics.count,
    )
