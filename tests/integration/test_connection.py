"""Limits, expiry, tickets, heartbeat and back-pressure of a socket, against the real server."""

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus

from api.access.limits import CHARTS_PER_MINUTE
from api.compose.database import open_migrated_database
from api.settings import Settings
from orchestrator.commands import Caller, Send
from orchestrator.events import Cancelled, SourcePassage, Sources
from orchestrator.stores import running
from orchestrator.stores.sql import SqlStore
from tests.conversing import Talk, talking
from tests.model_server.running import running_model_server
from tests.serving import SECRET, Served, duplicate, serving
from tests.with_little_patience import SEND_PATIENCE_S

HEARTBEAT_S = 2
SOCKETS = 12


@pytest.fixture(scope="module")
def limited(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with its limits on, few sockets and a quick heartbeat; its model talks fast and for long."""
    own = duplicate(ingested, tmp_path_factory.mktemp("limited") / "data")
    with running_model_server() as provider:
        settings = {
            "OPENAI_API_KEY": "sk-any",
            "OPENAI_BASE_URL": provider.base_url,
            "PITCREW_MODELS": "openai:script-4000tok-1ms",
            "PITCREW_RATE_LIMITS": "on",
            "PITCREW_SOCKETS": str(SOCKETS),
            "PITCREW_HEARTBEAT_S": str(HEARTBEAT_S),
        }
        with serving(own, **settings) as running:
            yield running


def signed(user: str, left_s: float) -> str:
    """A token that ends in so many seconds, or has ended."""
    return jwt.encode({"sub": user, "exp": int(time.time() + left_s)}, SECRET)


async def still_open(talk: Talk) -> bool:
    return await talk.call({"type": "ping", "timestamp": 1}) == {"type": "pong", "timestamp": 1}


@contextlib.asynccontextmanager
async def deaf(served: Served, token: str, question: str | None = None) -> AsyncIterator[socket.socket]:
    """A raw socket that signs in, perhaps asks, and then neither reads nor answers pings."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", served.port))
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    raw.sendall(
        f"GET /ws/chat?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\n{key}\r\n".encode()
    )
    assert b"101" in raw.recv(64)
    if question is not None:
        body = json.dumps({"type": "message", "message": question}).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))
        raw.sendall(bytes([0x81, 0x80 | len(body)]) + mask + masked)
    try:
        yield raw
    finally:
        raw.close()


# --- limits ----------------------------------------------------------------------------------------------------------


async def test_too_many_frames_are_refused_then_the_socket_is_closed(limited: Served) -> None:
    async with talking(limited.chat, limited.token("flood")) as talk:
        for n in range(40):
            await talk.send({"type": "ping", "timestamp": n, "request": f"r-{n}"})
        answers = [await talk.receive() for _ in range(29)]
        assert await talk.closed() == 4429
        assert "too many" in (talk.socket.close_reason or "")
    pongs = [answer["timestamp"] for answer in answers if answer["type"] == "pong"]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert pongs[:19] == list(range(19))
    assert 19 <= len(pongs) <= 21
    assert all(answer["request"].startswith("r-") for answer in answers)
    assert {answer["code"] for answer in refused} == {"RATE_LIMITED"}
    assert all(0 < answer["retry_after_ms"] <= 2001 for answer in refused)


async def test_frames_at_the_allowed_rate_are_served_after_a_breach(limited: Served) -> None:
    async with talking(limited.chat, limited.token("steady")) as talk:
        for n in range(20):
            await talk.send({"type": "ping", "timestamp": n})
        answers = [await talk.receive() for _ in range(20)]
        while answers[-1]["type"] != "error":
            answers.append(await talk.call({"type": "ping"}))
        await asyncio.sleep(answers[-1]["retry_after_ms"] / 1000)
        assert await still_open(talk)


async def test_the_sixth_socket_of_a_user(limited: Served) -> None:
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(talking(limited.chat, limited.token("six"))) for _ in range(5)]
        async with talking(limited.chat) as sixth:
            answer = await sixth.call({"type": "auth", "token": limited.token("six")})
            assert (answer["type"], answer["code"]) == ("error", "RATE_LIMITED")
            assert answer["retry_after_ms"] > 0
            assert await sixth.closed() == 4429
        async with talking(limited.chat, limited.token("someone-else")):
            pass
        await sockets[0].socket.close()
        async with asyncio.timeout(5):
            while True:
                async with talking(limited.chat) as again:
                    answer = await again.call({"type": "auth", "token": limited.token("six")})
                if answer["type"] == "auth_success":
                    break


