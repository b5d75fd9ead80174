"""A person takes over while the bot speaks, at any moment and on every wire: not one word of the bot comes late."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import websockets

from api.access.auth import TokenRules
from tests.conversing import Frame
from tests.faults.counts import COUNTS
from tests.faults.process import Server
from tests.faults.provider import Providing, answer, new_marker, question
from tests.serving import SECRET

PIECES, GAP_MS = 40, 8
AT_A_TIME = 5
REPLY = "Ada here."
QUIET_S = 0.25
"""So long nothing may come of the bot once the take-over was acknowledged."""


@dataclass
class Heard:
    """What a wire has said, in the words of the bot; `frames` as they came."""

    said: Callable[[list[Any]], str]
    frames: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.said(self.frames)


@dataclass(frozen=True)
class Asked:
    """A question of a user in a session, to be asked over some wire."""

    server: Server
    user: str
    session: str
    text: str

    @property
    def token(self) -> str:
        return self.server.token(self.user)

    def socket(self, path: str) -> Any:
        sign = "&" if "?" in path else "?"
        url = f"ws://127.0.0.1:{self.server.port}{path}{sign}token={self.token}"
        return websockets.connect(url, compression=None, max_size=2**24, close_timeout=1)


Wire = Callable[[Asked], Any]


async def _gather(socket: Any, heard: Heard) -> None:
    async for text in socket:
        heard.frames.append(json.loads(text))


def _socket_wire(path: Callable[[Asked], str], ask: Callable[[Asked], Frame], said: Callable[[list[Any]], str]) -> Wire:
    @asynccontextmanager
    async def wire(asked: Asked) -> AsyncIterator[Heard]:
        heard = Heard(said)
        async with asked.socket(path(asked)) as socket:
            reading = asyncio.create_task(_gather(socket, heard))
            await socket.send(json.dumps(ask(asked)))
            yield heard
            reading.cancel()

    return wire


def _stream_wire(
    path: Callable[[Asked], str], body: Callable[[Asked], Frame] | None, said: Callable[[list[Any]], str]
) -> Wire:
    @asynccontextmanager
    async def wire(asked: Asked) -> AsyncIterator[Heard]:
        heard = Heard(said)
        url, headers = f"http://127.0.0.1:{asked.server.port}{path(asked)}", {"Authorization": f"Bearer {asked.token}"}
        method, told = ("GET", None) if body is None else ("POST", body(asked))

        async def read() -> None:
            async with (
                httpx.AsyncClient(timeout=60) as client,
                client.stream(method, url, json=told, headers=headers) as response,
            ):
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        heard.frames.append(json.loads(line[6:]))

        reading = asyncio.create_task(read())
        yield heard
        reading.cancel()
        await asyncio.wait({reading})

    return wire


def by_offset(frames: list[Any]) -> str:
    text, ended = "", False
    for frame in frames:
        if frame["type"] == "token":
            assert not ended, f"a token behind the end: {frame}"
            text = text[: frame["offset"]] + frame["token"]
        ended |= frame["type"] in ("cancelled", "complete") or frame.get("state") == "staff"
    return text


def appended(kind: str, name: str) -> Callable[[list[Any]], str]:
    return lambda frames: "".join(frame[name] for frame in frames if frame.get("type") == kind)


def analysed(frames: list[Any]) -> str:
    """Without the words of the person, which come in the same frames."""
    return appended("analysis_chunk", "chunk")([frame for frame in frames if frame.get("chunk") != REPLY])


def last(kind: str, name: str) -> Callable[[list[Any]], str]:
    return lambda frames: next((frame[name] for frame in reversed(frames) if frame["type"] == kind), "")


def completion(frames: list[Any]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for frame in frames if "choices" in frame for choice in frame["choices"]
    )


def message_chunks(frames: list[Any]) -> str:
    pairs = [frame for frame in frames if isinstance(frame, list) and len(frame) == 2 and isinstance(frame[0], dict)]
    return "".join(chunk["content"] for chunk, _ in pairs if chunk.get("type") == "AIMessageChunk")


def reasoned(frames: list[Any]) -> str:
    steps = [frame["data"] for frame in frames if frame["type"] == "reasoning_step"]
    found = [step["content"] for step in steps if step["type"] == "final_answer"]
    return next((text for text in found if text not in ("Stopped.", REPLY)), "")


WIRES: dict[str, Wire] = {
    "native": _socket_wire(
        lambda asked: "/ws/chat",
        lambda asked: {"type": "message", "message": asked.text, "session_id": asked.session, "client_message_id": "m"},
        by_offset,
    ),
    "query": _socket_wire(
        lambda asked: "/ws/query",
        lambda asked: {"question": asked.text, "session_id": asked.session},
        appended("stream_token", "token"),
    ),
    "explorer": _socket_wire(
        lambda asked: f"/ws/{asked.session}", lambda asked: {"content": asked.text}, last("agent_partial", "content")
    ),
    "reasoning": _socket_wire(
        lambda asked: f"/ws/chat/{asked.session}",
        lambda asked: {"type": "chat", "payload": {"message": asked.text}},
        reasoned,
    ),
    "native stream": _stream_wire(
        lambda asked: "/api/v1/chat/stream",
        lambda asked: {"message": asked.text, "session_id": asked.session},
        by_offset,
    ),
    "query stream": _stream_wire(
        lambda asked: "/api/v1/chat/stream",
        lambda asked: {"question": asked.text, "session_id": asked.session},
        appended("stream_token", "token"),
    ),
    "openai": _stream_wire(
        lambda asked: "/v1/chat/completions",
        lambda asked: {
            "model": "pitcrew",
            "stream": True,
            "messages": [{"role": "user", "content": asked.text}],
            "metadata": {"session_id": asked.session},
        },
        completion,
    ),
    "agui": _stream_wire(
        lambda asked: "/agui",
        lambda asked: {
            "threadId": asked.session,
            "runId": "r-1",
            "state": {},
            "tools": [],
            "context": [],
            "forwardedProps": {},
            "messages": [{"id": "m-1", "role": "user", "content": asked.text}],
        },
        appended("TEXT_MESSAGE_CONTENT", "delta"),
    ),
    "langgraph": _stream_wire(
        lambda asked: f"/langgraph/threads/{asked.session}/runs/stream",
        lambda asked: {
            "assistant_id": "pitcrew",
            "input": {"messages": [{"type": "human", "content": asked.text}]},
            "stream_mode": ["messages-tuple"],
            "if_not_exists": "create",
        },
        message_chunks,
    ),
    "analysis socket": _socket_wire(
        lambda asked: f"/ws/agent/interactive?session_id={asked.session}",
        lambda asked: {"action": "query", "question": asked.text},
        analysed,
    ),
    "analysis stream": _stream_wire(
        lambda asked: f"/agent/stream?{urlencode({'question': asked.text, 'session_id': asked.session})}",
        None,
        analysed,
    ),
}


class Member:
    """A member of staff, over HTTP."""

    def __init__(self, server: Server, client: httpx.AsyncClient) -> None:
        token = TokenRules(SECRET, "HS256").issue("ada", name="Ada", role="staff", ttl_s=24 * 3600)
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}
        self._base = f"http://127.0.0.1:{server.port}/api/v1/staff"

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        answered = await self._client.request(method, self._base + path, json=body, headers=self._headers)
        assert answered.status_code in (200, 201, 204), (path, answered.status_code, answered.text)
        return answered.json() if answered.content else None

    async def conversation(self, user: str, session: str) -> str:
        """The id of a customer's conversation, once there is one."""
        for _ in range(400):
            page = await self.call("GET", "/conversations?limit=50")
            for line in page["conversations"]:
                if (line["customer"]["id"], line["session_id"]) == (user, session):
                    return str(line["conversation_id"])
            await asyncio.sleep(0.005)
        raise AssertionError("the question never came")


