"""A conversation is deleted and its name used again: whoever comes back with a place in the old one is told so on every
wire on which clients come back, and gets all events of the new one."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import websockets

from api.client import Client
from tests.conversing import Talk, talking
from tests.eventsource import EventSource
from tests.serving import Served

POWER = "How much power does the Wren 58 of model year 2026 have?"
LOAD = "What is the roof load of the Plover?"


def delete(server: Served, session: str, token: str) -> None:
    assert server.request("DELETE", f"/api/v1/sessions/{session}", token)[0] == 204


def epoch_of(frames: list[dict[str, Any]]) -> str:
    return str(next(frame["epoch"] for frame in frames if frame["type"] == "ack"))


async def resumed(talk: Talk, session: str, after: int, epoch: str | None = None) -> tuple[dict[str, Any], list[int]]:
    """The answer to `resume`, and the `seq` of every event of the history behind it."""
    named = {"epoch": epoch} if epoch is not None else {}
    answer = await talk.call({"type": "resume", "session_id": session, "after": after, **named, "request": "r"})
    assert answer["type"] == "resumed"
    frames = [await talk.receive()]
    while frames[-1] != {"type": "done", "request": "r"}:
        frames.append(await talk.receive())
    return answer, [frame["seq"] for frame in frames if "seq" in frame]


async def test_a_place_in_a_deleted_conversation_is_none_in_the_next(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("reuser")
    async with talking(server.chat, token) as talk:
        first = epoch_of(await talk.ask(LOAD, session_id=session))
        answer, seqs = await resumed(talk, session, 2, first)
        assert (answer["after"], answer["epoch"], seqs) == (2, first, [3, 4])
        delete(server, session, token)
        second = epoch_of(await talk.ask(LOAD, session_id=session))
        assert epoch_of(await talk.ask(POWER, session_id=session)) == second != first
        whole = list(range(1, 9))
        for after, epoch, place in ((4, first, 0), (0, first, 0), (99, None, 0), (99, second, 0), (4, "nonsense", 0)):
            answer, seqs = await resumed(talk, session, after, epoch)
            assert (answer["after"], answer["head_seq"], answer["epoch"]) == (place, 8, second)
            assert seqs == whole
        answer, seqs = await resumed(talk, session, 4, second)
        assert (answer["after"], seqs) == (4, whole[4:])
        answer, seqs = await resumed(talk, session, 4)  # in which of the two is not said
        assert (answer["after"], answer["epoch"], seqs) == (0, second, whole)


async def test_a_place_without_an_epoch_is_certain_where_nothing_was_deleted(server: Served) -> None:
    session = uuid.uuid4().hex
    async with talking(server.chat, server.token("epochless")) as talk:
        epoch = epoch_of(await talk.ask(LOAD, session_id=session))
        for after, place, seqs in ((1, 1, [2, 3, 4]), (4, 4, []), (5, 0, [1, 2, 3, 4])):
            answer, told = await resumed(talk, session, after)
            assert (answer["after"], answer["epoch"], told) == (place, epoch, seqs)


async def test_what_was_read_of_a_deleted_conversation_is_not_read_of_the_next(server: Served) -> None:
    """The wires that keep the place on the server, and the mark that a client sends."""
    for name in ("", "chat/"):
        session, token = uuid.uuid4().hex, server.token("keeper")
        address = f"ws://127.0.0.1:{server.port}/ws/{name}{session}?token={token}"
        async with talking(server.chat, token) as talk, websockets.connect(address) as kept:
            first = await talk.ask(LOAD, session_id=session)
            async with websockets.connect(address) as there:
                async with asyncio.timeout(60):
                    await there.recv()
                delete(server, session, token)
                second = await talk.ask(POWER, session_id=session)
                await there.send('{"type": "pong"}')
            stale = {"type": "read", "session_id": session, "seq": 4, "epoch": epoch_of(first), "request": "read"}
            assert (await talk.call(stale))["code"] == "NOT_FOUND"
            await kept.close()
            async with websockets.connect(address) as back, asyncio.timeout(60):
                while second[-1]["response"] not in (frame := await back.recv()):
                    pass
            assert second[-1]["response"] in frame
            assert await talk.call(stale | {"epoch": epoch_of(second)}) == {"type": "done", "request": "read"}


async def test_an_event_stream_of_a_deleted_answer_is_gone(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("sse-reuser")
    body = {"message": POWER, "session_id": session}
    stream = EventSource(f"{server.http}/api/v1/chat/stream", body, token)
    assert await stream.read(most_events=2) == 200
    delete(server, session, token)
    for _ in range(2):
        told = len(stream.events)
        assert await stream.read() == 410
        assert (stream.refusal["code"], stream.refusal["field"]) == ("CURSOR_EXPIRED", "Last-Event-ID")
        assert len(stream.events) == told
        async with talking(server.chat, token) as talk:
            await talk.ask(POWER, session_id=session)


async def test_a_place_in_a_deleted_thread_is_none_in_the_next(server: Served) -> None:
    thread, token = str(uuid.uuid4()), server.token("lg-reuser")
    run = {"assistant_id": "pitcrew", "input": {"messages": [{"role": "user", "content": POWER}]}}
    base, named = f"{server.http}/langgraph/threads", {"x-api-key": token}
    channels = {"channels": ["lifecycle", "values", "messages", "custom"]}

    async with httpx.AsyncClient(timeout=60, trust_env=False, headers=named) as client:

        async def events(since: int) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            body = {**channels, "since": since}
            async with asyncio.timeout(60), client.stream("POST", f"{base}/{thread}/stream/events", json=body) as told:
                assert told.status_code == 200, await told.aread()
                async for line in told.aiter_lines():
                    if line.startswith("data: "):
                        found.append(json.loads(line.removeprefix("data: ")))
                    if (
                        found
                        and found[-1]["method"] == "lifecycle"
                        and found[-1]["params"]["data"]["event"] == "completed"
                    ):
                        break
            return found

        async def live() -> list[dict[str, Any]]:
            assert (await client.post(base, json={"thread_id": thread})).status_code == 200
            assert (await client.post(f"{base}/{thread}/runs/wait", json=run)).status_code == 200
            return await events(0)

        first = await live()
        assert (await client.delete(f"{base}/{thread}")).status_code == 204
        second = await live()
        assert min(event["seq"] for event in second) > max(event["seq"] for event in first)
        assert not {event["event_id"] for event in first} & {event["event_id"] for event in second}
        for place in (first[0]["seq"], first[-1]["seq"], second[-1]["seq"] * 2):
            refused = await client.post(f"{base}/{thread}/stream/events", json={**channels, "since": place})
            assert (refused.status_code, refused.json()["code"]) == (410, "CURSOR_EXPIRED")
        rest = await events(second[0]["seq"])
        assert [event["event_id"] for event in rest] == [event["event_id"] for event in second[1:]]
        url = f"{base.replace('http', 'ws', 1)}/{thread}/stream/events"
        async with websockets.connect(url, additional_headers=named) as socket, asyncio.timeout(60):
            subscribe = {"id": 1, "method": "subscription.subscribe", "params": {**channels, "since": first[0]["seq"]}}
            await socket.send(json.dumps(subscribe))
            refusal = json.loads(await socket.recv())
            assert (refusal["type"], refusal["error"]) == ("error", "invalid_argument")


async def test_the_python_client_begins_again_with_the_next_conversation(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("py-reuser")
    async with asyncio.timeout(120), Client(server.chat, token) as client, Client(server.chat, token) as other:
        conversation, seen = client.conversation(session), []
        assert (await conversation.ask(LOAD))["seq"] == 4
        watched = other.conversation(session)
        following = watched.follow()
        while not seen or seen[-1]["type"] != "complete":
            seen.append(await anext(following))
        delete(server, session, token)
        turn = conversation.ask(POWER)
        last = await turn
        assert (last["type"], last["seq"], turn.text) == ("complete", 4, last["response"])
        # The other one follows the old conversation still: it learns of the next one with its own message.
        assert (await watched.ask(LOAD))["seq"] == 8
        again: list[dict[str, Any]] = []
        while not again or again[-1].get("seq") != 8:
            again.append(await anext(following))
        assert [frame["seq"] for frame in again if "seq" in frame] == list(range(1, 9))
        assert {frame["epoch"] for frame in again if frame["type"] in ("ack", "resumed")} == {conversation.epoch}
        await following.aclose()


async def test_the_python_client_names_the_place_of_an_earlier_time(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("py-later")
    async with asyncio.timeout(120), Client(server.chat, token) as client:
        conversation = client.conversation(session)
        await conversation.ask(LOAD)
        first = conversation.epoch
        delete(server, session, token)
        await conversation.ask(POWER)
    for after, epoch, seqs in ((2, conversation.epoch, [3, 4]), (2, first, [1, 2, 3, 4]), (2, None, [1, 2, 3, 4])):
        async with asyncio.timeout(60), Client(server.chat, token) as client:
            following, seen = client.conversation(session).follow(after, epoch), []
            while not seen or seen[-1].get("seq") != 4:
                seen.append(await anext(following))
            assert [frame["seq"] for frame in seen if "seq" in frame] == seqs
            await following.aclose()
