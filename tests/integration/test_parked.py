"""Runs that ask before they act, on the real server: answered by frame, by free text, over HTTP, from elsewhere."""

import json

import pytest

from api.client import Client
from tests.conversing import Frame, Talk, talking, text_of
from tests.serving import Served, environment, pitcrew

QUESTION = "I would like to book a test drive"


def bookings(server: Served) -> list[str]:
    path = server.data / "trial-drives"
    return path.read_text().split() if path.exists() else []


async def asked(talk: Talk, **fields: str) -> Frame:
    """Ask for a trial drive and take every frame up to the question back."""
    await talk.send({"type": "message", "message": QUESTION, **fields})
    while (frame := await talk.receive())["type"] != "input_required":
        assert frame["type"] not in {"error", "complete"}, frame
    return frame


async def test_answered_by_a_frame_from_another_socket(acting_server: Served) -> None:
    before = bookings(acting_server)
    token = acting_server.token("parked-1")
    async with talking(acting_server.chat, token) as first, talking(acting_server.chat, token) as second:
        request = await asked(first, session_id="s", client_message_id="m1")
        assert request["kind"] == "confirm"
        assert request["proposal"] == {"time": "10:00"}
        assert request["options"] == [{"value": True, "label": "Yes"}, {"value": False, "label": "No"}]
        assert request["partial_response"] == "A car is free at 10:00. "
        assert bookings(acting_server) == before
        await second.send({"type": "answer", "request_id": request["request_id"], "value": True})
        seen = await second.until_end()
        same = await first.until_end()
    assert seen[0]["type"] == "ack"
    assert (seen[0]["run_id"], seen[0]["message"]) == (request["run_id"], "Yes")
    assert [frame["seq"] for frame in same if "seq" in frame] == [request["seq"] + 1, request["seq"] + 2]
    assert seen[-1] == same[-1]
    assert seen[-1]["response"] == text_of(seen) == text_of(same)
    assert bookings(acting_server) == [*before, "10:00"]


async def test_an_answer_sent_again_tells_what_came_of_it_and_asks_nobody_anew(acting_server: Served) -> None:
    before = bookings(acting_server)
    async with talking(acting_server.chat, acting_server.token("parked-again")) as talk:
        request = await asked(talk, session_id="s")
        answer = {"type": "answer", "request_id": request["request_id"], "value": True}
        await talk.send(answer)
        first = [frame for frame in await talk.until_end() if "seq" in frame]
        await talk.send(answer | {"request": "again"})
        again = []
        while (frame := await talk.receive())["type"] != "done":
            again.append(frame)
    assert again[0] == first[0] | {"duplicate": True}
    assert again[1:] == first[1:]
    assert bookings(acting_server) == [*before, "10:00"]


@pytest.mark.parametrize(
    ("reply", "booked"), [("yes please, go ahead", ["10:00"]), ("no thanks", []), ("👍", ["10:00"])]
)
async def test_free_text_answers(acting_server: Served, reply: str, booked: list[str]) -> None:
    before = bookings(acting_server)
    async with talking(acting_server.chat, acting_server.token(f"parked by {len(reply)} letters")) as talk:
        request = await asked(talk, session_id="s", client_message_id="m1")
        frames = await talk.ask(reply, session_id="s", client_message_id="m2")
        assert frames[0]["run_id"] == request["run_id"]
        assert frames[-1]["type"] == "complete"
    assert bookings(acting_server) == before + booked


async def test_another_question_is_never_a_yes(acting_server: Served) -> None:
    before = bookings(acting_server)
    async with talking(acting_server.chat, acting_server.token("parked-curious")) as talk:
        request = await asked(talk, session_id="s", client_message_id="m1")
        await talk.send({"type": "message", "message": "What is the roof load of the Plover?", "session_id": "s"})
        cancelled = await talk.receive()
        assert (cancelled["type"], cancelled["run_id"]) == ("cancelled", request["run_id"])
        frames = await talk.until_end()
        assert "100 kg" in frames[-1]["response"]
        refused = await talk.call({"type": "answer", "request_id": request["request_id"], "value": True})
        assert refused["code"] == "RUN_NOT_ACTIVE"
    assert bookings(acting_server) == before


