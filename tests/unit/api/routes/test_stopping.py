"""Stopping an answer over HTTP: by its stream's address, its run or its session, and only by whose it is."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.compose.app_state import AppState
from api.routes import stopping, stream, tickets
from orchestrator.commands import Caller
from orchestrator.events import AnyEvent, Token
from orchestrator.run import Desk, RunInput
from tests.unit.api.streaming import client_of, state_of

ASK = {"question": "How many?"}


class Opened(set[Any]):
    """Connections, and whether one has been opened since `more` was cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.more = asyncio.Event()

    def add(self, connection: Any) -> None:
        super().add(connection)
        self.more.set()


@pytest.fixture
def begun() -> asyncio.Event:
    """A run has begun."""
    return asyncio.Event()


@pytest.fixture
async def state(tmp_path: Path, begun: asyncio.Event) -> AsyncIterator[AppState]:
    async def never_ends(run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        """A run that says a word and is at work until it is stopped."""
        begun.set()
        yield Token(run.run_id, "Nine ", 0)
        await asyncio.Event().wait()

    async with state_of(tmp_path, never_ends) as opened:
        opened.connections = Opened()
        yield opened


@pytest.fixture
async def client(state: AppState) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(state, stream.router, stopping.router, tickets.router) as opened:
        yield opened


def named(state: AppState, user: str = "anna") -> dict[str, str]:
    return {"Authorization": f"Bearer {state.gateway.tokens.issue(user)}"}


@asynccontextmanager
async def under_way(
    state: AppState, begun: asyncio.Event, asking: Any
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """A stream that is being told, until it ends; it has to by the end of the block."""
    task = asyncio.ensure_future(asking)
    async with asyncio.timeout(10):
        await happens(begun, task)
        yield task
        await task
    assert state.gateway.engine.running == 0


async def happens(event: asyncio.Event, task: "asyncio.Task[httpx.Response]") -> None:
    """Wait for it, as long as the request is not answered."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait((waiting, task), return_when=asyncio.FIRST_COMPLETED)
    assert waiting.done(), task.result().text


def ids(answer: httpx.Response) -> list[str]:
    return [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]


async def test_a_guest_stops_its_own_analysis_by_the_session_that_it_named(
    client: httpx.AsyncClient, state: AppState, begun: asyncio.Event
) -> None:
    asked = ASK | {"session_id": "mine"}
    async with under_way(state, begun, client.get("/agent/stream", params=asked)) as told:
        for other in ({"session_id": "theirs"}, {"session_id": "x" * 200}, {}):
            assert (await client.delete("/agent/stream", params=other)).status_code in {400, 404, 409}
        assert (await client.delete("/agent/stream", params=asked, headers=named(state))).status_code == 409
        stopped = await client.delete("/agent/stream", params=asked)
        assert (stopped.status_code, stopped.content) == (204, b"")
    assert '"type":"cancelled"' in (await told).text
    assert (await told).text.count('"type":"stream_end"') == 1
    again = await client.delete("/agent/stream", params=asked)
    assert (again.status_code, again.json()["code"]) == (409, "RUN_NOT_ACTIVE")


async def test_a_guest_without_a_name_stops_it_by_the_last_id(
    client: httpx.AsyncClient, state: AppState, begun: asyncio.Event
) -> None:
    """The id says which run and who asks; another one's key does not."""
    heard: list[str] = []

    async def listen() -> httpx.Response:
        async with client.stream("GET", "/agent/stream", params=ASK) as answer:
            heard.append((await answer.aread()).decode())
        return answer

    async with under_way(state, begun, listen()):
        position = str(next(iter(state.connections))._retelling._at)  # type: ignore[union-attr]
        assert len(position.rpartition(".")[2]) == 32
        for foreign in (position[:-32] + "0" * 32, position[:-33] + "."):
            refused = await client.delete("/agent/stream", headers={"Last-Event-ID": foreign})
            assert refused.status_code in {400, 404, 409}
        assert (await client.delete("/agent/stream", headers={"Last-Event-ID": "7"})).status_code == 400
        assert (await client.delete("/agent/stream", headers={"Last-Event-ID": position})).status_code == 204
    assert '"type":"cancelled"' in heard[0]


@pytest.mark.parametrize("way", ["run", "session", "stream"])
async def test_a_chat_is_stopped_by_its_user_alone(
    client: httpx.AsyncClient, state: AppState, begun: asyncio.Event, way: str
) -> None:
    body = {"message": "Hi", "session_id": "a b c"}
    async with under_way(state, begun, client.post("/api/v1/chat/stream", json=body, headers=named(state))) as told:
        conversation = await state.gateway.engine.store.conversation(Caller("anna"), "a b c")
        run_id = await state.gateway.engine.store.current_run(conversation)
        method, path = {
            "run": ("POST", f"/api/v1/runs/{run_id}/cancel"),
            "session": ("POST", "/api/v1/sessions/a%20b%20c/cancel"),
            "stream": ("DELETE", "/api/v1/chat/stream?session_id=a b c"),
        }[way]
        assert (await client.request(method, path)).status_code == 401
        refused = await client.request(method, path, headers=named(state, "berta"))
        assert (refused.status_code, refused.json()["code"]) in {(404, "NOT_FOUND"), (409, "RUN_NOT_ACTIVE")}
        assert (await client.request(method, path, headers=named(state))).status_code == 204
    assert (await told).text.count('"type":"cancelled"') == 1
    again = await client.request(method, path, headers=named(state))
    assert (again.status_code, again.json()["code"]) == (409, "RUN_NOT_ACTIVE")


@pytest.mark.parametrize("name", ["", "%00", "x" * 5000, "%20", "..", "%ED%A0%80", "' OR 1=1 --"])
async def test_names_of_nothing_stop_nothing(client: httpx.AsyncClient, state: AppState, name: str) -> None:
    for path in (f"/api/v1/runs/{name}/cancel", f"/api/v1/sessions/{name}/cancel"):
        assert (await client.post(path, headers=named(state))).status_code in {400, 404, 405, 409}
    for path in ("/agent/stream", "/api/v1/chat/stream"):
        answer = await client.delete(f"{path}?session_id={name}", headers=named(state))
        assert answer.status_code in {400, 404, 409}


async def test_pages_of_other_origins_stop_nothing(client: httpx.AsyncClient) -> None:
    for path in ("/agent/stream", "/api/v1/chat/stream"):
        answer = await client.delete(path, params={"session_id": "mine"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        wanted = {"Origin": "https://shop.example", "Access-Control-Request-Method": "DELETE"}
        assert (await client.options(path, headers=wanted)).status_code == 200


async def test_a_ticket_comes_back_by_itself_to_what_it_opened(
    client: httpx.AsyncClient, state: AppState, begun: asyncio.Event
) -> None:
    """As an EventSource does, which knows no other address: with the last id it goes on, and without one it is used."""
    ticket = (await client.post("/api/v1/ticket", headers=named(state))).json()["ticket"]
    asked = ASK | {"ticket": ticket, "session_id": "s"}
    async with under_way(state, begun, client.get("/agent/stream", params=asked)) as told:
        assert (await client.get("/agent/stream", params=asked)).status_code == 401
        position = str(next(iter(state.connections))._retelling._at)  # type: ignore[union-attr]
        assert isinstance(state.connections, Opened)
        state.connections.more.clear()
        back = asyncio.ensure_future(client.get("/agent/stream", params=asked, headers={"Last-Event-ID": position}))
        await happens(state.connections.more, back)
        stopped = await client.delete("/agent/stream", params=asked, headers={"Last-Event-ID": position})
        assert stopped.status_code == 204
        assert '"type":"cancelled"' in (await back).text
    end = ids(await told)[-1]
    assert (await client.get("/agent/stream", params=asked, headers={"Last-Event-ID": end})).status_code == 204
    other = ASK | {"ticket": "unknown"}
    assert (await client.get("/agent/stream", params=other, headers={"Last-Event-ID": end})).status_code == 401
