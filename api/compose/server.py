"""Settings in, a running server out: opens every resource on one exit stack. In this room imports stand
inside functions, because what they open is heavy (torch, Chroma, LangGraph) and not every command needs all of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from agents.acts.consent import CONSENT
from agents.appointments.sql_store import SqlAppointmentStore
from api.access.auth import token_rules
from api.compose import supplements
from api.compose.accounts import metered
from api.compose.answering import open_dependencies
from api.compose.app_state import AppState, open_gateway
from api.compose.bus import open_bus
from api.compose.database import open_migrated_database
from api.compose.knowledge import INDEXES_PATIENCE_S, open_library
from api.compose.models import open_models
from api.compose.parking import open_parking
from api.compose.publication import PAUSE_S, keeping_current
from api.compose.sharing import kept_apart, lease
from api.compose.staffing import open_staffing
from api.compose.warming import warming
from api.compose.webhooks import delivering
from api.observability.checks import check_database, check_knowledge, check_model
from api.observability.metrics import Metrics
from api.settings import BadSetting, Settings
from orchestrator.event.tenure import Tenures
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.staff.feed import WatchedBus
from orchestrator.staff.handing_over import HandingOver
from orchestrator.stores.sql import SqlStore

log = structlog.get_logger()


def refusals(settings: Settings) -> Iterator[BadSetting]:
    """What keeps a server from starting, as far as the settings alone tell."""
    if settings.production and settings.rate_limits == "off":
        yield BadSetting("PITCREW_RATE_LIMITS=off is refused in production.")
    if settings.production and settings.guests == "on":
        yield BadSetting("PITCREW_GUESTS=on is refused in production.")
    if settings.webhook_url and not settings.webhook_secret.get_secret_value():
        yield BadSetting("PITCREW_WEBHOOK_URL needs PITCREW_WEBHOOK_SECRET, with which what is sent is signed.")


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[AppState]:
    """The whole server. Raises BadSetting for a setting that keeps it from starting."""
    from functools import partial

    from api.compose.datasets import open_datasets
    from orchestrator.graph.stream import stream_events
    from orchestrator.graph.turn import build_graph
    from rag.ingestion.publish import Publisher

    for refusal in refusals(settings):
        raise refusal
    tokens = token_rules(settings)
    async with AsyncExitStack() as stack:
        database = open_migrated_database(settings)
        library = stack.enter_context(open_library(settings, database, patience_s=INDEXES_PATIENCE_S))
        stack.enter_context(kept_apart(settings, database, INDEXES_PATIENCE_S))
        # The model loads while the classifier learns, from remembered vectors: half a start is waiting for either.
        loading = asyncio.create_task(asyncio.to_thread(library.retriever.find, "warm up"))
        models = await stack.enter_async_context(open_models(settings, warm=True))
        appointment_store = SqlAppointmentStore(database)
        stack.push_async_callback(appointment_store.close)
        datasets = open_datasets(settings, database)
        stack.push_async_callback(datasets.close)
        dependencies = await stack.enter_async_context(
            open_dependencies(settings, library, appointment_store, models, datasets)
        )
        store = SqlStore(database)
        stack.push_async_callback(store.close)
        saver = await stack.enter_async_context(open_parking(settings))
        graph = build_graph(dependencies, saver.graph_saver)
        metrics = Metrics()
        answering = partial(stream_events, graph, steps=settings.steps)
        run = metered(settings, answering, store, metrics, asks_models=bool(models))
        staffing = open_staffing(settings, store)
        stack.push_async_callback(staffing.feed.close)
        await stack.enter_async_context(delivering(settings, store.transactions))
        budgets = Budgets(settings.run_s, settings.drain_s, settings.runs)
        assert dependencies.resources is not None
        consent = dependencies.resources.choices.get(CONSENT)
        tenures = Tenures()
        bus = await stack.enter_async_context(open_bus(settings, tenures))
        engine = Engine(
            store,
            WatchedBus(bus, staffing.feed),
            HandingOver(run, store.standing, staffing.reception),
            budgets,
            saver,
            dependencies.catalogue,
            consent,
            staffing.reception.handing,
            staffing.feed.changed,
            lease(settings),
            tenures,
        )
        stack.push_async_callback(engine.close)
        await loading
        await engine.recover()
        publisher = Publisher(library.shelf, library.indexes, pause_s=PAUSE_S)
        stack.enter_context(keeping_current(publisher))
        datasets.prepare()
        log.info("ready", answerer=dependencies.answerer.name, documents=len(library.catalogue.hashes()))
        checks = {
            "database": partial(check_database, database, store),
            "knowledge": partial(
                check_knowledge, library.catalogue, library.retriever, publisher, supplements.absent(settings)
            ),
            "model": partial(check_model, dependencies.answerer, models),
        }
        await stack.enter_async_context(warming(dependencies.resources))
        yield AppState(
            settings,
            open_gateway(settings, engine, tokens),
            checks,
            dependencies.resources,
            staffing.desk(engine, partial(stream_events, build_graph(dependencies), steps=settings.steps)),
            metrics=metrics,
        )
