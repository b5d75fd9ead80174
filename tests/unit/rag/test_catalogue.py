from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from rag.catalogue import Catalogue
from rag.ingestion.split import split
from rag.tables import metadata
from rag.types import Content, Document, Heading, Page


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    yield Catalogue(engine)
    engine.dispose()


def document(name: str, text: str, content_hash: str = "a" * 64) -> Document:
    content = Content("Tyres", "# Part\n" + text, (Heading(1, "Part", 0),), (Page(3, 0),))
    return Document(name, name.split("/")[0], content_hash, content)


def test_chunks_come_back_as_they_were_stored(catalogue: Catalogue) -> None:
    one = document("specs/a.md", "Ä text. " * 400)
    pieces = split(one)
    catalogue.replace(one, pieces)
    assert len(pieces) > 2
    assert catalogue.chunks([*(chunk.id for chunk in pieces), "unknown"]) == {chunk.id: chunk for chunk in pieces}
    assert catalogue.chunk_ids() == catalogue.chunk_ids("specs/a.md") == {chunk.id for chunk in pieces}
    assert catalogue.text("specs/a.md") == one.content.text
    assert catalogue.text("unknown") is None


def test_replacing_leaves_only_the_new_version(catalogue: Catalogue) -> None:
    old, new = document("specs/a.md", "Old."), document("specs/a.md", "New.", "b" * 64)
    catalogue.replace(old, split(old))
    catalogue.replace(new, split(new))
    assert catalogue.hashes() == {"specs/a.md": "b" * 64}
    assert [chunk.text for chunk in catalogue.chunks(sorted(catalogue.chunk_ids())).values()] == ["New."]


def test_a_failed_replacement_changes_nothing(catalogue: Catalogue) -> None:
    old, new = document("specs/a.md", "Old."), document("specs/a.md", "New.", "b" * 64)
    catalogue.replace(old, split(old))
    with pytest.raises(IntegrityError):
        catalogue.replace(new, split(new) * 2)
    assert catalogue.hashes() == {"specs/a.md": "a" * 64}
    assert catalogue.chunk_ids() == {chunk.id for chunk in split(old)}


def test_deleting_takes_the_chunks_along(catalogue: Catalogue) -> None:
    for name in ("specs/a.md", "specs/b.md"):
        one = document(name, "Text.")
        catalogue.replace(one, split(one))
    catalogue.delete(["specs/a.md", "unknown"])
    assert [(known.id, known.subject, known.title, known.chunks) for known in catalogue.documents()] == [
        ("specs/b.md", "specs", "Tyres", 1)
    ]
    assert catalogue.chunk_ids("specs/a.md") == set()


def test_many_ids_are_asked_for_in_batches(catalogue: Catalogue) -> None:
    assert catalogue.chunks([f"id{n}" for n in range(2000)]) == {}
    catalogue.delete([f"id{n}" for n in range(2000)])
