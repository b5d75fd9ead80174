"""A server that holds sockets and answers nothing itself: what is asked waits in the database, where workers find it.

It loads neither a model nor an index. What it needs of a model besides answers it asks of a worker.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from agents.reference import KnowledgeReference
from agents.specialists import catalogue
from api.access.auth import token_rules
from api.access.revoked import Revoked
from api.compose.app_state import AppState, Records, open_gateway
from api.compose.asked import Asked
from api.compose.auditing import auditing
from api.compose.counting import open_counting
from api.compose.ground import Ground, open_ground
from api.compose.learnt import load_vehicles
from api.compose.parking import libpq_url
from api.compose.private import keeping_private, periods
from api.compose.renewal import Ingested, ingested, keeping_up
from api.compose.revoking import revoking
from api.compose.supplements import DATASETS
from api.migrations import job_tables
from api.observability.checks import check_contents, check_database, check_redis, check_workers
from api.settings import BadSetting, Settings
from orchestrator.events import AnyEvent
from orchestrator.privacy.person import Privacy
from orchestrator.run import Desk, RunInput
from rag.catalogue import Catalogue
from rag.indexes.lexical_postgres import passages_held

if TYPE_CHECKING:
    from orchestrator.dispatchers.procrastinate import ProcrastinateDispatcher
    from orchestrator.errands.redis import RedisErrands


@asynccontextmanager
async def open_gateway_server(settings: Settings) -> AsyncIterator[AppState]:
    """Raises BadSetting."""
    tokens = token_rules(settings)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground(settings))
        tokens = replace(tokens, refused=ground.metrics.count_refused)
        dispatcher, errands = await stack.enter_async_context(open_cluster(ground))
        asked = Asked(errands)
        specialists = await asyncio.to_thread(catalogue)
        engine = ground.engine(_elsewhere, asked.read, specialists, asked, dispatcher)
        stack.push_async_callback(engine.close)
        contents = Catalogue(ground.database)
        known = await asyncio.to_thread(ingested, settings, ground.database)
        reference = KnowledgeReference(contents, load_vehicles(settings))
        taking_in = partial(_take_in, ground, reference)
        await stack.enter_async_context(keeping_up(settings, ground.database, known, taking_in))
        counting = await stack.enter_async_context(open_counting(settings))
        state = AppState(
            settings,
            open_gateway(settings, engine, tokens, Revoked(await ground.revocations.read()), counting),
            {
                "database": partial(check_database, ground.database, ground.store),
                "knowledge": partial(check_contents, contents, partial(passages_held, ground.database)),
                "workers": partial(check_workers, dispatcher),
                "redis": partial(check_redis, counting.reachable),
            },
            Records(reference, ground.appointment_store, ground.datasets, asked.embed),
            ground.staffing.desk(engine, asked.draft),
            revocations=ground.revocations,
            metrics=ground.metrics,
        )
        state.personal = ground.personal
        state.privacy = Privacy(engine, ground.personal, state.send_away)
        await stack.enter_async_context(keeping_private(state.privacy, periods(settings)))
        await stack.enter_async_context(revoking(state))
        await stack.enter_async_context(auditing(ground.audit, settings, "server", state.gateway.sign_in.refusals))
        yield state


@asynccontextmanager
async def open_cluster(ground: Ground) -> AsyncIterator[tuple["ProcrastinateDispatcher", "RedisErrands"]]:
    """How the processes of a cluster leave each other work. Raises BadSetting."""
    from orchestrator.dispatchers.procrastinate import open_procrastinate_dispatcher
    from orchestrator.errands.redis import open_redis_errands

    if not await asyncio.to_thread(job_tables, ground.database):
        raise BadSetting("The database has no tables for jobs. Run `pitcrew migrate`.")
    async with (
        open_procrastinate_dispatcher(libpq_url(ground.settings)) as dispatcher,
        open_redis_errands(ground.settings.redis_url) as errands,
    ):
        yield dispatcher, errands


async def _take_in(ground: Ground, reference: KnowledgeReference, before: Ingested, now: Ingested) -> None:
    if now.edition != before.edition:
        reference.renew(load_vehicles(ground.settings))
        ground.datasets.renew(now.edition / DATASETS)


async def _elsewhere(run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
    """A gateway begins no run."""
    events: tuple[AnyEvent, ...] = ()
    for event in events:
        yield event
