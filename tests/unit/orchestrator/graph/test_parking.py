"""Parked runs: the real graph with a specialist that asks first, over the real saver, store and bus."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from sqlalchemy import make_url, text

from agents.context import Resources
from agents.specialist import Catalogue, Specialist
from agents.types import Answered, Delta, Part, Question, Route, StandaloneQuestion, Task
from agents.vehicles.range import Vehicles
from orchestrator.buses.memory import MemoryBus
from orchestrator.commands import Answer, Caller, Cancel, Resume, Send
from orchestrator.errors import BadRequest, IdempotencyConflict, NotFound, ProcessingError, RunNotActive
from orchestrator.events import (
    Accepted,
    Cancelled,
    Completed,
    Failed,
    InputRequired,
    Terminal,
    Token,
)
from orchestrator.execution.engine import Engine
from orchestrator.execution.runs import Budgets
from orchestrator.graph.parking import Parked, decode_parked
from orchestrator.graph.saver import RunSaver
from orchestrator.graph.savers import postgres, sqlite
from orchestrator.graph.state import Dependencies, Gathered, Understood
from orchestrator.graph.stream import GraphReader, by_events, by_updates, stream_events
from orchestrator.graph.turn import build_graph
from orchestrator.run import Desk, RunInput
from orchestrator.stores.sql import SqlStore
from rag.database import open_database
from rag.postgresql.connection import AsyncBoundedConnection
from tests.databases import DATABASES, migrate
from tests.specialists import trial_drives
from tests.unit.orchestrator.reader import Reader

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
ANNA = Caller("anna")
TALKER = Specialist("talker", "Talk", "Talks.", (), ("specs",), "")


class Echo:
    """An answerer that repeats the question, word by word."""

    name = "echo"
    calls_tools = False

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        for word in task.question.split():
            yield f"{word} "
        yield Answered()


async def understand(question: Question) -> Understood:
    return Understood(StandaloneQuestion(question.text), question.facts)


async def classify(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
    names = [name for name in ("trial_drives", "talker") if name.split("_")[0] in question.text]
    return Route("answer", 1.0, tuple(Part(standalone, name, 1.0) for name in names or ["talker"]))


async def research(part: Part, specialist: Specialist, facts: object) -> Gathered:
    return Gathered(())


RESOURCES = Resources(Vehicles(), None, None, None, None)  # type: ignore[arg-type]
DEPENDENCIES = Dependencies((TALKER, trial_drives.SPECIALIST), understand, classify, research, Echo(), RESOURCES)


class Saver(RunSaver):
    """Tells when a state was removed."""

    def __init__(self, saver: RunSaver) -> None:
        super().__init__(saver.graph_saver)
        self.removed = asyncio.Event()

    async def forget(self, run_id: str) -> None:
        await super().forget(run_id)
        self.removed.set()


class Server:
    """What survives a process: the database, the saver's states and the bookings. `start` is a new process over
    them."""

    def __init__(self, url: str, folder: Path, reader: GraphReader = by_updates) -> None:
        self.url = url
        self.reader = reader
        self.folder = folder
        self.bookings = folder / "bookings"
        self._stack = AsyncExitStack()

    async def start(self) -> Engine:
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        database = open_database(self.url)
        migrate(database)
        store = SqlStore(database)
        self._stack.push_async_callback(store.close)
        saver = Saver(await self._stack.enter_async_context(self.open_saver()))
        self.saver = saver
        graph = build_graph(DEPENDENCIES, saver.graph_saver)
        engine = Engine(store, MemoryBus(), partial(stream_events, graph, reader=self.reader), Budgets(run_s=5), saver)
        self._stack.push_async_callback(engine.close, 0)
        await engine.recover()
        return engine

    def open_saver(self) -> AbstractAsyncContextManager[RunSaver]:
        """The saver beside the database."""
        if self.url.startswith("sqlite"):
            return sqlite.open_saver(self.folder / "parked.db")
        return postgres.open_saver(libpq(self.url))

    def lose_states(self) -> None:
        if self.url.startswith("sqlite"):
            (self.folder / "parked.db").unlink()
            return
        with psycopg.connect(libpq(self.url)) as connection:
            connection.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")

    async def stop(self) -> None:
        await self._stack.aclose()

    @property
    def booked(self) -> list[str]:
        return self.bookings.read_text().split("\n")[:-1] if self.bookings.exists() else []

    async def forgotten(self) -> None:
        """Wait until no run's state is kept; it goes after the terminal event was published."""
        async with asyncio.timeout(5):
            while self.saver.removed.clear() or [state async for state in self.saver.graph_saver.alist(None)]:
                await self.saver.removed.wait()


def libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(params=[*DATABASES, "sqlite, read by events"])
async def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Server]:
    database, _, by = request.param.partition(", ")
    with DATABASES[database](tmp_path) as url:
        if database == "postgres":
            await postgres.prepare(libpq(url))
        running = Server(url, tmp_path, by_events if by else by_updates)
        monkeypatch.setenv("TRIAL_DRIVES", str(running.bookings))
        yield running
        await running.stop()


async def parked(server: Server) -> tuple[Engine, Reader, InputRequired]:
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("a trial please", "s"))
    return engine, reader, await reader.asked()


async def test_asked_answered_done(server: Server) -> None:
    engine, reader, request = await parked(server)
    assert request.prompt == trial_drives.prompt("10:00")
    assert request.proposal == {"time": "10:00"}
    assert [option.value for option in request.options] == [True, False]
    assert request.partial_response == "A car is free at 10:00. "
    assert (engine.running, server.booked) == (0, [])
    await engine.answer(ANNA, Answer(request.request_id, True))
    end = await reader.next(Terminal)
    assert isinstance(end, Completed)
    assert end.run_id == request.run_id
    assert end.response == reader.text(end.run_id) == "A car is free at 10:00. Booking... Booked for 10:00."
    assert server.booked == ["10:00"]
    assert [message.text for message in await engine.store.messages(ANNA, "s")] == [
        "a trial please", request.prompt, "Yes", end.response,
    ]  # fmt: skip
    assert [envelope.seq for envelope in reader.seen if envelope.seq] == list(range(1, reader.head + 1))
    await server.forgotten()


async def test_survives_a_restart_and_is_answered_from_elsewhere(server: Server) -> None:
    _, _, request = await parked(server)
    engine = await server.start()
    assert engine.running == 0
    other = Reader(engine)
    await other.follower.resume(ANNA, Resume("s", 0))
    assert await other.asked() == request
    await other.follower.answer(ANNA, Answer(request.request_id, True))
    end = await other.next(Terminal)
    assert isinstance(end, Completed)
    assert other.text(end.run_id) == end.response
    assert server.booked == ["10:00"]


async def test_an_answer_counts_once(server: Server) -> None:
    engine, reader, request = await parked(server)
    receipts = await asyncio.gather(*(engine.answer(ANNA, Answer(request.request_id, True)) for _ in range(5)))
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert len({receipt.accepted.message_id for receipt in receipts}) == 1
    await reader.next(Terminal)
    with pytest.raises(IdempotencyConflict):
        await engine.answer(ANNA, Answer(request.request_id, False))
    assert (await engine.answer(ANNA, Answer(request.request_id, True))).duplicate
    assert server.booked == ["10:00"]


@pytest.mark.parametrize("value", [1, "true", "Yes", 0.5, ["x"], {"x": 1}, {"change": " "}, {"change": 3}, None])
async def test_only_what_is_offered_is_an_answer(server: Server, value: object) -> None:
    engine, _, request = await parked(server)
    with pytest.raises(BadRequest):
        await engine.answer(ANNA, Answer(request.request_id, value))
    assert server.booked == []
    assert await engine.store.current_run(await engine.store.conversation(ANNA, "s")) == request.run_id


