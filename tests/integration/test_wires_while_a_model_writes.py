"""The wires while an answer is being written, word by word: lines that break, answers that are stopped or break off."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import Analysis, Refused, Way
from api.client.event_stream import event_stream
from tests.integration.listening import Frame, Line, anew, is_of, listening
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving
from tests.wires import WIRES

QUESTION = "What is the roof load of the Wren?"
WRITTEN = 100
ENDED = {
    "explorer": is_of("agent", "error"),
    "query": is_of("stream_end", "overview"),
    "reasoning": is_of("final_answer", "error"),
}


@pytest.fixture(scope="module")
def writing(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose model takes two seconds for an answer."""
    own = duplicate(ingested, tmp_path_factory.mktemp("writing") / "data")
    settings = {
        "OPENAI_API_KEY": "any key",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": f"openai:script-{WRITTEN}tok-20ms",
        "PITCREW_TOKEN_GAP_S": "1",
    }
    with serving(own, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


def query(server: Served) -> str:
    return f"/ws/query?token={server.token('writing')}"


def kinds(wire: str, frames: list[Frame]) -> list[str]:
    return [WIRES[wire].kind(frame) for frame in frames]


async def read_on(line: Line, wire: str) -> list[Frame]:
    """The rest of a turn; nothing comes behind it."""
    frames = await line.until(ENDED[wire])
    WIRES[wire].validate(frames)
    assert await line.silent()
    return frames


async def test_steps_and_the_answer_after_a_line_broke(writing: Served) -> None:
    path = f"/ws/chat/{anew()}"
    async with listening(writing, path) as line:
        await line.send({"type": "chat", "payload": {"message": QUESTION}})
        before = [await line.receive(), await line.receive()]
        await asyncio.sleep(0.5)  # the answer is being written
        line.drop()
    async with listening(writing, path) as line:
        frames = await read_on(line, "reasoning")
    assert kinds("reasoning", frames)[-1] == "final_answer"
    assert kinds("reasoning", frames).count("final_answer") == 1
    for frame in before:
        assert frame in frames
    assert len(frames[-1]["data"]["content"].split()) >= WRITTEN


async def test_the_text_so_far_after_a_line_broke(writing: Served) -> None:
    path = f"/ws/{anew()}"
    async with listening(writing, path) as line:
        await line.send({"content": "Tell me about this data"})
        before = (await line.until(is_of("agent_partial")))[-1]
        await asyncio.sleep(0.5)
        line.drop()
    async with listening(writing, path) as line:
        frames = await read_on(line, "explorer")
    assert frames[0]["type"] == "user"
    partial = [frame["content"] for frame in frames if frame["type"] == "agent_partial"]
    assert len(partial) > 1, "it came back while the answer was being written"
    assert partial[0].startswith(before["content"])
    assert len(partial[0]) > len(before["content"])
    assert frames[-1]["content"].startswith(partial[-1])


async def test_a_question_asked_again_as_a_whole(writing: Served) -> None:
    """What the printed widget does when streaming failed it: the same question, without streaming."""
    question = {"question": QUESTION, "session_id": anew(), "client_message_id": anew()}
    async with listening(writing, query(writing)) as line:
        await line.send(question)
        await line.until(is_of("stream_token"))
        line.drop()
    async with listening(writing, query(writing)) as line:
        await line.send({**question, "stream": False})
        frames = await read_on(line, "query")
    assert [kind for kind in kinds("query", frames) if kind != "status"] == ["immediate", "overview"]
    assert len(frames[-1]["overview"].split()) >= WRITTEN
    _, body, _ = writing.get(f"/api/v1/sessions/{question['session_id']}/messages", writing.token("writing"))
    assert body.count(QUESTION.encode()) == 1


async def test_a_stream_that_is_stopped(writing: Served) -> None:
    session = anew()
    async with listening(writing, query(writing)) as line:
        await line.send({"question": QUESTION, "session_id": session})
        frames = await line.until(is_of("stream_token"))
        await line.send({"type": "cancel", "session_id": session})
        frames += await read_on(line, "query")
    said = "".join(frame["token"] for frame in frames if frame["type"] == "stream_token")
    assert frames[-1] == {"type": "stream_end", "response": said}
    assert 0 < len(said.split()) < WRITTEN


async def test_a_stream_that_breaks_off(writing: Served, provider: Control) -> None:
    provider.script(always={"kind": "stall", "after": 5})
    async with listening(writing, query(writing)) as line:
        await line.send({"question": QUESTION})
        frames = await read_on(line, "query")
    assert kinds("query", frames)[-2:] == ["error", "stream_end"]
    assert (frames[-2]["code"], frames[-2]["reason"]) == ("PROCESSING_ERROR", "LLM_STALLED")
    assert frames[-1]["response"] == "".join(frame["token"] for frame in frames if frame["type"] == "stream_token")


async def test_a_run_that_fails_on_the_other_wires(writing: Served, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 500})
    async with listening(writing, f"/ws/chat/{anew()}") as line:
        await line.send({"type": "chat", "payload": {"message": QUESTION}})
        frames = await read_on(line, "reasoning")
        assert (frames[-1]["data"]["type"], kinds("reasoning", frames).count("error")) == ("error", 1)
    async with listening(writing, f"/ws/{anew()}") as line:
        await line.send({"content": "Tell me about this data"})
        frames = await read_on(line, "explorer")
        assert frames[-1]["type"] == "error"
        assert frames[-1]["content"].startswith("Agent error: ")


async def test_an_analysis_that_is_stopped(writing: Served) -> None:
    async with listening(writing, "/ws/agent/stream?question=How+many+incidents+are+there%3F") as line:
        frames = await line.until(is_of("progress"))
        await line.send("cancel")
        rest, code = await line.closed()
    WIRES["analysis_stream"].validate(frames + rest)
    assert [frame["type"] for frame in rest[-2:]] == ["cancelled", "stream_end"]
    assert code == 1000


@pytest.mark.parametrize("user", ["", "stopping"], ids=["guest", "signed in"])
async def test_an_analysis_is_stopped_over_http(writing: Served, user: str) -> None:
    """Whether its frames come over a socket or, where none is to be had, as server-sent events."""
    way = Way(f"ws://127.0.0.1:{writing.port}", writing.token(user) if user else "", sleep=lambda _: asyncio.sleep(0))
    analysis = Analysis(way, "How many incidents are there?")
    over_http = Analysis(way, "How many incidents are there?")
    stream = event_stream(way, way.http("/agent/stream", over_http._query))
    for frames, answer in ((aiter(analysis), analysis), (stream, over_http)):
        told = []
        async with asyncio.timeout(30):
            async for frame in frames:
                told.append(frame["type"])
                if told.count("progress") == 1 and frame["type"] == "progress":
                    await answer.cancel()
        assert told[-2:] == ["cancelled", "stream_end"]
        with pytest.raises(Refused) as refused:
            await answer.cancel()
        assert refused.value.code == "RUN_NOT_ACTIVE"
