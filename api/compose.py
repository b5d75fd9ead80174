"""Settings in, running parts out: opens every resource on one exit stack. The only place with imports inside functions,
because what it opens is heavy (torch, Chroma, LangGraph) and not every command needs all of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from agents.answerer import Answerer
from agents.specialist import Catalogue as Specialists
from agents.specialist import Specialist
from agents.types import Part, Question, Route
from api.app_state import AppState
from api.auth import token_rules
from api.limits import MovingWindow, Unlimited
from api.migrate import head_revision, migrate, revision
from api.settings import BadSetting, Settings
from api.transport.websocket import Gateway
from orchestrator.buses.memory import MemoryBus
from orchestrator.engine import Budgets, Engine
from orchestrator.errors import ProcessingError
from orchestrator.stores.database import open_database
from orchestrator.stores.sql import SqlStore
from rag.catalogue import Catalogue
from rag.embedder import Embedder
from rag.index import Index, IndexUnavailable
from rag.types import Passage

if TYPE_CHECKING:
    from agents.classify import Classifier
    from agents.vehicles import Vehicles
    from orchestrator.graph import Crew
    from rag.retrieve import Retriever

log = structlog.get_logger()

VEHICLES_FILE = "vehicles.csv"


@dataclass(frozen=True, slots=True)
class Library:
    """The knowledge base: its truth in SQL, its two indexes, and the search over them."""

    catalogue: Catalogue
    embedder: Embedder
    indexes: tuple[Index, Index]
    retriever: "Retriever"


def open_migrated_database(settings: Settings) -> Database:
    """The database at its newest migration: SQLite is brought there, a server's is only checked. Raises BadSetting."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.sql_url)
    if settings.embedded_sql:
        migrate(database)
    elif revision(database) != head_revision():
        raise BadSetting("The database is not at its newest version. Run `pitcrew migrate`.")
    return database