async def test_nobody_else_answers(server: Server) -> None:
    engine, _, request = await parked(server)
    for caller, request_id in ((Caller("ben"), request.request_id), (ANNA, "unknown")):
        with pytest.raises(NotFound):
            await engine.answer(caller, Answer(request_id, True))


@pytest.mark.parametrize(
    ("text", "booked", "said"),
    [
        ("Yes please!", ["10:00"], "Booked for 10:00."),
        ("no thanks", [], "Nothing was booked."),
    ],
)
async def test_free_text_is_read_as_the_answer(server: Server, text: str, booked: list[str], said: str) -> None:
    engine, reader, request = await parked(server)
    receipt = await engine.send(ANNA, Send(text, "s"))
    assert receipt.accepted.run_id == request.run_id
    end = await reader.next(Terminal)
    assert isinstance(end, Completed)
    assert end.response.endswith(said)
    assert server.booked == booked


async def test_a_change_is_asked_again_and_bound_to_the_new_proposal(server: Server) -> None:
    engine, reader, request = await parked(server)
    await engine.send(ANNA, Send("make it 14:00 instead", "s"))
    again = await reader.asked(after=reader.head)
    assert again.request_id != request.request_id
    assert "14:00" in str(again.proposal["time"])
    with pytest.raises(IdempotencyConflict):
        await engine.answer(ANNA, Answer(request.request_id, True))
    assert server.booked == []
    await engine.answer(ANNA, Answer(again.request_id, True))
    assert isinstance(await reader.next(Terminal), Completed)
    assert server.booked == [again.proposal["time"]]


async def test_a_new_question_ends_the_parked_run_and_is_answered(server: Server) -> None:
    engine, reader, request = await parked(server)
    receipt = await engine.send(ANNA, Send("what does it cost?", "s"))
    assert receipt.accepted.run_id != request.run_id
    first = await reader.next(Terminal)
    assert first == Cancelled(request.run_id, request.partial_response)
    second = await reader.next(Completed)
    assert isinstance(second, Completed)
    assert second.response == "what does it cost? "
    assert server.booked == []
    with pytest.raises(RunNotActive):
        await engine.answer(ANNA, Answer(request.request_id, True))
    await server.forgotten()


