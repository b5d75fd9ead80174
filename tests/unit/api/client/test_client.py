import ast
import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import api.client
from api.client import (
    Busy,
    Client,
    ClientError,
    Closed,
    Dropped,
    Refused,
    SignInFailed,
    Unreachable,
    Waits,
)
from api.client import line as line_module
from tests.scripted_chat import Clock, Peer, asked, client, refusing, scripted, types

# --- asking ----------------------------------------------------------------------------------------------------------


async def test_a_turn_gives_the_frames_of_its_run_and_keeps_text_and_sources() -> None:
    async def answers(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("progress", run_id="r1", step="starting", message="Starting")
        await peer.send("sources", run_id="r1", passages=[{"id": "p"}], seq=2)
        await peer.send("token", run_id="r1", offset=0, token="Hel")
        await peer.send("token", run_id="another", offset=0, token="not for us")
        await peer.send("token", run_id="r1", offset=3, token="lo")
        await peer.send("token", run_id="r1", offset=1, token="i")
        await peer.send("hologram", run_id="r1", of="a wheel")
        await peer.send("complete", run_id="r1", session_id="s1", response="Hi!", seq=3)
        await peer.linger()

    async with scripted(answers) as (url, peers), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        seen = [(frame["type"], turn.text) async for frame in turn]
    assert seen == [
        ("ack", ""),
        ("progress", ""),
        ("sources", ""),
        ("token", "Hel"),
        ("token", "Hello"),
        ("token", "Hi"),
        ("hologram", "Hi"),
        ("complete", "Hi!"),
    ]
    assert turn.sources == [{"id": "p"}]
    assert (turn.run_id, turn.message_id) == ("r1", "m-r1")
    auth, message = peers[0].seen
    assert auth == {"type": "auth", "token": "token", "partial": False}
    assert (message["message"], message["session_id"]) == ("Hello", "s1")


async def test_awaiting_a_turn_gives_its_last_frame() -> None:
    async with scripted(asked) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        assert (await turn)["response"] == "Hi"
        assert (await turn) is turn.last


async def test_a_failed_run_is_a_last_frame_and_no_exception() -> None:
    async def fails(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("error", run_id="r1", code="PROCESSING_ERROR", error="Too slow.", reason="LLM_TIMEOUT", seq=2)
        await peer.linger()

    async with scripted(fails) as (url, _), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["reason"] == "LLM_TIMEOUT"


async def test_a_text_ahead_of_its_beginning_is_not_taken() -> None:
    async def skips(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("token", run_id="r1", offset=7, token="tail")
        await peer.answer(text="the whole")
        await peer.linger()

    async with scripted(skips) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        texts = [turn.text async for frame in turn]
    assert texts == ["", "", "the whole", "the whole"]


async def test_a_restarted_run_forgets_its_text_and_sources() -> None:
    async def restarts(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("sources", run_id="r1", passages=[{"id": "old"}], seq=2)
        await peer.send("token", run_id="r1", offset=0, token="old text")
        await peer.send("run_restarted", run_id="r1", attempt=2, seq=3)
        await peer.answer(text="new", seq=4)
        await peer.linger()

    async with scripted(restarts) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        seen = [(frame["type"], turn.text, len(turn.sources)) async for frame in turn]
    assert seen[3:] == [("run_restarted", "", 0), ("token", "new", 0), ("complete", "new", 0)]


async def test_messages_are_sent_in_order_and_each_has_its_own_answer() -> None:
    async def three(peer: Peer) -> None:
        for number in range(1, 4):
            await peer.ack(await peer.receive(), f"r{number}", number)
        for number in range(1, 4):
            await peer.answer(f"r{number}", f"answer {number}", 3 + number)
        await peer.linger()

    async with scripted(three) as (url, peers), client(url) as it:
        turns = [it.conversation("s1").ask(f"question {number}") for number in range(1, 4)]
        assert [(await turn)["response"] for turn in turns] == ["answer 1", "answer 2", "answer 3"]
    assert [frame["message"] for frame in peers[0].seen[1:]] == ["question 1", "question 2", "question 3"]


async def test_too_many_waiting_messages_are_a_busy_error_of_that_message_alone() -> None:
    async def busy(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.receive()
        await peer.send("error", code="RUN_BUSY", error="Too many messages.", retryable=True)
        await peer.answer()
        await peer.linger()

    async with scripted(busy) as (url, _), client(url) as it:
        first, second = it.conversation("s1").ask("one"), it.conversation("s1").ask("two")
        with pytest.raises(Busy, match="Too many") as refused:
            await second
        assert refused.value.retryable
        assert (await first)["type"] == "complete"


async def test_a_refused_message_says_code_text_and_field() -> None:
    async def refuses(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="BAD_REQUEST", error="A field is missing.", retryable=False, field="message")
        assert (await peer.receive())["message"] == " "
        await peer.send("error", code="EMPTY_MESSAGE", error="The message is empty.", retryable=False, field="message")
        await asked(peer)

    async with scripted(refuses) as (url, _), client(url) as it:
        with pytest.raises(Refused, match="field is missing") as refused:
            await it.conversation("s1").ask("Hello")
        assert (refused.value.code, refused.value.field) == ("BAD_REQUEST", "message")
        with pytest.raises(Refused, match="empty") as refused:
            await it.conversation("s1").ask(" ")
        assert refused.value.code == "EMPTY_MESSAGE"
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"


async def test_a_frame_beyond_the_servers_limit_is_not_sent() -> None:
    async def small(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_success", limits={"frame_bytes": 300})
        await asked(peer)

    async with scripted(small, sign_in=False) as (url, _), client(url) as it:
        with pytest.raises(Refused) as refused:
            await it.conversation("s1").ask("é" * 200)
        assert refused.value.code == "MESSAGE_TOO_LONG"
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"


@pytest.mark.parametrize("code", ["RATE_LIMITED", "OVERLOADED", "STORAGE_UNAVAILABLE"])
async def test_a_server_that_asks_to_wait_gets_the_same_message_then(code: str) -> None:
    async def waits(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code=code, error="Wait.", retryable=True, retry_after_ms=2500)
        await asked(peer)

    clock = Clock()
    async with scripted(waits) as (url, peers), client(url, clock=clock) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert peers[0].seen[1] == peers[0].seen[2]
    assert clock.waited == [2.5]


async def test_a_server_that_only_asks_to_wait_is_given_up() -> None:
    async def never(peer: Peer) -> None:
        while True:
            await peer.receive()
            await peer.send("error", code="OVERLOADED", error="Busy.", retryable=True, retry_after_ms=20_000)

    clock = Clock()
    async with scripted(never) as (url, _), client(url, clock=clock, patience_s=50) as it:
        with pytest.raises(Refused) as refused:
            await it.conversation("s1").ask("Hello")
    assert refused.value.code == "OVERLOADED"
    assert clock.waited == [20, 20]


# --- stopping, rating, and what is answered in silence ---------------------------------------------------------------


async def test_cancel_names_the_run_and_ends_the_turn() -> None:
    async def stoppable(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        assert await peer.receive() == {"type": "cancel", "run_id": "r1"}
        await peer.send("cancelled", run_id="r1", partial_response="Half", seq=2)
        await peer.linger()

    async with scripted(stoppable) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        await turn.cancel()
        assert (await turn)["type"] == "cancelled"
    assert turn.text == "Half"


async def test_to_cancel_what_has_ended_is_no_error_but_another_refusal_is() -> None:
    async def refuses(peer: Peer) -> None:
        for code in ("RUN_NOT_ACTIVE", "NOT_FOUND"):
            assert await peer.receive() == {"type": "cancel", "session_id": "s1"}
            await peer.send("error", code=code, error="No.")
        await peer.linger()

    async with scripted(refuses) as (url, _), client(url) as it:
        await it.conversation("s1").cancel()
        with pytest.raises(Refused) as refused:
            await it.conversation("s1").cancel()
    assert refused.value.code == "NOT_FOUND"


async def test_what_succeeds_in_silence_is_told_from_what_is_refused() -> None:
    async def takes(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="NOT_FOUND", error="No such message.")
        await peer.linger()

    async with scripted(takes) as (url, peers), client(url) as it:
        conversation = it.conversation("s1")
        with pytest.raises(Refused, match="No such message"):
            await conversation.feedback("m9", "up")
        await conversation.feedback("m1", "down", "too short")
        await conversation.delete("m1")
        await conversation.read(7)
        await it.conversation("s2").typing()
        await conversation.feedback("m1", "up")
    assert peers[0].seen[2:] == [
        {"type": "feedback", "message_id": "m1", "rating": "down", "reason": "too short"},
        {"type": "delete", "message_id": "m1"},
        {"type": "read", "session_id": "s1", "seq": 7},
        {"type": "feedback", "message_id": "m1", "rating": "up"},
    ]


async def test_a_message_may_replace_another_and_tells_the_time_zone() -> None:
    async def replaces(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.answer()
        second = await peer.receive()
        await peer.send("superseded", message_id="m-r1", by="m-r2", run_id="r1", seq=3)
        await peer.ack(second, "r2", 4, replaces="m-r1")
        await peer.answer("r2", "Ho", 5)
        third = await peer.receive()
        await peer.send("error", code="BAD_REQUEST", field="replaces", error=f"No: {third['replaces']}")
        await peer.linger()

    async with scripted(replaces) as (url, peers), Client(url, "token", timezone="Asia/Tokyo") as it:
        conversation = it.conversation("s1")
        first = conversation.ask("Hello", metadata={"page": 3})
        await first
        assert (await conversation.ask("Hello!", replaces=first.message_id))["response"] == "Ho"
        with pytest.raises(Refused, match="No: m-r1"):
            await conversation.ask("Hello?", replaces=first.message_id, metadata={"timezone": "UTC"})
    told = [(frame.get("replaces"), frame["metadata"]) for frame in peers[0].seen[1:]]
    assert told == [
        (None, {"timezone": "Asia/Tokyo", "page": 3}),
        ("m-r1", {"timezone": "Asia/Tokyo"}),
        ("m-r1", {"timezone": "UTC"}),
    ]


async def test_answers_are_told_apart_by_the_names_of_their_requests() -> None:
    async def crosses(peer: Peer) -> None:
        await peer.receive()
        first, peer.request = peer.request, None
        await peer.receive()
        await peer.send("error", code="NOT_FOUND", error="No such message.")
        await peer.send("error", code="RATE_LIMITED", error="Of nobody's request.", retryable=True)
        await peer.send("done", request=first)
        await peer.linger()

    async with scripted(crosses) as (url, _), client(url) as it:
        rated, refused = await asyncio.gather(
            *(it.conversation("s1").feedback(message, "up") for message in ("m1", "m2")), return_exceptions=True
        )
    assert rated is None
    assert isinstance(refused, Refused)
    assert refused.code == "NOT_FOUND"


async def test_a_server_that_leaves_a_request_unanswered_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ignores(peer: Peer) -> None:
        await peer.receive()
        await peer.socket.wait_closed()

    monkeypatch.setattr(line_module, "REPLY_S", 0.05)
    async with scripted(ignores, asked) as (url, peers), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert len(peers) == 2


async def test_typing_is_told_on_a_live_conversation_and_never_fails() -> None:
    async def types_too(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        assert await peer.receive() == {"type": "typing", "session_id": "s1"}
        await peer.send("error", code="UNKNOWN_TYPE", error="Not known.")
        await peer.answer()
        await peer.linger()

    async with scripted(types_too) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        await anext(turn)
        await it.conversation("s1").typing()
        assert (await turn)["type"] == "complete"


# --- leaving ---------------------------------------------------------------------------------------------------------


async def test_a_cancelled_reader_leaves_everything_usable() -> None:
    async def slow(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await release.wait()
        await peer.answer()
        await asked(peer)

    release = asyncio.Event()
    async with scripted(slow) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        await anext(turn)
        reading = asyncio.ensure_future(types(turn))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        release.set()
        assert await types(turn) == ["token", "complete"]
        assert turn.text == "Hi"


async def test_a_cancelled_request_does_not_mix_up_the_answers() -> None:
    async def slow(peer: Peer) -> None:
        await peer.receive()
        arrived.set()
        await release.wait()
        await peer.send("error", code="NOT_FOUND", error="No such message.")
        await asked(peer)

    arrived, release = asyncio.Event(), asyncio.Event()
    async with scripted(slow) as (url, _), client(url) as it:
        rating = asyncio.ensure_future(it.conversation("s1").feedback("m1", "up"))
        await arrived.wait()
        rating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rating
        turn = it.conversation("s1").ask("Hello")
        release.set()
        assert (await turn)["type"] == "complete"


async def test_closing_ends_who_waits_and_leaves_no_task() -> None:
    async def silent(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.linger()

    async with scripted(silent, refusing(502)) as (url, peers):
        before = asyncio.all_tasks()
        it = client(url)
        with pytest.raises(Closed):
            await it.conversation("s1").ask("Too early")
        async with it:
            turn = it.conversation("s1").ask("Hello")
            await anext(turn)
            viewing = asyncio.ensure_future(anext(it.conversation("s2").follow()))
            await asyncio.sleep(0)
        with pytest.raises(Closed):
            await turn
        with pytest.raises(Closed):
            await viewing
        with pytest.raises(Closed):
            await it.conversation("s1").feedback("m1", "up")
        await peers[0].socket.wait_closed()
        assert {task for task in asyncio.all_tasks() - before if "scripted" not in repr(task)} == set()


async def test_closing_while_it_connects() -> None:
    async def drops(peer: Peer) -> None:
        await peer.receive()

    async def for_ever(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    waiting = asyncio.Event()
    async with scripted(drops) as (url, _):
        it = Client(url, "token", waits=Waits(sleep=for_ever))
        async with it:
            turn = it.conversation("s1").ask("Hello")
            rating = asyncio.ensure_future(it.conversation("s1").feedback("m1", "up"))
            await waiting.wait()
        for awaited in (turn, rating):
            with pytest.raises(Closed):
                await awaited


# --- laws ------------------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 10), st.floats(10, 100), st.floats(0, 1))
def test_pauses_double_up_to_the_longest_and_vary_over_the_whole(first: float, longest: float, chance: float) -> None:
    full = [Waits(first_s=first, longest_s=longest, chance=lambda: 1.0).pause(n) for n in range(40)]
    assert full[0] == first
    assert full[-1] == longest
    assert all(later in (min(2 * earlier, longest), longest) for earlier, later in pairwise(full))
    varied = Waits(first_s=first, longest_s=longest, chance=lambda: chance)
    assert [varied.pause(n) for n in range(40)] == [chance * wait for wait in full]


def test_the_library_needs_nothing_of_the_server() -> None:
    root = Path(api.client.__file__).parent
    imported = {
        name.split(".")[0] if not name.startswith("api") else name
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name for name in imported if name in {"orchestrator", "agents", "rag"}} == set()
    assert all(name.startswith("api.client") for name in imported if name.startswith("api"))


def test_every_error_is_for_a_person() -> None:
    errors: list[ClientError] = [
        Unreachable("ws://h/", "Connection refused", "Check that it runs."),
        SignInFailed("Expired."),
        Closed(),
        Dropped(4400, "Stop."),
        Busy("RUN_BUSY", "Too many."),
    ]
    assert all(str(error).endswith(".") for error in errors)
