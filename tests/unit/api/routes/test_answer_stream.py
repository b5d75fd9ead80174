"""Who gets an event stream, and when: guests, rates, seats, origins, a server that stops."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.access.limits import MESSAGES_PER_MINUTE, PlacesHere, Seats
from api.compose.app_state import AppState
from api.routes import agents, datasets, stream
from orchestrator.events import AnyEvent, Completed, Timing, Token, UsageFigures
from orchestrator.run import Desk, RunInput
from tests.unit.api.streaming import client_of, state_of

ASK = {"question": "How many?"}


async def answers(run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
    """A run that says two words."""
    yield Token(run.run_id, "Nine ", 0)
    yield Token(run.run_id, "incidents.", 5)
    yield Completed(
        run.run_id, run.session_id, f"answer-{run.run_id}", "Nine incidents.", "analyst", (), 0.9, (), (),
        UsageFigures(), Timing(1, 2), "offline",
    )  # fmt: skip


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[AppState]:
    async with state_of(tmp_path, answers) as opened:
        yield opened


@pytest.fixture
async def client(state: AppState) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(state, stream.router, agents.router, datasets.router) as opened:
        yield opened
    assert state.connections == set()
    assert len(state.gateway.seats) == 0


def last_id(answer: httpx.Response) -> str:
    return [line for line in answer.text.splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")


async def test_a_guest_is_let_in_where_guests_are(client: httpx.AsyncClient, state: AppState) -> None:
    answer = await client.get("/agent/stream", params=ASK)
    assert answer.status_code == 200
    assert '"chunk":"incidents."' in answer.text
    back = await client.get("/agent/stream", params=ASK, headers={"Last-Event-ID": last_id(answer)})
    assert (back.status_code, back.content) == (204, b"")
    state.gateway = replace(state.gateway, guests=False)
    refused = await client.get("/agent/stream", params=ASK)
    assert (refused.status_code, refused.json()["code"]) == (401, "AUTH_REQUIRED")
    again = await client.get("/agent/stream", params=ASK, headers={"Last-Event-ID": last_id(answer)})
    assert again.status_code == 401


@pytest.mark.parametrize("name", ["evil.example", "evil.example:8000", "[::1", "localhost.evil.example", ""])
async def test_a_page_whose_name_was_made_to_point_here_is_no_guest(client: httpx.AsyncClient, name: str) -> None:
    """Its requests are of its own origin, so that its browser names none."""
    for path in ("/agent/stream", "/api/v1/datasets", "/api/v1/agents"):
        answer = await client.get(path, params=ASK, headers={"Host": name})
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_REQUIRED")


async def test_a_chat_has_no_guests(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/v1/chat/stream", json={"message": "Hi"})).status_code == 401


async def test_messages_are_counted_and_guests_of_one_address_together(client: httpx.AsyncClient) -> None:
    for _ in range(MESSAGES_PER_MINUTE):
        answer = await client.get("/agent/stream", params=ASK)
        assert answer.status_code == 200
    refused = await client.get("/agent/stream", params=ASK)
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) > 0
    back = await client.get("/agent/stream", params=ASK, headers={"Last-Event-ID": last_id(answer)})
    assert back.status_code == 204  # who comes back asks nothing


async def test_seats(client: httpx.AsyncClient, state: AppState) -> None:
    state.gateway = replace(state.gateway, seats=Seats(0))
    full = await client.get("/agent/stream", params=ASK)
    assert (full.status_code, full.json()["code"]) == (503, "OVERLOADED")
    state.gateway = replace(state.gateway, seats=Seats(5), places=PlacesHere(0))
    crowded = await client.get("/agent/stream", params=ASK)
    assert (crowded.status_code, crowded.json()["code"]) == (429, "RATE_LIMITED")


async def test_a_refused_message_leaves_its_seat(client: httpx.AsyncClient, state: AppState) -> None:
    state.gateway = replace(state.gateway, seats=Seats(1))
    token = state.gateway.tokens.issue("anna")
    named = {"Authorization": f"Bearer {token}"}
    body = {"message": "Hi", "session_id": "s", "client_message_id": "m"}
    assert (await client.post("/api/v1/chat/stream", json=body, headers=named)).status_code == 200
    conflict = await client.post("/api/v1/chat/stream", json=body | {"message": "Else"}, headers=named)
    assert conflict.json()["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await client.post("/api/v1/chat/stream", json=body, headers=named)).status_code == 200


async def test_a_stopping_server_asks_to_come_back(client: httpx.AsyncClient, state: AppState) -> None:
    """An EventSource that is refused comes back no more; one whose stream ends does."""
    answer = await client.get("/agent/stream", params=ASK)
    state.draining = True
    refused = await client.get("/agent/stream", params=ASK)
    assert (refused.status_code, refused.json()["code"]) == (503, "SHUTTING_DOWN")
    back = await client.get("/agent/stream", params=ASK, headers={"Last-Event-ID": last_id(answer)})
    assert (back.status_code, back.text) == (200, "retry: 5000\n\n")
    assert back.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://shop.example", 200),
        ("http://localhost:5173", 200),
        ("https://shop.example.evil", 403),
        ("http://shop.example", 403),
        ("null", 403),
    ],
)
async def test_origins(client: httpx.AsyncClient, origin: str, status: int) -> None:
    answer = await client.get("/agent/stream", params=ASK, headers={"Origin": origin})
    assert answer.status_code == status
    assert (answer.headers.get("access-control-allow-origin") == origin) == (status == 200)


async def test_the_first_value_of_a_name_counts(client: httpx.AsyncClient) -> None:
    answer = await client.get("/agent/stream?question=How+many%3F&question=", params=None)
    assert answer.status_code == 200
    assert (await client.get("/agent/stream?question=&question=How+many%3F")).status_code == 400