async def test_expires(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAL_DRIVE_EXPIRES_S", "0.05")
    engine, reader, request = await parked(server)
    assert await reader.next(Terminal) == Cancelled(request.run_id, request.partial_response)
    with pytest.raises(RunNotActive):
        await engine.answer(ANNA, Answer(request.request_id, True))
    receipt = await engine.send(ANNA, Send("yes", "s"))
    assert receipt.accepted.run_id != request.run_id
    assert server.booked == []


async def test_expires_while_no_process_runs(server: Server) -> None:
    _, _, request = await parked(server)
    await server.stop()
    database = open_database(server.url)
    with database.begin() as connection:
        connection.execute(text("UPDATE requests SET expires_at = '2026-01-01T00:00:00.000Z'"))
    database.dispose()
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.resume(ANNA, Resume("s", 0))
    assert await reader.next(Terminal) == Cancelled(request.run_id, request.partial_response)


@pytest.mark.parametrize("named", [True, False])
async def test_cancel_of_a_parked_run(server: Server, named: bool) -> None:
    engine, reader, request = await parked(server)
    await engine.cancel(ANNA, Cancel(run_id=request.run_id) if named else Cancel(session_id="s"))
    assert await reader.next(Terminal) == Cancelled(request.run_id, request.partial_response)
    await server.forgotten()
    assert isinstance((await engine.ask(ANNA, Send("talker", "s"))).event, Completed)


async def test_a_run_that_is_cancelled_while_it_parks_and_answered_at_once_is_cut_where_it_is(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order to cancel waits for the run to be parked; the answer lets it go on before the order is carried out."""
    monkeypatch.setenv("TRIAL_DRIVE_TAKES_S", "0.5")
    engine = await server.start()
    reader = Reader(engine)
    park, call_off = engine.store.park, engine.store.call_off
    cancelling: list[asyncio.Future[None]] = []

    async def parks(conversation_id: str, request: InputRequired, *more: Any) -> Any:
        cancelling.append(asyncio.ensure_future(engine.cancel(ANNA, Cancel(run_id=request.run_id))))
        await asyncio.sleep(0.1)  # until it waits for the run
        return await park(conversation_id, request, *more)

    async def calls_off(*run: Any) -> Any:
        request = await reader.asked()
        answering = asyncio.ensure_future(engine.answer(ANNA, Answer(request.request_id, True)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await reader.until(lambda one: isinstance(one.event, Token) and "Booking" in one.event.text)
        await answering
        return await call_off(*run)

    monkeypatch.setattr(engine.store, "park", parks)
    monkeypatch.setattr(engine.store, "call_off", calls_off)
    await reader.follower.send(ANNA, Send("a trial please", "s"))
    end = await reader.next(Terminal)
    assert isinstance(end, Cancelled)
    assert end.partial_response == reader.text()
    await cancelling[0]
    assert server.booked == []
    assert isinstance((await engine.ask(ANNA, Send("talker", "s"))).event, Completed)


async def test_waiting_messages_go_on_while_a_run_is_parked(server: Server) -> None:
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("a trial please", "s"))
    await reader.follower.send(ANNA, Send("hello talker", "s"))
    request = await reader.asked()
    end = await reader.next(Completed)
    assert isinstance(end, Completed)
    assert end.response == "hello talker "
    await engine.answer(ANNA, Answer(request.request_id, True))
    assert isinstance(await reader.next(Completed, after=reader.head), Completed)
    assert server.booked == ["10:00"]


async def test_another_part_of_the_answer_is_kept_over_a_restart(server: Server) -> None:
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.send(ANNA, Send("trial and talker", "s"))
    request = await reader.asked()
    engine = await server.start()
    later = Reader(engine)
    await later.follower.resume(ANNA, Resume("s", 0))
    await later.follower.answer(ANNA, Answer(request.request_id, True))
    end = await later.next(Terminal)
    assert isinstance(end, Completed)
    assert end.response == later.text(end.run_id)
    assert end.response.startswith(request.partial_response)
    assert end.response.endswith("**Talk**\n\ntrial and talker ")
    assert [agent.name for agent in end.agents] == ["trial_drives", "talker"]
    assert server.booked == ["10:00"]


@pytest.fixture
def booking(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a booking, which never ends, has begun."""
    begun = asyncio.Event()

    async def take_time() -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(trial_drives, "take_time", take_time)
    return begun


async def test_cancel_during_the_effect_tells_of_it(server: Server, booking: asyncio.Event) -> None:
    engine, reader, request = await parked(server)
    await engine.answer(ANNA, Answer(request.request_id, True))
    await asyncio.wait_for(booking.wait(), 5)
    await engine.cancel(ANNA, Cancel(run_id=request.run_id))
    end = await reader.next(Terminal)
    assert isinstance(end, Cancelled)
    assert end.side_effects == ("test drive at 10:00 booked (outcome unknown)",)
    assert isinstance((await engine.ask(ANNA, Send("talker", "s"))).event, Completed)


async def test_a_run_is_not_begun_again_over_an_effect(server: Server, booking: asyncio.Event) -> None:
    engine, _, request = await parked(server)
    await engine.answer(ANNA, Answer(request.request_id, True))
    await asyncio.wait_for(booking.wait(), 5)
    engine = await server.start()
    later = Reader(engine)
    await later.follower.resume(ANNA, Resume("s", 0))
    end = await later.next(Terminal)
    assert isinstance(end, Failed)
    assert end.reason == "INTERRUPTED"
    assert server.booked == []


async def test_an_answer_is_not_lost_with_the_process(server: Server) -> None:
    """The answer was committed and the process died before the run went on."""
    engine, _, request = await parked(server)
    await engine.close(0)
    await engine.store.answer(ANNA, Answer(request.request_id, True))
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.resume(ANNA, Resume("s", 0))
    end = await reader.next(Terminal)
    assert isinstance(end, Completed)
    assert end.response == reader.text(end.run_id)
    assert server.booked == ["10:00"]
    assert [type(envelope.event) for envelope in reader.seen if isinstance(envelope.event, Accepted)] == [Accepted] * 2


async def test_a_lost_state_ends_the_run_and_not_the_conversation(server: Server) -> None:
    _, _, request = await parked(server)
    await server.stop()
    server.lose_states()
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.answer(ANNA, Answer(request.request_id, True))
    end = await reader.next(Terminal)
    assert isinstance(end, Failed)
    assert end.reason == "INTERRUPTED"
    assert server.booked == []
    assert isinstance((await engine.ask(ANNA, Send("talker", "s"))).event, Completed)


def shape(reader: Reader) -> list[str]:
    return [type(envelope.event).__name__ for envelope in reader.seen]


async def test_cancel_at_every_event_of_a_run(server: Server) -> None:
    """One run that routes, searches, streams two parts, asks, acts and ends; then one run for each of its events."""
    engine = await server.start()

    async def run(session: str, cancel_at: int | None) -> Reader:
        reader = Reader(engine)
        sent = await engine.send(ANNA, Send("trial and talker", session), reader.follower.follow)
        run_id = sent.accepted.run_id

        async def cancelled_at(event_number: int) -> None:
            # Words that come together are one event: a run may have fewer than the one that they were counted in.
            await reader.until(lambda one: len(reader.seen) >= event_number or isinstance(one.event, Terminal))
            with contextlib.suppress(RunNotActive):
                await engine.cancel(ANNA, Cancel(run_id=run_id))

        cancelling = asyncio.ensure_future(cancelled_at(cancel_at)) if cancel_at else None
        first = await reader.next(InputRequired, Terminal)
        if isinstance(first, InputRequired):
            with contextlib.suppress(RunNotActive):
                await engine.answer(ANNA, Answer(first.request_id, True))
        end = await reader.end()
        assert isinstance(end, Completed | Cancelled)
        if cancelling:
            await cancelling
        said = end.response if isinstance(end, Completed) else end.partial_response
        assert reader.text(run_id) == said
        assert [envelope.seq for envelope in reader.seen if envelope.seq] == list(range(1, reader.head + 1))
        assert sum(isinstance(envelope.event, Terminal) for envelope in reader.seen) == 1
        assert isinstance((await engine.ask(ANNA, Send("talker", session))).event, Completed)
        return reader

    reference = await run("uncut", None)
    places = range(1, shape(reference).index("Completed") + 2)
    readers = [await run(f"cut {place}", place) for place in places]
    ends = ["Cancelled" in shape(reader) for reader in readers]
    assert sum(ends) >= len(places) / 2, "a run may end before the order to cancel it comes, but most do not"
    await server.forgotten()


async def test_a_state_that_is_not_known_any_more_ends_the_run_interrupted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version may have parked it: its values come back as plain data."""
    _, _, request = await parked(server)
    monkeypatch.setattr("orchestrator.graph.saver.STORED", ())
    engine = await server.start()
    reader = Reader(engine)
    await reader.follower.answer(ANNA, Answer(request.request_id, True))
    end = await reader.next(Terminal)
    assert isinstance(end, Failed)
    assert (end.reason, server.booked) == ("INTERRUPTED", [])


@pytest.mark.parametrize("text", ["", "[]", '["i", 1.0, [["NoOutput", {}]]]', '["i", 1.0, [["Answering", {}]]]'])
def test_what_is_not_known_cannot_go_on(text: str) -> None:
    with pytest.raises(ProcessingError) as caught:
        decode_parked(text)
    assert caught.value.reason == "INTERRUPTED"


def test_what_an_earlier_version_parked_goes_on() -> None:
    text = '["i", 1.0, [["Learned", {"facts": {}}], ["Said", {"part": 0, "text": "Free."}]]]'
    assert decode_parked(text) == Parked("i", 1.0, (Delta(0, "Free."),))


async def some_runs(saver: RunSaver) -> None:
    """One that talks, and one that is parked."""
    graph = build_graph(DEPENDENCIES, saver.graph_saver)
    for run_id, asked in (("talk", "talker, say it"), ("drive", "trial drive please")):
        run = RunInput(run_id, "s", Question(asked), "customer", "anna", "c", None)
        assert [event async for event in stream_events(graph, run, Desk())]


async def states(saver: RunSaver) -> set[str]:
    """The runs whose states are written."""
    return {state.config["configurable"]["thread_id"] async for state in saver.graph_saver.alist(None)}


async def test_only_what_is_parked_is_written(server: Server) -> None:
    async with server.open_saver() as saver:
        await some_runs(saver)
        assert saver.graph_saver.stored == {"drive"}
        assert await states(saver) == {"drive"}
    async with server.open_saver() as again:
        assert again.graph_saver.stored == {"drive"}
        await again.keep_only([])
        assert not await states(again)


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Server]:
    with DATABASES["postgres"](tmp_path) as url:
        assert not postgres.up_to_date(libpq(url))
        await postgres.prepare(libpq(url))
        await postgres.prepare(libpq(url))
        assert postgres.up_to_date(libpq(url))
        yield Server(url, tmp_path)


async def test_what_one_process_parked_another_lets_go_on_and_forgets(shared: Server) -> None:
    async with shared.open_saver() as one, shared.open_saver() as other:
        await some_runs(one)
        config: RunnableConfig = {"configurable": {"thread_id": "drive", "checkpoint_ns": ""}}
        found = await other.graph_saver.aget_tuple(config)
        assert found is not None
        assert found.checkpoint["channel_values"]["question"].text == "trial drive please"
        await other.forget("drive")
        assert not await states(one)
        assert await one.graph_saver.aget_tuple(config) is None
        await some_runs(one)
        await other.forget("drive")  # of which it has heard nothing: it has expired
        assert not await states(one)


async def test_a_database_that_was_away_is_waited_for(shared: Server) -> None:
    async with shared.open_saver() as saver:
        await some_runs(saver)
        with psycopg.connect(libpq(shared.url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND query LIKE '%checkpoint%'"
            )
        assert await states_of_other_runs(saver) is None
        await saver.forget("drive")
        assert not await states(saver)


async def states_of_other_runs(saver: RunSaver) -> object:
    return await saver.graph_saver.aget_tuple({"configurable": {"thread_id": "unknown", "checkpoint_ns": ""}})


async def test_a_connection_that_stands_still_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AsyncBoundedConnection, "patience_s", 0.5)
    with DATABASES["postgres"](tmp_path) as url, psycopg.connect(libpq(url), autocommit=True) as observer:
        await postgres.prepare(libpq(url))
        others = {row[0] for row in observer.execute(BACKENDS)}
        async with postgres.open_saver(libpq(url)) as saver:
            still = {row[0] for row in observer.execute(BACKENDS)} - others
            assert still
            for pid in still:
                os.kill(pid, signal.SIGSTOP)
            try:
                async with asyncio.timeout(10):
                    assert await saver.graph_saver.aget_tuple({"configurable": {"thread_id": "nobody"}}) is None
            finally:
                for pid in still:
                    os.kill(pid, signal.SIGCONT)
