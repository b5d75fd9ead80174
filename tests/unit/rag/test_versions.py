"""What holds of versions, releases and generations, on SQLite."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, update
from sqlalchemy.pool import StaticPool

from rag.catalogue import Catalogue, Standing
from rag.database import open_database
from rag.ingestion.split import split
from rag.releases import Entry, Releases, Superseded
from rag.tables import metadata, versions
from rag.types import Content, Document, Heading
from rag.versions import Versions


def in_memory() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = in_memory()
    yield made
    made.dispose()


@pytest.fixture
def catalogue(engine: Engine) -> Catalogue:
    return Catalogue(engine)


def document(name: str, text: str, title: str = "Tyres") -> Document:
    content = Content(title, f"Part\n{text}", (Heading(1, "Part", 0),))
    return Document(name, name.split("/")[0], f"hash of {text}", content)


def stored(engine: Engine, name: str, text: str) -> Entry:
    one = document(name, text)
    return Entry(name, "update", Versions(engine).store(one, split(one)), one.content_hash)


def release(engine: Engine, *entries: Entry) -> int:
    releases = Releases(engine)
    release_id = releases.begin()
    releases.enter(release_id, entries)
    releases.make_ready(release_id)
    published = releases.publish(release_id)
    assert published is not None
    return published.generation


def texts(catalogue: Catalogue, generation: int | None = None) -> dict[str, str]:
    found = catalogue.chunks(catalogue.chunk_ids(generation=generation), generation)
    return {chunk.document_id: chunk.text for chunk in found.values()}


def test_what_is_stored_is_seen_when_it_is_published(engine: Engine, catalogue: Catalogue) -> None:
    releases = Releases(engine)
    release_id = releases.begin()
    releases.enter(release_id, [stored(engine, "specs/a.md", "Old."), stored(engine, "specs/b.md", "Old.")])
    assert (catalogue.generation(), catalogue.hashes(), catalogue.chunk_ids()) == (0, {}, set())
    assert releases.publish(release_id) is None
    releases.make_ready(release_id)
    assert releases.ready() == (release_id,)
    waiting = releases.chunk_ids(release_id)
    assert {one.document_id for one in catalogue.stored_chunks(waiting).values()} == {"specs/a.md", "specs/b.md"}
    published = releases.publish(release_id)
    assert published is not None
    assert (published.generation, published.actions) == (1, {"update": 2})
    assert releases.publish(release_id) is None
    assert catalogue.chunk_ids() == set(waiting)
    assert releases.ready() == ()
    assert releases.chunk_ids(release_id) == []
    assert releases.published(release_id) == published


def test_each_generation_is_seen_as_it_was(engine: Engine, catalogue: Catalogue) -> None:
    first = release(engine, stored(engine, "a", "One."), stored(engine, "b", "One."))
    second = release(engine, stored(engine, "a", "Two."), Entry("b", "delete"), stored(engine, "c", "Two."))
    third = release(engine, stored(engine, "b", "Three."))
    assert (first, second, third) == (1, 2, 3)
    assert texts(catalogue, 0) == {}
    assert texts(catalogue, 1) == {"a": "One.", "b": "One."}
    assert texts(catalogue, 2) == {"a": "Two.", "c": "Two."}
    assert texts(catalogue, 3) == texts(catalogue) == {"a": "Two.", "b": "Three.", "c": "Two."}
    assert [(change.generation, change.action, change.version) for change in catalogue.history("b")] == [
        (1, "update", 1),
        (2, "delete", None),
        (3, "update", 2),
    ]
    assert Releases(engine).retired(2) == [
        chunk.id
        for chunk in catalogue.stored_chunks(catalogue.chunk_ids(generation=1)).values()
        if chunk.document_id in {"a", "b"}
    ]


STEPS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", None]), min_size=1), min_size=1, max_size=6
)


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_a_generation_shows_what_its_releases_said_last(steps: list[dict[str, str | None]]) -> None:
    engine = in_memory()
    catalogue, expected = Catalogue(engine), [dict[str, str]()]
    for step in steps:
        release(
            engine,
            *(Entry(name, "delete") if text is None else stored(engine, name, text) for name, text in step.items()),
        )
        shown = expected[-1] | step
        expected.append({name: text for name, text in shown.items() if text is not None})
    assert [texts(catalogue, generation) for generation in range(len(steps) + 1)] == expected
    assert all(len(catalogue.versions(name)) <= 2 for name in "abc")
    engine.dispose()


def test_the_same_content_is_the_same_version(engine: Engine, catalogue: Catalogue) -> None:
    release(engine, stored(engine, "a", "One."))
    release(engine, stored(engine, "a", "Two."))
    before = catalogue.chunk_ids(generation=1)
    release(engine, stored(engine, "a", "One."))
    assert catalogue.chunk_ids() == before
    assert [version.number for version in catalogue.versions("a")] == [1, 2]
    assert Versions(engine).stored("a", "hash of Two.") == 2
    assert Versions(engine).stored("a", "hash of Three.") is None


def test_the_same_file_read_another_way_is_another_version(engine: Engine, catalogue: Catalogue) -> None:
    versions_ = Versions(engine)
    one = document("a", "One.")
    other = document("a", "One.", title="Wheels")
    assert versions_.store(one, split(one)) == versions_.store(one, split(one)) == 1
    assert versions_.store(other, split(other)) == 2
    assert versions_.store(other, split(other)) == 2
    release(engine, Entry("a", "update", 2, one.content_hash))
    (chunk,) = catalogue.chunks(catalogue.chunk_ids()).values()
    assert (chunk.title, chunk.version) == ("Wheels", 2)
    assert catalogue.stored_chunks([split(one)[0].id])[split(one)[0].id].title == "Tyres"


def test_a_version_that_was_stored_in_part_does_not_count(engine: Engine, catalogue: Catalogue) -> None:
    entry = stored(engine, "a", "One.")
    with engine.begin() as connection:
        connection.execute(update(versions).values(chunks=None))
    assert Versions(engine).stored("a", "hash of One.") is None
    assert catalogue.versions("a") == ()
    again = stored(engine, "a", "One.")
    assert again == entry
    assert len(catalogue.versions("a")) == 1


def test_a_long_document_is_stored_whole(engine: Engine, catalogue: Catalogue) -> None:
    long = Document(
        "a", "", "h", Content("Long", "\n\n".join(f"Sentence {n}. " + "Words. " * 120 for n in range(1200)))
    )
    pieces = split(long)
    assert len(pieces) > 1000
    release(engine, Entry("a", "add", Versions(engine).store(long, pieces), "h"))
    found = sorted(catalogue.chunks(catalogue.chunk_ids()).values(), key=lambda chunk: chunk.start)
    assert found == list(pieces)


def test_a_later_release_takes_the_place_of_one_that_is_not_ready(engine: Engine, catalogue: Catalogue) -> None:
    releases = Releases(engine)
    first = releases.begin()
    releases.enter(first, [stored(engine, "a", "One.")])
    second = releases.begin()
    with pytest.raises(Superseded):
        releases.make_ready(first)
    releases.enter(second, [stored(engine, "a", "Two.")])
    releases.make_ready(second)
    releases.publish(second)
    assert texts(catalogue) == {"a": "Two."}


def test_the_file_that_was_taken_note_of_is_remembered(engine: Engine, catalogue: Catalogue) -> None:
    release(engine, stored(engine, "a", "One."), stored(engine, "b", "One."), stored(engine, "c", "One."))
    release(engine, stored(engine, "a", "Two."))
    release(
        engine,
        Entry("a", "rollback", 1, "hash of Two."),
        Entry("b", "remove", None, "hash of One."),
        Entry("c", "delete"),
    )
    assert catalogue.standings() == {
        "a": Standing("hash of Two.", "hash of One.", 1),
        "b": Standing("hash of One.", None, None),
        "c": Standing(None, None, None),
    }


def test_purging_erases_texts_and_keeps_the_history(engine: Engine, catalogue: Catalogue) -> None:
    release(engine, stored(engine, "a", "One."))
    release(engine, stored(engine, "a", "Two."))
    held = catalogue.chunk_ids()
    release(engine, Entry("a", "remove"))
    Versions(engine).purge(["a"])
    assert catalogue.stored_chunks(held) == {}
    assert catalogue.fingerprints() == set()
    assert [(version.title, version.characters, bool(version.purged_at)) for version in catalogue.versions("a")] == [
        ("", 0, True),
        ("", 0, True),
    ]
    assert len(catalogue.history("a")) == 3
    release(engine, stored(engine, "a", "Two."))
    assert texts(catalogue) == {"a": "Two."}
    assert catalogue.documents()[0].version == 3


def test_sweeping_forgets_only_what_is_old_and_was_never_shown(engine: Engine, catalogue: Catalogue) -> None:
    release(engine, stored(engine, "a", "One."))
    stored(engine, "a", "Two.")
    waiting = stored(engine, "b", "One.")
    releases = Releases(engine)
    release_id = releases.begin()
    releases.enter(release_id, [waiting])
    releases.make_ready(release_id)
    assert Versions(engine).sweep() == 0
    with engine.begin() as connection:
        connection.execute(update(versions).values(created_at="2026-01-01T00:00:00+00:00"))
    assert Versions(engine).sweep() == 1
    assert [version.number for version in catalogue.versions("a")] == [1]
    assert releases.publish(release_id) is not None
    assert texts(catalogue) == {"a": "One.", "b": "One."}


def test_many_publishers_show_a_release_once(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}")
    metadata.create_all(engine)
    releases = Releases(engine)
    release_id = releases.begin()
    releases.enter(release_id, [stored(engine, "a", "One.")])
    releases.make_ready(release_id)
    won = []
    threads = [threading.Thread(target=lambda: won.append(releases.publish(release_id))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 6
    assert sum(one is not None for one in won) == 1
    assert Catalogue(engine).generation() == 1
    engine.dispose()
