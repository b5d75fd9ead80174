"""The terminal client against a scripted server: what it sends, and what a lost connection does to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from api.cli.conversation import Conversation
from api.cli.failure import UNREACHABLE, CommandFailed

Script = Callable[[ServerConnection, list[dict[str, Any]]], Awaitable[None]]


async def receive(socket: ServerConnection, seen: list[dict[str, Any]]) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await socket.recv())
    seen.append(frame)
    return frame


async def send(socket: ServerConnection, type_: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": type_, **fields}))


async def ack(socket: ServerConnection, message: dict[str, Any], seq: int = 1) -> None:
    await send(socket, "ack", client_message_id=message["client_message_id"], run_id="r1", seq=seq)


@asynccontextmanager
async def server(*scripts: Script) -> AsyncIterator[tuple[str, list[list[dict[str, Any]]]]]:
    """A server whose n-th connection follows the n-th script after a good sign-in; what each client sent."""
    seen: list[list[dict[str, Any]]] = []

    async def handle(socket: ServerConnection) -> None:
        frames: list[dict[str, Any]] = []
        seen.append(frames)
        script = scripts[len(seen) - 1]
        await receive(socket, frames)
        await send(socket, "auth_success")
        await script(socket, frames)

    async with serve(handle, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws/chat", seen


def conversation(url: str) -> tuple[Conversation, list[dict[str, Any]]]:
    shown: list[dict[str, Any]] = []
    return Conversation(url, "token", "s1", lambda frame: shown.append(dict(frame))), shown


async def answers(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
    message = await receive(socket, seen)
    await ack(socket, message)
    await send(socket, "token", run_id="r1", offset=0, token="Hi")
    await send(socket, "token", run_id="another", offset=0, token="not for us")
    await send(socket, "complete", run_id="r1", response="Hi", seq=2)
    await socket.wait_closed()


async def test_a_message_is_asked_and_only_its_frames_are_shown() -> None:
    async with server(answers) as (url, seen):
        talk, shown = conversation(url)
        await talk.open()
        last = await talk.ask("Hello")
        await talk.close()
    assert last["response"] == "Hi"
    assert [frame["token"] for frame in shown] == ["Hi"]
    assert seen[0][0] == {"type": "auth", "token": "token", "partial": False}
    assert seen[0][1]["message"] == "Hello"
    assert seen[0][1]["session_id"] == "s1"


async def test_a_message_that_was_not_acknowledged_is_sent_again_under_the_same_id() -> None:
    async def drops(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        await receive(socket, seen)

    async with server(drops, answers) as (url, seen):
        talk, _ = conversation(url)
        await talk.open()
        assert (await talk.ask("Hello"))["response"] == "Hi"
        await talk.close()
    assert seen[0][1] == seen[1][1]


async def test_an_acknowledged_message_is_resumed_where_it_was() -> None:
    async def drops(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        await ack(socket, await receive(socket, seen), seq=5)

    async def goes_on(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        await receive(socket, seen)
        await send(socket, "resumed", session_id="s1", after=5, head_seq=5, active_run="r1")
        await send(socket, "complete", run_id="r1", response="Hi", seq=6)
        await socket.wait_closed()

    async with server(drops, goes_on) as (url, seen):
        talk, _ = conversation(url)
        await talk.open()
        assert (await talk.ask("Hello"))["response"] == "Hi"
        await talk.close()
    assert seen[1][1] == {"type": "resume", "session_id": "s1", "after": 5}


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    async def busy(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        await receive(socket, seen)
        await send(socket, "error", code="RATE_LIMITED", error="Too many.", retryable=True, retry_after_ms=10)
        await answers(socket, seen)

    async with server(busy) as (url, seen):
        talk, _ = conversation(url)
        await talk.open()
        assert (await talk.ask("Hello"))["type"] == "complete"
        await talk.close()
    assert seen[0][1] == seen[0][2]


async def test_cancel_stops_the_answer_under_way() -> None:
    async def stoppable(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        await ack(socket, await receive(socket, seen))
        stop = await receive(socket, seen)
        assert stop == {"type": "cancel", "session_id": "s1"}
        await send(socket, "cancelled", run_id="r1", partial_response="", seq=2)
        await socket.wait_closed()

    async with server(stoppable) as (url, _):
        talk, _ = conversation(url)
        await talk.open()
        asking = asyncio.ensure_future(talk.ask("Hello"))
        await asyncio.sleep(0)
        await talk.cancel()
        assert (await asking)["type"] == "cancelled"
        assert not talk.answering
        await talk.close()


async def test_a_refused_rating_is_told_from_an_accepted_one() -> None:
    async def rated(socket: ServerConnection, seen: list[dict[str, Any]]) -> None:
        for refused in (True, False):
            await receive(socket, seen)
            if refused:
                await send(socket, "error", code="NOT_FOUND", error="No such message.")
            await send(socket, "pong", timestamp=(await receive(socket, seen))["timestamp"])
        await socket.wait_closed()

    async with server(rated) as (url, _):
        talk, _ = conversation(url)
        await talk.open()
        refused = await talk.rate("m1", "up")
        assert refused is not None
        assert refused["code"] == "NOT_FOUND"
        assert await talk.rate("m1", "down") is None
        await talk.close()


async def test_a_refused_token_is_a_plain_failure() -> None:
    async def denies(socket: ServerConnection) -> None:
        await socket.recv()
        await send(socket, "auth_error", message="Invalid token.", code="AUTH_INVALID")

    async with serve(denies, "127.0.0.1", 0) as running:
        talk, _ = conversation(f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}/")
        with pytest.raises(CommandFailed, match="Invalid token") as failed:
            await talk.open()
        await talk.close()
    assert failed.value.code == 1


async def test_nobody_there_is_unreachable_with_the_address() -> None:
    talk, _ = conversation("ws://127.0.0.1:9/ws/chat")
    with pytest.raises(CommandFailed, match=r"127\.0\.0\.1:9") as failed:
        await talk.open()
    assert failed.value.code == UNREACHABLE
