"""What holds for every index."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from sqlalchemy.pool import StaticPool

from agents.language.terms import ANALYZER, terms
from rag.analyzer import Analyzer, Notation
from rag.catalogue import Catalogue
from rag.embedder import Vectors
from rag.index import Index, IndexUnavailable, Query
from rag.indexes import chroma
from rag.indexes.deferred import DeferredIndex
from rag.indexes.lexical import LexicalIndex
from rag.indexes.lexical_postgres import PostgresLexicalIndex
from rag.ingestion.split import split
from rag.neighbours import Neighbours
from rag.query import Sought
from rag.tables import metadata
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from rag.words.index import TermIndex
from tests.databases import postgres, word_tables
from tests.serving import free_port
from tests.unit.rag.hashing import HashingEmbedder

embedder = HashingEmbedder()


def deferred(folder: Path) -> DeferredIndex:
    return DeferredIndex(folder, embedder.name, lambda: chroma.embedded(folder, embedder.name))


OPEN: dict[str, Callable[[Path], Index]] = {
    "chroma": lambda folder: chroma.embedded(folder / "chroma", embedder.name),
    "deferred": lambda folder: deferred(folder / "chroma"),
    "lexical": lambda folder: LexicalIndex(folder / "words.db", ANALYZER),
}


@contextmanager
def opening(name: str, folder: Path) -> Iterator[Callable[[], Index]]:
    """What opens the index of this name, each time the same one."""
    if name != "postgres":
        yield lambda: OPEN[name](folder)
        return
    with word_tables(folder) as url:
        yield lambda: PostgresLexicalIndex(url, ANALYZER)


@contextmanager
def closed_at_the_end(opening: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    opened: list[Index] = []

    def open_() -> Index:
        opened.append(opening())
        return opened[-1]

    yield open_
    for index in opened:
        index.close()


@pytest.fixture(params=[*OPEN, "postgres"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Index]]:
    with opening(request.param, tmp_path) as open_, closed_at_the_end(open_) as kept:
        yield kept


@pytest.fixture
def index(open_index: Callable[[], Index]) -> Index:
    return open_index()


def chunk(name: str, text: str, subject: str = "specs", header: tuple[str, ...] = ()) -> Chunk:
    return Chunk(name, f"{subject}/a.md", subject, "Title", ("Part",), None, 0, len(text), text, header)


def add(index: Index, *chunks: Chunk) -> None:
    index.add(chunks, embedder.embed([chunk.searchable for chunk in chunks]))


def search(index: Index, text: str, k: int = 5, subjects: tuple[str, ...] | None = None) -> list[str]:
    return [hit.chunk_id for hit in index.search(Query(text, embedder.embed([text])[0]), k, subjects)]


TYRES = chunk("tyres", "The tyre pressure of the Wren is 2.5 bar.")
OIL = chunk("oil", "Engine oil of the Osprey: 7.4 litres.", "maintenance")
BRAKES = chunk("brakes", "Squealing brakes come from glazed pads.", "troubleshooting")


def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert search(index, "tyre pressure") == []
    assert index.ids() == set()
    index.remove(["unknown"])
    index.clear()


def test_the_best_hit_comes_first_with_the_highest_score(index: Index) -> None:
    add(index, TYRES, OIL, BRAKES)
    for text, name in (
        ("tyre pressure wren", "tyres"),
        ("litres of engine oil", "oil"),
        ("squealing brakes", "brakes"),
    ):
        assert search(index, text)[0] == name
    hits = index.search(Query("tyre oil brakes", embedder.embed(["tyre oil brakes"])[0]), 3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_the_subjects_asked_for_are_searched(index: Index) -> None:
    add(index, TYRES, OIL, BRAKES)
    text = "tyre pressure oil brakes"
    assert set(search(index, text)) == {"tyres", "oil", "brakes"}
    assert search(index, text, subjects=("maintenance",)) == ["oil"]
    assert set(search(index, text, subjects=("maintenance", "specs"))) == {"oil", "tyres"}
    assert search(index, text, subjects=("unknown",)) == []
    assert search(index, text, subjects=()) == []


def test_k_bounds_the_hits(index: Index) -> None:
    add(index, *(chunk(f"c{n}", f"tyre number {n}") for n in range(10)))
    assert len(search(index, "tyre", k=3)) == 3
    assert search(index, "tyre", k=0) == []


def test_adding_again_replaces(index: Index) -> None:
    add(index, TYRES)
    add(index, chunk("tyres", "Wading depth of the Osprey."), OIL)
    assert index.ids() == {"tyres", "oil"}
    assert search(index, "wading depth", k=1) == ["tyres"]


def test_a_chunk_with_several_views_is_one_chunk(index: Index) -> None:
    chunks = [chunk(f"c{n}", f"tyre number {n} and boot number {n}") for n in range(6)]
    views = [embedder.embed([one.searchable, *(f"tyre {n}" for n in range(5)), "boot"]) for one in chunks]
    index.add(chunks, views)
    assert index.ids() == {one.id for one in chunks}
    found = search(index, "tyre", k=4)
    assert len(found) == len(set(found)) == 4
    index.remove(["c0", "c1"])
    assert index.ids() == {"c2", "c3", "c4", "c5"}
    assert not {"c0", "c1"} & set(search(index, "tyre", k=6))


def test_what_is_removed_is_not_found(index: Index) -> None:
    add(index, TYRES, OIL)
    index.remove(["tyres", "unknown"])
    assert index.ids() == {"oil"}
    assert "tyres" not in search(index, "tyre pressure")


def test_clear_leaves_a_usable_index(index: Index) -> None:
    add(index, TYRES, OIL)
    index.clear()
    assert index.ids() == set()
    add(index, OIL)
    assert search(index, "oil") == ["oil"]


def test_what_was_added_is_there_after_opening_again(open_index: Callable[[], Index]) -> None:
    first = open_index()
    add(first, TYRES, OIL)
    first.close()
    second = open_index()
    assert second.ids() == {"tyres", "oil"}
    assert search(second, "tyre pressure", subjects=("specs",)) == ["tyres"]


def test_a_closed_index_is_unavailable(index: Index) -> None:
    add(index, TYRES)
    index.close()
    for act in (index.ids, lambda: search(index, "tyre"), lambda: add(index, OIL), lambda: index.remove(["tyres"])):
        with pytest.raises(IndexUnavailable):
            act()


@pytest.mark.parametrize(
    "text", ['"', "a OR b", "tyre*", "NEAR(", "{}:", "--", "'; DROP TABLE chunks", "\0", "ü" * 3000, ""]
)
def test_any_text_can_be_searched_for(index: Index, text: str) -> None:
    add(index, TYRES)
    search(index, text)
    assert index.ids() == {"tyres"}


def test_threads_may_share_it(index: Index) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(5):
                add(index, chunk(f"t{number}-{n}", f"tyre {number} {n}", f"subject{number % 2}"))
                search(index, "tyre")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(index.ids()) == 20


def test_an_index_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for open_ in OPEN.values():
        with pytest.raises(IndexUnavailable):
            open_(tmp_path / "file")
    with pytest.raises(IndexUnavailable):
        PostgresLexicalIndex(f"postgresql+psycopg://127.0.0.1:{free_port()}/none", ANALYZER)
    with postgres(tmp_path) as not_migrated, pytest.raises(IndexUnavailable):
        PostgresLexicalIndex(not_migrated, ANALYZER)


def test_a_word_index_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(IndexUnavailable):
        LexicalIndex(path, ANALYZER)


def never() -> Index:
    pytest.fail("nothing that is asked needs the index itself")


def test_a_deferred_index_belongs_to_one_process_before_it_is_opened(tmp_path: Path) -> None:
    first = DeferredIndex(tmp_path, "space", never)
    with pytest.raises(IndexUnavailable, match="another process"):
        DeferredIndex(tmp_path, "space", never)
    DeferredIndex(tmp_path, "space", never, reader=True).close()
    first.close()
    DeferredIndex(tmp_path, "space", never).close()


def test_a_deferred_index_knows_what_it_held_without_being_opened(tmp_path: Path) -> None:
    owner = deferred(tmp_path)
    add(owner, TYRES, OIL)
    owner.close()
    again = DeferredIndex(tmp_path, embedder.name, never)
    assert again.ids() == {"tyres", "oil"}
    again.close()


def test_a_deferred_index_that_was_being_changed_when_its_process_died_is_looked_into(tmp_path: Path) -> None:
    owner = deferred(tmp_path)
    add(owner, TYRES)
    owner.close()
    killed = deferred(tmp_path)
    add(killed, OIL)
    assert deferred_reader(tmp_path).ids() == {"tyres", "oil"}
    killed.close()


def deferred_reader(folder: Path) -> DeferredIndex:
    return DeferredIndex(folder, embedder.name, lambda: chroma.embedded(folder, embedder.name), reader=True)


def test_chroma_gives_each_embedder_its_own_space(tmp_path: Path) -> None:
    first = chroma.embedded(tmp_path, "one")
    add(first, TYRES)
    first.close()
    second = chroma.embedded(tmp_path, "two")
    assert second.ids() == set()
    second.add([TYRES], np.ones((1, 3), dtype=np.float32))
    second.close()
    again = chroma.embedded(tmp_path, "one")
    assert search(again, "tyre") == ["tyres"]
    again.close()


def test_a_chroma_reader_follows_what_the_owner_drops_and_makes_again(tmp_path: Path) -> None:
    owner = chroma.embedded(tmp_path, "space")
    add(owner, TYRES)
    reader = chroma.embedded(tmp_path, "space")
    assert search(reader, "tyre", subjects=("specs",)) == ["tyres"]
    owner.clear()
    assert search(reader, "tyre", subjects=("specs",)) == []
    add(owner, chunk("new", "new tyre"))
    assert search(reader, "tyre", subjects=("specs",)) == ["new"]
    add(owner, OIL)
    assert search(reader, "oil", subjects=("maintenance",)) == ["oil"]
    reader.close()
    assert owner.ids() == {"new", "oil"}
    owner.close()


def test_chroma_scores_are_cosines(tmp_path: Path) -> None:
    index = chroma.embedded(tmp_path, "cosines")
    index.add([chunk("same", "x"), chunk("across", "y")], np.eye(2, dtype=np.float32))
    hits = index.search(Query("x", np.array([1, 0], dtype=np.float32)), 2)
    assert [(hit.chunk_id, round(hit.score, 5)) for hit in hits] == [("same", 1.0), ("across", 0.0)]
    index.close()


@pytest.fixture(params=["lexical", "postgres"])
def open_words(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], TermIndex]]:
    with opening(request.param, tmp_path) as open_, closed_at_the_end(open_) as kept:
        yield kept


@pytest.fixture
def words(open_words: Callable[[], TermIndex]) -> TermIndex:
    return open_words()


CODES = [chunk(f"p030{n}", f"Code: P030{n} | Meaning: misfire in cylinder {n}") for n in range(1, 9)]
QUESTIONS = (
    "tyre pressure wren",
    "litres of engine oil",
    "P0301",
    "tyer presure",
    "oil P0399 bitcoin",
    "what is it",
    "",
)


def test_scores_of_chosen_chunks_are_those_of_the_search(words: TermIndex) -> None:
    add(words, TYRES, OIL, BRAKES, *CODES)
    for text in QUESTIONS:
        hits = words.search(Query(text, embedder.embed([text])[0]), 50)
        scores = words.scores(text, [*sorted(words.ids()), "unknown"])
        assert scores.keys() == words.ids()
        assert {hit.chunk_id: hit.score for hit in hits} == {name: score for name, score in scores.items() if score}
        assert all(0.0 <= score <= 1.5 for score in scores.values())
    assert words.scores("tyre", []) == {}


def test_scores_do_not_depend_on_the_subjects_searched(words: TermIndex) -> None:
    add(words, TYRES, OIL, BRAKES, *CODES)
    for hit in words.search(Query("tyre oil brakes", embedder.embed(["x"])[0]), 5, ["maintenance"]):
        assert words.scores("tyre oil brakes", [hit.chunk_id]) == {hit.chunk_id: hit.score}


def test_what_is_sought_follows_the_chunks(words: TermIndex) -> None:
    assert words.sought("P0301 tyre").weights == {}
    assert words.sought("P0301 tyre").reach > 0
    add(words, TYRES, *CODES)
    sought = words.sought("P0301 tyre P0399")
    assert set(sought.weights) == {"p0301", "tyre"}
    assert (sought.named, sought.unknown) == ({"p0301"}, {"p0399"})
    words.remove(["p0301"])
    assert words.sought("P0301").named == frozenset()
    words.remove([code.id for code in CODES])
    assert words.sought("P0301 tyre P0399").unknown == frozenset()
    assert set(words.sought("P0301 tyre P0399").weights) == {"tyre"}
    words.clear()
    assert words.sought("tyre") == Sought({}, words.sought("tyre").reach)


def test_weights_follow_the_number_of_chunks(words: TermIndex) -> None:
    add(words, TYRES)
    alone = words.sought("tyre").weights["tyre"]
    add(words, OIL, BRAKES, *CODES)
    assert words.sought("tyre").weights["tyre"] > alone
    assert words.sought("code").weights["code"] < words.sought("tyre").weights["tyre"]


def test_what_another_process_writes_is_known_at_once(open_words: Callable[[], TermIndex]) -> None:
    reader, writer = open_words(), open_words()
    assert search(reader, "tyer P0301") == []
    add(writer, TYRES, *CODES)
    assert search(reader, "tyer") == ["tyres"]
    assert reader.sought("P0301").named == {"p0301"}
    assert reader.sought("P0399").unknown == {"p0399"}
    before = reader.scores("tyre pressure", ["tyres"])
    add(writer, BRAKES, OIL)
    assert reader.scores("tyre pressure", ["tyres"]) != before
    writer.remove([code.id for code in CODES])
    assert reader.sought("P0301").named == reader.sought("P0399").unknown == frozenset()
    writer.clear()
    assert search(reader, "tyre") == []


def test_the_order_does_not_depend_on_who_was_added_first(words: TermIndex) -> None:
    chunks = [chunk(f"c{n:03}", f"tyre of some kind {n % 3}") for n in range(250)]
    orders = []
    for some in (chunks, chunks[::-1], chunks[100:] + chunks[:100]):
        words.clear()
        add(words, *some)
        add(words, some[7], some[200])
        orders.append(search(words, "tyre kind", k=60))
    assert orders[0] == orders[1] == orders[2]
    assert len(orders[0]) == 60


def test_a_rare_term_is_found_among_very_many_chunks_with_a_common_one(words: TermIndex) -> None:
    many = [chunk(f"c{n}", "brake pads") for n in range(30_000)]
    for at in range(0, len(many), 5000):
        words.add(many[at : at + 5000], [])
    words.add(
        [chunk("rare", "The brake of the caravan is tested by a certified workshop once in a very long while.")], []
    )
    for text in ("brake caravan", "brake pads caravan", "the brake pads, brakes, brake, of a caravn"):
        hits = words.search(Query(text, np.empty(0, dtype=np.float32)), 5)
        assert hits[0].chunk_id == "rare", text
    assert len(words.search(Query("brake pads", np.empty(0, dtype=np.float32)), 5)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "Ελληνικός Υγρά φρένων",
        "Тормозная жидкость йод",
        "ブレーキフルードの交換",
        "制动液 每两年",
        "브레이크 액",
        "बrake ब्रेक",
        "İstanbul ışık ŁÓDŹ Straße ﬃ",
        "𝐀𝐁𝐒 ⓅⒶⓇⓉ Ⅻ ²³ ½",
        "ᦰᦱ ᳲ 𞤀𞤣 ꟲ",
        "a.b_c 1.5.2 x.5 .5 5.",
    ],
)
def test_every_term_of_a_text_is_known_in_any_script(words: TermIndex, text: str) -> None:
    words.add([chunk("any", text)], [])
    for word in text.split():
        if terms(word):
            assert words.scores(word, ["any"])["any"] > 0, word
            assert words.sought(word).weights.keys() <= set(terms(text)), word


@pytest.mark.parametrize(
    "piece", ["a1 ", '" OR NEAR(', "-- ", "\0a", "é́", "1", "a-", "ab ", "p0399 ", "205/55   ", "ﷺ"]
)
def test_hostile_questions_are_answered_quickly(words: TermIndex, piece: str) -> None:
    add(words, TYRES, OIL, BRAKES, *CODES)
    text = (piece * 2000)[:2000]
    started = time.process_time()
    words.search(Query(text, np.empty(0, dtype=np.float32)), 40)
    words.scores(text, ["tyres"])
    assert time.process_time() - started < 0.5


def test_a_file_of_an_older_form_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "words.db"
    index = LexicalIndex(path, ANALYZER)
    add(index, TYRES)
    index.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1")
    again = LexicalIndex(path, ANALYZER)
    assert again.ids() == set()
    add(again, OIL)
    assert search(again, "oil") == ["oil"]
    again.close()


@pytest.fixture
def postgres_url(tmp_path: Path) -> Iterator[str]:
    with word_tables(tmp_path) as url:
        yield url


@contextmanager
def on_postgres(url: str, analyzer: Analyzer = ANALYZER) -> Iterator[PostgresLexicalIndex]:
    index = PostgresLexicalIndex(url, analyzer)
    yield index
    index.close()


def test_a_newer_analyzer_fills_a_space_of_its_own_while_the_older_is_searched(postgres_url: str) -> None:
    analyzers = [Analyzer((Notation(name, "unheard-of"),)) for name in ("one", "two", "three")]
    with on_postgres(postgres_url, analyzers[0]) as first:
        add(first, TYRES)
        with on_postgres(postgres_url, analyzers[1]) as second:
            assert second.ids() == set()
            add(second, OIL)
            assert (search(first, "tyre oil"), search(second, "tyre oil")) == (["tyres"], ["oil"])
        with on_postgres(postgres_url, analyzers[2]) as third, on_postgres(postgres_url, analyzers[1]) as second:
            assert (third.ids(), second.ids()) == (set(), {"oil"})
            with pytest.raises(IndexUnavailable, match="start this process again"):
                search(first, "tyre")


def test_several_that_add_and_remove_the_same_at_once_count_each_chunk_once(postgres_url: str) -> None:
    chunks = [chunk(f"c{n:03}", f"tyre {n % 7} of kind {n % 11} and make {n}") for n in range(120)]
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        mine = chunks.copy()
        random.Random(seed).shuffle(mine)
        try:
            with on_postgres(postgres_url) as index:
                for at in range(0, len(mine), 30):
                    index.remove([one.id for one in mine[at : at + 10]])
                    index.add(mine[at : at + 30], [])
                index.add(mine, [])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    alone = LexicalIndex(":memory:", ANALYZER)
    alone.add(chunks, [])
    with on_postgres(postgres_url) as index:
        assert index.ids() == {one.id for one in chunks}
        for text in ("tyre of kind 7", "make 53", "tyre 3 of kind"):
            assert index.sought(text) == alone.sought(text)
            query = Query(text, np.empty(0, dtype=np.float32))
            assert index.search(query, 20) == alone.search(query, 20)
    alone.close()


def test_what_is_there_already_changes_nothing_for_who_searches(postgres_url: str) -> None:
    with on_postgres(postgres_url) as index, on_postgres(postgres_url) as other:
        add(index, TYRES, OIL)
        before = index._store.state()
        add(other, OIL, TYRES)
        other.remove(["unknown"])
        assert index._store.state() == before
        add(other, chunk("oil", "Engine oil of the Heron."))
        assert index._store.state() != before


def test_a_postgresql_that_was_away_is_searched_again(postgres_url: str) -> None:
    with on_postgres(postgres_url) as index:
        add(index, TYRES)
        engine = create_engine(postgres_url)
        with engine.connect() as connection:
            connection.execute(
                sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND query LIKE '%word_%'"
                )
            )
        engine.dispose()
        assert search(index, "tyre") == ["tyres"]


@pytest.mark.parametrize("text", ["P 0301", "p-0301", "P0301", "what does p0301 mean?"])
def test_words_find_an_identifier_however_it_is_written(words: TermIndex, text: str) -> None:
    codes = [chunk(f"p030{n}", f"Code: P030{n} | Meaning: misfire in cylinder {n}") for n in range(1, 5)]
    add(words, *codes, TYRES)
    assert search(words, text, k=1) == ["p0301"]
    assert search(words, "P0309") == []


@pytest.mark.parametrize("text", ["205/55 R16", "205/55r16", "tyres in 205/55-R16"])
def test_words_find_a_tyre_size_before_its_neighbours(words: TermIndex, text: str) -> None:
    sizes = ("205/55 R16", "205/60 R16", "195/55 R16", "205/55 R17")
    add(words, *(chunk(size, f"Tyre size: {size} | Pressure: 2.4 bar") for size in sizes), OIL)
    assert search(words, text, k=1) == ["205/55 R16"]


def test_scores_of_words_are_shares_of_the_question(words: TermIndex) -> None:
    add(words, TYRES, OIL, BRAKES, *(chunk(f"n{n}", f"other text number {n}") for n in range(20)))

    def best(text: str) -> float:
        return words.search(Query(text, embedder.embed([text])[0]), 1)[0].score

    assert 0.4 < best("tyre pressure wren") <= 1.0
    assert best("tyre bitcoin forecast") < 0.5 * best("tyre")


def test_a_chroma_chunk_is_as_near_as_its_nearest_view(tmp_path: Path) -> None:
    index = chroma.embedded(tmp_path, "views")
    eye = np.eye(4, dtype=np.float32)
    index.add([chunk("two", "x"), chunk("one", "y")], [eye[:2], eye[2]])
    best = index.search(Query("x", eye[1]), 2)[0]
    assert (best.chunk_id, round(best.score, 5)) == ("two", 1.0)
    index.add([chunk("two", "x")], [eye[:1]])
    assert max(hit.score for hit in index.search(Query("x", eye[1]), 2)) < 0.5
    assert index.ids() == {"one", "two"}
    index.close()


@pytest.mark.parametrize(
    ("text", "name"), [("tyer presure", "tyres"), ("squeeling brakes", "brakes"), ("engineoil", "oil")]
)
def test_words_are_found_under_their_likeliest_spelling(words: TermIndex, text: str, name: str) -> None:
    add(words, TYRES, OIL, BRAKES)
    assert search(words, text, k=1) == [name]
    assert search(words, "bitcoin P0302") == []


class Shown:
    """Documents that are shown, with their vectors; many of them have the same text under the same title."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(self.engine)
        self.catalogue, self.vectors = Catalogue(self.engine), VectorStore(self.engine, embedder.name)

    def put(self, number: int, text: str) -> None:
        name = f"subject{number % 3}/{number}.md"
        pieces = split(Document(name, name.partition("/")[0], text, Content("Title", text)))
        for piece in pieces:
            views = [piece.searchable, piece.text, f"{piece.text} and more"]
            self.vectors.put([piece.fingerprint], [embedder.embed(views)])
        self.catalogue.replace(Document(name, name.partition("/")[0], text, Content("Title", text)), pieces)

    def take_away(self, *numbers: int) -> None:
        self.catalogue.delete([f"subject{number % 3}/{number}.md" for number in numbers])

    def brute_force(self, vector: Vectors, subjects: tuple[str, ...] | None) -> dict[str, float]:
        """The cosine of every chunk."""
        chunks = self.catalogue.chunks(self.catalogue.chunk_ids()).values()
        kept = self.vectors.get([one.fingerprint for one in chunks])
        return {
            one.id: max(float(view @ vector) for view in kept[one.fingerprint])
            for one in chunks
            if subjects is None or one.subject in subjects
        }


