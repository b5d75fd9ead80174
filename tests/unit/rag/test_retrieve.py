import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from sqlalchemy.pool import StaticPool

from agents.language.terms import ANALYZER
from rag.catalogue import Catalogue
from rag.embedder import Vectors
from rag.index import Hit, IndexUnavailable, Query
from rag.indexes.lexical import LexicalIndex
from rag.ingestion.split import split
from rag.neighbours import Neighbours
from rag.retrieve import WORDS_WEIGHT, Retriever, fused
from rag.tables import metadata
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from tests.unit.rag.hashing import HashingEmbedder


class Exact:
    """A dense index that compares with every vector; `broken` makes it fail as a lost server would. `most`: how many
    it finds at most. `before`: what happens first at each search."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[Chunk, Vectors]] = {}
        self.broken = False
        self.most = 1000
        self.before: Callable[[], None] = lambda: None

    def add(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        self.rows |= {chunk.id: (chunk, vector) for chunk, vector in zip(chunks, vectors, strict=True)}

    def remove(self, chunk_ids: Sequence[str]) -> None:
        for chunk_id in chunk_ids:
            self.rows.pop(chunk_id, None)

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        if self.broken:
            raise IndexUnavailable("gone")
        self.before()
        query.text.encode()  # as every library does with what it is given
        rows = [row for row in self.rows.values() if subjects is None or row[0].subject in subjects]
        hits = [Hit(chunk.id, float(vector @ query.vector)) for chunk, vector in rows]
        return sorted(hits, key=lambda hit: -hit.score)[: min(k, self.most)]

    def ids(self) -> set[str]:
        return set(self.rows)

    def clear(self) -> None:
        self.rows.clear()

    def close(self) -> None:
        self.clear()


TEXTS = {
    "specs/tyres.md": "The tyre pressure of the Wren is 2.5 bar.",
    "specs/boot.md": "The boot of the Heron holds 430 litres.",
    "maintenance/oil.md": "The Osprey takes 7.4 litres of engine oil.",
    "troubleshooting/p0301.md": "Trouble code P0301: misfire in cylinder one, see the ignition coil.",
    "troubleshooting/p0302.md": "Trouble code P0302: misfire in cylinder two, see the ignition coil.",
    "troubleshooting/coil.md": "Trouble with a misfire: see what the ignition coil does, and the code that is stored.",
}


class World:
    def __init__(self, texts: Mapping[str, str] = TEXTS) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(self.engine)
        self.catalogue = Catalogue(self.engine)
        self.embedder = HashingEmbedder()
        self.dense, self.lexical = Exact(), LexicalIndex(":memory:", ANALYZER)
        self.vectors = VectorStore(self.engine, self.embedder.name)
        for name, text in texts.items():
            self.put(name, text)
        self.retriever = Retriever(self.catalogue, self.embedder, self.dense, self.lexical)

    def put(self, name: str, text: str) -> None:
        document = Document(name, name.split("/")[0], f"hash of {text}", Content(name, text))
        pieces = split(document)
        vectors = self.embedder.embed([chunk.searchable for chunk in pieces])
        self.dense.add(pieces, vectors)
        self.lexical.add(pieces, vectors)
        self.vectors.put([chunk.fingerprint for chunk in pieces], list(vectors))
        self.catalogue.replace(document, pieces)

    def close(self) -> None:
        self.retriever.close()
        self.lexical.close()
        self.engine.dispose()

    def find(self, text: str, subjects: tuple[str, ...] | None = None, k: int = 8) -> list[str]:
        return [passage.chunk.document_id for passage in self.retriever.find(text, subjects=subjects, k=k).passages]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def codes() -> Iterator[World]:
    """A table of codes, a page that names two of them, and pages that name none."""
    table = {f"codes/p03{n:02}.md": f"Trouble code P03{n:02}: misfire in cylinder {n} of the Wren" for n in range(12)}
    both = {"codes/both.md": "Where P0301 and P0302 come together, the fuel is bad."}
    made = World(TEXTS | table | both)
    yield made
    made.close()


async def test_the_best_passage_comes_first_with_a_score_in_range(world: World) -> None:
    passages = await world.retriever.search("What is the tyre pressure of the Wren?")
    assert passages[0].chunk.text == TEXTS["specs/tyres.md"]
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_nothing_relevant_gives_nothing(world: World) -> None:
    for text in ("capital of France", "bitcoin forecast please", "", "   ", "?!"):
        found = world.retriever.find(text)
        assert found.passages == (), text
        assert found.degraded is None


def test_subjects_and_k_bound_the_search(world: World) -> None:
    assert world.find("litres of engine oil", ("specs",)) in ([], ["specs/boot.md"])
    assert world.find("misfire ignition coil", ("troubleshooting",), k=2) != []
    assert len(world.find("misfire ignition coil", k=2)) == 2
    assert world.find("misfire ignition coil", k=0) == []
    assert world.find("misfire ignition coil", ()) == []


@pytest.mark.parametrize("code", ["P0301", "P0302"])
@pytest.mark.parametrize("form", ["{}", "What does the code {} mean, is it a misfire of the ignition coil?"])
def test_an_identifier_stands_before_its_neighbours(world: World, code: str, form: str) -> None:
    for spelling in (code, code.lower(), f"{code[0]} {code[1:]}", f"{code[0]}-{code[1:]}"):
        assert world.find(form.format(spelling))[0] == f"troubleshooting/{code.lower()}.md"


def test_without_vectors_words_alone_answer(world: World) -> None:
    world.dense.broken = True
    found = world.retriever.find("tyre pressure Wren")
    assert found.degraded == "meaning"
    assert found.passages[0].chunk.document_id == "specs/tyres.md"


def test_without_words_vectors_alone_answer(world: World) -> None:
    world.lexical.close()
    found = world.retriever.find("tyre pressure of the Wren")
    assert found.degraded == "words"
    assert found.passages[0].chunk.document_id == "specs/tyres.md"


async def test_without_both_the_search_fails(world: World) -> None:
    world.lexical.close()
    world.dense.broken = True
    with pytest.raises(IndexUnavailable):
        await world.retriever.search("tyre pressure")


def test_chunks_that_the_catalogue_dropped_are_left_out(world: World) -> None:
    world.catalogue.delete(["specs/tyres.md"])
    assert "specs/tyres.md" not in world.find("tyre pressure of the Wren")


async def test_the_event_loop_stays_free(world: World) -> None:
    held = threading.Event()
    searching = world.dense.search

    def slow(query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        held.wait(5)
        return searching(query, k, subjects)

    world.dense.search = slow  # type: ignore[method-assign]
    started = time.perf_counter()
    searches = [asyncio.create_task(world.retriever.search("tyre pressure")) for _ in range(10)]
    await asyncio.sleep(0)
    assert time.perf_counter() - started < 1
    held.set()
    assert all(await asyncio.gather(*searches))


def test_fusion_counts_both_and_never_leaves_the_range() -> None:
    near = {"both": 0.8, "near": 0.8, "far": -0.2}
    scores = fused(near, {"both": 0.9, "words": 1.0})
    assert scores["both"] > scores["near"] > scores["far"] == 0.0
    assert scores["words"] > scores["far"]
    assert fused({"perfect": 1.0}, {"perfect": 1.0})["perfect"] == pytest.approx(1.0)
    assert fused({}, {}) == {}


numbers = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1.0, 1.5), max_size=8)


@given(numbers, numbers.map(lambda some: {name: abs(score) for name, score in some.items()}))
def test_a_fused_score_is_never_negative_nor_lost(near: dict[str, float], worded: dict[str, float]) -> None:
    scores = fused(near, worded)
    assert scores.keys() == near.keys() | worded.keys()
    assert all(score >= 0.0 for score in scores.values())


@given(numbers, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_shared_words_never_lower_a_score(near: dict[str, float], less: float, more: float) -> None:
    less, more = sorted((less, more))
    assert fused(near, {"a": less})["a"] <= fused(near, {"a": more})["a"]


def test_what_only_words_found_is_no_nearer_than_the_last_of_the_near() -> None:
    scores = fused({"first": 0.9, "last": 0.4}, {"other": 0.0})
    assert scores["other"] == scores["last"] == pytest.approx((1 - WORDS_WEIGHT) * 0.4)
    assert fused({}, {"other": 1.0})["other"] == pytest.approx(WORDS_WEIGHT)


@pytest.mark.parametrize(
    "written", ["P0301", "p 0301", "p-0301", "DTCP0301", "misfire P0301 of the Wren in cylinder 2"]
)
def test_all_holders_of_an_identifier_stand_before_all_others(codes: World, written: str) -> None:
    holders = {"troubleshooting/p0301.md", "codes/p0301.md", "codes/both.md"}
    assert set(codes.find(written)[:3]) == holders


def test_of_two_identifiers_both_are_better_than_one(codes: World) -> None:
    found = codes.find("P0301 P0302")
    assert found[0] == "codes/both.md"
    assert {name[-8:] for name in found[1:5]} == {"p0301.md", "p0302.md"}


def test_neighbours_of_an_unknown_identifier_are_left_out_and_others_stay(codes: World) -> None:
    found = codes.retriever.find("Trouble code P0399: a misfire, see what the ignition coil does", k=30)
    assert found.unknown == {"p0399"}
    names = {passage.chunk.document_id for passage in found.passages}
    assert "troubleshooting/coil.md" in names
    assert not {name for name in names if "p03" in name or "both" in name}
    known = codes.retriever.find("Trouble code P0303: a misfire, see what the ignition coil does", k=30)
    assert known.unknown == frozenset()
    assert found.answerable < known.answerable


def test_a_chunk_that_holds_what_is_known_stays_beside_what_is_unknown(codes: World) -> None:
    names = codes.find("code P0302 and code P0399", k=30)
    assert {"troubleshooting/p0302.md", "codes/p0302.md", "codes/both.md"} <= set(names)
    assert "codes/p0303.md" not in names


def test_with_few_of_a_kind_nothing_is_left_out(world: World) -> None:
    found = world.retriever.find("Trouble code P0399: misfire of the ignition coil")
    assert found.unknown == frozenset()
    assert "troubleshooting/p0301.md" in {passage.chunk.document_id for passage in found.passages}


def test_an_unknown_identifier_alone_finds_nothing(codes: World) -> None:
    found = codes.retriever.find("P0399")
    assert (found.passages, found.unknown) == ((), {"p0399"})


def test_without_meaning_an_unknown_identifier_is_still_told(codes: World) -> None:
    codes.dense.broken = True
    found = codes.retriever.find("P0399 misfire ignition coil")
    assert (found.degraded, found.unknown) == ("meaning", {"p0399"})
    assert all(0.0 <= passage.score <= 1.0 for passage in found.passages)


def test_without_words_no_identifier_is_told(codes: World) -> None:
    codes.lexical.close()
    found = codes.retriever.find("P0399 misfire ignition coil")
    assert (found.degraded, found.unknown) == ("words", frozenset())
    assert found.passages


def scores(world: World, retriever: Retriever, question: str) -> dict[str, float]:
    passages = retriever.find(question, k=30).passages
    return {passage.chunk.document_id: passage.score for passage in passages}


def test_nearness_of_what_only_words_found_comes_from_the_kept_vectors(world: World) -> None:
    question = "misfire of the ignition coil"
    whole = scores(world, world.retriever, question)
    assert len(whole) > 2
    world.dense.most = 1
    guessed = scores(world, world.retriever, question)
    completing = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, vectors=world.vectors)
    completed = scores(world, completing, question)
    assert len(completed) > 2
    assert completed == pytest.approx({name: whole[name] for name in completed}, abs=0.001)
    assert guessed != pytest.approx({name: whole.get(name, 0.0) for name in guessed}, abs=0.001)
    world.vectors.prune([])
    assert scores(world, completing, question) == guessed
    with world.engine.begin() as connection:
        connection.execute(sql("DROP TABLE vectors"))
    assert scores(world, completing, question) == guessed
    completing.close()


def test_what_an_index_cannot_reach_is_found_where_all_vectors_fit(world: World) -> None:
    question = "misfire of the ignition coil"
    whole = scores(world, world.retriever, question)
    world.dense.most = 0
    exact = Retriever(
        world.catalogue,
        world.embedder,
        world.dense,
        world.lexical,
        vectors=world.vectors,
        neighbours=Neighbours(world.catalogue, world.vectors),
    )
    assert scores(world, exact, question) == pytest.approx(whole, abs=0.001)
    world.dense.broken = True
    assert exact.find(question).degraded is None
    exact.close()


def test_words_of_what_only_meaning_found_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "misfire of the ignition coil"
    whole = scores(world, world.retriever, question)
    searching = world.lexical.search
    monkeypatch.setattr(world.lexical, "search", lambda query, k, subjects: searching(query, 1, subjects))
    assert scores(world, world.retriever, question) == pytest.approx(whole)


def test_a_search_sees_the_generation_that_it_began_with(world: World) -> None:
    new = "The tyre pressure of the Wren is 2.7 bar now."

    def publish() -> None:
        world.dense.before = lambda: None
        world.put("specs/tyres.md", new)

    world.dense.before = publish
    found = [passage.chunk.text for passage in world.retriever.find("tyre pressure of the Wren").passages]
    assert found[0] == TEXTS["specs/tyres.md"]
    assert new not in found
    found = [passage.chunk.text for passage in world.retriever.find("tyre pressure of the Wren").passages]
    assert found[0] == new
    assert TEXTS["specs/tyres.md"] not in found


def test_what_scores_more_than_perfectly_keeps_its_order() -> None:
    world = World({f"specs/{n}.md": "wiper " * n for n in range(1, 9)})
    world.dense.broken = True
    found = world.retriever.find("wiper").passages
    assert [passage.chunk.document_id for passage in found] == [f"specs/{n}.md" for n in range(8, 0, -1)]
    assert [passage.score for passage in found[:2]] == [1.0, 1.0]
    world.close()


@pytest.mark.parametrize("piece", ["a1 ", "P0399 ", "?", "\0", "é́", "1", '" OR NEAR(', "tyre ", "ﷺ ", "\ud800 tyre"])
def test_any_text_can_be_searched_for(codes: World, piece: str) -> None:
    found = codes.retriever.find(piece * 5000)
    assert 0.0 <= found.answerable <= 1.0
    assert all(0.0 <= passage.score <= 1.0 for passage in found.passages)


class Backwards:
    """A reranker that likes the passage best that it is given last."""

    def relevance(self, question: str, texts: Sequence[str]) -> list[float]:
        return [(at + 1) / len(texts) for at in range(len(texts))]


def test_a_reranker_decides_among_the_first_passages(world: World) -> None:
    question = "Trouble with a misfire of the ignition coil"
    plain = world.retriever.find(question, k=3).passages
    reranking = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, reranker=Backwards())
    again = reranking.find(question, k=20).passages
    reranking.close()
    assert again[0].chunk.id != plain[0].chunk.id
    assert [passage.score for passage in again] == sorted((passage.score for passage in again), reverse=True)
    assert all(0.0 <= passage.score <= 1.0 for passage in again)
