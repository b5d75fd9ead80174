"""Runs that wait for a person, whole conversations, and several over one connection."""

import pytest

from api.client import (
    Refused,
)
from tests.scripted_chat import Peer, asked, client, scripted, types

# --- runs that wait for a person -------------------------------------------------------------------------------------

QUESTION = {
    "request_id": "q1",
    "run_id": "r1",
    "kind": "confirm",
    "prompt": "Book it?",
    "options": [{"value": True, "label": "Yes"}, {"value": False, "label": "No"}],
    "partial_response": "I found a date. ",
    "seq": 2,
}


async def parks(peer: Peer) -> None:
    await peer.ack(await peer.receive())
    await peer.send("token", run_id="r1", offset=0, token="I found a date. ")
    await peer.send("input_required", **QUESTION)


async def books(peer: Peer) -> None:
    await peer.send("token", run_id="r1", offset=16, token="Booked.")
    await peer.send("complete", run_id="r1", session_id="s1", response="I found a date. Booked.", seq=4)
    await peer.linger()


async def test_a_question_ends_the_turn_and_its_answer_is_the_next_one() -> None:
    async def asks(peer: Peer) -> None:
        await parks(peer)
        assert await peer.receive() == {"type": "answer", "request_id": "q1", "value": True}
        await peer.ack({}, "r1", 3)
        await books(peer)

    async with scripted(asks) as (url, _), client(url) as it:
        conversation = it.conversation("s1")
        turn = conversation.ask("Book me a service")
        last = await turn
        assert (last["type"], turn.text) == ("input_required", "I found a date. ")
        rest = conversation.answer(last["request_id"], True)
        texts = [(frame["type"], rest.text) async for frame in rest]
    assert texts[1:] == [("token", "I found a date. Booked."), ("complete", "I found a date. Booked.")]


async def test_a_text_that_the_server_reads_as_the_answer_goes_on_with_the_run() -> None:
    async def asks(peer: Peer) -> None:
        await parks(peer)
        await peer.ack(await peer.receive(), "r1", 3)
        await books(peer)

    async with scripted(asks) as (url, _), client(url) as it:
        await it.conversation("s1").ask("Book me a service")
        rest = it.conversation("s1").ask("yes please")
        texts = [rest.text async for frame in rest]
    assert texts == ["I found a date. ", "I found a date. Booked.", "I found a date. Booked."]


async def test_an_answer_whose_acknowledgement_was_lost_is_not_given_twice() -> None:
    async def asks(peer: Peer) -> None:
        await parks(peer)
        await peer.receive()

    async def knows(peer: Peer) -> None:
        assert await peer.receive() == {"type": "resume", "session_id": "s1", "after": 2}
        await peer.send("resumed", session_id="s1", after=2, head_seq=3, active_run="r1")
        await peer.ack({}, "r1", 3)
        await books(peer)

    async with scripted(asks, knows) as (url, peers), client(url) as it:
        await it.conversation("s1").ask("Book me a service")
        assert (await it.conversation("s1").answer("q1", True))["type"] == "complete"
    assert [frame["type"] for frame in peers[1].seen] == ["auth", "resume"]


async def test_an_answer_that_comes_too_late_is_refused() -> None:
    async def late(peer: Peer) -> None:
        await parks(peer)
        await peer.receive()
        await peer.send("error", code="RUN_NOT_ACTIVE", error="That answer is already finished.")
        await peer.linger()

    async with scripted(late) as (url, _), client(url) as it:
        await it.conversation("s1").ask("Book me a service")
        with pytest.raises(Refused, match="finished"):
            await it.conversation("s1").answer("q1", True)


# --- following, several conversations --------------------------------------------------------------------------------


async def test_following_gives_history_and_what_is_live_over_a_lost_connection() -> None:
    async def history(peer: Peer) -> None:
        assert await peer.receive() == {"type": "resume", "session_id": "s1", "after": 0}
        await peer.send("resumed", session_id="s1", after=0, head_seq=2)
        await peer.ack({}, "r1", 1)
        await peer.answer("r1", seq=2)
        await peer.ack({}, "r2", 3)

    async def live(peer: Peer) -> None:
        assert await peer.receive() == {"type": "resume", "session_id": "s1", "after": 3}
        await peer.send("resumed", session_id="s1", after=3, head_seq=3, active_run="r2")
        await peer.send("token", run_id="r2", offset=0, token="Hi")
        await peer.send("staff_message", name="Ben", message="Hello", seq=4)
        await peer.linger()

    async with scripted(history, live) as (url, _), client(url) as it:
        seen = []
        async for frame in it.conversation("s1").follow():
            seen.append(frame["type"])
            if seen[-1] == "staff_message":
                break
    assert seen == ["resumed", "ack", "token", "complete", "ack", "resumed", "token", "staff_message"]