async def test_a_handshake_beyond_the_servers_sockets(limited: Served) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            await stack.enter_async_context(talking(limited.chat))
        with pytest.raises(InvalidStatus) as refused:
            await stack.enter_async_context(talking(limited.chat))
        assert refused.value.response.status_code == 503
        assert int(refused.value.response.headers["Retry-After"]) > 0
        assert limited.get("/health")[0] == 200
    await asyncio.sleep(0.2)
    async with talking(limited.chat, limited.token("afterwards")) as talk:
        assert await still_open(talk)


async def test_the_messages_of_a_user(limited: Served) -> None:
    token = limited.token("chatty")
    for n in range(20):
        key = {"Idempotency_Key": f"m-{n}"}
        limited.request("POST", "/api/v1/chat", token, b'{"message":"Write me a poem about the sea"}', **key)
    async with talking(limited.chat, token) as talk:
        refused = await talk.call({"type": "message", "message": "Hello?"})
        assert refused["code"] == "RATE_LIMITED"
        assert 0 < refused["retry_after_ms"] <= 61_000
        assert await still_open(talk)
    status, body, headers = limited.request("POST", "/api/v1/chat", token, b'{"message":"Hello?"}')
    assert (status, json.loads(body)["code"]) == (429, "RATE_LIMITED")
    assert 0 < int(headers["Retry-After"]) <= 61


def test_the_charts_of_a_user(limited: Served) -> None:
    """What cannot be drawn counts too; it is not even tried beyond the limit."""

    def drawn(user: str) -> tuple[int, str]:
        status, body, _ = limited.request("POST", "/api/v1/charts", limited.token(user), b"{")
        return status, json.loads(body)["code"]

    assert [drawn("painter") for _ in range(CHARTS_PER_MINUTE)] == [(400, "BAD_JSON")] * CHARTS_PER_MINUTE
    assert drawn("painter") == (429, "RATE_LIMITED")
    assert drawn("another") == (400, "BAD_JSON")


# --- expiry ----------------------------------------------------------------------------------------------------------


async def test_a_token_that_has_just_ended_starts_nothing_and_is_closed(server: Served) -> None:
    async with talking(server.chat) as talk:
        await talk.sign_in(signed("late", -26))
        expiring = await talk.receive()
        assert expiring == {"type": "auth_expiring", "in_s": 0}
        for frame in (
            {"type": "message", "message": "What is the roof load of the Wren?"},
            {"type": "resume", "session_id": "any"},
            {"type": "answer", "request_id": "any", "value": True},
        ):
            assert (await talk.call(frame))["code"] == "AUTH_EXPIRED"
        assert await talk.closed(10) == 4419


async def test_a_refreshed_token_keeps_the_socket(server: Served) -> None:
    async with talking(server.chat) as talk:
        await talk.sign_in(signed("fresh", -27))
        assert (await talk.receive())["type"] == "auth_expiring"
        await talk.sign_in(signed("fresh", 3600))
        await asyncio.sleep(4)
        assert (await talk.ask("What is the roof load of the Wren?"))[-1]["type"] == "complete"


async def test_the_warning_comes_a_minute_before_the_end(server: Served) -> None:
    async with talking(server.chat) as talk:
        started = time.time()
        await talk.sign_in(signed("warned", 62.5))
        assert await still_open(talk)
        expiring = await talk.receive(10)
        assert expiring["type"] == "auth_expiring"
        assert 59 <= expiring["in_s"] <= 60
        assert time.time() - started >= 1
    async with talking(server.chat) as talk:
        await talk.sign_in(signed("warned", 20))
        assert 18 <= (await talk.receive())["in_s"] <= 20


async def test_a_run_that_began_before_the_end_finishes(limited: Served) -> None:
    async with talking(limited.chat) as talk:
        await talk.sign_in(signed("running", 3), partial=False)
        await talk.send({"type": "message", "message": "What is the roof load of the Wren?"})
        frames = await talk.until_end(30)
        ended = time.time()
        assert frames[-1]["type"] == "complete"
        assert ended > 0
        while (answer := await talk.call({"type": "message", "message": "And of the Heron?"}))["type"] != "error":
            await talk.until_end(30)
        assert answer["code"] == "AUTH_EXPIRED"


# --- tickets ---------------------------------------------------------------------------------------------------------


def ticket(served: Served, token: str) -> str:
    status, body, headers = served.request("POST", "/api/v1/ticket", token, b"")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    answer = json.loads(body)
    assert answer["expires_in"] == 60
    return str(answer["ticket"])


async def test_a_ticket_opens_one_socket(server: Served) -> None:
    one = ticket(server, server.token("ticketed", name="Tina"))
    async with talking(f"{server.chat}?ticket={one}") as talk:
        welcome = await talk.receive()
        assert (welcome["type"], welcome["user"]["id"]) == ("auth_success", "ticketed")
        assert (await talk.ask("What is the roof load of the Wren?"))[-1]["type"] == "complete"
    for bad in (one, "nonsense", ""):
        async with talking(f"{server.chat}?ticket={bad}") as talk:
            answer = await talk.receive()
            assert (answer["type"], answer["code"]) == ("auth_error", "AUTH_INVALID")
            assert await talk.closed() == 4401