@pytest.fixture
def shown() -> Iterator[Shown]:
    made = Shown()
    yield made
    made.engine.dispose()


def texts_of(numbers: range) -> dict[int, str]:
    return {number: f"tyre of kind {number % 7} with pressure {number % 4}" for number in numbers}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("subjects", [None, ("subject1",), ("subject0", "subject2", "unknown"), ()])
def test_where_small_hits_are_those_of_brute_force_whatever_came_and_went(
    shown: Shown, seed: int, subjects: tuple[str, ...] | None
) -> None:
    chance = random.Random(seed)
    final = texts_of(range(60))
    left = list(final)
    chance.shuffle(left)
    neighbours = Neighbours(shown.catalogue, shown.vectors)
    for at, number in enumerate(left):
        if chance.random() < 0.3:
            shown.put(number, f"something else {number % 5}")
            neighbours.search(embedder.embed(["tyre"])[0], 5, shown.catalogue.generation())
        if chance.random() < 0.3:
            shown.put(number + 100, f"tyre {at % 3}")
            shown.take_away(number + 100, number)
        shown.put(number, final[number])
    for question in ("tyre kind 3", "pressure 2", "tyre", "bitcoin"):
        vector = embedder.embed([question])[0]
        truth = shown.brute_force(vector, subjects)
        for k in (1, 7, 40, 100):
            hits = neighbours.search(vector, k, shown.catalogue.generation(), subjects)
            assert hits is not None
            assert [hit.score for hit in hits] == pytest.approx(sorted(truth.values(), reverse=True)[:k], abs=1e-5)
            assert [truth[hit.chunk_id] for hit in hits] == pytest.approx([hit.score for hit in hits], abs=1e-5)
            assert len({hit.chunk_id for hit in hits}) == len(hits)


