"""The knowledge base opened as the settings say: embedder, indexes, the search over them, and where ingestion puts
things. What is heavy (torch, Chroma) is imported where it is opened, because not every command needs it."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Engine as Database

from agents.language.terms import ANALYZER
from api.compose import supplements
from api.compose.learnt import load_vehicles
from api.compose.machine import large_arrays_returned, one_thread_a_product
from api.settings import BadSetting, Settings
from rag.catalogue import Catalogue
from rag.database import open_database
from rag.embedder import Embedder
from rag.index import Index, IndexUnavailable, WordIndex

if TYPE_CHECKING:
    from rag.customer_questions import CustomerQuestions
    from rag.embedders.weights import Weights
    from rag.ingestion.ingest import Shelf
    from rag.ingestion.publish import Publisher
    from rag.retrieve import Reranker, Retriever
    from rag.vectors import VectorStore

log = structlog.get_logger()

QUESTIONS_FILE = "questions.npz"
"""In the data folder: the vectors of customers' questions, which are kept one by one beside the chunks' as well."""

STATEMENTS_FILE = "statements.npz"
"""In the data folder: the vectors of what the documents state."""

INDEXES_PATIENCE_S = 20.0
"""How long a server that starts waits for a command that is publishing, or for the server before it. Within 30 s
gunicorn wants a word of its worker."""


@dataclass(frozen=True, slots=True)
class Library:
    """The knowledge base: its truth in SQL, its two indexes, the search over them, and where ingestion puts things."""

    catalogue: Catalogue
    embedder: Embedder
    indexes: tuple[Index, WordIndex]
    retriever: "Retriever"
    shelf: "Shelf"


def open_questions(settings: Settings, embedder: Embedder, vectors: "VectorStore") -> "CustomerQuestions":
    """Customers' questions with what answers them, as they were ingested. Raises BadSetting."""
    from agents.vehicles import range as vehicle_range
    from rag import customer_questions
    from rag.customer_questions import FILE, BadQuestions, CustomerQuestions, Kept, read
    from rag.likeness import metric, words

    folder = supplements.current(settings)
    file = folder / FILE
    try:
        questions = read(file)
    except BadQuestions as error:
        raise BadSetting(str(error)) from error
    state = hashlib.sha256(embedder.name.encode())
    how = [Path(str(made.__file__)) for made in (vehicle_range, customer_questions, metric, words)]
    for told in (file, folder / supplements.VEHICLES, *how):
        state.update(hashlib.sha256(told.read_bytes() if told.is_file() else b"").digest())
    kept = Kept(settings.data_dir / QUESTIONS_FILE, state.hexdigest())
    return CustomerQuestions(questions, embedder, vectors, load_vehicles(settings).generic, kept)


def take_in_questions(settings: Settings, library: "Library") -> None:
    """Answer by the newest questions of customers from now on; a search that is under way goes on with those it began
    with. Blocks. Raises BadSetting."""
    questions = open_questions(settings, library.embedder, library.shelf.vectors)
    questions.embed(lambda *_: None)  # what the ingestion has not come to
    library.retriever.renew(questions)


def _weights(settings: Settings) -> "Weights":
    """Raises BadSetting."""
    from rag.embedders import weights

    try:
        return weights.in_folder(settings.embedding_model) if settings.embedding_model else weights.packaged()
    except weights.NoModel as error:
        raise BadSetting(f"PITCREW_EMBEDDING_MODEL: {error}") from error


def _prepared(settings: Settings, name: str) -> Path:
    return settings.data_dir / "models" / f"{name}-int8.onnx"


def prepared_model(settings: Settings) -> Path | None:
    """The file that is made of the embedder's model once; None where it is used as it is. Raises BadSetting."""
    from rag.embedders import weights

    chosen = _weights(settings)
    return _prepared(settings, chosen.name) if weights.recipe(chosen.folder) is not None else None


def statements_file(settings: Settings) -> Path:
    """Where the vectors of what the documents state are."""
    return settings.data_dir / STATEMENTS_FILE