def open_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name; its model is loaded when it is first used. Raises BadSetting."""
    from rag.embedders import weights
    from rag.embedders.deferred import DeferredEmbedder

    try:
        chosen = weights.in_folder(settings.embedding_model) if settings.embedding_model else weights.packaged()
    except weights.NoModel as error:
        raise BadSetting(f"PITCREW_EMBEDDING_MODEL: {error}") from error

    def load() -> Embedder:
        from rag.embedders.local import LocalEmbedder

        return LocalEmbedder(chosen)

    return DeferredEmbedder(chosen.name, load)


@contextmanager
def open_indexes(settings: Settings, embedder: Embedder, *, reader: bool = False) -> Iterator[tuple[Index, Index]]:
    """The dense and the lexical index. Raises IndexUnavailable when another process has their files open, unless only a
    `reader` is wanted."""
    from rag.indexes import chroma
    from rag.indexes.lexical import LexicalIndex

    with ExitStack() as stack:
        if settings.chroma_url:
            dense = chroma.server(settings.chroma_url, embedder.name)
        else:
            dense = chroma.embedded(settings.data_dir / "chroma", embedder.name, reader=reader)
        stack.callback(dense.close)
        lexical = LexicalIndex(settings.data_dir / "lexical.db")
        stack.callback(lexical.close)
        yield dense, lexical


@contextmanager
def open_library(settings: Settings, database: Database, *, reader: bool = False) -> Iterator[Library]:
    """The knowledge base, on the terms of `open_indexes`."""
    from rag.retrieve import Retriever

    embedder = open_embedder(settings)
    with open_indexes(settings, embedder, reader=reader) as (dense, lexical):
        catalogue = Catalogue(database)
        retriever = Retriever(catalogue, embedder, dense, lexical)
        try:
            yield Library(catalogue, embedder, (dense, lexical), retriever)
        finally:
            retriever.close()


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
async def open_crew(settings: Settings, library: Library) -> AsyncIterator["Crew"]:
    """Everything that answers: specialists, classifier, research and answerer. Raises BadSetting."""
    from agents import followup, research
    from agents.specialists import catalogue
    from orchestrator.graph import Crew, Evidence, Understood

    specialists = catalogue()
    classifier, vehicles = await asyncio.to_thread(open_classifier, settings, library.embedder, library.catalogue)
    async with open_answerer(settings, library, vehicles) as (answerer, router, rewriter):

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

            async def search(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Passage, ...]:
                found = await library.retriever.retrieve(text, subjects=subjects, k=k)
                degraded.extend(filter(None, [found.degraded]))
                return found.passages

            try:
                evidence = await research.gather(search, part.text, specialist, vehicles, facts)
            except (IndexUnavailable, SQLAlchemyError) as error:
                log.error("retrieval_failed", error=str(error))
                raise ProcessingError("RETRIEVAL_UNAVAILABLE") from error
            return Evidence(evidence.passages, bool(degraded))

        yield Crew(specialists, understand, classify, gather, answerer)


@asynccontextmanager
async def open_answerer(
    settings: Settings, library: Library, vehicles: "Vehicles"
) -> AsyncIterator[tuple[Answerer, Any, Any]]:
    """The answerer, and with a model the router and the rewriter that use it; without a key the offline one alone."""
    from agents.answerers.extractive import ExtractiveAnswerer
    from agents.providers import choose_models
    from rag.embedders import weights

    try:
        models = choose_models(settings.models, settings.provider_keys, {"openai": settings.openai_base_url})
    except ValueError as error:
        raise BadSetting(f"PITCREW_MODELS: {error}") from error
    if not models:
        words = weights.vocabulary(settings.embedding_model)
        yield ExtractiveAnswerer(library.embedder, vehicles, words), None, None
        return
    from agents.answerers.chat_model import ChatModelAnswerer
    from agents.failover import Budget
    from agents.model_route import ModelRouter
    from agents.models.openai_compatible import OpenAICompatible
    from agents.models.resting import Resting
    from agents.rewrite import ModelRewriter

    clients = [Resting(OpenAICompatible(model)) for model in models]
    try:
        budget = Budget(settings.first_token_s, settings.token_gap_s, settings.answer_tokens)
        yield ChatModelAnswerer(clients, budget), ModelRouter(clients[0]), ModelRewriter(clients[0])
    finally:
        for client in clients:
            await client.aclose()


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[AppState]:
    """The whole server. Raises BadSetting for a setting that keeps it from starting."""
    from functools import partial

    from orchestrator.graph import build_graph
    from orchestrator.stream import stream_events

    if settings.production and settings.rate_limits == "off":
        raise BadSetting("PITCREW_RATE_LIMITS=off is refused in production.")
    tokens = token_rules(settings)
    async with AsyncExitStack() as stack:
        database = open_migrated_database(settings)
        library = stack.enter_context(open_library(settings, database))
        # The model loads while the classifier learns, from remembered vectors: half a start is waiting for either.
        warming = asyncio.create_task(asyncio.to_thread(library.retriever.find, "warm up"))
        crew = await stack.enter_async_context(open_crew(settings, library))
        store = SqlStore(database)
        stack.push_async_callback(store.close)
        engine = Engine(store, MemoryBus(), partial(stream_events, build_graph(crew)), Budgets(settings.run_s))
        stack.push_async_callback(engine.close)
        limit = Unlimited() if settings.rate_limits == "off" else MovingWindow()
        await warming
        await engine.recover()
        log.info("ready", answerer=crew.answerer.name, documents=len(library.catalogue.hashes()))
        yield AppState(settings, Gateway(engine, tokens, limit), _checks(database, library, crew.answerer))


def _checks(database: Database, library: Library, answerer: Answerer) -> dict[str, Any]:
    async def check_database() -> dict[str, Any]:
        started = time.perf_counter()
        try:
            current = await asyncio.wait_for(asyncio.to_thread(revision, database), 5)
        except Exception as error:
            return {"ok": False, "reason": f"cannot be reached ({type(error).__name__})"}
        good = current == head_revision()
        took = round((time.perf_counter() - started) * 1000, 1)
        return {"ok": True, "ms": took} if good else {"ok": False, "reason": "not migrated: run `pitcrew migrate`"}

    async def check_knowledge() -> dict[str, Any]:
        try:
            documents = await asyncio.wait_for(asyncio.to_thread(library.catalogue.hashes), 5)
            await asyncio.wait_for(library.retriever.search("ready?", k=1), 5)
        except Exception as error:
            return {"ok": False, "reason": f"cannot be searched ({type(error).__name__})"}
        if not documents:
            return {"ok": False, "reason": "empty: run `pitcrew ingest knowledge_base`"}
        return {"ok": True, "documents": len(documents)}

    async def check_model() -> dict[str, Any]:
        return {"ok": True, "answerer": answerer.name}

    return {"database": check_database, "knowledge": check_knowledge, "model": check_model}
