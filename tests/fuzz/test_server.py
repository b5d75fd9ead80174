"""A running server, fed with requests made from its own reference, with damaged frames on every socket, and with bytes
that are no protocol at all: it answers as it says that it does, and goes on."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import websockets
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from websockets.exceptions import ConnectionClosed

from api.routes.asyncapi import frame_examples
from tests.attackers import HANDSHAKE, PING, TEXT, Stranger, frame
from tests.fuzz.effort import tried
from tests.fuzz.hostile import any_bytes, damaged, frames
from tests.reference import reference
from tests.rights.trying import PATHS
from tests.serving import Served, duplicate, serving

BROKEN = {1006, 1011}
"""The close codes of a server that failed, or that left without a word."""
QUIET_S = 0.05
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
THREAD_COMMAND = {"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values"]}}


@pytest.fixture(scope="module")
def fed(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("fuzz") / "data")
    with serving(own) as running:
        yield running


@pytest.fixture(autouse=True)
def unharmed(fed: Served) -> Iterator[None]:
    yield
    assert fed.get("/health")[0] == 200
    assert "Traceback" not in fed.printed()


# --- requests --------------------------------------------------------------------------------------------------------


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(reference().document)
    return [found.ok() for found in schema.get_all_operations()]


OPERATIONS = operations()
EXAMPLES = 6


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_requests(fed: Served, operation: Any) -> None:
    """Those that the reference allows, and those that it forbids: what comes is what it tells of."""
    role = "staff" if "/staff/" in operation.path else "customer"
    headers = {"Authorization": f"Bearer {fed.token('fuzz', role=role)}"}

    def attempt(case: Any) -> None:
        response = case.call(base_url=fed.http, headers=headers, timeout=60)
        events = "event-stream" in response.headers.get("content-type", [""])[0]
        case.validate_response(response, checks=CHECKS[:-1] if events else CHECKS)

    for mode in GenerationMode:
        if mode is GenerationMode.NEGATIVE and not any(operation.iter_parameters()) and not operation.body:
            continue
        strategy = operation.as_strategy(mode)
        tried(
            f"requests, {mode.value}",
            strategy,
            attempt,
            share=0.25 / len(OPERATIONS) / 2,
            examples=EXAMPLES,
            smallest=False,
        )


# --- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", PATHS)
def test_frames(fed: Served, dialect: str) -> None:
    """Many on one socket; where it is closed for them, on a new one."""
    spoken = frame_examples().get(dialect, {}).get("receive") or {"": THREAD_COMMAND}
    token = fed.token("fuzz-frames", role="staff")
    session = uuid.uuid4().hex
    fed.request("POST", "/api/v1/chat", token, json.dumps({"message": "Hello", "session_id": session}).encode())
    path = PATHS[dialect].replace("{session_id}", session)

    async def sent(texts: list[str]) -> None:
        url = f"ws://127.0.0.1:{fed.port}{path}?token={token}"
        async with websockets.connect(url, max_size=2**24) as socket:
            try:
                for text in texts:
                    await socket.send(text)
                while True:
                    await asyncio.wait_for(socket.recv(), QUIET_S)
            except TimeoutError:
                return
            except ConnectionClosed:
                assert socket.close_code not in BROKEN, texts

    def attempt(texts: list[str]) -> None:
        asyncio.run(sent(texts))
        assert "Traceback" not in fed.printed(), texts

    several = st.lists(frames([*spoken.values()]), min_size=1, max_size=12)
    tried(
        f"handfuls of frames for {dialect}",
        several,
        attempt,
        share=0.15 / len(PATHS),
        examples=EXAMPLES,
        smallest=False,
    )


# --- bytes -----------------------------------------------------------------------------------------------------------


REQUEST = b"POST /api/v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nX: y\r\n\r\n{}"
CHUNKED = b"POST /api/v1/chat HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
FRAMES = HANDSHAKE + frame(TEXT, b'{"type": "ping"}') + frame(PING, b"a") + frame(TEXT, b"a", last=False) + frame(8)
BYTES = {"requests": (REQUEST, CHUNKED), "a socket": (FRAMES,)}


@pytest.mark.parametrize("kind", BYTES)
def test_bytes(fed: Served, kind: str) -> None:
    def attempt(data: bytes) -> None:
        with Stranger(fed.port, "127.0.0.69") as stranger:
            stranger.send(data)
            stranger.line.settimeout(0.02)
            with suppress(OSError):
                stranger.line.recv(65536)
        assert "Traceback" not in fed.printed(), data

    strategy = st.one_of(*map(damaged, BYTES[kind]), any_bytes)
    tried(f"bytes for {kind}", strategy, attempt, share=0.05, examples=60, smallest=False)