def open_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name; its model is loaded when it is first used. Raises BadSetting."""
    from rag.embedders import weights
    from rag.embedders.lazy import DeferredEmbedder
    from rag.embedders.prepared import PreparedEmbedder
    from rag.embedders.question_cache import RecentEmbedder

    one_thread_a_product()
    large_arrays_returned()
    chosen = _weights(settings)
    recipe = weights.recipe(chosen.folder)
    if recipe is None:

        def load() -> Embedder:
            from rag.embedders.local import LocalEmbedder

            return LocalEmbedder(chosen)

        return RecentEmbedder(PreparedEmbedder(DeferredEmbedder(chosen.name, load), statements_file(settings)))

    name = f"{chosen.name}-int8"

    def load_quantised() -> Embedder:
        from rag.embedders.quantised import QuantisedEmbedder

        model, tokenizer = _prepared(settings, chosen.name), chosen.folder / "tokenizer.json"
        try:
            return QuantisedEmbedder(name, model, tokenizer, recipe)
        except weights.NoModel:  # none yet, or a damaged one
            from rag.embedders.export import export

            log.info("model_prepared_once", file=str(model))
            export(chosen, model)
            return QuantisedEmbedder(name, model, tokenizer, recipe)

    return RecentEmbedder(PreparedEmbedder(DeferredEmbedder(name, load_quantised), statements_file(settings)))


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
    from rag.indexes.deferred import DeferredIndex

    folder = settings.data_dir / "chroma"

    def load() -> Index:
        from rag.indexes import chroma

        return chroma.embedded(folder, embedder.name)

    with ExitStack() as stack:
        if settings.chroma_url:
            from rag.indexes import chroma

            dense: Index = chroma.server(settings.chroma_url, embedder.name)
        else:
            dense = DeferredIndex(folder, embedder.name, load, reader=reader)
        stack.callback(dense.close)
        lexical = _open_lexical(settings)
        stack.callback(lexical.close)
        yield dense, lexical


def _open_lexical(settings: Settings) -> WordIndex:
    """The index over words is where the documents are: beside SQLite in a file of its own, else in the database."""
    if settings.embedded_sql:
        from rag.indexes.lexical import LexicalIndex

        return LexicalIndex(settings.data_dir / "lexical.db", ANALYZER)
    from rag.indexes.lexical_postgres import PostgresLexicalIndex

    return PostgresLexicalIndex(settings.sql_url, ANALYZER)


def _open_indexes_in_turn(
    stack: ExitStack, settings: Settings, embedder: Embedder, *, reader: bool, patience_s: float
) -> tuple[Index, WordIndex]:
    """`open_indexes`, where a command that is publishing is waited for."""
    deadline = time.monotonic() + patience_s
    announced = False
    while True:
        try:
            return stack.enter_context(open_indexes(settings, embedder, reader=reader))
        except IndexUnavailable as error:
            if not owned(error) or time.monotonic() >= deadline:
                raise
        if not announced:
            log.info("waiting_for_indexes", reason="another process works on the same data", most_s=patience_s)
            announced = True
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
    from rag.neighbours import Neighbours
    from rag.retrieve import Retriever

    embedder = embedder or open_embedder(settings)
    with ExitStack() as stack:
        indexes = _open_indexes_in_turn(stack, settings, embedder, reader=reader, patience_s=patience_s)
        shelf = stack.enter_context(open_shelf(settings, database, embedder))
        reranker = open_reranker(settings)
        retriever = Retriever(
            shelf.catalogue,
            embedder,
            *indexes,
            vectors=shelf.vectors,
            neighbours=Neighbours(shelf.catalogue, shelf.vectors),
            questions=open_questions(settings, embedder, shelf.vectors),
            reranker=reranker,
        )
        stack.callback(retriever.close)
        yield Library(shelf.catalogue, embedder, indexes, retriever, shelf)


@contextmanager
def open_shelf(settings: Settings, database: Database, embedder: Embedder) -> Iterator["Shelf"]:
    """Where ingestion puts documents, and vectors: beside SQLite in a file of their own, else in the database."""
    from rag.ingestion.ingest import Shelf
    from rag.vectors import VectorStore

    with ExitStack() as stack:
        beside = database
        if settings.embedded_sql:
            beside = open_database(f"sqlite:///{settings.data_dir / 'vectors.db'}", durable=False)
            stack.callback(beside.dispose)
        yield Shelf.over(database, VectorStore(beside, embedder.name), embedder)


@contextmanager
def open_publisher(settings: Settings, shelf: "Shelf") -> Iterator["Publisher"]:
    """For commands: what shows releases while no server does. Raises IndexUnavailable, which is `owned` while one
    does, and SQLAlchemy's errors."""
    from api.compose.publication import PublishingTurn
    from rag.ingestion.publish import Publisher

    with closing(PublishingTurn(shelf.database)) as turn, open_indexes(settings, shelf.embedder) as indexes:
        if not turn.held():
            raise IndexUnavailable("a worker publishes") from BlockingIOError()
        yield Publisher(shelf, indexes, grace_s=1.0)  # a command that searches meanwhile is done by then
