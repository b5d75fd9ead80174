"""A customer's socket, from connection to answer, against the real server."""

import json

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from tests.conversing import talking, text_of
from tests.serving import Served

STEPS = ["starting", "agent_routing", "rag_retrieval", "generating"]


async def test_connection_establishment(server: Served) -> None:
    async with websockets.connect(server.chat) as socket:
        assert await socket.ping() is not None


async def test_authentication_by_frame(server: Served) -> None:
    token = server.token("anna", name="Anna", email="anna@example.com")
    async with talking(server.chat) as talk:
        answer = await talk.call({"type": "auth", "token": token})
    assert answer["type"] == "auth_success"
    assert answer["user"] == {"id": "anna", "email": "anna@example.com", "name": "Anna"}
    assert answer["limits"] == {"message_chars": 8000, "frame_bytes": 65536, "messages_per_minute": 20}


async def test_authentication_by_query(server: Served) -> None:
    async with talking(f"{server.chat}?token={server.token('anna')}") as talk:
        assert (await talk.receive())["type"] == "auth_success"
        frames = await talk.ask("What is the engine power of the Plover?", session_id="by-query")
    assert frames[-1]["type"] == "complete"


@pytest.mark.parametrize("by_query", [False, True])
async def test_authentication_failure(server: Served, by_query: bool) -> None:
    url = f"{server.chat}?token=nonsense" if by_query else server.chat
    async with talking(url) as talk:
        if not by_query:
            await talk.send({"type": "auth", "token": "nonsense"})
        answer = await talk.receive()
        assert (answer["type"], answer["code"]) == ("auth_error", "AUTH_INVALID")
        assert await talk.closed() == 4401


async def test_message_without_auth(server: Served) -> None:
    async with talking(server.chat) as talk:
        for _ in range(4):
            answer = await talk.call({"type": "message", "message": "What is the engine power?"})
            assert (answer["type"], answer["code"]) == ("error", "AUTH_REQUIRED")
        await talk.sign_in(server.token())
        assert (await talk.ask("What is the engine power of the Wren 42?"))[-1]["type"] == "complete"


async def test_fifth_message_without_auth_ends_the_socket(server: Served) -> None:
    async with talking(server.chat) as talk:
        for _ in range(5):
            assert (await talk.call({"type": "message", "message": "hi"}))["code"] == "AUTH_REQUIRED"
        assert await talk.closed() == 4401


async def test_streaming_chat(server: Served) -> None:
    async with talking(server.chat) as talk:
        await talk.sign_in(server.token())
        frames = await talk.ask("How much torque does the Heron Hybrid have?", session_id="streaming")
    kinds = list(dict.fromkeys(frame["type"] for frame in frames))
    assert [kind for kind in kinds if kind in {"ack", "progress", "token", "complete"}] == [
        "ack",
        "progress",
        "token",
        "complete",
    ]
    assert [frame["step"] for frame in frames if frame["type"] == "progress"] == STEPS
    complete = frames[-1]
    tokens = [frame for frame in frames if frame["type"] == "token"]
    assert text_of(frames) == complete["response"] == tokens[-1]["partial_response"]
    assert len(tokens) > 1
    metadata = complete["metadata"]
    assert metadata["agent"] == "specs"
    assert 0 < metadata["confidence"] <= 1
    assert metadata["context"]["sources"]
    assert complete["session_id"] == "streaming"
    durable = [frame["seq"] for frame in frames if "seq" in frame]
    assert durable == list(range(1, len(durable) + 1))


