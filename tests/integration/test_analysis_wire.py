"""`/ws/agent/stream` and `/ws/agent/interactive` as their clients use them."""

from urllib.parse import urlencode

from tests.integration.listening import Frame, Line, anew, is_of, listening
from tests.serving import Served
from tests.wires import WIRES

QUESTION = "How many incidents are there per severity?"
STAGES = ["data_loader", "code_generator", "executor", "verifier", "analyst"]


def stream(question: str = QUESTION, **query: str) -> str:
    return f"/ws/agent/stream?{urlencode({'question': question, **query})}"


async def ask(line: Line, question: str = QUESTION, **fields: object) -> list[Frame]:
    await line.send({"action": "query", "question": question, **fields})
    frames = await line.until(is_of("query_complete"))
    WIRES["analysis_interactive"].validate(frames)
    return frames


def of(kind: str, frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame["type"] == kind]


def told(frames: list[Frame]) -> str:
    return "".join(frame["chunk"] for frame in of("analysis_chunk", frames))


def analysed(frames: list[Frame]) -> None:
    kinds = list(dict.fromkeys(frame["type"] for frame in frames))
    assert kinds[0] == "start"
    assert [frame["stage"] for frame in of("progress", frames)] == STAGES
    for earlier, later in (
        ("chain_of_thought", "code_chunk"),
        ("code_chunk", "verification"),
        ("data_ready", "analysis_chunk"),
        ("analysis_chunk", "complete"),
        ("complete", "stream_end"),
    ):
        assert kinds.index(earlier) < kinds.index(later), kinds
    [data] = of("data_ready", frames)
    code = "".join(frame["chunk"] for frame in of("code_chunk", frames) if frame["attempt"] == 1)
    assert data["data"]["code"].strip() == code.strip()
    assert len(data["data"]["result_preview"]) <= data["data"]["total"]
    [verified] = of("verification", frames)
    assert verified["is_valid"]
    assert 0 < verified["confidence"] <= 1
    assert told(frames) == of("complete", frames)[0]["response"] != ""


async def test_one_question_in_the_url(server: Served) -> None:
    async with listening(server, stream()) as line:
        frames, code = await line.closed(60)
    WIRES["analysis_stream"].validate(frames)
    analysed(frames)
    assert (frames[-1]["type"], code) == ("stream_end", 1000)


async def test_a_dataset_is_chosen(server: Served) -> None:
    async with listening(server, stream(dataset="all")) as line:
        frames, _ = await line.closed(60)
    [data] = of("data_ready", frames)
    async with listening(server, stream(dataset=data["data"]["dataset"])) as line:
        again, _ = await line.closed(60)
    assert of("data_ready", again)[0]["data"]["result_preview"] == data["data"]["result_preview"]


async def test_no_question_in_the_url(server: Served) -> None:
    for query in ("", "?question=", "?dataset=all"):
        async with listening(server, f"/ws/agent/stream{query}") as line:
            frames, code = await line.closed()
        assert [frame["type"] for frame in frames] == ["error", "stream_end"]
        assert (frames[0]["code"], code) == ("EMPTY_MESSAGE", 1000)


async def test_it_can_be_stopped(server: Served) -> None:
    async with listening(server, stream()) as line:
        await line.send("cancel")
        frames, code = await line.closed(60)
    ends = [frame["type"] for frame in frames if frame["type"] in {"cancelled", "complete"}]
    assert len(ends) == 1  # the answer may be faster than the word
    assert (frames[-1]["type"], code) == ("stream_end", 1000)


async def test_questions_one_after_the_other(server: Served) -> None:
    async with listening(server, "/ws/agent/interactive") as line:
        first = await ask(line, dataset="all")
        analysed(first)
        assert first[-1]["status"] == "complete"
        second = await ask(line, "And only those of 2025?")
        assert "2025" in of("data_ready", second)[0]["data"]["code"]


async def test_a_named_session_goes_on_on_another_line(server: Served) -> None:
    path = f"/ws/agent/interactive?session_id={anew()}"
    async with listening(server, path) as line:
        await ask(line)
    async with listening(server, path) as line:
        second = await ask(line, "And only those of 2025?")
        assert "2025" in of("data_ready", second)[0]["data"]["code"]


async def test_frames_that_make_no_sense(server: Served) -> None:
    async with listening(server, "/ws/agent/interactive") as line:
        for text, code in (("nonsense", "BAD_JSON"), ('{"action":"dance"}', "UNKNOWN_TYPE"), ("{}", "UNKNOWN_TYPE")):
            await line.send(text)
            frame = await line.receive()
            assert (frame["type"], frame["code"]) == ("error", code)
        await line.send({"action": "ping", "timestamp": 1234567890})
        assert await line.receive() == {"type": "pong", "timestamp": 1234567890}
        refused = await ask(line, "")
        assert [frame["type"] for frame in refused] == ["error", "stream_end", "query_complete"]
        assert refused[-1]["status"] == "error"
        await line.send("cancel")
        assert (await line.receive())["type"] == "error"


async def test_analyses_are_for_their_own_doors(server: Served) -> None:
    """A customer of the other wires is not sent there."""
    async with listening(server, f"/ws/chat/{anew()}") as line:
        await line.send({"type": "chat", "payload": {"message": QUESTION, "agent_name": "analyst"}})
        frame = await line.receive()
    assert frame["data"]["type"] == "error"
    assert "analyst" not in frame["data"]["content"]