async def test_a_ticket_ends_with_its_token(server: Served) -> None:
    one = ticket(server, signed("ending", 5))
    async with talking(f"{server.chat}?ticket={one}") as talk:
        assert (await talk.receive())["type"] == "auth_success"
        assert 0 <= (await talk.receive())["in_s"] <= 5


async def test_tickets_are_for_the_signed_in_and_bounded(server: Served) -> None:
    assert server.request("POST", "/api/v1/ticket", None, b"")[0] == 401
    assert server.request("POST", "/api/v1/ticket", "nonsense", b"")[0] == 401
    answers = [server.request("POST", "/api/v1/ticket", server.token("hoarder"), b"") for _ in range(21)]
    assert [status for status, _, _ in answers] == [200] * 20 + [429]
    assert json.loads(answers[-1][1])["code"] == "RATE_LIMITED"


async def test_no_ticket_in_the_log(server: Served) -> None:
    one = ticket(server, server.token("unlogged"))
    for _ in range(2):
        async with talking(f"{server.chat}?ticket={one}") as talk:
            await talk.receive()
    printed = server.printed()
    assert one not in printed
    assert "ticket=" not in printed


# --- heartbeat and back-pressure -------------------------------------------------------------------------------------


async def test_the_heartbeat_is_the_settings(limited: Served) -> None:
    async with talking(limited.chat) as talk:
        assert (await talk.sign_in(limited.token("beat")))["heartbeat_s"] == HEARTBEAT_S


def connections(served: Served) -> int:
    """The server's established sockets on its port, from /proc."""
    port = f":{served.port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1].endswith(port) and line[3] == "01" for line in lines)


async def until(seconds: float, true: Any) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_peer_that_answers_no_ping_is_released(limited: Served) -> None:
    async with deaf(limited, limited.token("half-open")):
        assert await until(2, lambda: connections(limited) > 0)
        assert await until(2 * HEARTBEAT_S + 2, lambda: connections(limited) == 0)


def server_memory(served: Served) -> int:
    """Kilobytes that are the server's own."""
    lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


async def ask_all(served: Served, users: int) -> None:
    """As many customers ask at once, and read."""

    async def one(n: int) -> None:
        async with talking(served.chat, served.token(f"reader-{n}")) as talk:
            assert (await talk.ask("What is the roof load of the Wren?"))[-1]["type"] == "complete"

    await asyncio.gather(*(one(n) for n in range(users)))


HISTORY_EVENTS = 1200
"""Events of 3 KiB: more than 3 MiB in all."""


async def written_history(data: Path, user: str) -> None:
    """A conversation `long` with one long run, written straight into the store of a server that does not run yet."""
    database = open_migrated_database(Settings(data_dir=data, _env_file=None))  # type: ignore[call-arg]
    store = SqlStore(database)
    receipt = await store.accept(Caller(user), Send("Tell me everything.", "long"), lambda text, request: None)
    conversation_id, run_id = receipt.envelope.conversation_id, receipt.accepted.run_id
    assert await store.begin(conversation_id)
    passage = SourcePassage("p", "A", "a.md", "", 0, 4, "x" * 3072, 0.9)
    with database.begin() as connection:
        for _ in range(HISTORY_EVENTS):
            running.append(connection, conversation_id, run_id, Sources(run_id, (passage,)), None)
    assert await store.finish(conversation_id, Cancelled(run_id, ""))
    await store.close()
    database.dispose()


@contextlib.asynccontextmanager
async def talking_slowly(served: Served, token: str) -> AsyncIterator[Talk]:
    """A socket with next to no buffers of its own."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", served.port))
    raw.setblocking(False)
    async with talking(served.chat, token, sock=raw, max_queue=1, ping_interval=None) as talk:
        yield talk


async def settled_memory(served: Served) -> int:
    """The server's memory when it has done what it does after a start, in KiB."""
    before = server_memory(served)
    for _ in range(30):
        await asyncio.sleep(1)
        now = server_memory(served)
        if abs(now - before) < 1024:
            return now
        before = now
    return before


