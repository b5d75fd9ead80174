"""One event stream: its signs of life, its end, and who is given up."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.dialects.native import DIALECT
from api.protocol.dialect import Handshake
from api.transport import sse
from api.transport.retelling import Retelling
from api.transport.sse import EventStream, server_event
from api.transport.uvicorn_request import ABORT
from orchestrator import events
from orchestrator.buses.memory import MemoryBus
from orchestrator.errors import RunBusy
from orchestrator.events import Envelope
from orchestrator.execution.follow import Follower

RUN, NAME = "4a6e0c1e-8a35-4d6e-9c55-5f1c8f1e2a10", "m1"
ACCEPTED = Envelope("c", events.Accepted("u1", RUN, "s1", "Hi", "2026-01-01T00:00:00.000Z", NAME), 1)
FAILED = Envelope("c", events.Failed(RUN, "LLM_STALLED", "Sorry.", "ref"), 2)


@dataclass
class Engine:
    """As much of one as a stream needs: the bus."""

    bus: MemoryBus = field(default_factory=MemoryBus)


@dataclass
class Reader:
    """The other end: what it got, and whether it takes any more."""

    text: str = ""
    ended: bool = False
    aborted: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.reading.set()

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.body":
            self.text += message["body"].decode()
            self.ended = not message.get("more_body", False)
            self.heard.set()

    def abort(self) -> None:
        self.aborted = True
        self.left.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Until that holds of the text."""
        async with asyncio.timeout(5):
            while not holds():
                self.heard.clear()
                await self.heard.wait()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def closed() -> list[EventStream]:
    return []


@pytest.fixture
async def stream(engine: Engine, closed: list[EventStream]) -> AsyncIterator[EventStream]:
    yield a_stream(engine, closed)
    assert len(closed) == 1
    assert engine.bus._subscribers == {}


def a_stream(engine: Engine, closed: list[EventStream]) -> EventStream:
    session = DIALECT.open(Handshake())
    return EventStream(engine, session, Retelling(session, NAME), closed=closed.append)  # type: ignore[arg-type]


def asks(engine: Engine) -> Callable[[Follower], Any]:
    """Asks as a message does: followed, then accepted."""

    async def ask(follower: Follower) -> None:
        await follower.follow("c")
        await engine.bus.publish(ACCEPTED)

    return ask


def serve(stream: EventStream, reader: Reader) -> "asyncio.Task[None]":
    return asyncio.create_task(stream({"type": "http", ABORT: reader.abort}, reader.receive, reader.send))


async def test_it_ends_with_the_answer(stream: EventStream, engine: Engine, reader: Reader) -> None:
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    await engine.bus.publish(Envelope("c", events.Token(RUN, "Hel", 0)))
    other = events.Accepted("u2", "other", "s1", "Hello", "2026-01-01T00:00:01.000Z", "m2")
    await engine.bus.publish(Envelope("c", other, 2))
    await engine.bus.publish(Envelope("c", events.Token("other", "not ours", 0)))
    await engine.bus.publish(Envelope("c", FAILED.event, 3))
    await engine.bus.publish(Envelope("c", events.Token(RUN, "after the end", 3)))
    await asyncio.wait_for(serving, 5)
    assert reader.text.startswith("retry: 2000\n\nid: ")
    assert [line[:20] for line in reader.text.splitlines() if line.startswith("data")] == [
        'data: {"type":"ack",',
        'data: {"type":"token',
        'data: {"type":"error',
    ]
    assert (reader.ended, reader.aborted) == (True, False)


async def test_a_silent_stream_gives_signs_of_life(
    stream: EventStream, engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "BEAT_S", 0.02)
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    await reader.until(lambda: reader.text.count(":\n\n") >= 3)
    await engine.bus.publish(FAILED)
    await asyncio.wait_for(serving, 5)
    assert '"error"' in reader.text


async def test_a_reader_who_leaves_is_forgotten(stream: EventStream, engine: Engine, reader: Reader) -> None:
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    await reader.until(lambda: '"ack"' in reader.text)
    reader.left.set()
    await asyncio.wait_for(serving, 5)
    assert not reader.ended


async def test_a_reader_who_stops_reading_is_given_up(
    stream: EventStream, engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "SEND_PATIENCE_S", 0.05)
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    await reader.until(lambda: '"ack"' in reader.text)
    reader.reading.clear()
    await engine.bus.publish(Envelope("c", events.Token(RUN, "Hi", 0)))
    await asyncio.wait_for(serving, 5)
    assert reader.aborted


async def test_who_is_too_slow_for_all_that_is_said_is_given_up(
    stream: EventStream, engine: Engine, reader: Reader
) -> None:
    """The publisher waits for nobody meanwhile."""
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    await reader.until(lambda: '"ack"' in reader.text)
    reader.reading.clear()
    for number in range(80):
        await engine.bus.publish(Envelope("c", events.Token(RUN, "x" * 20_000, number * 20_000)))
    await asyncio.sleep(0)
    reader.reading.set()
    await asyncio.wait_for(serving, 5)
    assert reader.aborted
    assert len(reader.text) < 200_000


async def test_what_is_refused_at_once_is_raised(stream: EventStream) -> None:
    async def ask(follower: Follower) -> None:
        raise RunBusy

    with pytest.raises(RunBusy):
        await stream.begin(ask)


async def test_what_is_refused_late_is_told(stream: EventStream, engine: Engine, reader: Reader) -> None:
    refused = asyncio.Event()

    async def ask(follower: Follower) -> None:
        await asks(engine)(follower)
        await refused.wait()
        raise RunBusy

    await stream.begin(ask)
    serving = serve(stream, reader)
    await reader.until(lambda: '"ack"' in reader.text)
    refused.set()
    await asyncio.wait_for(serving, 5)
    assert '"code":"RUN_BUSY"' in reader.text
    assert reader.ended


async def test_it_ends_with_its_readers_token(engine: Engine, closed: list[EventStream], reader: Reader) -> None:
    """The reader comes back, and is asked for a new one."""
    session = DIALECT.open(Handshake())
    until = time.time() + 0.05
    stream = EventStream(engine, session, Retelling(session, NAME), until=until, closed=closed.append)  # type: ignore[arg-type]
    await stream.begin(asks(engine))
    await asyncio.wait_for(serve(stream, reader), 5)
    assert '"ack"' in reader.text
    assert (reader.ended, reader.aborted, len(closed)) == (True, False, 1)


async def test_a_stopping_server_says_when_to_come_back(stream: EventStream, engine: Engine, reader: Reader) -> None:
    await stream.begin(asks(engine))
    serving = serve(stream, reader)
    stream.announce_close(1234)
    await reader.until(lambda: "retry: 1234\n\n" in reader.text)
    assert '"type":"closing"' in reader.text
    stream.hang_up()
    await asyncio.wait_for(serving, 5)
    assert (reader.ended, reader.aborted) == (True, False)


async def test_a_stopping_server_does_not_wait_for_who_reads_nothing(
    stream: EventStream, engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "CLOSE_PATIENCE_S", 0.05)
    await stream.begin(asks(engine))
    reader.reading.clear()
    serving = serve(stream, reader)
    await asyncio.sleep(0)
    stream.hang_up()
    await asyncio.wait_for(serving, 5)
    assert reader.aborted


@pytest.mark.parametrize("text", ["one\ntwo", "one\r\ntwo", "one\rtwo"])
def test_lines_of_a_frame_are_lines_of_the_event(text: str) -> None:
    assert server_event(text, "7") == "id: 7\ndata: one\ndata: two\n\n"
