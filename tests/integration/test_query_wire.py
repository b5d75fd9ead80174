"""`/ws/query` as its clients use it: what was found, then tokens or an overview."""

import re

import pytest

from tests.integration.listening import Frame, Line, anew, is_of, listening
from tests.serving import Served
from tests.wires import WIRES

QUESTION = "What is the engine power of the Wren 58?"
ENDED = is_of("stream_end", "overview", "error")


def address(server: Served, user: str = "query") -> str:
    return f"/ws/query?token={server.token(user)}"


async def ask(line: Line, question: str = QUESTION, **fields: object) -> list[Frame]:
    await line.send({"question": question, **fields})
    frames = await line.until(ENDED)
    WIRES["query"].validate(frames)
    return frames


def kinds(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_what_was_found_then_tokens(server: Served) -> None:
    async with listening(server, address(server)) as line:
        frames = await ask(line, humanize=True, stream=True, session_id=anew())
    order = [kind for place, kind in enumerate(kinds(frames)) if kind != "status" and kind not in kinds(frames)[:place]]
    assert order == ["immediate", "stream_start", "stream_token", "stream_end"]
    assert kinds(frames)[0] == "status"
    [immediate] = [frame for frame in frames if frame["type"] == "immediate"]
    assert immediate["results"]
    for result in immediate["results"]:
        assert set(result) == {"file", "snippet", "score"}
        assert 0 <= result["score"] <= 1
        assert len(result["snippet"]) <= 302
    tokens = [frame["token"] for frame in frames if frame["type"] == "stream_token"]
    assert len(tokens) > 1
    assert "".join(tokens) == frames[-1]["response"]
    assert "kW" in frames[-1]["response"]


async def test_an_overview_where_no_stream_is_wanted(server: Served) -> None:
    async with listening(server, address(server)) as line:
        frames = await ask(line, stream=False)
    assert [kind for kind in kinds(frames) if kind != "status"] == ["immediate", "overview"]
    assert "kW" in frames[-1]["overview"]


async def test_facts_and_passages_without_prose(server: Served) -> None:
    async with listening(server, address(server)) as line:
        frames = await ask(line, "How do I jump-start the car?", humanize=False, stream=False)
    shown = frames[-1]["overview"]
    assert "**" in shown
    assert re.search(r"\[\d+\]", shown)


async def test_a_session_remembers(server: Served) -> None:
    session = anew()
    async with listening(server, address(server)) as line:
        await ask(line, session_id=session, stream=False)
    async with listening(server, address(server)) as line:
        frames = await ask(line, "And of the Heron?", session_id=session, stream=False)
        assert "Heron" in frames[-1]["overview"]
        assert "kW" in frames[-1]["overview"]


async def test_a_question_that_is_sent_twice_counts_once(server: Served) -> None:
    same = {"session_id": anew(), "client_message_id": anew()}
    async with listening(server, address(server)) as line:
        await line.send({"question": QUESTION, **same})
        line.drop()
    async with listening(server, address(server)) as line:
        frames = await ask(line, stream=False, **same)
        assert "kW" in frames[-1]["overview"]
        _, body, _ = server.get(f"/api/v1/sessions/{same['session_id']}/messages", server.token("query"))
        assert body.count(QUESTION.encode()) == 1


async def test_frames_that_make_no_sense(server: Served) -> None:
    async with listening(server, address(server)) as line:
        for text, code in (
            ("nonsense", "BAD_JSON"),
            ('{"question":7}', "BAD_REQUEST"),
            ('{"question":""}', "EMPTY_MESSAGE"),
            ("{}", "EMPTY_MESSAGE"),
            ('{"question":"x","stream":"yes"}', "BAD_REQUEST"),
            ('{"type":"subscribe"}', "UNKNOWN_TYPE"),
        ):
            await line.send(text)
            frame = await line.receive()
            assert (frame["type"], frame["code"]) == ("error", code)
            assert frame["message"]
        await line.send({"type": "ping", "timestamp": [1, None]})
        assert await line.receive() == {"type": "pong", "timestamp": [1, None]}
        assert kinds(await ask(line))[-1] == "stream_end"


@pytest.mark.parametrize("path", ["/ws/query?token=forged", "/ws/query?token=", "/ws/query?ticket=used"])
async def test_a_token_that_is_not_good(server: Served, path: str) -> None:
    async with listening(server, path) as line:
        frames, code = await line.closed()
    assert code == 4401
    assert [(frame["type"], frame["code"]) for frame in frames] == [("error", "AUTH_INVALID")]


async def test_there_are_no_guests(server: Served) -> None:
    async with listening(server, "/ws/query") as line:
        await line.send({"question": QUESTION})
        frame = await line.receive()
        assert (frame["type"], frame["code"]) == ("error", "AUTH_REQUIRED")
        await line.send({"type": "auth", "token": server.token("query")})
        assert kinds(await ask(line))[-1] == "stream_end"