async def test_look_ups_are_told_to_those_who_ask(server: Served) -> None:
    async with talking(server.chat) as talk:
        await talk.sign_in(server.token(), reasoning=True)
        frames = await talk.ask("How much torque does the Heron Hybrid have?")
    steps = [frame["step"] for frame in frames if frame["type"] == "progress"]
    assert list(dict.fromkeys(steps)) == [*STEPS[:-1], "tool", STEPS[-1]]
    reasoning = [frame for frame in frames if frame["type"] == "reasoning"]
    assert reasoning[0]["kind"] == "thought"
    assert reasoning[0]["content"].startswith("This is for specs (")
    told = [frame for frame in reasoning if frame["kind"] != "thought"]
    assert [frame["kind"] for frame in told] == ["tool_use", "tool_result"] * (len(told) // 2) != []
    assert all(frame["tool"] == "look_up_specification" and frame["agent"] == "specs" for frame in told)
    assert [part["status"] for part in frames[-1]["metadata"]["parts"]] == ["answered"]


async def test_citations_point_into_their_passages(server: Served) -> None:
    async with talking(server.chat, server.token()) as talk:
        frames = await talk.ask("How long does the Wren 58 take to charge on AC?")
    passages = {p["id"]: p for frame in frames if frame["type"] == "sources" for p in frame["passages"]}
    citations = frames[-1]["metadata"]["context"]["citations"]
    assert citations
    for citation in citations:
        passage = passages[citation["passage_id"]]
        assert passage["start"] <= citation["start"] < citation["end"] <= passage["end"]
        assert f"[{citation['number']}]" in frames[-1]["response"]


async def test_partial_text_can_be_left_out(server: Served) -> None:
    async with talking(server.chat) as talk:
        await talk.sign_in(server.token(), partial=False)
        frames = await talk.ask("What is the engine power of the Osprey?")
    assert all("partial_response" not in frame for frame in frames)


async def test_multiple_messages_in_one_connection(server: Served) -> None:
    async with talking(server.chat, server.token("multi")) as talk:
        first = await talk.ask("What is the range of the Wren 42 of 2026?", session_id="several")
        second = await talk.ask("and of the Wren 58?", session_id="several")
    assert "318" in first[-1]["response"]
    assert "440" in second[-1]["response"]
    assert second[0]["seq"] == first[-1]["seq"] + 1


async def test_a_fact_is_remembered(server: Served) -> None:
    async with talking(server.chat, server.token("facts")) as talk:
        await talk.ask("I drive a Heron Hybrid from 2026.", session_id="facts")
        frames = await talk.ask("What tyre pressure do I need?", session_id="facts")
    answer = frames[-1]["response"]
    assert "2.5 bar" in answer
    assert "Heron Hybrid (2026)" in answer
    assert not any(other in answer for other in ("Wren", "Osprey", "Plover", "1.5T"))


@pytest.mark.parametrize("message", ["", "   ", "\n\t", None])
async def test_empty_message_validation(server: Served, message: str | None) -> None:
    async with talking(server.chat, server.token()) as talk:
        answer = await talk.call({"type": "message", "message": message})
        assert (answer["type"], answer["code"]) == ("error", "EMPTY_MESSAGE")
        assert (await talk.call({"type": "ping", "timestamp": 7})) == {"type": "pong", "timestamp": 7}


async def test_test_page_accessibility(server: Served) -> None:
    status, body, headers = server.get("/ws/test")
    assert status == 200
    assert b"<html" in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, body, _ = server.get("/ws/test/token")
    assert status == 200
    async with talking(server.chat, json.loads(body)["token"]):
        pass


def test_the_development_token_is_for_this_machine_only(server: Served) -> None:
    assert server.request("GET", "/ws/test/token", Host="localhost:8000")[0] == 200
    for name in ("pitcrew.example", "localhost.evil.example", "127.0.0.1.nip.example", "[bad"):
        assert server.request("GET", "/ws/test/token", Host=name)[0] == 404, name


async def test_two_questions_in_one_message(server: Served) -> None:
    async with talking(server.chat, server.token()) as talk:
        frames = await talk.ask("How much does the Osprey automatic weigh and when is its first service due?")
    complete = frames[-1]
    assert {agent["name"] for agent in complete["metadata"]["agents"]} == {"specs", "maintenance"}
    assert {frame["part"] for frame in frames if frame["type"] == "token"} == {"specs", "maintenance"}
    assert text_of(frames) == complete["response"]


async def test_out_of_scope_is_refused_kindly(server: Served) -> None:
    async with talking(server.chat, server.token()) as talk:
        frames = await talk.ask("Write me a poem about the sea")
    assert frames[-1]["metadata"]["agent"] == "out_of_scope"
    assert "help" in frames[-1]["response"]


async def test_the_same_message_twice_is_one_run(server: Served) -> None:
    question = {"session_id": "again", "client_message_id": "m-1"}
    async with talking(server.chat, server.token("again")) as talk:
        first = await talk.ask("What is the wading depth of the Osprey?", **question)
        second = await talk.ask("What is the wading depth of the Osprey?", **question)
        other = await talk.ask("Something else entirely?", **question)
    assert second[0]["duplicate"] is True
    assert second[0]["run_id"] == first[0]["run_id"]
    assert second[-1] == first[-1]
    assert other[-1]["code"] == "IDEMPOTENCY_CONFLICT"


async def test_resume_gives_what_was_missed(server: Served) -> None:
    async with talking(server.chat, server.token("resumer")) as talk:
        frames = await talk.ask("What is the roof load of the Plover?", session_id="resumed")
    durable = [frame for frame in frames if "seq" in frame]
    async with talking(server.chat, server.token("resumer")) as talk:
        resumed = await talk.call({"type": "resume", "session_id": "resumed", "after": 1})
        assert (resumed["type"], resumed["head_seq"]) == ("resumed", durable[-1]["seq"])
        again = [await talk.receive() for _ in durable[1:]]
    assert again == durable[1:]


async def test_sessions_are_the_users_own(server: Served) -> None:
    async with talking(server.chat, server.token("mine")) as talk:
        await talk.ask("What is the boot volume of the Wren?", session_id="shared-name")
    async with talking(server.chat, server.token("yours")) as talk:
        missing = await talk.call({"type": "resume", "session_id": "shared-name", "after": 0})
        assert missing["code"] == "NOT_FOUND"
        frames = await talk.ask("What is the boot volume of the Heron?", session_id="shared-name")
    assert frames[0]["seq"] == 1


async def test_feedback(server: Served) -> None:
    async with talking(server.chat, server.token("rater")) as talk:
        frames = await talk.ask("What is the roof load of the Wren?", session_id="rated")
        await talk.send({"type": "feedback", "message_id": frames[-1]["message_id"], "rating": "up"})
        assert (await talk.call({"type": "ping"}))["type"] == "pong"
        unknown = await talk.call({"type": "feedback", "message_id": "nobody", "rating": "up"})
        assert unknown["code"] == "NOT_FOUND"
        odd = await talk.call({"type": "feedback", "message_id": frames[-1]["message_id"], "rating": "sideways"})
        assert (odd["code"], odd["field"]) == ("BAD_REQUEST", "rating")


async def test_two_sockets_of_one_conversation_see_the_same(server: Served) -> None:
    async with talking(server.chat, server.token("pair")) as one, talking(server.chat, server.token("pair")) as two:
        await one.ask("What is the kerb weight of the Plover?", session_id="pair")
        await two.call({"type": "resume", "session_id": "pair", "after": 999_999})
        seen = [frame async for frame in _drain(two)]
        asked = await one.ask("and of the Wren 42?", session_id="pair")
        followed = await two.until_end()
    assert seen[-1]["type"] == "complete"
    assert followed == asked


async def _drain(talk: object):  # type: ignore[no-untyped-def]
    while True:
        frame = await talk.receive()  # type: ignore[attr-defined]
        yield frame
        if frame["type"] == "complete":
            return


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:5173", True),
        ("https://localhost:3000", False),
        ("http://localhost.evil.com", False),
        ("http://evil.com", False),
        ("null", False),
    ],
)
async def test_origins(server: Served, origin: str, accepted: bool) -> None:
    if accepted:
        async with talking(server.chat, server.token(), origin=origin):
            return
    with pytest.raises(InvalidStatus) as refused:
        async with talking(server.chat, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_message_with_an_id_but_no_session_finds_its_conversation(server: Served) -> None:
    async with talking(server.chat, server.token("nameless")) as talk:
        first = await talk.ask("What is the roof load of the Wren?", client_message_id="only-id")
        again = await talk.ask("What is the roof load of the Wren?", client_message_id="only-id")
    assert again[0]["duplicate"] is True
    assert again[0]["session_id"] == first[0]["session_id"]


async def test_a_request_is_answered_by_its_name_and_in_order(server: Served) -> None:
    async with talking(server.chat) as talk:
        assert (await talk.call({"type": "ping", "request": "r-0"}))["request"] == "r-0"
        refused = await talk.call({"type": "message", "message": "Hi", "request": "r-1"})
        assert (refused["code"], refused["request"]) == ("AUTH_REQUIRED", "r-1")
        welcome = await talk.sign_in(server.token("requester"), request="r-2")
        assert welcome["request"] == "r-2"
        assert "requests" in welcome["features"]
        question = {"type": "message", "message": "What is the roof load of the Wren?", "session_id": "req"}
        await talk.send(question | {"request": "r-3"})
        frames = [await talk.receive()]
        while frames[-1]["type"] != "complete" or {"type": "done", "request": "r-3"} not in frames:
            frames.append(await talk.receive())
        assert frames[0]["type"] == "ack"
        assert sum("request" in frame for frame in frames) == 1
        message_id = frames[0]["message_id"]
        for frame, code in (
            ({"type": "feedback", "message_id": "nobody", "rating": "up"}, "NOT_FOUND"),
            ({"type": "feedback", "message_id": message_id, "rating": 5}, "BAD_REQUEST"),
            ({"type": "dance"}, "UNKNOWN_TYPE"),
            ({"type": "cancel", "session_id": "req"}, "RUN_NOT_ACTIVE"),
        ):
            refused = await talk.call(frame | {"request": code})
            assert (refused["type"], refused["code"], refused["request"]) == ("error", code, code)
        done = {"type": "done", "request": "ok"}
        assert await talk.call({"type": "typing", "session_id": "req", "request": "ok"}) == done
        assert await talk.call({"type": "read", "session_id": "req", "seq": 1, "request": "ok"}) == done
        await talk.send({"type": "resume", "session_id": "req", "after": 0, "request": "again"})
        history = [await talk.receive() for _ in range(6)]
        assert [frame["type"] for frame in history] == ["resumed", "ack", "routed", "sources", "complete", "done"]
        await talk.send({"type": "delete", "message_id": message_id, "request": "gone"})
        assert [(await talk.receive())["type"] for _ in range(2)] == ["deleted", "done"]
