"""Settings in, running parts out: opens every resource on one exit stack. The only place with imports inside functions,
because what it opens is heavy (torch, Chroma, LangGraph) and not every command needs all of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
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
from rag.index import Index, IndexUnavailable, WordIndex
from rag.types import Passage

if TYPE_CHECKING:
    from agents.classify import Classifier
    from agents.model import ChatModel
    from agents.models.breaker import Breaker
    from agents.vehicles import Vehicles
    from orchestrator.graph import Crew
    from rag.ingest import Shelf
    from rag.publish import Publisher
    from rag.reranker import Reranker
    from rag.retrieve import Retriever

log = structlog.get_logger()

VEHICLES_FILE = "vehicles.csv"


INDEXES_PATIENCE_S = 30.0
"""How long a server that starts waits for a command that is publishing."""


@dataclass(frozen=True, slots=True)
class Library:
    """The knowledge base: its truth in SQL, its two indexes, the search over them, and where ingestion puts things."""

    catalogue: Catalogue
    embedder: Embedder
    indexes: tuple[Index, WordIndex]
    retriever: "Retriever"
    shelf: "Shelf"


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
    from rag.embedders.recent import RecentEmbedder

    try:
        chosen = weights.in_folder(settings.embedding_model) if settings.embedding_model else weights.packaged()
    except weights.NoModel as error:
        raise BadSetting(f"PITCREW_EMBEDDING_MODEL: {error}") from error
    recipe = weights.recipe(chosen.folder)
    if recipe is None:

        def load() -> Embedder:
            from rag.embedders.local import LocalEmbedder

            return LocalEmbedder(chosen)

        return RecentEmbedder(DeferredEmbedder(chosen.name, load))

    name = f"{chosen.name}-int8"

    def load_quantised() -> Embedder:
        from rag.embedders.quantised import QuantisedEmbedder

        model, tokenizer = settings.data_dir / "models" / f"{name}.onnx", chosen.folder / "tokenizer.json"
        try:
            return QuantisedEmbedder(name, model, tokenizer, recipe)
        except weights.NoModel:  # none yet, or a damaged one
            from rag.embedders.export import export

            log.info("model_prepared_once", file=str(model))
            export(chosen, model)
            return QuantisedEmbedder(name, model, tokenizer, recipe)

    return RecentEmbedder(DeferredEmbedder(name, load_quantised))


def open_reranker(settings: Settings) -> "Reranker | None":
    """The reranker that the settings name, if they do. Raises BadSetting."""
    if not settings.reranker_model:
        return None
    from rag.embedders.weights import NoModel
    from rag.rerankers.cross_encoder import CrossEncoderReranker

    try:
        return CrossEncoderReranker(Path(settings.reranker_model).expanduser())
    except NoModel as error:
        raise BadSetting(f"PITCREW_RERANKER_MODEL: {error}") from error


@contextmanager
def open_indexes(settings: Settings, embedder: Embedder, *, reader: bool = False) -> Iterator[tuple[Index, WordIndex]]:
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


def _open_indexes_in_turn(
    stack: ExitStack, settings: Settings, embedder: Embedder, *, reader: bool, patience_s: float
) -> tuple[Index, WordIndex]:
    """`open_indexes`, where a command that is publishing is waited for."""
    deadline = time.monotonic() + patience_s
    told = False
    while True:
        try:
            return stack.enter_context(open_indexes(settings, embedder, reader=reader))
        except IndexUnavailable as error:
            if not owned(error) or time.monotonic() >= deadline:
                raise
        if not told:
            log.info("waiting_for_indexes", reason="another process works on the same data", most_s=patience_s)
            told = True
        time.sleep(0.25)


def owned(error: IndexUnavailable) -> bool:
    """Whether the index files cannot be opened because another process owns them."""
    return isinstance(error.__cause__, BlockingIOError)


@contextmanager
def open_library(
    settings: Settings,
    database: Database,
    *,
    embedder: Embedder | None = None,
    reader: bool = False,
    patience_s: float = 0.0,
) -> Iterator[Library]:
    """The knowledge base, on the terms of `open_indexes`; an owner of the indexes is waited for so long. `embedder`:
    None for the one that the settings name."""
    from rag.retrieve import Retriever

    embedder = embedder or open_embedder(settings)
    with ExitStack() as stack:
        indexes = _open_indexes_in_turn(stack, settings, embedder, reader=reader, patience_s=patience_s)
        shelf = stack.enter_context(open_shelf(settings, database, embedder))
        reranker = open_reranker(settings)
        retriever = Retriever(shelf.catalogue, embedder, *indexes, vectors=shelf.vectors, reranker=reranker)
        stack.callback(retriever.close)
        yield Library(shelf.catalogue, embedder, indexes, retriever, shelf)


@contextmanager
def open_shelf(settings: Settings, database: Database, embedder: Embedder) -> Iterator["Shelf"]:
    """Where ingestion puts documents, and vectors: beside SQLite in a file of their own, else in the database."""
    from rag.ingest import Shelf
    from rag.vectors import VectorStore

    with ExitStack() as stack:
        beside = database
        if settings.embedded_sql:
            beside = open_database(f"sqlite:///{settings.data_dir / 'vectors.db'}")
            stack.callback(beside.dispose)
        yield Shelf.over(database, VectorStore(beside, embedder.name), embedder)


@contextmanager
def open_publisher(settings: Settings, shelf: "Shelf") -> Iterator["Publisher"]:
    """For commands: what shows releases while no server does. Raises IndexUnavailable, which is `owned` while one
    does."""
    from rag.publish import Publisher

    with open_indexes(settings, shelf.embedder) as indexes:
        yield Publisher(shelf, indexes, grace_s=1.0)  # a command that searches meanwhile is done by then


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
