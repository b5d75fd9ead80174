"""What strangers may do before they show a token: little, and never at the cost of others. Against the real server."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.attackers import ADDRESS, PING, PONG, TEXT, Stranger, frame
from tests.conversing import talking
from tests.faults.counts import FULL
from tests.faults.pulse import pulse
from tests.serving import Served, duplicate, serving

PER_ADDRESS = 20
MEMORY = 100 << 20
HEALTH_MS = 250 if FULL else 3000
"""Where tests run beside each other, the machine itself is late."""
LITTLE_PATIENCE = "tests.with_little_patience"


@pytest.fixture(scope="module")
def guarded(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with its limits on, and less patience than others have."""
    own = duplicate(ingested, tmp_path_factory.mktemp("guarded") / "data")
    settings = {"PITCREW_RATE_LIMITS": "on", "PITCREW_SOCKETS_PER_ADDRESS": str(PER_ADDRESS)}
    with serving(own, LITTLE_PATIENCE, **settings) as running:
        with pulse(running.port) as health:
            yield running
        assert health.asked > 20
        assert health.longest_ms < HEALTH_MS, "the longest that anybody waited for /health during all attacks"


@pytest.fixture(autouse=True)
def unharmed(guarded: Served) -> Iterator[None]:
    """After each attack nothing has gone wrong inside, and the memory is what it was."""
    before = memory(guarded)
    yield
    assert guarded.get("/health")[0] == 200
    assert "Traceback" not in guarded.printed()
    assert memory(guarded) < before + MEMORY


def memory(served: Served) -> int:
    return int(psutil.Process(served.process.pid).memory_info().rss)


def close_code(told: bytes) -> int:
    """That of the close frame with which what a server has sent ends."""
    at = told.rindex(b"\x88")
    return int.from_bytes(told[at + 2 : at + 4], "big")


# --- sizes -----------------------------------------------------------------------------------------------------------


