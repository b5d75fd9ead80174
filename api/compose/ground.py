"""What every process that has to do with conversations stands on, whether it holds sockets, answers, or does both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Engine as Database

from agents.appointments.sql_store import SqlAppointmentStore
from agents.datasets.collection import DatasetCatalogue
from agents.specialist import Catalogue as Specialists
from api.compose import supplements
from api.compose.bus import open_bus
from api.compose.database import open_migrated_database
from api.compose.datasets import open_datasets
from api.compose.knowledge import INDEXES_PATIENCE_S
from api.compose.sharing import kept_apart, lease
from api.compose.staffing import Staffing, between_processes, open_staffing
from api.compose.traces import open_traces
from api.compose.webhooks import delivering
from api.observability.measured import MeasuredBus
from api.observability.metrics import Metrics
from api.settings import Settings
from orchestrator.bus import Bus
from orchestrator.dispatcher import Dispatcher
from orchestrator.event.tenure import Tenures
from orchestrator.execution.engine import Engine
from orchestrator.execution.forgetting import Saver
from orchestrator.execution.replies import ReadAside
from orchestrator.execution.runs import Budgets, Run
from orchestrator.staff.feed import WatchedBus
from orchestrator.stores.sql import SqlStore
from orchestrator.stores.sql_audit import SqlAudit
from orchestrator.stores.sql_personal import SqlPersonalStore
from orchestrator.stores.sql_revocations import SqlRevocations
from rag.ingestion.shared_files import SharedFiles
from rag.tracing.spans import Span


@dataclass(frozen=True, slots=True)
class Ground:
    """The database and what is kept in it, the bus, and the staff's side."""

    settings: Settings
    database: Database
    store: SqlStore
    audit: SqlAudit
    personal: SqlPersonalStore
    revocations: SqlRevocations
    appointment_store: SqlAppointmentStore
    datasets: DatasetCatalogue
    staffing: Staffing
    tenures: Tenures
    bus: Bus
    metrics: Metrics
    outside: Span

    def engine(
        self,
        run: Run,
        read: ReadAside,
        specialists: Specialists,
        saver: Saver | None = None,
        dispatcher: Dispatcher | None = None,
    ) -> Engine:
        """The engine of this process: what is told to the `dispatcher` is answered by whoever has room, without one
        here."""
        return Engine(
            self.store,
            MeasuredBus(WatchedBus(self.bus, self.staffing.feed), self.metrics),
            run,
            Budgets(self.settings.run_s, self.settings.drain_s, self.settings.runs),
            saver,
            specialists,
            read,
            self.staffing.reception.handing,
            self.staffing.feed.changed,
            lease(self.settings),
            self.tenures,
            dispatcher,
            self.outside,
        )


@asynccontextmanager
async def open_ground(settings: Settings) -> AsyncIterator[Ground]:
    """Raises BadSetting."""
    async with AsyncExitStack() as stack:
        database = open_migrated_database(settings)
        await asyncio.to_thread(supplements.fetch, settings, SharedFiles(database))
        stack.enter_context(kept_apart(settings, database, INDEXES_PATIENCE_S))
        appointment_store = SqlAppointmentStore(database)
        stack.push_async_callback(appointment_store.close)
        datasets = open_datasets(settings, database)
        stack.push_async_callback(datasets.close)
        store = SqlStore(database)
        stack.push_async_callback(store.close)
        audit = SqlAudit(store.transactions, settings.audit_key.get_secret_value())
        staffing = open_staffing(settings, store, audit)
        stack.push_async_callback(staffing.feed.close)
        await stack.enter_async_context(between_processes(settings, staffing))
        await stack.enter_async_context(delivering(settings, store.transactions))
        tenures = Tenures()
        bus = await stack.enter_async_context(open_bus(settings, tenures))
        metrics = Metrics()
        revocations = SqlRevocations(database, settings.jwt_lifetime_s)
        stack.callback(revocations.close)
        told = (staffing, tenures, bus, metrics, open_traces(settings, stack))
        personal = SqlPersonalStore(store, audit)
        yield Ground(settings, database, store, audit, personal, revocations, appointment_store, datasets, *told)
