"""What every dispatcher promises: whoever has room looks at a conversation, once for all that waits in it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from api.migrations import make_job_tables
from orchestrator.dispatcher import Answer, Dispatcher
from orchestrator.dispatchers.local import LocalDispatcher
from orchestrator.dispatchers.procrastinate import open_procrastinate_dispatcher
from tests.databases import postgres

PATIENCE_S = 20.0
LOOKING = "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'look'"
MOST = 2


class Answering:
    """Answers conversations for as long as their gate is closed."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.now: set[str] = set()
        self.at_once = 0
        self.gates: dict[str, asyncio.Event] = {}

    def close(self, conversation_id: str) -> asyncio.Event:
        return self.gates.setdefault(conversation_id, asyncio.Event())

    async def answer(self, conversation_id: str) -> None:
        self.looked.append(conversation_id)
        self.now.add(conversation_id)
        self.at_once = max(self.at_once, len(self.now))
        if conversation_id in self.gates:
            await self.gates[conversation_id].wait()
        self.now.discard(conversation_id)


Dispatching = Callable[[Answer], AbstractAsyncContextManager[Dispatcher]]


@asynccontextmanager
async def _local(answer: Answer) -> AsyncIterator[Dispatcher]:
    yield LocalDispatcher(answer, MOST)


def _procrastinate(url: str) -> Dispatching:
    """The words of a process that does not answer itself, heard by one that does."""

    @asynccontextmanager
    async def dispatching(answer: Answer) -> AsyncIterator[Dispatcher]:
        async with (
            open_procrastinate_dispatcher(url) as gateway,
            open_procrastinate_dispatcher(url) as worker,
            worker.serving(answer, MOST),
        ):
            yield gateway

    return dispatching


@pytest.fixture(params=["local", "procrastinate"])
def dispatching(request: pytest.FixtureRequest, tmp_path: Path) -> Dispatching:
    if request.param == "local":
        return _local
    return _procrastinate(request.getfixturevalue("jobs_url"))


@pytest.fixture
def jobs_url(tmp_path: Path) -> Iterator[str]:
    with postgres(tmp_path) as url:
        database = create_engine(url)
        make_job_tables(database)
        database.dispose()
        yield make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


async def test_each_conversation_is_looked_at(dispatching: Dispatching) -> None:
    answering = Answering()
    async with dispatching(answering.answer) as dispatcher:
        for number in range(20):
            dispatcher.dispatch(f"c{number}")
        await until(lambda: len(answering.looked) >= 20)
        assert sorted(answering.looked) == sorted(f"c{number}" for number in range(20))
        assert answering.at_once <= MOST
        await until(lambda: dispatcher.depth == 0)


async def test_named_again_before_anybody_has_room_is_named_once(dispatching: Dispatching) -> None:
    answering = Answering()
    gates = [answering.close(f"long{number}") for number in range(MOST)]
    async with dispatching(answering.answer) as dispatcher:
        for number in range(MOST):
            dispatcher.dispatch(f"long{number}")
        await until(lambda: len(answering.now) == MOST)
        for _ in range(3):
            dispatcher.dispatch("c")
            await asyncio.sleep(0.05)
        await until(lambda: dispatcher.depth == 1)
        assert "c" not in answering.looked
        for gate in gates:
            gate.set()
        await until(lambda: "c" in answering.looked)
        await until(lambda: dispatcher.depth == 0)
        assert answering.looked.count("c") == 1


async def test_named_while_it_is_answered_is_looked_at_again(dispatching: Dispatching) -> None:
    answering = Answering()
    gate = answering.close("c")
    async with dispatching(answering.answer) as dispatcher:
        dispatcher.dispatch("c")
        await until(lambda: answering.now)
        dispatcher.dispatch("c")
        await until(lambda: len(answering.looked) == 2)
        gate.set()
        await until(lambda: not answering.now)


async def test_a_worker_that_leaves_leaves_what_waits_to_the_next(jobs_url: str) -> None:
    first, second = Answering(), Answering()
    gate = first.close("long")
    async with open_procrastinate_dispatcher(jobs_url) as gateway, open_procrastinate_dispatcher(jobs_url) as worker:
        async with worker.serving(first.answer, 1):
            gateway.dispatch("long")
            await until(lambda: first.now)
            gateway.dispatch("next")
            await until(lambda: gateway.depth == 1)
        gate.set()
        async with open_procrastinate_dispatcher(jobs_url) as another, another.serving(second.answer, 1):
            await until(lambda: second.looked == ["next"])
    assert first.looked == ["long"]


async def test_one_that_is_closed_while_it_asks_the_database_is_closed(jobs_url: str) -> None:
    for _ in range(5):
        async with asyncio.timeout(PATIENCE_S), open_procrastinate_dispatcher(jobs_url) as dispatcher:
            assert await dispatcher.workers() == 0


async def test_jobs_of_the_dead_are_removed(jobs_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.dispatchers.procrastinate.DEAD_AFTER_S", 0.0)
    answering = Answering()
    answering.close("c")
    async with open_procrastinate_dispatcher(jobs_url) as dispatcher, dispatcher.serving(answering.answer, 1):
        dispatcher.dispatch("c")
        await until(lambda: answering.now)
        assert await _jobs(dispatcher) == 1
        await dispatcher._clean_up(0)  # nobody is alive by this measure
        assert await _jobs(dispatcher) == 0
        answering.gates["c"].set()


async def _jobs(dispatcher: object) -> int:
    connector = dispatcher._app.connector  # type: ignore[attr-defined]
    counted = await connector.execute_query_one_async(
        "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'look'"
    )
    return int(counted["n"])