async def test_a_late_viewer_gets_all_of_it_and_a_turn_nothing_twice() -> None:
    async def replays(peer: Peer) -> None:
        await peer.ack(await peer.receive(), seq=3)
        await peer.send("routed", run_id="r1", agents=[], seq=4)
        assert (await peer.receive())["after"] == 0
        await peer.send("token", run_id="r1", offset=0, token="too early")
        await peer.send("resumed", session_id="s1", after=0, head_seq=4, active_run="r1")
        await peer.ack({}, "r0", 1)
        await peer.send("complete", run_id="r0", session_id="s1", response="", seq=2)
        await peer.ack({}, "r1", 3)
        await peer.send("routed", run_id="r1", agents=[], seq=4)
        await peer.answer(seq=5)
        await peer.linger()

    async def view() -> list[int | str]:
        seen: list[int | str] = []
        async for frame in it.conversation("s1").follow():
            seen.append(frame.get("seq") or frame["type"])
            if frame.get("seq") == 5:
                return seen
        raise AssertionError

    async with scripted(replays) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        assert [(await anext(turn))["seq"], (await anext(turn))["seq"]] == [3, 4]
        assert await view() == ["resumed", 1, 2, 3, 4, "token", 5]
        assert await types(turn) == ["token", "token", "complete"]


async def test_following_what_does_not_exist_is_refused() -> None:
    async def unknown(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="NOT_FOUND", error="There is no such thing.")
        await asked(peer)

    async with scripted(unknown) as (url, _), client(url) as it:
        with pytest.raises(Refused) as refused:
            await anext(it.conversation("s1").follow())
        assert refused.value.code == "NOT_FOUND"
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"


async def test_a_server_with_another_past_is_read_from_its_beginning() -> None:
    async def drops(peer: Peer) -> None:
        await peer.ack(await peer.receive(), seq=50)

    async def other(peer: Peer) -> None:
        assert (await peer.receive())["after"] == 50
        await peer.send("resumed", session_id="s1", after=50, head_seq=1, active_run="r1")
        await peer.ack({}, "r1", 1)
        await peer.answer(seq=2)
        await peer.linger()

    async with scripted(drops, other) as (url, _), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["seq"] == 2


async def test_what_a_deleted_conversation_was_asked_is_not_awaited_in_the_next() -> None:
    async def drops(peer: Peer) -> None:
        await peer.ack(await peer.receive(), "r1", 50, epoch="one")

    async def another(peer: Peer) -> None:
        resume = await peer.receive()
        assert (resume["after"], resume["epoch"]) == (50, "one")
        await peer.send("resumed", session_id="s1", after=0, head_seq=60, epoch="two")
        await peer.ack({}, "r2", 1, epoch="two")
        message = await peer.receive()
        await peer.ack(message, "r3", 61, epoch="two")
        assert (await peer.receive())["after"] == 1  # what came between was not told
        await peer.send("resumed", session_id="s1", after=1, head_seq=61, epoch="two")
        await peer.ack(message, "r3", 61, epoch="two")
        await peer.answer("r3", seq=62)
        await peer.linger()

    async with scripted(drops, another) as (url, _), client(url) as it:
        conversation = it.conversation("s1")
        with pytest.raises(Refused) as refused:
            await conversation.ask("Hello")
        assert refused.value.code == "NOT_FOUND"
        assert conversation.epoch == "two"
        assert (await conversation.ask("Hello again"))["seq"] == 62


async def test_who_follows_is_told_all_of_the_conversation_that_a_message_of_theirs_began() -> None:
    async def two(peer: Peer) -> None:
        assert "epoch" not in await peer.receive()
        await peer.send("resumed", session_id="s1", after=0, head_seq=2, epoch="one")
        for seq in (1, 2):
            await peer.send("routed", run_id="r1", agents=[], seq=seq)
        message = await peer.receive()
        await peer.ack(message, "r2", 2, epoch="two")
        resume = await peer.receive()
        assert (resume["after"], resume["epoch"]) == (0, "two")
        await peer.send("resumed", session_id="s1", after=0, head_seq=2, epoch="two")
        await peer.send("deleted", run_id="r0", message_id="m0", seq=1)
        await peer.ack(message, "r2", 2, epoch="two")
        await peer.answer("r2", seq=3)
        await peer.linger()

    async with scripted(two) as (url, _), client(url) as it:
        conversation, seen = it.conversation("s1"), []
        async for frame in conversation.follow():
            seen += [(frame["type"], frame["seq"])] if "seq" in frame else []
            if seen[-1:] == [("routed", 2)] and frame["type"] == "routed":
                turn = conversation.ask("Hello")
            if frame["type"] == "complete":
                break
        assert seen[2:] == [("deleted", 1), ("ack", 2), ("complete", 3)]
        assert (await turn)["seq"] == 3


async def test_conversations_share_a_connection_and_never_meet() -> None:
    async def both(peer: Peer) -> None:
        for _ in range(2):
            message = await peer.receive()
            await peer.ack(message, f"run-{message['session_id']}")
        for session in ("two", "one"):
            await peer.send("token", run_id=f"run-{session}", offset=0, token=session)
        for session in ("one", "two"):
            await peer.send("complete", run_id=f"run-{session}", session_id=session, response=session, seq=2)
        await peer.linger()

    async with scripted(both) as (url, peers), client(url) as it:
        turns = {name: it.conversation(name).ask("Hello") for name in ("one", "two")}
        for name, turn in turns.items():
            texts = [turn.text async for frame in turn]
            assert texts == ["", name, name]
        assert it.conversation("one") is it.conversation("one")
        assert it.conversation().session_id != it.conversation().session_id
    assert len(peers) == 1
