"""Settings in, running parts out: opens every resource on one exit stack. The only place with imports inside functions,
because what it opens is heavy (torch, Chroma, LangGraph) and not every command needs all of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from agents.answerer import Answerer
from agents.specialist import Catalogue as Specialists
from agents.specialist import Specialist
from agents.types import Part, Question, Route
from api.app_state import AppState, open_gateway
from api.auth import token_rules
from api.checks import check_database, check_knowledge, check_model
from api.library import INDEXES_PATIENCE_S, Library, open_library
from api.migrate import head_revision, migrate, revision
from api.publishing import PAUSE_S, keeping_current
from api.settings import BadSetting, Settings
from orchestrator.buses.memory import MemoryBus
from orchestrator.engine import Engine
from orchestrator.errors import ProcessingError
from orchestrator.runs import Budgets
from orchestrator.stores.database import open_database
from orchestrator.stores.sql import SqlStore
from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.index import IndexUnavailable
from rag.types import Passage

if TYPE_CHECKING:
    from agents.classify import Classifier
    from agents.model import ChatModel
    from agents.models.breaker import Breaker
    from agents.vehicles import Vehicles
    from orchestrator.graph import Crew

log = structlog.get_logger()

VEHICLES_FILE = "vehicles.csv"


def open_migrated_database(settings: Settings) -> Database:
    """The database at its newest migration: SQLite is brought there, a server's is only checked. Raises BadSetting."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.sql_url)
    if settings.embedded_sql:
        migrate(database)
    elif revision(database) != head_revision():
        raise BadSetting("The database is not at its newest version. Run `pitcrew migrate`.")
    return database


def load_vehicles(settings: Settings) -> "Vehicles":
    """The maker's vehicles, from `vehicles.csv` in the knowledge base; none where there is no such file."""
    from agents.vehicles import Vehicles

    path = settings.knowledge_dir / VEHICLES_FILE
    return Vehicles.parse(path.read_text(encoding="utf-8")) if path.is_file() else Vehicles()


