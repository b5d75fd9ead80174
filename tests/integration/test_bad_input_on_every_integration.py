"""What no working client sends, to every integration over HTTP: each field of each request with each wrong value is
refused in the integration's own words, and nothing of it is a fault of the server."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.serving import Served

THREAD = str(uuid.uuid4())
SAYS = {"messages": [{"role": "user", "content": "Hi"}]}
INTEGRATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "chat": ("POST", "/api/v1/chat", {"message": "", "session_id": "s", "replaces": "m", "metadata": {}}),
    "chat stream": (
        "POST",
        "/api/v1/chat/stream",
        {"message": "", "session_id": "s", "client_message_id": "m", "partial": True, "reasoning": False},
    ),
    "query stream": (
        "POST",
        "/api/v1/chat/stream",
        {"question": "", "humanize": True, "stream": True, "session_id": "s"},
    ),
    "openai": (
        "POST",
        "/v1/chat/completions",
        {
            "model": "nobody", "messages": SAYS["messages"], "stream": True, "stream_options": {"include_usage": True},
            "metadata": {"session_id": "s", "timezone": "UTC"}, "n": 1, "max_tokens": 5, "max_completion_tokens": 5,
            "stop": [], "tool_choice": "auto", "response_format": {"type": "text"}, "modalities": ["text"],
        },
    ),
    "ag-ui": (
        "POST",
        "/agui",
        {
            "threadId": "t", "runId": "r", "messages": [], "state": {}, "tools": [], "context": [],
            "forwardedProps": {"agent": "nobody"}, "resume": [],
        },
    ),
    "threads": (
        "POST",
        "/langgraph/threads",
        {"thread_id": "no uuid", "if_exists": "raise", "metadata": {"a": 1}, "supersteps": []},
    ),
    "a thread's metadata": ("PATCH", f"/langgraph/threads/{THREAD}", {"metadata": {"a": 1}}),
    "thread search": (
        "POST",
        "/langgraph/threads/search",
        {
            "ids": [], "status": "idle", "metadata": {"a": 1}, "values": {}, "sort_by": "updated_at",
            "sort_order": "desc", "select": ["thread_id"], "limit": 1, "offset": 0,
        },
    ),
    "history": ("POST", f"/langgraph/threads/{THREAD}/history", {"limit": 1, "before": {"checkpoint_id": "x"}}),
    "a run": (
        "POST",
        f"/langgraph/threads/{THREAD}/runs",
        {
            "assistant_id": "nobody", "input": SAYS, "command": None, "config": {"configurable": {}}, "context": {},
            "stream_mode": ["values"], "multitask_strategy": "enqueue", "if_not_exists": "reject", "webhook": None,
        },
    ),
    "a stream of a run": (
        "POST", "/langgraph/runs/stream", {"assistant_id": "nobody", "input": SAYS, "on_disconnect": "cancel"},
    ),
    "commands": (
        "POST", f"/langgraph/threads/{THREAD}/commands", {"id": 1, "method": "run.start", "params": {}},
    ),
    "events": (
        "POST",
        f"/langgraph/threads/{uuid.uuid4()}/stream/events",
        {"channels": ["values"], "since": 1, "namespaces": []},
    ),
}  # fmt: skip
HOSTILE: tuple[Any, ...] = (
    7, -1, 2**70, 0.5, True, "", "x" * 9_000, "\x00", "\ud800", "../..", [], {}, [None], ["x"] * 5_000,
    {"x": "y" * 20_000}, {"a": {"b": ["\x00"]}}, {"": None},
)  # fmt: skip
BODIES = (b"", b" ", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e999}',
          b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a":' + b"9" * 100 + b"}")  # fmt: skip


def bodies(base: dict[str, Any]) -> Iterator[bytes]:
    yield from BODIES
    for name in base:
        for value in HOSTILE:
            yield json.dumps({**base, name: value}).encode()


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_every_field_of_every_integration(server: Served, integration: str) -> None:
    method, path, base = INTEGRATIONS[integration]
    headers = {"Authorization": f"Bearer {server.token('fuzz')}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=server.http, headers=headers, timeout=60, trust_env=False) as client:
        await client.post("/langgraph/threads", json={"thread_id": THREAD, "if_exists": "do_nothing"})
        turn = asyncio.Semaphore(4)

        async def sent(body: bytes) -> None:
            async with turn:
                answer = await client.request(method, path, content=body)
            assert answer.status_code < 500, (body[:200], answer.text[:300])
            if answer.status_code >= 400:
                told = answer.json()
                assert told.get("code") or told.get("error"), (body[:200], told)

        await asyncio.gather(*map(sent, bodies(base)))
        assert (await client.get("/health")).status_code == 200
    assert "Traceback" not in server.printed()


NAMES = ("x", " ", "\x00", "x" * 3_000, "../..", "' OR 1=1 --", "🦉", "%", "\ud800", str(uuid.uuid4()))


@pytest.mark.parametrize("user", ["", "fuzz"], ids=["guest", "signed in"])
async def test_names_of_nothing(server: Served, user: str) -> None:
    """In addresses, queries and headers by which something is to be stopped or come back to."""
    headers = {"Authorization": f"Bearer {server.token(user)}"} if user else {}
    async with httpx.AsyncClient(base_url=server.http, headers=headers, timeout=60, trust_env=False) as client:
        for name in NAMES:
            spelt = quote(name.encode("utf-8", "surrogatepass"), safe="")
            for method, path in (
                ("DELETE", f"/agent/stream?session_id={spelt}"),
                ("DELETE", f"/agent/stream?last_event_id={spelt}"),
                ("DELETE", f"/agent/stream?ticket={spelt}"),
                ("DELETE", f"/api/v1/chat/stream?session_id={spelt}"),
                ("POST", f"/api/v1/runs/{spelt}/cancel"),
                ("POST", f"/api/v1/sessions/{spelt}/cancel"),
                ("PATCH", f"/langgraph/threads/{spelt}"),
                ("GET", f"/langgraph/threads/{spelt}"),
                ("POST", f"/langgraph/threads/{spelt}/runs/{spelt}/cancel"),
            ):
                answer = await client.request(method, path)
                assert 400 <= answer.status_code < 500 or answer.status_code == 501, (
                    method,
                    path[:80],
                    answer.text[:200],
                )
            if not name.isprintable() or not name.strip() or not name.isascii():
                continue  # no client sends that in a header
            for path in ("/agent/stream", "/api/v1/chat/stream"):
                answer = await client.delete(path, headers={"Last-Event-ID": name})
                assert 400 <= answer.status_code < 500