async def test_a_long_history_is_read_at_the_readers_pace(data: Path) -> None:
    await written_history(data, "historian")
    with serving(data) as served:

        async def steadily() -> list[int]:
            async with talking_slowly(served, served.token("historian")) as talk:
                resumed = await talk.call({"type": "resume", "session_id": "long", "request": "r-1"})
                assert resumed["head_seq"] == HISTORY_EVENTS + 2
                seqs = []
                while (frame := await talk.receive())["type"] != "done":
                    seqs.append(frame["seq"])
                    await asyncio.sleep(0.005)
                assert frame == {"type": "done", "request": "r-1"}
                return seqs

        async def not_at_all() -> int:
            async with talking_slowly(served, served.token("historian")) as talk:
                await talk.send({"type": "resume", "session_id": "long"})
                await asyncio.sleep(14)
                return await talk.closed()

        async with talking(served.chat, served.token("historian")) as talk:
            await talk.ask("What is the roof load of the Wren?")  # what is loaded when it is first wanted is there now
            await talk.send({"type": "resume", "session_id": "long", "request": "r-0"})
            while (await talk.receive())["type"] != "done":
                pass
        before = await settled_memory(served)
        stuck = [asyncio.create_task(not_at_all()) for _ in range(5)]
        reading = asyncio.create_task(steadily())
        await asyncio.sleep(8)
        assert server_memory(served) - before < 6 * 2048
        assert await reading == list(range(1, HISTORY_EVENTS + 3))
        assert await asyncio.gather(*stuck) == [4410] * 5


async def close_code_of_a_pause(served: Served) -> int:
    """How the socket of a customer ends who stops reading for a while in the middle of an answer."""
    async with talking_slowly(served, served.token("pausing")) as talk:
        await talk.sign_in(served.token("pausing"), partial=True)
        await talk.send({"type": "message", "message": "What is the roof load of the Wren?"})
        while (await talk.receive())["type"] != "token":
            pass
        await asyncio.sleep(2 * SEND_PATIENCE_S)
        return await talk.closed()


async def test_a_reader_that_does_not_read_is_released_and_delays_nobody(ingested: Path, tmp_path: Path) -> None:
    data = duplicate(ingested, tmp_path / "data")
    with running_model_server() as provider:
        settings = {
            "OPENAI_API_KEY": "sk-any",
            "OPENAI_BASE_URL": provider.base_url,
            "PITCREW_MODELS": "openai:script-2000tok-1ms",
        }
        with serving(data, "tests.with_little_patience", **settings) as served:
            async with contextlib.AsyncExitStack() as stack:
                await ask_all(served, 11)
                pausing = asyncio.create_task(close_code_of_a_pause(served))
                await asyncio.sleep(
                    3
                )  # alone, so that its tokens are sent one by one: merged they are too short to matter
                before = server_memory(served)
                for n in range(10):
                    await stack.enter_async_context(
                        deaf(served, served.token(f"deaf-{n}"), "What is the roof load of the Wren?")
                    )
                async with talking(served.chat, served.token("normal")) as talk:
                    started = time.monotonic()
                    assert await still_open(talk)
                    assert time.monotonic() - started < 1
                    assert (await talk.ask("What is the roof load of the Wren?"))[-1]["type"] == "complete"
                assert server_memory(served) - before < 11 * 2048
                assert await pausing == 4410
                assert await until(45, lambda: connections(served) == 0)
            assert "Traceback" not in served.printed()


async def test_a_ping_is_answered_while_the_store_is_locked(data: Path) -> None:
    with serving(data) as served:
        async with talking(served.chat, served.token("locked")) as talk:
            await talk.ask("What is the roof load of the Wren?", session_id="s")
            lock = sqlite3.connect(data / "pitcrew.db", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            await talk.send({"type": "message", "message": "And of the Heron?", "session_id": "s"})
            await talk.send({"type": "feedback", "message_id": "nobody", "rating": "up"})
            started = time.monotonic()
            assert await still_open(talk)
            assert time.monotonic() - started < 1
            lock.execute("ROLLBACK")
            lock.close()
            frames = [await talk.receive() for _ in range(2)]
            while not any(frame["type"] == "error" for frame in frames):
                frames.append(await talk.receive())
            assert frames[0]["type"] == "ack"
            assert [frame["code"] for frame in frames if frame["type"] == "error"] == ["NOT_FOUND"]


async def test_who_asks_and_leaves_at_once_has_asked(server: Served) -> None:
    async with talking(server.chat, server.token("leaver")) as talk:
        for n in range(3):
            await talk.send(
                {"type": "message", "message": f"What is the range of the Wren {n}?", "session_id": f"s{n}"}
            )
    async with talking(server.chat, server.token("leaver")) as talk, asyncio.timeout(30):
        for n in range(3):
            resume = {"type": "resume", "session_id": f"s{n}"}
            while (frame := await talk.call(resume)).get("code") == "NOT_FOUND":
                await asyncio.sleep(0.1)  # the message may still be on its way to the store
            while frame["type"] != "complete":
                frame = await talk.receive()
                assert frame["type"] != "error"
