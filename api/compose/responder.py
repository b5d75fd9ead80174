"""What answers, opened over the ground: the knowledge base, specialists, models, the graph. Imports stand inside the
functions, because what they open is heavy (torch, Chroma, LangGraph)."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from agents.acts.consent import CONSENT
from agents.context import Resources
from api.compose import supplements
from api.compose.accounts import metered
from api.compose.answering import open_dependencies
from api.compose.app_state import Check
from api.compose.ground import Ground
from api.compose.knowledge import INDEXES_PATIENCE_S, open_library, take_in_questions
from api.compose.learnt import load_vehicles
from api.compose.models import open_models
from api.compose.parking import open_parking
from api.compose.publication import PAUSE_S, PublishingTurn, keeping_current
from api.compose.renewal import Ingested, ingested, keeping_up
from api.compose.statements import fetch_statements
from api.compose.warming import warming
from api.observability.checks import check_knowledge, check_model
from api.observability.measured import watch_models
from orchestrator.execution.engine import Engine
from orchestrator.execution.replies import ReadAside, reading
from orchestrator.execution.runs import Run
from orchestrator.staff.drafting import Drafting, draft
from orchestrator.staff.handing_over import HandingOver
from rag.threads.priority import PriorityThreads

if TYPE_CHECKING:
    from agents.specialist import Catalogue as Specialists
    from api.compose.answering_graph import AnsweringGraph
    from api.compose.knowledge import Library
    from orchestrator.graph.saver import RunSaver
    from rag.retrieve import SearchResult

log = structlog.get_logger()

THREADS = min(32, (os.cpu_count() or 1) + 4)
"""Python's own number."""


@dataclass(frozen=True, slots=True)
class Responder:
    """`run` answers, `read` tells what a reply says, `drafting` answers for the staff alone. `checks` are of what they
    depend on. `loading` is done when the first question waits for nothing more."""

    ground: Ground
    library: "Library"
    specialists: "Specialists"
    resources: Resources
    graph: "AnsweringGraph"
    saver: "RunSaver"
    run: Run
    read: ReadAside
    drafting: Drafting
    checks: Mapping[str, Check]
    name: str
    loading: "asyncio.Task[SearchResult]"
    known: Ingested

    @asynccontextmanager
    async def going(self, engine: Engine) -> AsyncIterator[None]:
        """Take up what was left, and follow what is ingested, while the block runs."""
        await self.loading
        await engine.recover()
        self.ground.datasets.prepare()
        log.info("ready", answerer=self.name, documents=len(self.library.catalogue.hashes()))
        async with (
            warming(self.resources),
            keeping_up(self.ground.settings, self.ground.database, self.known, self.take_in),
        ):
            yield

    async def take_in(self, before: Ingested, now: Ingested) -> None:
        """Answer by what was ingested meanwhile; see `keeping_up`."""
        if now.edition != before.edition:
            await asyncio.to_thread(take_in_questions, self.ground.settings, self.library)
            self.ground.datasets.renew(now.edition / supplements.DATASETS)
        await self.graph.build()


@asynccontextmanager
async def open_responder(ground: Ground) -> AsyncIterator[Responder]:
    """Raises BadSetting."""
    from agents.reference import KnowledgeReference
    from api.compose.answering_graph import AnsweringGraph
    from rag.ingestion.publish import Publisher
    from rag.ingestion.shared_files import SharedFiles

    settings = ground.settings
    asyncio.get_running_loop().set_default_executor(PriorityThreads(THREADS, "work"))
    async with AsyncExitStack() as stack:
        known = await asyncio.to_thread(ingested, settings, ground.database)
        await asyncio.to_thread(fetch_statements, settings, SharedFiles(ground.database))
        library = stack.enter_context(open_library(settings, ground.database, patience_s=INDEXES_PATIENCE_S))
        # The model loads while the classifier learns, from remembered vectors: half a start is waiting for either.
        loading = asyncio.create_task(asyncio.to_thread(library.retriever.find, "warm up"))
        models = await stack.enter_async_context(open_models(settings, warm=True))
        reference = KnowledgeReference(library.catalogue, load_vehicles(settings))
        opened = (settings, library, ground.appointment_store, models, ground.datasets, reference)
        saver = await stack.enter_async_context(open_parking(settings))
        graph = AnsweringGraph(settings, partial(open_dependencies, *opened), saver.graph_saver)
        dependencies = await graph.build()
        assert dependencies.resources is not None
        watch_models(ground.metrics, models)
        run = metered(settings, graph.run, ground.store, ground.metrics, asks_models=bool(models))
        publisher = Publisher(library.shelf, library.indexes, pause_s=PAUSE_S)
        stack.enter_context(keeping_current(publisher, PublishingTurn(ground.database)))
        absent = supplements.absent(settings)
        checks = {
            "knowledge": partial(check_knowledge, library.catalogue, library.retriever, publisher, absent),
            "model": partial(check_model, dependencies.answerer, models),
        }
        yield Responder(
            ground,
            library,
            dependencies.catalogue,
            dependencies.resources,
            graph,
            saver,
            HandingOver(run, ground.store.standing, ground.staffing.reception),
            reading(dependencies.resources.choices.get(CONSENT)),
            partial(draft, graph.draft),
            checks,
            dependencies.answerer.name,
            loading,
            known,
        )
