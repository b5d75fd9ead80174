"""`/ws/{session_id}` as its clients use it: the echo, tools, the answer with its diagram; and lines that break."""

import itertools
import json

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from tests.integration.listening import Frame, Line, anew, is_of, listening
from tests.serving import Served
from tests.wires import WIRES

TABLES = "Show me all tables"
DIAGRAM = "Show relationships between the tables as a diagram"
ENDED = is_of("agent", "error")


async def ask(line: Line, content: str) -> list[Frame]:
    await line.send({"content": content})
    frames = await line.until(ENDED)
    WIRES["explorer"].validate(frames)
    return frames


def kinds(frames: list[Frame]) -> list[str]:
    return list(dict.fromkeys(frame["type"] for frame in frames))


async def test_the_echo_tools_text_so_far_and_the_answer(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}") as line:
        frames = await ask(line, TABLES)
    assert frames[0] == {"type": "user", "content": TABLES}
    assert kinds(frames) == ["user", "tool", "agent_partial", "agent"]
    partial = [frame["content"] for frame in frames if frame["type"] == "agent_partial"]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(partial))
    assert partial[-1] == frames[-1]["content"]
    assert frames[-1]["diagram"] is None
    tool = next(frame for frame in frames if frame["type"] == "tool")
    assert tool["tool_name"]
    assert json.loads(tool["content"])


async def test_a_diagram(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}") as line:
        assert (await ask(line, DIAGRAM))[-1]["diagram"].startswith("erDiagram")


async def test_frames_that_make_no_sense(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}") as line:
        for frame in ({"content": ""}, {}, {"content": None}, {"content": "  "}, {"message": "hello"}):
            await line.send(frame)
            assert await line.receive() == {"type": "error", "content": "Empty message"}
        for text in ("nonsense", "[]", '{"content":7}'):
            await line.send(text)
            refusal = await line.receive()
            assert set(refusal) == {"type", "content"}
            assert refusal["type"] == "error"


async def test_a_line_that_breaks_loses_nothing(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/{session}") as line:
        await line.send({"content": TABLES})
        assert (await line.receive())["type"] == "user"
        line.drop()
    async with listening(server, f"/ws/{session}") as line:
        frames = await line.until(ENDED)
        assert frames[0] == {"type": "user", "content": TABLES}
        assert "tool" in kinds(frames)
        assert frames[-1]["type"] == "agent"
        assert await line.silent()


async def test_what_was_read_does_not_come_again(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/{session}") as line:
        await ask(line, TABLES)
    async with listening(server, f"/ws/{session}") as line:
        assert await line.silent()


async def test_the_history_is_told_as_often_as_it_is_asked_for(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/{session}") as line:
        said = await ask(line, DIAGRAM)
    for _ in range(2):
        async with listening(server, f"/ws/{session}?history=true") as line:
            told = await line.until(ENDED)
            WIRES["explorer"].validate(told)
            assert (told[0], told[-1]) == (said[0], said[-1])
            assert told[-1]["diagram"].startswith("erDiagram")
            assert [frame.get("tool_name") for frame in told] == [
                frame.get("tool_name") for frame in said if frame["type"] != "agent_partial"
            ]
            assert await line.silent(0.3)
    async with listening(server, f"/ws/{anew()}?history=true") as line:
        assert await line.silent(0.3)


async def test_sessions_do_not_meet(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}") as one, listening(server, f"/ws/{anew()}") as other:
        await ask(one, TABLES)
        assert await other.silent(0.3)


FIXED = ("/ws/chat", "/ws/query", "/ws/agent/stream?question=Hi", "/ws/agent/interactive", "/ws/chat/any")


@pytest.mark.parametrize("path", FIXED)
async def test_fixed_paths_win(server: Served, path: str) -> None:
    async with listening(server, path) as line:
        if "question" not in path:
            await line.send("nonsense")
        assert set(await line.receive()) != {"type", "content"}


def test_the_page_is_no_session(server: Served) -> None:
    status, body, _ = server.get("/ws/test")
    assert status == 200
    assert b"<html" in body


async def test_a_page_of_another_origin_is_closed(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}", origin="https://elsewhere.example") as line:
        assert await line.closed() == ([], 4003)
        assert line.socket.close_reason == "Origin not allowed"


@pytest.mark.parametrize("path", FIXED)
async def test_other_wires_refuse_its_handshake(server: Served, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await websockets.connect(f"ws://127.0.0.1:{server.port}{path}", origin="https://elsewhere.example")  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


async def test_a_page_of_this_machine_may(server: Served) -> None:
    async with listening(server, f"/ws/{anew()}", origin="http://localhost:3000") as line:
        await line.send({"content": ""})
        assert (await line.receive())["type"] == "error"