async def taken_over(server: Server, ada: Member, number: int) -> tuple[str, int, float]:
    """One take-over at a random moment of an answer: the wire, how many characters had been said, and the seconds that
    it took."""
    name = list(WIRES)[number % len(WIRES)]
    marker = new_marker()
    asked = Asked(server, f"user-{uuid.uuid4().hex}", str(uuid.uuid4()), question(marker, PIECES, GAP_MS, number))
    watched = [PIECES * GAP_MS * 1.2, 60.0][number % 7 == 0]
    async with WIRES[name](asked) as heard:
        conversation_id = await ada.conversation(asked.user, asked.session)
        await asyncio.sleep(random.uniform(0, watched) / 1000)
        began = time.monotonic()
        line = (await ada.call("POST", f"/conversations/{conversation_id}/take"))["conversation"]
        took = time.monotonic() - began
        assert line["state"] == "staff"
        await ada.call("POST", f"/conversations/{conversation_id}/reply", {"text": REPLY})
        await asyncio.sleep(QUIET_S)
        opened = await ada.call("GET", f"/conversations/{conversation_id}")
        stored = [message for message in opened["messages"] if message["role"] == "assistant"]
        said = stored[0]["text"] if stored else ""
        assert len(stored) <= 1
        assert answer(marker, PIECES).startswith(said) or opened["messages"][-2]["agent"] is not None, said
        assert said.startswith(heard.text), f"{name}: late words\n{heard.text!r}\nafter {said!r}"
        await back_with_the_bot(ada, conversation_id, asked)
    return name, len(said), took


async def back_with_the_bot(ada: Member, conversation_id: str, asked: Asked) -> None:
    """The conversation goes on where it was returned."""
    await ada.call("POST", f"/conversations/{conversation_id}/return")
    async with httpx.AsyncClient(timeout=60) as client:
        answered = await client.post(
            f"http://127.0.0.1:{asked.server.port}/api/v1/chat",
            json={"message": question(new_marker(), 2, 0), "session_id": asked.session},
            headers={"Authorization": f"Bearer {asked.token}"},
        )
    assert answered.status_code == 200, answered.text
    assert answered.json()["response"]


async def in_turn(numbers: list[int], work: Callable[[int], Awaitable[tuple[str, int, float]]]) -> list[Any]:
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int) -> tuple[str, int, float]:
        async with gate:
            return await work(number)

    return await asyncio.gather(*(one(number) for number in numbers))


@pytest.mark.usefixtures("provider")
async def test_takeovers(server: Server, provider: Providing, report: Callable[..., None]) -> None:
    limits = httpx.Limits(max_connections=AT_A_TIME * 2)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        ada = Member(server, client)
        results = await in_turn(list(range(COUNTS.takeovers)), lambda number: taken_over(server, ada, number))
    in_the_middle = sum(0 < said < len(answer("mk00000000", PIECES)) for _, said, _ in results)
    assert in_the_middle, "no take-over met an answer"
    times = sorted(took for _, _, took in results)
    report(
        takeovers=len(results),
        wires=len({name for name, _, _ in results}),
        in_the_middle_of_an_answer=in_the_middle,
        late_words=0,
        median_ms=round(times[len(times) // 2] * 1000),
        slowest_ms=round(times[-1] * 1000),
    )