TOO_LARGE = {
    "one endless header": (b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 2_000_000, b"431"),
    "many headers": (b"GET /health HTTP/1.1\r\n" + b"X: a\r\n" * 101 + b"\r\n", b"431"),
    "large headers": (b"GET /health HTTP/1.1\r\n" + (b"X: " + b"a" * 8000 + b"\r\n") * 5 + b"\r\n", b"431"),
    "endless headers": (b"GET /health HTTP/1.1\r\n" + (b"X: " + b"a" * 100 + b"\r\n") * 20_000, b"431"),
    "an endless address": (b"GET /" + b"a" * 2_000_000, b"414"),
    "an endless method": (b"A" * 2_000_000, b"400"),
    "a large body": (b"POST /api/v1/chat HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 3_000_000, b"401"),
    "an endless trailer": (
        b"POST /api/v1/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 3_000_000,
        b"413",
    ),
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_is_too_large_is_refused_and_not_kept(guarded: Served, kind: str) -> None:
    head, status = TOO_LARGE[kind]
    with Stranger(guarded.port) as stranger:
        stranger.send(head)
        told = stranger.rest()
    assert told == b"" or told.startswith(b"HTTP/1.1 " + status)  # a reset may overtake the answer


def test_what_is_as_large_as_it_may_be_is_answered(guarded: Served) -> None:
    token = guarded.token("with-large-headers")
    headers = {f"X_Note_{n}": "a" * 900 for n in range(30)}
    assert guarded.request("GET", "/api/v1/sessions", token, **headers)[0] == 200
    with Stranger(guarded.port) as stranger:
        stranger.send(b"GET /health?ignored=" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert stranger.rest().startswith(b"HTTP/1.1 200")


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /health HTTP/1.1\r\nHost: a\r\n",
        b"POST /api/v1/charts HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "one request"],
)
def test_connections_that_say_no_more_are_closed(guarded: Served, said: bytes) -> None:
    with Stranger(guarded.port) as stranger:
        stranger.send(said)
        stranger.rest(within_s=25)


@pytest.mark.parametrize("drop", [b"X: a\r\n", b"\r\n"], ids=["headers", "line ends"])
def test_drops_keep_no_connection(guarded: Served, drop: bytes) -> None:
    with Stranger(guarded.port) as stranger:
        begun = time.monotonic()
        stranger.send(b"GET /health HTTP/1.1\r\nHost: a\r\n" if drop[:1] == b"X" else b"GET /health HTTP/1.1\r\n\r\n")
        while stranger.send(drop):
            assert time.monotonic() < begun + 25
            time.sleep(0.05)
    assert guarded.prints("took too long")


# --- how many --------------------------------------------------------------------------------------------------------


async def test_an_address_has_only_so_many_connections(guarded: Served) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(Stranger(guarded.port)) for _ in range(PER_ADDRESS)]
        further = stack.enter_context(Stranger(guarded.port))
        assert further.rest(5)[:12] in {b"HTTP/1.1 429", b""}
        async with talking(guarded.chat, guarded.token("neighbour")) as talk:  # from another address
            assert (await talk.call({"type": "ping", "timestamp": 1}))["type"] == "pong"
        held[0].close()
        ends = time.monotonic() + 10
        while True:
            with Stranger(guarded.port) as again:
                again.send(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if again.rest(5).startswith(b"HTTP/1.1 200"):
                    break
            assert time.monotonic() < ends
    assert guarded.prints("connections_shut")


def test_sockets_count_like_connections_and_are_given_back(guarded: Served) -> None:
    for _ in range(2):
        with ExitStack() as stack:
            for _ in range(PER_ADDRESS):
                stack.enter_context(Stranger(guarded.port, "127.0.0.67").upgrade())
            assert stack.enter_context(Stranger(guarded.port, "127.0.0.67")).rest(5)[:12] in {b"HTTP/1.1 429", b""}
        time.sleep(0.5)


def test_descriptors_that_run_short_shut_nobody_out(ingested: Path, tmp_path: Path) -> None:
    """Where there are few descriptors one address gets half of the connections at most, and the log says so."""
    own = duplicate(ingested, tmp_path / "data")
    with serving(own, "tests.with_few_descriptors", PITCREW_RATE_LIMITS="on") as served, ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(Stranger(served.port))
        status, body, _ = served.get("/api/v1/sessions", served.token("somebody"))
        assert (status, json.loads(body)["sessions"]) == (200, [])
        assert served.prints("connections_shut")


# --- frames ----------------------------------------------------------------------------------------------------------


FLOODS = {
    "pings": frame(PING) * 20_000,
    "pongs": frame(PONG) * 20_000,
    "large pings": frame(PING, b"a" * 125) * 20_000,
    "continuations": frame(TEXT, last=False) + frame(0, last=False) * 20_000,
    "empty messages": frame(TEXT) * 20_000,
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_floods_of_frames_are_shut_while_others_are_served(guarded: Served, kind: str) -> None:
    with Stranger(guarded.port).upgrade() as stranger:
        sending = asyncio.create_task(asyncio.to_thread(stranger.send, FLOODS[kind]))
        begun = time.monotonic()
        assert (await asyncio.to_thread(guarded.get, "/health"))[0] == 200
        assert time.monotonic() - begun < 2
        await sending
        told = await asyncio.to_thread(stranger.rest)
    assert told == b"" or b"\x88" in told
    if b"\x88" in told:
        assert close_code(told) in {4429, 4400, 4401}


async def test_clients_that_beat_often_or_cut_messages_are_served(guarded: Served) -> None:
    async with talking(guarded.chat, guarded.token("beats")) as talk:
        for _ in range(50):
            await (await talk.socket.ping())
        await talk.socket.send(iter('{"type": "ping", "timestamp": 1}'))  # a frame for each letter
        assert await talk.receive() == {"type": "pong", "timestamp": 1}


def test_the_stranger_comes_from_elsewhere(guarded: Served) -> None:
    with Stranger(guarded.port) as stranger:
        assert stranger.line.getsockname()[0] == ADDRESS