async def test_bad_answers_are_refused_and_change_nothing(acting_server: Served) -> None:
    before = bookings(acting_server)
    async with talking(acting_server.chat, acting_server.token("parked-bad")) as talk:
        request = await asked(talk, session_id="s", client_message_id="m1")
        for value in (1, "yes", ["yes"], {"yes": True}, {"change": ""}):
            refused = await talk.call({"type": "answer", "request_id": request["request_id"], "value": value})
            assert (refused["code"], refused["field"]) == ("BAD_REQUEST", "value"), value
        unknown = await talk.call({"type": "answer", "request_id": "unknown", "value": True})
        assert unknown["code"] == "NOT_FOUND"
        async with talking(acting_server.chat, acting_server.token("parked-thief")) as thief:
            stolen = await thief.call({"type": "answer", "request_id": request["request_id"], "value": True})
            assert {**stolen, "ref": ""} == {**unknown, "ref": ""}
        await talk.send({"type": "answer", "request_id": request["request_id"], "value": False})
        assert (await talk.until_end())[-1]["response"].endswith("Nothing was booked.")
    assert bookings(acting_server) == before


async def test_a_client_without_the_word_gets_the_prompt_as_its_answer(acting_server: Served) -> None:
    before = bookings(acting_server)
    async with talking(acting_server.chat) as talk:
        await talk.send({"type": "auth", "token": acting_server.token("parked-old")})
        assert (await talk.receive())["type"] == "auth_success"
        frames = await talk.ask(QUESTION)
        assert frames[-1]["type"] == "complete"
        assert frames[-1]["response"].endswith("Shall I book the test drive at 10:00?")
        frames = await talk.ask("Yes", session_id=frames[-1]["session_id"])
        assert frames[-1]["type"] == "complete"
        assert frames[-1]["response"].endswith("Booked for 10:00.")
    assert bookings(acting_server) == [*before, "10:00"]


def test_over_http(acting_server: Served) -> None:
    before = bookings(acting_server)

    def post(message: str) -> dict[str, object]:
        body = json.dumps({"message": message, "session_id": "s"}).encode()
        status, answer, _ = acting_server.request("POST", "/api/v1/chat", acting_server.token("parked-http"), body)
        assert status == 200, answer
        return dict(json.loads(answer))

    asked_back = post(QUESTION)
    assert str(asked_back["response"]).endswith("Shall I book the test drive at 10:00?")
    assert str(post("yes")["response"]).endswith("Booked for 10:00.")
    assert bookings(acting_server) == [*before, "10:00"]


def test_in_the_terminal(acting_server: Served) -> None:
    before = bookings(acting_server)
    token = acting_server.token("parked-terminal")
    done = pitcrew(
        *("chat", "--url", acting_server.chat, "--token", token, "--session", "s"),
        env=environment(acting_server.data),
        input=f"{QUESTION}\n1\n",
    )
    assert done.returncode == 0, done.stderr
    assert "Shall I book the test drive at 10:00?" in done.stdout + done.stderr
    assert "Booked for 10:00." in done.stdout
    assert bookings(acting_server) == [*before, "10:00"]


async def test_with_the_client_library(acting_server: Served) -> None:
    before = bookings(acting_server)
    async with Client(acting_server.chat, acting_server.token("parked-library")) as client:
        conversation = client.conversation("s")
        request = await conversation.ask(QUESTION)
        assert request["type"] == "input_required"
        answered = conversation.answer(request["request_id"], {"change": "14:00"})
        again = await answered
        assert (again["type"], again["proposal"]) == ("input_required", {"time": "14:00"})
        settled = conversation.answer(again["request_id"], True)
        last = await settled
        assert last["type"] == "complete"
        assert settled.text == last["response"]
    assert bookings(acting_server) == [*before, "14:00"]
