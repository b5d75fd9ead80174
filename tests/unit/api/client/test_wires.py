"""The clients of the other wires: what they do when the connection is lost, and what they say of it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api.client.analysis import Analysis
from api.client.errors import Dropped, Refused, SignInFailed, Unreachable
from api.client.explorer import Explorer
from api.client.query import Query
from api.client.reasoning import Reasoning
from api.client.retry_schedules import ANALYSIS, EXPLORER, QUERY, REASONING
from api.client.socket import FallingBack, GaveUp
from tests.scripted_wire import Frame, Peer, Watch, scripted


def frame(type_: str, **fields: Any) -> Frame:
    return {"type": type_, **fields}


def types(frames: list[Any]) -> list[str]:
    return [one["type"] for one in frames]


async def drops(peer: Peer) -> None:
    await peer.drop()


def query_of(peer: Peer) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(peer.url).query).items()}


# --- analysis --------------------------------------------------------------------------------------------------------

START, END = frame("start", message="…"), [frame("complete", message="…"), frame("stream_end", message="…")]


async def analyses(peer: Peer) -> None:
    data = frame("data_ready", data={"code": "SELECT 1"})
    await peer.send(START, data, frame("analysis_chunk", chunk="Nine "), frame("analysis_chunk", chunk="in all."), *END)
    await peer.linger()


async def breaks_off(peer: Peer) -> None:
    await peer.send(START, frame("analysis_chunk", chunk="Ni"))
    await peer.drop()


async def test_an_analysis_that_broke_off_is_told_again_and_asked_once() -> None:
    watch = Watch()
    async with scripted(breaks_off, drops, analyses) as (base, peers):
        analysis = Analysis(watch.way(base), "How many?", "operations")
        seen = [one async for one in analysis]
    assert types(seen)[0] == "start"
    assert types(seen)[-1] == "stream_end"
    assert (analysis.text, analysis.data) == ("Nine in all.", {"code": "SELECT 1"})
    assert watch.waited == [1, 2]
    assert watch.reasons == ["Reconnecting (1/3)", "Reconnecting (2/3)"]
    asked = [query_of(peer) for peer in peers]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0]["question"] == "How many?"
    assert asked[0]["dataset"] == "operations"
    assert asked[0]["client_message_id"]


STREAM = 'retry: 250\n\nid: 1\ndata: {"type":"start"}\n\nid: 2\ndata: {"type":"analysis_chunk","chunk":"Nine "}\n\n'
REST = ':\n\nid: 3\ndata: {"type":"analysis_chunk",\ndata: "chunk":"in all."}\n\nid: 4\ndata: {"type":"stream_end"}\n\n'


async def test_after_three_tries_an_analysis_goes_on_as_an_event_stream() -> None:
    watch = Watch()
    async with scripted(drops, drops, drops, drops, STREAM, 503, REST) as (base, peers):
        analysis = Analysis(watch.way(base, "secret"), "How many?")
        seen = [one async for one in analysis]
    assert types(seen) == ["start", "analysis_chunk", "analysis_chunk", "stream_end"]
    assert analysis.text == "Nine in all."
    assert FallingBack(ANALYSIS.then) in watch.told
    assert watch.waited == [1, 2, 3, 0.25, 0.25]
    first, _, again = peers[4:]
    assert query_of(first)["client_message_id"] == query_of(peers[0])["client_message_id"]
    assert "Last-Event-ID" not in first.seen[0]
    assert again.seen[0]["Last-Event-ID"] == "2"
    assert again.seen[0]["Authorization"] == "Bearer secret"
    assert "secret" not in first.url


async def test_a_stream_that_was_told_to_its_end_is_left() -> None:
    watch = Watch()
    async with scripted(drops, drops, drops, drops, STREAM, 204) as (base, _):
        assert types([one async for one in Analysis(watch.way(base), "How many?")]) == ["start", "analysis_chunk"]


async def test_a_stream_that_never_comes_is_given_up() -> None:
    watch = Watch()
    async with scripted(drops, drops, drops, drops, 503) as (base, _):
        with pytest.raises(GaveUp, match="stream is lost"):
            _ = [one async for one in Analysis(watch.way(base), "How many?")]
    async with scripted(drops, drops, drops, drops, 429) as (base, _):
        with pytest.raises(Refused):
            _ = [one async for one in Analysis(watch.way(base), "How many?")]


async def test_an_analysis_is_stopped_over_http_whatever_way_its_frames_come() -> None:
    watch = Watch()
    async with scripted(204, 409, 404) as (base, peers):
        analysis = Analysis(watch.way(base, "secret"), "How many?", session_id="a b&c")
        await analysis.cancel()
        for code in ("BAD_REQUEST", "BAD_REQUEST"):
            with pytest.raises(Refused) as refused:
                await analysis.cancel()
            assert refused.value.code == code
    assert query_of(peers[0]) == {"session_id": "a b&c"}
    assert urlsplit(peers[0].url).path == "/agent/stream"
    assert peers[0].seen[0]["Authorization"] == "Bearer secret"
    with pytest.raises(Unreachable):
        await analysis.cancel()


# --- explorer --------------------------------------------------------------------------------------------------------


async def explores(peer: Peer) -> None:
    asked = await peer.receive()
    await peer.send(frame("user", content=asked["content"]), frame("agent_partial", content="He"))
    await peer.send(frame("agent", content="Here.", diagram="erDiagram"))
    await peer.linger()


async def explores_half(peer: Peer) -> None:
    asked = await peer.receive()
    await peer.send(frame("user", content=asked["content"]), frame("agent_partial", content="He"))
    await peer.drop()


async def tells_the_rest(peer: Peer) -> None:
    await peer.send(frame("user", content="Tables?"), frame("agent", content="Here.", diagram=None))
    await peer.linger()


async def test_an_explorer_waits_twice_as_long_each_time() -> None:
    watch = Watch()
    async with scripted(503, 503, 503, 503, 503, explores) as (base, peers):
        explorer = Explorer(watch.way(base), "my tables/1")
        seen = [one async for one in explorer.ask("Tables?")]
    assert types(seen) == ["user", "agent_partial", "agent"]
    assert watch.waited == [1, 2, 4, 8, 16]
    assert watch.reasons[-1] == "Reconnecting (5/5)"
    assert peers[-1].url == "/ws/my%20tables%2F1"


async def test_an_explorer_gives_up_after_five_tries_and_says_so() -> None:
    async with scripted(503) as (base, peers):
        with pytest.raises(GaveUp) as given_up:
            _ = [one async for one in Explorer(Watch().way(base)).ask("Tables?")]
    assert str(given_up.value) == EXPLORER.then
    assert str(given_up.value).startswith("Connection failed after 5 retries.")
    assert len(peers) == 6


async def test_an_explorer_asks_once_and_hears_the_rest() -> None:
    watch = Watch()
    async with scripted(explores_half, tells_the_rest) as (base, peers):
        seen = [one async for one in Explorer(watch.way(base)).ask("Tables?")]
    assert types(seen) == ["user", "agent_partial", "agent"]
    assert len(peers[0].seen) == 1
    assert peers[1].seen == []


async def test_a_question_that_was_not_heard_is_asked_again_under_its_id() -> None:
    async def hears_nothing(peer: Peer) -> None:
        await peer.receive()
        await peer.drop()

    async with scripted(hears_nothing, explores) as (base, peers):
        _ = [one async for one in Explorer(Watch().way(base)).ask("Tables?")]
    assert peers[0].seen == peers[1].seen


# --- query -----------------------------------------------------------------------------------------------------------


async def streams(peer: Peer) -> None:
    await peer.receive()
    await peer.send(frame("status", message="…"), frame("immediate", results=[{"file": "a.md"}]))
    await peer.send(frame("stream_start"), frame("stream_token", token="He"), frame("stream_token", token="y"))
    await peer.send(frame("stream_end", response="Hey"))
    await peer.linger()


async def streams_half(peer: Peer) -> None:
    await peer.receive()
    await peer.send(frame("stream_start"), frame("stream_token", token="He"))
    await peer.drop()


async def tells_whole(peer: Peer) -> None:
    await peer.receive()
    await peer.send(frame("overview", overview="Hey"))
    await peer.linger()


async def test_a_query_is_streamed_again_from_its_beginning() -> None:
    watch = Watch()
    async with scripted(streams_half, streams_half, streams) as (base, peers):
        query = Query(watch.way(base, "t"), "What?", session_id="s")
        seen = [one async for one in query]
    assert (query.text, query.results) == ("Hey", [{"file": "a.md"}])
    assert types(seen)[-1] == "stream_end"
    assert watch.waited == [1, 2]
    assert peers[0].seen == peers[2].seen
    assert peers[0].seen[0]["session_id"] == "s"
    assert peers[0].url == "/ws/query?token=t"


async def test_after_three_tries_a_query_is_asked_once_without_streaming() -> None:
    watch = Watch()
    async with scripted(streams_half, streams_half, streams_half, streams_half, tells_whole) as (base, peers):
        query = Query(watch.way(base), "What?")
        seen = [one async for one in query]
    assert types(seen)[-1] == "overview"
    assert query.text == "Hey"
    assert [peer.seen[0]["stream"] for peer in peers] == [True, True, True, True, False]
    assert len({peer.seen[0]["client_message_id"] for peer in peers}) == 1
    assert watch.told[-1] == FallingBack(QUERY.then)


async def test_a_query_that_gets_no_answer_either_way_ends_with_words() -> None:
    async with scripted(503) as (base, peers):
        with pytest.raises(GaveUp, match="could not be had"):
            _ = [one async for one in Query(Watch().way(base), "What?")]
    assert len(peers) == 5


async def test_an_error_ends_a_query() -> None:
    async def refuses(peer: Peer) -> None:
        await peer.receive()
        await peer.send(frame("error", message="Too much.", code="RATE_LIMITED"))
        await peer.linger()

    async def breaks(peer: Peer) -> None:
        await peer.receive()
        await peer.send(frame("stream_start"), frame("error", message="Lost.", code="PROCESSING_ERROR"))
        await peer.send(frame("stream_end", response=""))
        await peer.linger()

    for script, expected in ((refuses, ["error"]), (breaks, ["stream_start", "error", "stream_end"])):
        async with scripted(script) as (base, _):
            assert types([one async for one in Query(Watch().way(base), "What?")]) == expected


# --- reasoning -------------------------------------------------------------------------------------------------------


async def reasons(peer: Peer) -> None:
    while True:
        asked = await peer.receive()
        if asked["type"] == "ping":
            await peer.send(frame("pong", timestamp=asked["timestamp"]))
        else:
            step = {"type": "final_answer", "content": asked["payload"]["message"], "iteration": 1, "timestamp": 0.5}
            await peer.send(frame("reasoning_step", data=step))


async def test_what_is_said_without_a_connection_waits_and_is_sent_in_order() -> None:
    watch = Watch()
    async with scripted(503, 503, 503, reasons) as (base, peers), Reasoning(watch.way(base), "s/1") as chat:
        for text in ("one", "two", "three"):
            await chat.say(text, "specs", enable_reasoning=False)
        assert chat.waiting == 3
        answers = [(await anext(chat))["data"]["content"] for _ in range(3)]
        assert answers == ["one", "two", "three"]
        await chat.say("four")
        assert (await anext(chat))["data"]["content"] == "four"
    assert watch.waited == [2, 4, 6]
    assert watch.reasons == ["Reconnecting (1/5)", "Reconnecting (2/5)", "Reconnecting (3/5)"]
    assert peers[-1].url == "/ws/chat/s%2F1"
    sent = [one["payload"] for one in peers[-1].seen if one["type"] == "chat"]
    assert (sent[0]["agent_name"], sent[0]["enable_reasoning"]) == ("specs", False)


async def test_a_run_that_asked_goes_on_and_what_is_told_again_does_not() -> None:
    def step(kind: str, content: str, at: float) -> Frame:
        data = {"type": kind, "content": content, "iteration": 1, "timestamp": at, "run_id": "r"}
        return frame("reasoning_step", data=data)

    async def asks(peer: Peer) -> None:
        await peer.send(step("thought", "Free on Monday", 1.0), step("final_answer", "Shall I book it?", 2.0))
        await peer.drop()

    async def goes_on(peer: Peer) -> None:
        await peer.send(step("thought", "Free on Monday", 1.0), step("final_answer", "Shall I book it?", 9.0))
        await peer.send(step("thought", "It is free", 10.0), step("final_answer", "Booked.", 11.0))
        await peer.linger()

    async with scripted(asks, goes_on) as (base, _), Reasoning(Watch().way(base)) as chat:
        told = [(await anext(chat))["data"]["content"] for _ in range(4)]
    assert told == ["Free on Monday", "Shall I book it?", "It is free", "Booked."]


async def test_what_the_server_has_is_not_said_again() -> None:
    async def takes_one(peer: Peer) -> None:
        await peer.receive()
        await peer.send(frame("pong", timestamp=(await peer.receive())["timestamp"]), frame("status"))
        await peer.receive()
        await peer.drop()

    watch = Watch()
    async with scripted(takes_one, reasons) as (base, peers), Reasoning(watch.way(base)) as chat:
        await chat.say("one")
        assert (await anext(chat))["type"] == "status"
        await chat.say("two")
        assert (await anext(chat))["data"]["content"] == "two"
    texts = [[one["payload"]["message"] for one in peer.seen if one["type"] == "chat"] for peer in peers]
    assert texts == [["one", "two"], ["two"]]
    names = [one["payload"]["client_message_id"] for peer in peers for one in peer.seen if one["type"] == "chat"]
    assert names[1] == names[2]


async def test_reasoning_gives_up_keeps_what_was_said_and_can_begin_anew() -> None:
    watch = Watch()
    async with scripted(*[503] * 6, reasons) as (base, _), Reasoning(watch.way(base)) as chat:
        await chat.say("one")
        with pytest.raises(GaveUp) as given_up:
            await anext(chat)
        assert str(given_up.value) == REASONING.then
        assert watch.waited == [2, 4, 6, 8, 10]
        assert chat.waiting == 1
        chat.connect()
        assert (await anext(chat))["data"]["content"] == "one"


# --- all -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "error"), [(4401, SignInFailed), (4403, Dropped), (4003, Dropped), (4400, Dropped)])
async def test_a_close_after_which_nothing_gets_better_is_told_at_once(code: int, error: type[Exception]) -> None:
    async def closes(peer: Peer) -> None:
        await peer.socket.close(code)

    watch = Watch()
    async with scripted(closes) as (base, peers):
        with pytest.raises(error):
            _ = [one async for one in Query(watch.way(base), "What?")]
    assert len(peers) == 1
    assert watch.waited == []


async def test_a_refused_handshake_is_not_tried_again() -> None:
    async with scripted(403) as (base, peers):
        with pytest.raises(Dropped, match="403"):
            _ = [one async for one in Explorer(Watch().way(base)).ask("Tables?")]
    assert len(peers) == 1


async def test_rubbish_from_a_server_harms_nobody() -> None:
    async def babbles(peer: Peer) -> None:
        await peer.receive()
        for text in ("", "[]", "7", "{", '"x"', "null"):
            await peer.socket.send(text)
        await peer.socket.send(b"\xff")
        await peer.send(frame("overview", overview="Hey"))
        await peer.linger()

    async with scripted(babbles) as (base, _):
        query = Query(Watch().way(base), "What?")
        assert [one async for one in query][-1]["overview"] == query.text == "Hey"