def test_an_index_is_asked_where_there_is_more_than_fits(shown: Shown) -> None:
    for number, text in texts_of(range(4)).items():
        shown.put(number, text)
    vector, generation = embedder.embed(["tyre"])[0], shown.catalogue.generation()
    assert Neighbours(shown.catalogue, shown.vectors, most=12).search(vector, 9, generation) is not None
    assert Neighbours(shown.catalogue, shown.vectors, most=11).search(vector, 9, generation) is None
    assert Neighbours(shown.catalogue, shown.vectors, most=3).search(vector, 9, generation) is None


def test_or_where_a_newer_generation_is_known_already(shown: Shown) -> None:
    shown.put(1, "tyre")
    neighbours, vector = Neighbours(shown.catalogue, shown.vectors), embedder.embed(["tyre"])[0]
    shown.put(2, "tyre")
    newer = neighbours.search(vector, 9, shown.catalogue.generation())
    assert newer is not None
    assert len(newer) == 2
    assert neighbours.search(vector, 9, shown.catalogue.generation() - 1) is None


def test_or_until_vectors_that_were_missing_are_there(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    shown.put(1, "tyre")
    (chunk,) = shown.catalogue.chunks(shown.catalogue.chunk_ids()).values()
    shown.vectors.prune([])
    neighbours, vector = Neighbours(shown.catalogue, shown.vectors), embedder.embed(["tyre"])[0]
    generation = shown.catalogue.generation()
    monkeypatch.setattr("rag.neighbours.RETRY_S", 0.0)
    assert neighbours.search(vector, 9, generation) is None
    shown.vectors.put([chunk.fingerprint], [vector])
    found = neighbours.search(vector, 9, generation)
    assert found is not None
    assert [hit.chunk_id for hit in found] == [chunk.id]
