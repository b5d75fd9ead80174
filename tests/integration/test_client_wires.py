"""The clients of the other wires against a real server, over a line that is cut again and again."""

import asyncio
import random
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from api.client.analysis import Analysis
from api.client.errors import SignInFailed, Waiting
from api.client.explorer import Explorer
from api.client.query import Query
from api.client.reasoning import Reasoning
from api.client.retry_schedules import ANALYSIS, EXPLORER, QUERY
from api.client.socket import FallingBack, GaveUp, Way
from tests.faults.proxy import Link, Proxy
from tests.serving import Served

TABLES = "Show me all tables"
POWER = "How much power does the Wren 58 of model year 2026 have?"
FIGURES = "How many incidents are there by severity?"
HURRY = 0.02
"""A second of a schedule, in real seconds."""
HANDSHAKE_BYTES = 60
"""Fewer than a server needs to agree to a socket."""


class Line:
    """The way to the server, with what is told of it. `cuts`: after how many bytes the next connections are cut."""

    def __init__(self, proxy: Proxy, server: Served, user: str | None = None) -> None:
        self.told: list[Waiting | FallingBack] = []
        self.cuts: list[int] = []
        self.connections = 0
        self.way = Way(
            f"ws://127.0.0.1:{proxy.port}", server.token(user) if user else "", self.told.append, self._sleep
        )
        proxy.opened = self._opened

    def _opened(self, link: Link) -> None:
        self.connections += 1
        if self.cuts:
            link.cut_after(self.cuts.pop(0), reset=random.random() < 0.5)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * HURRY)

    @property
    def waits(self) -> list[float]:
        return [notice.seconds for notice in self.told if isinstance(notice, Waiting)]


@pytest.fixture
async def open_line(server: Served) -> AsyncIterator[Callable[..., Line]]:
    async with Proxy(server.port) as proxy:
        yield lambda user=None: Line(proxy, server, user)


def runs_of(server: Served, session: str) -> int:
    with closing(sqlite3.connect(f"file:{server.data / 'pitcrew.db'}?mode=ro", uri=True, timeout=10)) as database:
        query = "SELECT count(*) FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.session_id = ?"
        return int(database.execute(query, (session,)).fetchone()[0])


async def all_of(frames: AsyncIterator[Any], seconds: float = 60) -> list[Any]:
    async with asyncio.timeout(seconds):
        return [frame async for frame in frames]


def types(frames: Sequence[Any]) -> list[str]:
    return [frame["type"] for frame in frames]


# --- explorer --------------------------------------------------------------------------------------------------------


async def test_an_explorer_over_a_line_that_is_cut(server: Served, open_line: Callable[..., Line]) -> None:
    line = open_line()
    before = await all_of(Explorer(line.way).ask(TABLES))
    for cuts in ([HANDSHAKE_BYTES, 300], [400, HANDSHAKE_BYTES, 900], [1500, 1500], [5000], [0, 0, 0, 0, 0]):
        line = open_line()
        line.cuts = list(cuts)
        explorer = Explorer(line.way)
        frames = await all_of(explorer.ask(TABLES))
        assert frames[-1] == before[-1]
        assert types(frames).count("user") == types(frames).count("agent") == 1
        assert types(frames).count("tool") == types(before).count("tool")
        assert runs_of(server, explorer.session_id) == 1
        assert line.told[0] == Waiting("Reconnecting (1/5)", 1.0)
    assert line.waits == [1, 2, 4, 8, 16]


async def test_an_explorer_gives_up(open_line: Callable[..., Line]) -> None:
    line = open_line()
    line.cuts = [0] * 6
    with pytest.raises(GaveUp) as given_up:
        await all_of(Explorer(line.way).ask(TABLES))
    assert str(given_up.value) == EXPLORER.then
    assert line.connections == 6


# --- query -----------------------------------------------------------------------------------------------------------


async def test_a_query_over_a_line_that_is_cut(server: Served, open_line: Callable[..., Line]) -> None:
    line = open_line("cut-querier")
    whole = Query(line.way, POWER)
    await all_of(aiter(whole))
    for cuts in ([HANDSHAKE_BYTES, 700], [300, 500, 900], [1200]):
        line = open_line("cut-querier")
        line.cuts = list(cuts)
        session = uuid.uuid4().hex
        query = Query(line.way, POWER, session_id=session)
        frames = await all_of(aiter(query))
        assert frames[-1]["type"] == "stream_end"
        assert query.text == whole.text
        assert query.results
        assert runs_of(server, session) == 1
        assert line.waits == [1, 2, 3][: line.connections - 1] != []


