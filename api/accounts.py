"""The accounts of a server: what its settings allow and charge, around the runs."""

from api.metrics import Metrics
from api.settings import Settings
from orchestrator.metering import Allowance, MeteredRun
from orchestrator.prices import parse_prices
from orchestrator.runs import Run
from orchestrator.stores.ledger import SqlLedger
from orchestrator.stores.sql import SqlStore


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
