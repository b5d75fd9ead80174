import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import text

import api.observability.checks
from agents.models.breaker import BreakerState
from agents.models.circuit import State
from api.failure import FILL
from api.migrations import head_revision
from api.observability.checks import check_database, check_knowledge, check_model, check_workers
from api.version import product_version
from orchestrator.errors import StorageUnavailable
from rag.database import open_database
from tests.databases import migrate


class Store:
    """A store whose probe does what the test wants."""

    def __init__(self, error: Exception | None = None, hangs: bool = False) -> None:
        self._error = error
        self._hangs = hangs

    async def probe(self) -> None:
        if self._hangs:
            await asyncio.Event().wait()
        if self._error:
            raise self._error


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'pitcrew.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


async def test_a_database_that_reads_and_writes(database: Database) -> None:
    found = await check_database(database, Store())
    assert found.pop("ms") > 0
    assert found == {"ok": True, "migration": head_revision(), "version": product_version()}


async def test_a_database_that_takes_no_writes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"ok": False, "reason": "cannot be written (disk full or locked?)"}
    assert await check_database(database, Store(StorageUnavailable())) == wanted
    monkeypatch.setattr(api.observability.checks, "PATIENCE_SECONDS", 0.02)
    assert await check_database(database, Store(hangs=True)) == wanted


async def test_a_database_of_another_version(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    found = await check_database(database, Store())
    assert found == {"ok": False, "reason": "not migrated: run `pitcrew migrate`"}


async def test_a_database_that_is_away(tmp_path: Path) -> None:
    away = open_database(f"sqlite:///{tmp_path / 'gone' / 'pitcrew.db'}")
    found = await check_database(away, Store())
    assert (found["ok"], found["reason"]) == (False, "cannot be reached (OperationalError)")


async def test_the_knowledge_base() -> None:
    async def search(question: str, k: int) -> tuple[()]:
        return ()

    async def broken(question: str, k: int) -> tuple[()]:
        raise OSError("disk")

    full: Any = SimpleNamespace(hashes=lambda: {"a.md": "1", "b.md": "2"}, generation=lambda: 7)
    empty: Any = SimpleNamespace(hashes=dict, generation=lambda: 0)
    current, behind = SimpleNamespace(generation=7), SimpleNamespace(generation=None)
    good: Any = SimpleNamespace(search=search)
    bad: Any = SimpleNamespace(search=broken)
    found = {"ok": True, "documents": 2, "generation": 7}
    assert await check_knowledge(full, good, current) == found
    assert await check_knowledge(full, good, behind) == found | {"indexing": True}
    nothing = {"ok": False, "reason": f"empty: {FILL}"}
    assert await check_knowledge(empty, good, current) == nothing
    assert await check_knowledge(full, bad, current) == {"ok": False, "reason": "cannot be searched (OSError)"}


ANSWERER: Any = SimpleNamespace(name="openai:one")


def model(label: str, state: State, retry_in_s: float = 0.0, reason: str = "") -> Any:
    return SimpleNamespace(state=BreakerState(label, state, 5, retry_in_s, reason))


async def test_an_answerer_without_models_is_always_ready() -> None:
    offline: Any = SimpleNamespace(name="offline")
    assert await check_model(offline, ()) == {"ok": True, "answerer": "offline"}


async def test_every_model_is_shown_and_one_is_enough() -> None:
    models = [model("openai:one", "open", 4.26, "status 503"), model("openai:two", "closed")]
    assert await check_model(ANSWERER, models) == {
        "ok": True,
        "answerer": "openai:one",
        "providers": [
            {"model": "openai:one", "state": "open", "retry_in_s": 4.3, "reason": "status 503"},
            {"model": "openai:two", "state": "closed", "retry_in_s": 0.0, "reason": ""},
        ],
    }


async def test_not_ready_when_no_model_can_be_asked() -> None:
    models = [model("openai:one", "open", 5, "status 503"), model("openai:two", "open", 300, "key refused")]
    found = await check_model(ANSWERER, models)
    assert found["ok"] is False
    assert found["reason"] == "no model can be asked (openai:one: status 503, openai:two: key refused)"
    assert len(found["providers"]) == 2


async def test_ready_again_as_soon_as_one_may_be_tried() -> None:
    models = [model("openai:one", "half_open", 0, "status 503"), model("openai:two", "open", 300, "key refused")]
    assert (await check_model(ANSWERER, models))["ok"] is True


class Stuck:
    """A dispatcher over a server that does not even take note of being given up."""

    depth = 0

    async def workers(self) -> int:
        for _ in range(2):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1)
        return 1


async def test_who_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.observability.checks.PATIENCE_SECONDS", 0.05)
    async with asyncio.timeout(0.5):
        told = await check_workers(Stuck())
    assert (told["ok"], "TimeoutError" in told["reason"]) == (False, True)
