import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from rag.database import open_database
from rag.embedder import Vectors
from rag.vectors import VectorStore, metadata


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> VectorStore:
    return VectorStore(engine, "one")


def unit(*shape: int) -> Vectors:
    """Random vectors of length 1, always the same ones."""
    vectors = np.random.default_rng(7).standard_normal(shape).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_vectors_come_back_in_shape_and_nearly_as_they_were(store: VectorStore) -> None:
    whole, several = unit(384), unit(16, 384)
    store.put(["a", "b"], [whole, several])
    kept = store.get(["a", "b"])
    assert (kept["a"].shape, kept["b"].shape) == ((1, 384), (16, 384))
    assert all(vectors.dtype == np.float32 for vectors in kept.values())
    assert np.abs(kept["a"] - whole).max() < 0.001


def test_keeping_changes_no_cosine_by_a_thousandth(store: VectorStore) -> None:
    vectors, questions = unit(200, 384), unit(200, 384)[::-1]
    store.put([f"{n}" for n in range(200)], list(vectors))
    kept = store.get([f"{n}" for n in range(200)])
    for n, question in enumerate(questions):
        cosine = float(vectors[n] @ question)
        assert abs(float(kept[f"{n}"][0] @ question) - cosine) < 0.001
        assert abs(float(kept[f"{n}"][0] @ vectors[n]) - 1.0) < 0.001


def test_what_is_not_kept_is_missing_and_not_got(store: VectorStore) -> None:
    assert store.missing(["a", "b"]) == {"a", "b"}
    store.put(["a"], [unit(4)])
    assert store.missing(["a", "b", "b"]) == {"b"}
    assert store.missing([]) == set()
    assert set(store.get(["a", "b"])) == {"a"}
    assert store.get([]) == {}


def test_what_is_kept_already_stays(store: VectorStore) -> None:
    first = np.eye(4, dtype=np.float32)
    store.put(["a"], [first[0]])
    store.put(["a", "b", "a"], [first[1], first[2], first[3]])
    kept = store.get(["a", "b"])
    assert np.array_equal(kept["a"], first[:1])
    assert np.array_equal(kept["b"], first[2:3])
    store.put([], [])


def test_each_chunk_has_its_vectors(store: VectorStore) -> None:
    with pytest.raises(ValueError, match="shorter"):
        store.put(["a", "b"], [unit(4)])
    assert store.missing(["a"]) == {"a"}


def test_each_embedder_has_a_space_of_its_own(engine: Engine, store: VectorStore) -> None:
    other = VectorStore(engine, "other")
    store.put(["a"], [np.ones(2)])
    assert other.missing(["a"]) == {"a"}
    other.put(["a"], [np.zeros((3, 5))])
    assert store.get(["a"])["a"].shape == (1, 2)
    assert other.get(["a"])["a"].shape == (3, 5)


def test_pruning_leaves_what_is_wanted_of_this_embedder(engine: Engine, store: VectorStore) -> None:
    other = VectorStore(engine, "other")
    store.put(["a", "b"], [unit(4), unit(4)])
    other.put(["a"], [unit(4)])
    store.prune(["b", "unknown"])
    assert store.missing(["a", "b"]) == {"a"}
    assert other.missing(["a"]) == {"a"}
    store.prune([])
    assert store.missing(["b"]) == {"b"}
    store.prune([])


def test_more_keys_than_a_statement_takes(store: VectorStore) -> None:
    keys = [f"{n:064}" for n in range(1700)]
    store.put(keys, list(unit(1700, 2)))
    assert store.missing(keys) == set()
    assert store.get(keys).keys() == set(keys)
    store.prune(keys[:1600])
    assert store.missing(keys) == set(keys[1600:])
    store.prune([])
    assert store.missing(keys) == set(keys)


def test_vectors_outlive_the_program(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vectors.db'}"
    for attempt in range(2):
        engine = open_database(url)
        store = VectorStore(engine, "one")
        assert (store.missing(["a"]) == set()) == bool(attempt)
        store.put(["a"], [unit(4)])
        engine.dispose()


def test_many_may_put_the_same_at_once(tmp_path: Path) -> None:
    engines = [open_database(f"sqlite:///{tmp_path / 'vectors.db'}") for _ in range(3)]
    keys = [f"{n}" for n in range(60)]
    together = threading.Barrier(len(engines))
    failures: list[BaseException] = []

    def work(engine: Engine) -> None:
        try:
            store = VectorStore(engine, "one")
            for at in range(0, len(keys), 10):
                together.wait(20)
                store.put(keys[at : at + 10], list(unit(10, 384)))
        except BaseException as error:
            failures.append(error)
            together.abort()

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert VectorStore(engines[0], "one").missing(keys) == set()
    for engine in engines:
        engine.dispose()


class Overtaken(VectorStore):
    """Others put a key whenever this one has looked what is missing."""

    def __init__(self, engine: Engine, others: VectorStore, keys: list[str]) -> None:
        super().__init__(engine, "one")
        self.others = others
        self.keys = keys

    def missing(self, fingerprints: object) -> set[str]:
        found = super().missing(fingerprints)  # type: ignore[arg-type]
        if self.keys:
            self.others.put([self.keys.pop()], [np.ones(2)])
        return found


def test_whoever_is_overtaken_puts_the_rest(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'vectors.db'}")
    store = Overtaken(engine, VectorStore(engine, "one"), ["a", "b"])
    store.put(["a", "b", "c"], [np.zeros(2)] * 3)
    kept = VectorStore(engine, "one").get(["a", "b", "c"])
    assert [float(kept[key][0, 0]) for key in "abc"] == [1.0, 1.0, 0.0]
    engine.dispose()


def test_a_row_that_the_table_refuses_is_an_error(engine: Engine) -> None:
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TRIGGER no BEFORE INSERT ON vectors BEGIN SELECT RAISE(ABORT, 'full'); END"))
    with pytest.raises(IntegrityError, match="full"):
        VectorStore(engine, "one").put(["a"], [unit(4)])


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'vectors.db'}")
    store = VectorStore(engine, "one")
    store.put(["a"], [unit(4)])
    with engine.begin() as writer:
        writer.execute(text("DELETE FROM vectors"))
        assert store.missing(["a"]) == set()
        assert set(store.get(["a"])) == {"a"}
    engine.dispose()
