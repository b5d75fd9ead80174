"""`/ws/chat/{session_id}` as its clients use it: steps, the choice of an agent, lines that break."""

from tests.integration.listening import Frame, Line, anew, is_of, listening
from tests.serving import Served
from tests.wires import WIRES

QUESTION = "When is the brake fluid of the Wren changed?"
ENDED = is_of("final_answer", "error")


def chat(message: str = QUESTION, **payload: object) -> Frame:
    return {"type": "chat", "payload": {"message": message, **payload}}


def kinds(frames: list[Frame]) -> list[str]:
    return [WIRES["reasoning"].kind(frame) for frame in frames]


async def ask(line: Line, message: str = QUESTION, **payload: object) -> list[Frame]:
    await line.send(chat(message, **payload))
    return await line.until(ENDED)


async def test_steps_then_the_answer(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        frames = await ask(line, agent_name="researcher", enable_reasoning=True)
        WIRES["reasoning"].validate(frames)
        assert kinds(frames)[0] == "thought"
        assert kinds(frames)[-1] == "final_answer"
        assert "2 years" in frames[-1]["data"]["content"]
        times = [frame["data"]["timestamp"] for frame in frames]
        assert times == sorted(times)


async def test_tools_are_shown_as_they_are_used(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        frames = await ask(line, "What is the engine power of the Wren 58?")
    assert "tool_use" in kinds(frames)
    assert kinds(frames).index("tool_use") < kinds(frames).index("tool_result") < kinds(frames).index("final_answer")


async def test_a_client_that_picks_its_agent(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        frames = await ask(line, "What is the power?", agent_name="specs")
        assert "specs" in frames[0]["data"]["content"]
        [refusal] = await ask(line, agent_name="astrologer")
    assert refusal["data"]["type"] == "error"
    for name in ("maintenance", "specs", "troubleshooting"):
        assert name in refusal["data"]["content"]


async def test_without_reasoning_only_the_answer(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        assert kinds(await ask(line, enable_reasoning=False)) == ["final_answer"]


async def test_a_follow_up_knows_what_was_said(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        await ask(line, "What is the maximum power of the Wren 58?", enable_reasoning=False)
        [answer] = await ask(line, "And of the Heron?", enable_reasoning=False)
    assert "Heron" in answer["data"]["content"]
    assert "kW" in answer["data"]["content"]


async def test_signs_of_life(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        await line.send({"type": "ping", "timestamp": 7.5})
        assert await line.receive() == {"type": "pong", "timestamp": 7.5}
        await line.send({"type": "pong", "timestamp": 1.0})
        assert await line.silent(0.3)


async def test_frames_that_make_no_sense(server: Served) -> None:
    async with listening(server, f"/ws/chat/{anew()}") as line:
        for text in ("nonsense", '{"type":"chat"}', '{"type":"chat","payload":{"message":7}}', '{"type":"x"}'):
            await line.send(text)
            frame = await line.receive()
            assert (frame["type"], frame["data"]["type"]) == ("reasoning_step", "error")
        await line.send(chat(""))
        assert (await line.receive())["data"]["content"].startswith("The message is empty")
        assert kinds(await ask(line))[-1] == "final_answer"


async def test_a_line_that_breaks_loses_nothing(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as line:
        await line.send(chat())
        first = await line.receive()
        line.drop()
    assert first["data"]["type"] == "thought"
    async with listening(server, f"/ws/chat/{session}") as line:
        frames = await line.until(ENDED)
        assert "thought" in kinds(frames)
        assert "2 years" in frames[-1]["data"]["content"]
        assert await line.silent()


async def test_a_client_that_asks_and_leaves_at_once(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as line:
        await line.send(chat())
    async with listening(server, f"/ws/chat/{session}") as line:
        assert kinds(await line.until(ENDED))[-1] == "final_answer"


async def test_what_was_read_does_not_come_again(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as line:
        await ask(line)
    async with listening(server, f"/ws/chat/{session}") as line:
        assert await line.silent()
        await ask(line)
        await line.send({"type": "ping"})  # it is there: it has read the answer
        await line.until(is_of("pong"))
        line.drop()
    async with listening(server, f"/ws/chat/{session}") as line:
        assert await line.silent()


async def test_the_history_is_told_as_often_as_it_is_asked_for(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as line:
        first = await ask(line)
        await ask(line, "How often is the coolant changed?", client_message_id="m-2")
    for _ in range(2):
        async with listening(server, f"/ws/chat/{session}?history=true") as line:
            told = [await line.until(ENDED), await line.until(ENDED)]
            WIRES["reasoning"].validate([frame for turn in told for frame in turn])
            assert [turn[0]["data"]["content"] for turn in told] == [QUESTION, "How often is the coolant changed?"]
            assert [turn[0]["type"] for turn in told] == ["asked", "asked"]
            assert told[1][0]["data"]["client_message_id"] == "m-2"
            steps = [{**frame["data"], "timestamp": 0} for frame in told[0][1:]]
            assert steps == [{**frame["data"], "timestamp": 0} for frame in first]
            assert {step["run_id"] for step in steps} == {told[0][0]["data"]["run_id"]}
            assert await line.silent(0.3)
    async with listening(server, f"/ws/chat/{session}?history=true&token={server.token('somebody')}") as line:
        assert await line.silent(0.3)
    async with listening(server, f"/ws/chat/{session}?history=yes") as line:
        [refusal] = await line.until(ENDED)
        assert refusal["data"]["type"] == "error"
        assert kinds(await ask(line))[-1] == "final_answer"


async def test_two_pages_of_one_session_see_the_same(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as first:
        await ask(first)
        async with listening(server, f"/ws/chat/{session}") as second:
            await second.until(ENDED)  # nobody has said yet that it was read
            answer = (await ask(first, "How often is the coolant changed?"))[-1]["data"]["content"]
            assert (await second.until(ENDED))[-1]["data"]["content"] == answer


async def test_guests_never_meet_users(server: Served) -> None:
    session = anew()
    async with listening(server, f"/ws/chat/{session}") as line:
        await ask(line)
        line.drop()
    async with listening(server, f"/ws/chat/{session}?token={server.token('somebody')}") as line:
        assert await line.silent()
