"""The event streams of a real server: the sockets' events, for whom they are, and what is refused."""

import asyncio
import json
import re
import sqlite3
import uuid
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import websockets

from tests.eventsource import EventSource, Frame
from tests.serving import Served

QUESTION = "How many incidents are there by severity?"
POWER = "How much power does the Wren 58 of model year 2026 have?"
UNLIKE = {
    "epoch",
    "run_id",
    "session_id",
    "message_id",
    "client_message_id",
    "sent_at",
    "timestamp",
    "timing",
    "ms",
    "usage",
}
"""What differs from run to run."""


def alike(value: Any) -> Any:
    """The frame without what differs from run to run."""
    if isinstance(value, dict):
        return {name: alike(item) for name, item in value.items() if name not in UNLIKE}
    return [alike(item) for item in value] if isinstance(value, list) else value


def signs(frames: list[Frame]) -> list[Any]:
    """What a run always says: not how far it had come at each moment, nor into what pieces its words fell."""
    pieces = {"progress", "status", "token", "stream_token", "analysis_chunk", "code_chunk"}
    return [alike(frame) for frame in frames if frame["type"] not in pieces]


def types(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


def text_of(frames: list[Frame]) -> str:
    return "".join(frame.get("chunk") or frame.get("token") or "" for frame in frames if frame["type"] != "code_chunk")


def analysis(server: Served, question: str = QUESTION, **query: str) -> EventSource:
    return EventSource(f"{server.http}/agent/stream?{urlencode({'question': question, **query})}")


def chat(server: Served, token: str | None, **body: Any) -> EventSource:
    return EventSource(f"{server.http}/api/v1/chat/stream", body, token)


async def by_socket(url: str, frame: Frame | None = None, last: str = "stream_end") -> list[Frame]:
    frames: list[Frame] = []
    async with websockets.connect(url, max_size=2**24) as socket, asyncio.timeout(60):
        if frame is not None:
            await socket.send(json.dumps(frame))
        while not frames or frames[-1]["type"] != last:
            frames.append(json.loads(await socket.recv()))
    return frames


def runs_of(server: Served, session: str) -> int:
    with closing(sqlite3.connect(f"file:{server.data / 'pitcrew.db'}?mode=ro", uri=True, timeout=10)) as database:
        found = database.execute(
            "SELECT count(*) FROM runs r JOIN conversations c ON c.id = r.conversation_id WHERE c.session_id = ?",
            (session,),
        )
        return int(found.fetchone()[0])


async def test_an_analysis_says_the_same_as_on_its_socket(server: Served) -> None:
    session = uuid.uuid4().hex
    stream = analysis(server, session_id=session)
    assert await stream.read() == 200
    spoken = await by_socket(f"ws://127.0.0.1:{server.port}/ws/agent/stream?question={quote(QUESTION)}")
    assert signs(stream.frames) == signs(spoken)
    assert text_of(stream.frames) == text_of(spoken)
    assert {"start", "data_ready", "verification", "complete"} <= {frame["type"] for frame in stream.frames}
    assert stream.answered["content-type"].startswith("text/event-stream")
    assert stream.answered["cache-control"] == "no-store"
    assert stream.answered["x-accel-buffering"] == "no"
    assert stream.retry_ms
    assert await stream.read() == 204
    assert runs_of(server, session) == 1


async def test_a_guest_comes_back_anywhere_to_an_analysis_and_gets_each_event_once(server: Served) -> None:
    """Guests without a name of their own are known by the id alone."""
    whole = analysis(server)
    assert await whole.read() == 200
    size = sum(map(len, whole.events + whole.ids))
    for share in (0.01, 0.1, 0.3, 0.55, 0.8, 0.97):
        stream = analysis(server)
        while not stream.last_id:
            assert await stream.read(most_bytes=int(size * share) + 200) == 200
        await stream.read_to_the_end()
        assert sorted(map(str, signs(stream.frames))) == sorted(map(str, signs(whole.frames)))
        assert text_of(stream.frames) == text_of(whole.frames)
        assert types(stream.frames)[-2:] == ["complete", "stream_end"]


async def test_a_chat_says_the_same_as_on_its_socket(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("streamer")
    stream = chat(server, token, message=POWER, session_id=session)
    assert await stream.read() == 200
    url = f"{server.chat}?token={token}"
    spoken = await by_socket(url, {"type": "message", "message": POWER}, "complete")
    assert signs(stream.frames) == signs([frame for frame in spoken if frame["type"] != "auth_success"])
    assert text_of(stream.frames) == stream.frames[-1]["response"] == spoken[-1]["response"]
    assert all("partial_response" in frame for frame in stream.frames if frame["type"] == "token")
    assert await stream.read() == 204
    assert runs_of(server, session) == 1


async def test_options_of_a_chat(server: Served) -> None:
    stream = chat(server, server.token("chooser"), message=POWER, partial=False, reasoning=True)
    await stream.read_to_the_end()
    assert {"reasoning"} <= {frame["type"] for frame in stream.frames}
    assert not any("partial_response" in frame for frame in stream.frames if frame["type"] == "token")


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_query_says_the_same_as_on_its_socket(server: Served, streamed: bool) -> None:
    token = server.token("querier")
    asked = {"question": POWER, "stream": streamed}
    stream = chat(server, token, **asked)
    await stream.read_to_the_end()
    end = "stream_end" if streamed else "overview"
    spoken = await by_socket(f"ws://127.0.0.1:{server.port}/ws/query?token={token}", asked, end)
    assert signs(stream.frames) == signs(spoken)
    assert text_of(stream.frames) == text_of(spoken)
    assert stream.frames[-1]["type"] == end


async def test_a_message_that_is_sent_twice_counts_once(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("twice")
    body = {"message": POWER, "session_id": session, "client_message_id": "m-1"}
    first, again = chat(server, token, **body), chat(server, token, **body)
    await first.read_to_the_end()
    await again.read_to_the_end()
    assert again.frames[0]["duplicate"] is True
    assert again.frames[-1]["response"] == first.frames[-1]["response"]
    assert runs_of(server, session) == 1
    other = chat(server, token, **body | {"message": "Something else?"})
    assert await other.read() == 409


async def test_who_goes_away_stops_nothing_and_leaves_nothing(server: Served) -> None:
    session, token = uuid.uuid4().hex, server.token("leaver")
    for number in range(5):
        stream = chat(server, token, message=POWER, session_id=f"{session}-{number}")
        assert await stream.read(most_events=1) == 200
    async with asyncio.timeout(30):
        for number in range(5):
            path = f"/api/v1/sessions/{session}-{number}/messages"
            while len(json.loads(server.get(path, token)[1])["messages"]) < 2:
                await asyncio.sleep(0.1)
        while b"\npitcrew_sockets 0.0" not in server.get("/metrics")[1]:
            await asyncio.sleep(0.1)


async def test_a_foreign_id_leads_nowhere(server: Served) -> None:
    """Nor does one of a run that never was: neither tells that the other is one."""
    stream = chat(server, server.token("owner"), message=POWER)
    assert await stream.read(most_events=3) == 200
    for thief in (chat(server, server.token("thief"), message=POWER), analysis(server)):
        thief.last_id = stream.last_id
        assert await thief.read() == 410
        refusal = thief.refusal
        thief.last_id = str(uuid.uuid4()) + stream.last_id[36:]
        assert await thief.read() == 410
        assert {**refusal, "ref": None} == {**thief.refusal, "ref": None}
        assert thief.events == []
    await stream.read_to_the_end()


async def test_another_guest_is_another_one(server: Served) -> None:
    stream = analysis(server)
    assert await stream.read(most_events=2) == 200
    place, _, key = stream.last_id.rpartition(".")
    assert len(key) == 32
    for other in (place + ".", f"{place}.{'0' * 32}", place[:-1]):
        thief = analysis(server)
        thief.last_id = other
        assert await thief.read() in {400, 410}
        assert thief.events == []


@pytest.mark.parametrize(
    "garbage", ["7", "x" * 8000, "../../etc/passwd", "' OR 1=1 --", "{}", "a.1.2.3.4.5.6.", "\xff\xfe", "0"]
)
async def test_an_id_that_is_none_is_refused(server: Served, garbage: str) -> None:
    for stream in (analysis(server), chat(server, server.token("garbled"), message=POWER)):
        stream.last_id = garbage
        assert await stream.read() == 400
        assert stream.refusal["field"] == "Last-Event-ID"


async def test_the_id_may_stand_in_the_query(server: Served) -> None:
    stream = analysis(server)
    assert await stream.read(most_events=2) == 200
    again = analysis(server, last_event_id=stream.last_id)
    assert await again.read() == 200
    assert text_of(stream.frames + again.frames)
    assert [frame["type"] for frame in stream.frames + again.frames].count("start") == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BAD_JSON"),
        (b"{", "BAD_JSON"),
        (b"[]", "BAD_REQUEST"),
        (b"{}", "EMPTY_MESSAGE"),
        (b'{"message": 7}', "BAD_REQUEST"),
        (b'{"message": "Hi", "session_id": 7}', "BAD_REQUEST"),
        (b'{"message": "Hi", "partial": "yes"}', "BAD_REQUEST"),
        (b'{"message": "Hi", "client_message_id": "a b"}', "BAD_REQUEST"),
        (b'{"message": "Hi", "client_message_id": 7}', "BAD_REQUEST"),
        (b'{"message": "Hi", "extra": 9007199254740993}', None),
        (b'{"message": "Hi", "extra": 123456789012345678901234567890}', "BAD_JSON"),
        (b'{"question": 7}', "BAD_REQUEST"),
        (b'{"question": ""}', "EMPTY_MESSAGE"),
        (b'{"question": "Hi", "stream": "no"}', "BAD_REQUEST"),
        (b'{"message": "' + b"x" * 9000 + b'"}', "MESSAGE_TOO_LONG"),
        (b"x" * 70_000, "MESSAGE_TOO_LONG"),
        (b"\xff\xfe", "BAD_JSON"),
        (b'{"message": "\\u0000"}', "BAD_REQUEST"),
    ],
)
def test_bad_bodies_are_problems(server: Served, body: bytes, code: str | None) -> None:
    status, told, headers = server.request("POST", "/api/v1/chat/stream", server.token("clumsy"), body)
    if code is None:
        assert status == 200
        return
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(told)["code"] == code
    assert 400 <= status < 500


def test_a_chat_needs_a_token(server: Served) -> None:
    status, body, _ = server.request("POST", "/api/v1/chat/stream", None, b'{"message": "Hi"}')
    assert (status, json.loads(body)["code"]) == (401, "AUTH_REQUIRED")
    for query in ("token=nonsense", "ticket=nonsense"):
        assert server.get(f"/agent/stream?question=Hi&{query}")[0] == 401


async def test_a_token_or_a_ticket_in_the_url(server: Served) -> None:
    """A ticket opens one stream. Who comes back to it may bring the same one, as an EventSource does, or a new one."""
    token = server.token("analyst-user", role="staff")

    def ticket() -> str:
        status, body, _ = server.request("POST", "/api/v1/ticket", token, b"{}")
        assert status == 200
        return str(json.loads(body)["ticket"])

    assert await analysis(server, token=token).read() == 200
    stream = analysis(server, ticket=ticket())
    assert await stream.read(most_events=2) == 200
    again = analysis(server, ticket=ticket(), last_event_id=stream.last_id)
    assert await again.read() == 200
    assert types(stream.frames + again.frames).count("start") == 1
    assert types(again.frames)[-1] == "stream_end"
    await stream.read_to_the_end()
    assert types(stream.frames).count("start") == types(stream.frames).count("stream_end") == 1
    assert await analysis(server, ticket=stream.url.rpartition("=")[2]).read() == 401


def test_pages_of_other_origins(server: Served) -> None:
    paths = (("GET", "/agent/stream?question=Hi", None), ("POST", "/api/v1/chat/stream", b'{"message": "Hi"}'))
    for method, path, body in paths:
        token = server.token("page")
        for named in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
            status, _, headers = server.request(method, path, token, body, **named)
            assert (status, headers["access-control-allow-origin"]) == (403, None)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/agent/stream?question=Hi", None, 200),
        ("GET", "/agent/stream", None, 400),
        ("DELETE", "/agent/stream?session_id=nothing", None, 409),
        ("POST", "/api/v1/chat/stream", b'{"message": "Hi"}', 200),
        ("POST", "/api/v1/chat/stream", b"{", 400),
        ("POST", "/api/v1/ticket", b"", 200),
        ("POST", "/api/v1/ticket", None, 401),
        ("GET", "/api/v1/datasets", None, 200),
        ("POST", "/api/v1/charts", b"{}", 400),
    ],
)
def test_a_page_of_an_allowed_origin_reads_every_answer(
    server: Served, method: str, path: str, body: bytes | None, status: int
) -> None:
    """Refusals too; and it may send what its preflight asked for."""
    page = "http://localhost:3000"
    token = None if status == 401 else server.token("page")
    answered, _, headers = server.request(method, path, token, body, Origin=page)
    assert (answered, headers["access-control-allow-origin"]) == (status, page)
    wanted = {"Access_Control_Request_Method": method, "Access_Control_Request_Headers": "authorization,last-event-id"}
    allowed, _, headers = server.request("OPTIONS", path, Origin=page, **wanted)
    assert (allowed, headers["access-control-allow-origin"]) == (200, page)
    assert headers["access-control-allow-headers"] == "authorization,last-event-id"
    refused, _, headers = server.request("OPTIONS", path, Origin="https://evil.example", **wanted)
    assert (refused, headers["access-control-allow-origin"]) == (400, None)


def test_any_text_may_name_a_message(server: Served) -> None:
    """The same name gives the same answer, whatever its letters."""
    token, body = server.token("keyed"), b'{"message": "What is the roof load of the Plover?"}'
    runs = set()
    for _ in range(2):
        status, said, _ = server.request("POST", "/api/v1/chat/stream", token, body, Idempotency_Key="a b:c")
        assert status == 200
        runs |= set(re.findall(r'"run_id":"([^"]+)"', said.decode()))
    assert len(runs) == 1