async def test_a_query_whose_streams_all_break_is_answered_whole(
    server: Served, open_line: Callable[..., Line]
) -> None:
    line, session = open_line("whole-querier"), uuid.uuid4().hex
    line.cuts = [400, 400, 400, 300]  # less than what is left of an answer that has ended meanwhile
    query = Query(line.way, POWER, session_id=session)
    frames = await all_of(aiter(query))
    assert frames[-1]["type"] == "overview"
    assert query.text == frames[-1]["overview"]
    assert "115 kW" in query.text
    assert runs_of(server, session) == 1
    assert line.told[-1] == FallingBack(QUERY.then)
    assert line.connections == 5


async def test_a_query_without_a_token_is_told_so_at_once(open_line: Callable[..., Line]) -> None:
    line = open_line()
    line.way = Way(line.way.base, "nonsense", line.told.append, line.way.sleep)
    with pytest.raises(SignInFailed):
        await all_of(aiter(Query(line.way, POWER)))
    assert line.told == []


# --- reasoning -------------------------------------------------------------------------------------------------------


async def answers(chat: Reasoning, count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(60):
        async for frame in chat:
            step = frame.get("data") or {}
            assert step.get("type") != "error", step
            if step.get("type") == "final_answer":
                found.append(step["content"])
                if len(found) == count:
                    break
    return found


async def test_what_was_said_while_disconnected_is_answered_once(
    server: Served, open_line: Callable[..., Line]
) -> None:
    line = open_line("cut-reasoner")
    line.cuts = [0, HANDSHAKE_BYTES, 0, 1200, 0, 2500]
    questions = [POWER, "What is the roof load of the Plover?", "How often does the Osprey need new engine oil?"]
    async with Reasoning(line.way) as chat:
        for question in questions:
            await chat.say(question)
        found = await answers(chat, len(questions))
        assert chat.waiting == 0
    assert "115 kW" in found[0]
    assert len(set(found)) == 3
    assert runs_of(server, chat.session_id) == 3
    assert line.waits[:3] == [2, 4, 6]


async def test_reasoning_gives_up_and_goes_on_when_it_is_told_to(
    server: Served, open_line: Callable[..., Line]
) -> None:
    line = open_line("patient-reasoner")
    line.cuts = [0] * 6
    async with Reasoning(line.way) as chat:
        await chat.say(POWER)
        with pytest.raises(GaveUp):
            await answers(chat, 1)
        assert line.waits == [2, 4, 6, 8, 10]
        chat.connect()
        assert "115 kW" in (await answers(chat, 1))[0]
    assert runs_of(server, chat.session_id) == 1


# --- analysis --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def analysed(line: Line, session: str) -> AsyncIterator[tuple[Analysis, list[Any]]]:
    analysis = Analysis(line.way, FIGURES, session_id=session)
    yield analysis, await all_of(aiter(analysis))


async def test_an_analysis_over_a_line_that_is_cut(server: Served, open_line: Callable[..., Line]) -> None:
    line = open_line()
    async with analysed(line, uuid.uuid4().hex) as (whole, frames):
        assert whole.data is not None
        assert line.told == []
    for cuts in ([HANDSHAKE_BYTES, 900], [500, 2000, 1200]):
        line, session = open_line(), uuid.uuid4().hex
        line.cuts = list(cuts)
        async with analysed(line, session) as (analysis, frames):
            assert types(frames)[-1] == "stream_end"
            assert (analysis.text, analysis.data) == (whole.text, whole.data)
        assert runs_of(server, session) == 1
        assert line.waits == [1, 2, 3][: line.connections - 1] != []


async def test_an_analysis_falls_back_to_an_event_stream_that_is_cut_too(
    server: Served, open_line: Callable[..., Line]
) -> None:
    async with analysed(open_line(), uuid.uuid4().hex) as (whole, _):
        pass
    line, session = open_line(), uuid.uuid4().hex
    line.cuts = [400, HANDSHAKE_BYTES, 0, 700, 900, 1500, 2500]
    async with analysed(line, session) as (analysis, frames):
        assert types(frames)[-1] == "stream_end"
        assert (analysis.text, analysis.data) == (whole.text, whole.data)
    assert FallingBack(ANALYSIS.then) in line.told
    assert line.waits[:3] == [1, 2, 3]
    assert line.connections >= 6
    assert runs_of(server, session) == 1
