from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from rag.customer_questions import COLUMNS, RETRY_S, BadQuestions, CustomerQuestion, CustomerQuestions, Kept, read
from rag.ingestion.ingest import unwatched
from rag.ingestion.split import split
from rag.retrieve import Retriever
from rag.types import Chunk, Content, Document
from rag.vectors import VectorStore
from tests.unit.rag.hashing import HashingEmbedder
from tests.unit.rag.test_retrieve import World

HEADER = ",".join(COLUMNS)
ASKED = (
    CustomerQuestion("specs/boot.md", "specs/boot.md", "The boot of the Heron", "how much shopping fits"),
    CustomerQuestion("maintenance/oil.md", "", "", "what black stuff goes in the engine"),
    CustomerQuestion("maintenance/oil.md", "", "What it never said", "gone"),
    CustomerQuestion("nobody/has.md", "", "", "elsewhere"),
)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def known(world: World, *, embedded: bool = True) -> CustomerQuestions:
    questions = CustomerQuestions(ASKED, world.embedder, world.vectors)
    if embedded:
        assert questions.embed(unwatched) == len(ASKED)
    return questions


def chunk(text: str, name: str = "a.md") -> Chunk:
    return split(Document(name, "", "hash", Content(name, text)))[0]


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "customer-questions.csv"
    path.write_text("\n".join((header, *lines)))
    return path


def test_no_file_is_no_questions(tmp_path: Path) -> None:
    assert read(tmp_path / "customer-questions.csv") == ()


def test_questions_are_read_with_their_places(tmp_path: Path) -> None:
    path = write(tmp_path, '"a.md",Oil,"Change it, often.",when  do i swap it', "", "a.md,,,what is this")
    assert read(path) == (
        CustomerQuestion("a.md", "Oil", "Change it, often.", "when do i swap it"),
        CustomerQuestion("a.md", "", "", "what is this"),
    )


@pytest.mark.parametrize(
    ("lines", "header", "told"),
    [
        ((), "question,document", "first line"),
        (("a.md,Oil,when",), HEADER, "line 2"),
        (("a.md,,,fine", "a.md,,,"), HEADER, "line 3"),
        ((",,,whose",), HEADER, "line 2"),
        (("a.md,,,x\0y" + '"' * 3 + "\r",), HEADER, ""),
        (("a.md,,,fine", "a.md,,," + "x" * 3000), HEADER, "line 3"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, lines: tuple[str, ...], header: str, told: str) -> None:
    path = write(tmp_path, *lines, header=header)
    if told:
        with pytest.raises(BadQuestions, match=told):
            read(path)
    else:
        read(path)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "customer-questions.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadQuestions, match="UTF-8"):
        read(path)


def test_a_place_is_a_statement_of_a_section_of_a_document() -> None:
    here = chunk("First this. Then that.")
    assert CustomerQuestion("a.md", "", "Then", "?").answered_by(here)
    assert CustomerQuestion("a.md", "", "Then", "?").start(here) == here.text.index("Then")
    assert CustomerQuestion("a.md", "", "", "?").start(here) is None
    assert not CustomerQuestion("b.md", "", "", "?").answered_by(here)
    assert not CustomerQuestion("a.md", "Elsewhere", "", "?").answered_by(here)
    assert not CustomerQuestion("a.md", "", "Never", "?").answered_by(here)


def test_questions_that_lead_nowhere_are_known(world: World) -> None:
    chunks = world.catalogue.chunks(world.catalogue.chunk_ids()).values()
    assert [question.text for question in known(world).lost(chunks)] == ["gone"]


def test_each_vector_is_made_once(world: World) -> None:
    known(world)
    assert known(world, embedded=False).embed(unwatched) == 0


def test_a_question_like_one_that_was_asked_finds_its_answer(world: World) -> None:
    text = "how much shopping fits in there"
    assert "specs/boot.md" not in world.find(text)
    asked = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=known(world))
    passages = asked.find(text).passages
    asked.close()
    assert passages[0].chunk.document_id == "specs/boot.md"
    assert passages[0].asked is not None
    assert passages[0].asked[0].start == passages[0].chunk.start
    assert 0.6 < passages[0].asked[0].cosine <= 1.001
    assert all(passage.asked is not None for passage in passages)


@pytest.mark.parametrize(("text", "told"), [("how much shopping fits", True), ("the boot", False), ("oil", False)])
def test_of_a_few_questions_only_one_that_is_alike_and_names_its_statement_tells(
    world: World, text: str, *, told: bool
) -> None:
    for number in range(9):
        world.put(f"specs/{number}.md", f"Part {number} is made of steel.")
    asked = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=known(world))
    passages = asked.find(text).passages
    asked.close()
    assert passages
    assert {passage.asked is not None for passage in passages} == {told}


def test_where_nearly_all_is_asked_for_it_tells_that_nothing_is_alike(world: World) -> None:
    documents = {chunk.document_id for chunk in world.catalogue.chunks(world.catalogue.chunk_ids()).values()}
    some = [CustomerQuestion(document, "", "", f"what about {document}") for document in documents]
    questions = CustomerQuestions(some, world.embedder, world.vectors)
    questions.embed(unwatched)
    asked = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=questions)
    passages = asked.find("boot of the Heron").passages
    asked.close()
    assert passages
    assert all(passage.asked is not None for passage in passages)


def test_only_the_subjects_asked_for(world: World) -> None:
    asked = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=known(world))
    found = asked.find("how much shopping fits", subjects=["maintenance"]).passages
    asked.close()
    assert "specs/boot.md" not in {passage.chunk.document_id for passage in found}


def test_without_vectors_the_search_goes_on_by_itself(world: World) -> None:
    waiting = Retriever(
        world.catalogue, world.embedder, world.dense, world.lexical, questions=known(world, embedded=False)
    )
    text = "The boot of the Heron"
    found = [passage.chunk.document_id for passage in waiting.find(text).passages]
    waiting.close()
    assert found == world.find(text)
    assert RETRY_S > 0


def test_a_new_generation_has_new_places(world: World) -> None:
    asked = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=known(world))
    assert asked.find("how much shopping fits").passages[0].chunk.document_id == "specs/boot.md"
    world.put("specs/boot.md", "Nothing is known of boots.")
    again = asked.find("how much shopping fits").passages
    asked.close()
    assert "specs/boot.md" not in {passage.chunk.document_id for passage in again}


def test_a_store_that_is_gone_leaves_the_rest() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    world = World()
    questions = CustomerQuestions(ASKED, HashingEmbedder(), VectorStore(engine, "x"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE vectors")
    alone = Retriever(world.catalogue, world.embedder, world.dense, world.lexical, questions=questions)
    assert alone.find("tyre pressure of the Wren").passages
    alone.close()
    world.close()


def test_vectors_that_are_kept_together_are_those_that_are_kept_one_by_one(world: World, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "questions.npz", "today")
    CustomerQuestions(ASKED, world.embedder, world.vectors, kept=kept).embed(unwatched)
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    none = VectorStore(engine, world.embedder.name)
    chunks = world.catalogue.chunks(world.catalogue.chunk_ids()).values()

    def told(vectors: VectorStore, kept: Kept | None) -> list[float]:
        questions = CustomerQuestions(ASKED, world.embedder, vectors, kept=kept)
        return [place.cosine for place in questions.near("how much shopping fits", 1, lambda: chunks).places(8)]

    assert told(none, kept) == told(world.vectors, None) != []
    assert told(none, Kept(kept.path, "tomorrow")) == []
    engine.dispose()