def open_classifier(
    settings: Settings, embedder: Embedder, knowledge: Catalogue | None = None
) -> "tuple[Classifier, Vehicles]":
    """The classifier over the specialists, and the vehicles that it knows. `knowledge`: the catalogue whose headings
    and words it takes in; None opens the one in the database for that. Raises BadSetting."""
    from agents.classify import Classifier
    from agents.specialists import catalogue
    from rag.embedders import weights
    from rag.embedders.remembered import RememberedEmbedder

    if knowledge is None:
        database = open_migrated_database(settings)
        try:
            return open_classifier(settings, embedder, Catalogue(database))
        finally:
            database.dispose()

    vehicles = load_vehicles(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    remembered = RememberedEmbedder(embedder, settings.data_dir / "utterances.npz")
    chunks = knowledge.chunks(sorted(knowledge.chunk_ids()))
    classifier = Classifier.train(
        catalogue(), remembered, vehicles, list(chunks.values()), weights.vocabulary(settings.embedding_model)
    )
    remembered.settle()
    return classifier, vehicles


@asynccontextmanager
async def open_crew(settings: Settings, library: Library, models: Sequence["ChatModel"] = ()) -> AsyncIterator["Crew"]:
    """Everything that answers: specialists, classifier, research and answerer. Raises BadSetting."""
    from agents import followup, research
    from agents.specialists import catalogue
    from orchestrator.graph import Crew, Evidence, Understood

    specialists = catalogue()
    classifier, vehicles = await asyncio.to_thread(open_classifier, settings, library.embedder, library.catalogue)
    answerer, router, rewriter = make_answerer(settings, library, vehicles, models)

    async def understand(question: Question) -> Understood:
        facts = vehicles.facts(question.text, question.facts)
        known = Question(question.text, question.history, facts)
        text = await rewriter.rewrite(known) if rewriter and question.history else None
        return Understood(text or followup.standalone(known, vehicles), facts)

    async def classify(question: Question, open_specialists: Specialists) -> Route:
        route = await asyncio.to_thread(classifier.classify, question, open_specialists)
        if route.kind != "clarify" or router is None:
            return route
        name = await router.route(question.text, open_specialists)
        if name is None:
            return route
        if name == "out_of_scope":
            return Route("out_of_scope", route.confidence)
        return Route("answer", route.confidence, (Part(question.text, name, route.confidence),))

    async def gather(part: Part, specialist: Specialist, facts: Mapping[str, str]) -> Evidence:
        degraded: list[str] = []
        unknown: set[str] = set()

        async def search(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Passage, ...]:
            found = await library.retriever.retrieve(text, subjects=subjects, k=k)
            degraded.extend(filter(None, [found.degraded]))
            unknown.update(name.upper() for name in found.unknown)
            return found.passages

        try:
            evidence = await research.gather(search, part.text, specialist, vehicles, facts)
        except (IndexUnavailable, SQLAlchemyError) as error:
            log.error("retrieval_failed", error=str(error))
            raise ProcessingError("RETRIEVAL_UNAVAILABLE") from error
        return Evidence(evidence.passages, bool(degraded), tuple(sorted(unknown)))

    yield Crew(specialists, understand, classify, gather, answerer)


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncIterator[tuple["Breaker", ...]]:
    """The chat models that there is a key for, the leading one first, each behind its breaker. Raises BadSetting."""
    from agents.providers import choose_models

    try:
        models = choose_models(settings.models, settings.provider_keys, {"openai": settings.openai_base_url})
    except ValueError as error:
        raise BadSetting(f"PITCREW_MODELS: {error}") from error
    if not models:
        yield ()
        return
    from agents.models.breaker import Breaker
    from agents.models.openai_compatible import OpenAICompatible

    async with AsyncExitStack() as stack:
        breakers = tuple(Breaker(OpenAICompatible(model)) for model in models)
        for breaker in breakers:
            stack.push_async_callback(breaker.aclose)
        yield breakers


def make_answerer(
    settings: Settings, library: Library, vehicles: "Vehicles", models: Sequence["ChatModel"]
) -> tuple[Answerer, Any, Any]:
    """The answerer, and with a model the router and the rewriter that use it; without a model the offline one alone."""
    if not models:
        from agents.answerers.extractive import ExtractiveAnswerer
        from rag.embedders import weights

        words = weights.vocabulary(settings.embedding_model)
        return ExtractiveAnswerer(library.embedder, vehicles, words), None, None
    from agents.answerers.chat_model import ChatModelAnswerer
    from agents.failover import Budget
    from agents.model_route import ModelRouter
    from agents.rewrite import ModelRewriter

    budget = Budget(settings.first_token_s, settings.token_gap_s, settings.answer_tokens)
    return ChatModelAnswerer(models, budget, vehicles), ModelRouter(models[0]), ModelRewriter(models[0])


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[AppState]:
    """The whole server. Raises BadSetting for a setting that keeps it from starting."""
    from functools import partial

    from orchestrator.graph import build_graph
    from orchestrator.saver import open_saver
    from orchestrator.stream import stream_events
    from rag.publish import Publisher

    if settings.production and settings.rate_limits == "off":
        raise BadSetting("PITCREW_RATE_LIMITS=off is refused in production.")
    tokens = token_rules(settings)
    async with AsyncExitStack() as stack:
        database = open_migrated_database(settings)
        library = stack.enter_context(open_library(settings, database, patience_s=INDEXES_PATIENCE_S))
        # The model loads while the classifier learns, from remembered vectors: half a start is waiting for either.
        warming = asyncio.create_task(asyncio.to_thread(library.retriever.find, "warm up"))
        models = await stack.enter_async_context(open_models(settings))
        crew = await stack.enter_async_context(open_crew(settings, library, models))
        store = SqlStore(database)
        stack.push_async_callback(store.close)
        saver = None
        if any(specialist.graph for specialist in crew.catalogue):
            saver = await stack.enter_async_context(open_saver(settings.data_dir / "parked.db"))
        graph = build_graph(crew, saver.graph_saver if saver is not None else None)
        run = partial(stream_events, graph, steps=settings.steps)
        budgets = Budgets(settings.run_s, settings.drain_s, settings.runs)
        engine = Engine(store, MemoryBus(), run, budgets, saver)
        stack.push_async_callback(engine.close)
        await warming
        await engine.recover()
        publisher = Publisher(library.shelf, library.indexes, pause_s=PAUSE_S)
        stack.enter_context(keeping_current(publisher))
        log.info("ready", answerer=crew.answerer.name, documents=len(library.catalogue.hashes()))
        checks = {
            "database": partial(check_database, database, store),
            "knowledge": partial(check_knowledge, library.catalogue, library.retriever, publisher),
            "model": partial(check_model, crew.answerer, models),
        }
        yield AppState(settings, open_gateway(settings, engine, tokens), checks)
