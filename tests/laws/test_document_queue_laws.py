"""The queue of documents over a real PostgreSQL: each is read by one worker, and what fails is over all the same."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from api.migrations import make_job_tables
from orchestrator.dispatchers.documents import DocumentQueue, open_document_queue
from tests.databases import postgres

PATIENCE_S = 20.0
DOCUMENTS = [(f"specs/{number}.md", f"file{number}") for number in range(12)]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with postgres(tmp_path) as made:
        database = create_engine(made)
        make_job_tables(database)
        database.dispose()
        yield make_url(made).set(drivername="postgresql").render_as_string(hide_password=False)


class Reader:
    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []
        self.failing: set[str] = set()
        self.gate: asyncio.Event | None = None

    async def __call__(self, document_id: str, name: str) -> None:
        self.read.append((document_id, name))
        if self.gate is not None:
            await self.gate.wait()
        if document_id in self.failing:
            raise ValueError


async def until_none_is_left(queue: DocumentQueue, batch: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await queue.left(batch):
            await asyncio.sleep(0.02)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


async def test_each_document_is_read_once_by_one_of_several(url: str) -> None:
    first, second = Reader(), Reader()
    async with open_document_queue(url) as command, open_document_queue(url) as one, open_document_queue(url) as two:
        async with one.serving(first), two.serving(second):
            await command.put("batch", DOCUMENTS)
            await until_none_is_left(command, "batch")
        assert sorted(first.read + second.read) == sorted(DOCUMENTS)


async def test_one_that_fails_is_over_and_keeps_nobody_waiting(url: str) -> None:
    reader = Reader()
    reader.failing = {DOCUMENTS[0][0], DOCUMENTS[5][0]}
    async with open_document_queue(url) as command, open_document_queue(url) as one, one.serving(reader):
        await command.put("batch", DOCUMENTS)
        await until_none_is_left(command, "batch")
    assert sorted(reader.read) == sorted(DOCUMENTS)


async def test_what_a_command_takes_back_is_not_begun(url: str) -> None:
    reader = Reader()
    reader.gate = asyncio.Event()
    async with open_document_queue(url) as command, open_document_queue(url) as one:
        async with one.serving(reader):
            await command.put("batch", DOCUMENTS)
            await command.put("other", DOCUMENTS[:1])
            await until(lambda: reader.read)
            await command.drop("batch")
            assert (await command.left("batch"), await command.left("other")) == (1, 1)
            reader.gate.set()
            await until_none_is_left(command, "batch")
            await until_none_is_left(command, "other")
        assert len(reader.read) == 2


async def test_a_worker_that_leaves_leaves_what_waits_to_the_next(url: str) -> None:
    first, second = Reader(), Reader()
    first.gate = asyncio.Event()
    async with open_document_queue(url) as command, open_document_queue(url) as one, open_document_queue(url) as two:
        async with one.serving(first):
            await command.put("batch", DOCUMENTS)
            await until(lambda: first.read)
        async with two.serving(second):
            await until_none_is_left(command, "batch")
    assert len(first.read) == 1
    assert sorted([*first.read, *second.read]) == sorted(DOCUMENTS)
