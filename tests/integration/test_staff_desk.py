"""The staff's desk against the real server: handed over, taken over, answered, returned; what each side is told."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from api.access.operations import PREFIX
from tests.conversing import Frame, Talk, talking
from tests.serving import Served, environment, pitcrew


class Colleague:
    """A member of staff: a socket, and REST."""

    def __init__(self, server: Served, talk: Talk, name: str, role: str = "staff") -> None:
        self.talk = talk
        self._server = server
        self._token = server.token(name.lower(), name=name, role=role)

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        sent = json.dumps(body).encode() if body is not None else None
        status, answered, _ = await asyncio.to_thread(self._server.request, method, PREFIX + path, self._token, sent)
        return status, json.loads(answered) if answered else None

    async def told(self, kind: str, **fields: Any) -> Frame:
        """The next frame of a kind with these fields; others are dropped."""
        while True:
            frame = await self.talk.receive(10)
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def event(self, kind: str) -> Frame:
        """The next event of a kind in an open conversation."""
        while True:
            frame = await self.told("event")
            if frame["frame"]["type"] == kind:
                return dict(frame["frame"])

    async def line(self, session: str) -> Frame:
        """The next change of a customer's conversation in the list."""
        while True:
            frame = await self.told("conversation")
            if frame["conversation"]["session_id"] == session:
                return dict(frame["conversation"])


@asynccontextmanager
async def at_the_desk(server: Served, name: str = "Ada", role: str = "staff") -> AsyncIterator[Colleague]:
    token = server.token(name.lower(), name=name, role=role)
    async with talking(f"ws://127.0.0.1:{server.port}/ws/staff") as talk:
        welcome = await talk.call({"type": "auth", "token": token})
        assert welcome["type"] == "auth_success"
        assert (await talk.receive())["type"] == "presence"
        yield Colleague(server, talk, name, role)


@asynccontextmanager
async def a_customer(server: Served) -> AsyncIterator[tuple[Talk, str]]:
    async with talking(server.chat, server.token("anna", name="Anna")) as talk:
        yield talk, uuid.uuid4().hex


async def until(talk: Talk, kind: str) -> Frame:
    while (frame := await talk.receive(30))["type"] != kind:
        pass
    return frame


async def test_from_the_wish_for_a_person_back_to_the_bot(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        asked = await anna.ask("I would like to talk to a human being", session_id=session)
        assert "number" in asked[-1]["response"]
        owner = await anna.receive()
        assert (owner["type"], owner["owner"], owner["state"], owner["reason"]) == (
            "owner",
            "bot",
            "waiting",
            "request",
        )
        assert owner["queue"]["place"] >= 1
        assert owner["notice"] in asked[-1]["response"]
        line = await ada.line(session)
        while line["state"] != "waiting":
            line = await ada.line(session)
        conversation = f"/conversations/{line['conversation_id']}"

        await ada.talk.send({"type": "open", "conversation_id": line["conversation_id"], "request": "o-1"})
        opened = await ada.told("opened")
        assert (opened["after"], opened["conversation"]["session_id"]) == (0, session)
        assert (await ada.event("ack"))["message"] == "I would like to talk to a human being"
        await ada.told("done", request="o-1")

        # The bot answers until a person comes.
        assert (await anna.ask("What is the roof load of the Wren?", session_id=session))[-1]["type"] == "complete"
        status, taken = await ada.ask("POST", f"{conversation}/take")
        assert (status, taken["conversation"]["state"], taken["conversation"]["staff"]["name"]) == (200, "staff", "Ada")
        owner = await anna.receive()
        assert (owner["type"], owner["owner"], owner["staff"]) == ("owner", "staff", {"name": "Ada"})

        await ada.talk.send({"type": "typing", "conversation_id": line["conversation_id"], "typing": True})
        assert await anna.receive() == {"type": "staff_typing", "session_id": session, "name": "Ada", "typing": True}
        status, replied = await ada.ask("POST", f"{conversation}/reply", {"text": "Hello, I am Ada."})
        assert status == 201
        said = await anna.receive()
        assert (said["type"], said["message"], said["name"]) == ("staff_message", "Hello, I am Ada.", "Ada")
        assert said["message_id"] == replied["message"]["message_id"]

        await anna.send({"type": "typing", "session_id": session, "text": "I dri"})
        assert await ada.event("typing") == {"type": "typing", "text": "I dri"}
        await anna.send({"type": "message", "message": "I drive a Heron of 2024.", "session_id": session})
        ack = await anna.receive()
        assert (ack["type"], ack["run_id"]) == ("ack", None)
        await anna.send({"type": "read", "session_id": session, "seq": ack["seq"]})
        assert await ada.event("seen") == {"type": "seen", "upto_seq": ack["seq"]}

        sent = json.dumps({"message": "By HTTP, too.", "session_id": session}).encode()
        _, body, _ = await asyncio.to_thread(server.request, "POST", "/api/v1/chat", server.token("anna"), sent)
        told = json.loads(body)
        assert (told["run_id"], told["seq"], told["metadata"]["answerer"]) == (None, None, "staff")
        assert "message_id" not in told
        assert (await anna.receive())["message"] == "By HTTP, too."
        stored = (await history(server, session))["messages"]
        assert {message["text"]: message["run_id"] for message in stored[-3:]} == {
            "Hello, I am Ada.": None,
            "I drive a Heron of 2024.": None,
            "By HTTP, too.": None,
        }

        status, _ = await ada.ask("POST", f"{conversation}/return")
        owner = await anna.receive()
        assert (status, owner["type"], owner["owner"], owner["state"]) == (200, "owner", "bot", "bot")
        answered = await anna.ask("What is its roof load?", session_id=session)
        assert "75 kg" in answered[-1]["response"], "the bot does not know what was said to a person"


async def test_a_button_asks_for_a_person_even_before_the_first_word(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        asked = {"type": "handover", "session_id": session, "request": "h-1", "reason": "My bill is wrong"}
        await anna.send(asked)
        owner = await anna.receive()
        assert (owner["type"], owner["state"], owner["seq"]) == ("owner", "waiting", 1)
        assert (await anna.receive())["type"] == "done"
        await anna.send({"type": "handover", "session_id": session, "request": "h-2"})
        assert await anna.receive() == {"type": "done", "request": "h-2"}
        status, page = await ada.ask("GET", "/conversations?state=waiting")
        assert status == 200
        [line] = [line for line in page["conversations"] if line["session_id"] == session]
        assert (line["reason"], line["reason_text"]) == ("request", "My bill is wrong")


async def test_two_unanswered_turns_and_no_loop(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        first = (await anna.ask("What does fault code P9999 mean?", session_id=session))[-1]
        assert first["metadata"]["declined"], first
        second = (await anna.ask("Who designed the Plover's grille?", session_id=session))[-1]
        assert second["metadata"]["declined"], second
        owner = await anna.receive()
        assert (owner["type"], owner["state"], owner["reason"]) == ("owner", "waiting", "unanswered")
        assert owner["notice"] in second["response"]
        # It waits already: nothing more is asked for.
        await anna.ask("What is the drag coefficient of the Wren?", session_id=session)
        line = await ada.line(session)
        await ada.ask("POST", f"/conversations/{line['conversation_id']}/return")
        owner = await until(anna, "owner")
        assert (owner["state"], owner["owner"]) == ("bot", "bot")
        # Two in a row again, not one.
        await anna.ask("What does fault code P9998 mean?", session_id=session)
        await anna.ask("What does error E-777 mean?", session_id=session)
        assert (await anna.receive())["reason"] == "unanswered"


async def test_danger_calls_for_a_person(server: Served) -> None:
    async with a_customer(server) as (anna, session):
        said = (await anna.ask("Help, there is smoke and fire coming from my bonnet!", session_id=session))[-1]
        assert said["metadata"]["act"] == "danger"
        owner = await anna.receive()
        assert (owner["state"], owner["reason"]) == ("waiting", "danger")


async def test_colleagues(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        await anna.ask("What is the roof load of the Wren?", session_id=session)
        line = await ada.line(session)
        conversation = f"/conversations/{line['conversation_id']}"
        async with at_the_desk(server, "Ben") as ben:
            here = await ada.told("presence")
            assert {"Ada", "Ben"} <= {one["name"] for one in here["colleagues"]}
            await ben.ask("POST", f"{conversation}/take")
            status, problem = await ada.ask("POST", f"{conversation}/take")
            assert (status, problem["code"]) == (409, "CONFLICT")
            status, problem = await ada.ask("POST", f"{conversation}/reply", {"text": "Hello"})
            assert (status, problem["code"]) == (409, "CONFLICT")
            status, assigned = await ben.ask("POST", f"{conversation}/assign", {"staff_id": "cleo", "name": "Cleo"})
            assert (status, assigned["conversation"]["staff"]) == (200, {"id": "cleo", "name": "Cleo"})
            status, _ = await ben.ask("POST", f"{conversation}/assign", {"staff_id": "nobody-known"})
            assert status == 404
            await ada.talk.send({"type": "open", "conversation_id": line["conversation_id"]})
            status, noted = await ben.ask("POST", f"{conversation}/notes", {"text": "for us alone"})
            assert status == 201
            assert (await ada.told("note"))["note"] == noted["note"]
        _, opened = await ada.ask("GET", conversation)
        assert [note["text"] for note in opened["notes"]] == ["for us alone"]
        assert "for us alone" not in json.dumps(await history(server, session))


async def history(server: Served, session: str) -> Any:
    _, body, _ = await asyncio.to_thread(server.get, f"/api/v1/sessions/{session}/messages", server.token("anna"))
    return json.loads(body)


async def test_why_this_answer(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        end = (await anna.ask("What is the roof load of the Wren?", session_id=session))[-1]
        line = await ada.line(session)
        status, why = await ada.ask("GET", f"/conversations/{line['conversation_id']}/runs/{end['run_id']}")
        assert status == 200
        run = why["run"]
        assert (run["status"], run["act"], run["agent"], run["answer"]) == (
            "completed",
            "request",
            "specs",
            end["response"],
        )
        assert run["route"][0]["confidence"] > 0.5
        assert any(passage["cited"] and "roof" in passage["text"].casefold() for passage in run["passages"])
        assert run["timing"]["total_ms"] > 0
        assert run["steps"]
        status, about = await ada.ask("GET", f"/conversations/{line['conversation_id']}/customer")
        assert (status, about["customer"]["name"], about["facts"], about["appointments"]) == (
            200,
            "Anna",
            {},
            about["appointments"],
        )


async def test_the_staff_sees_an_event_at_once(server: Served) -> None:
    """Within 100 ms of the customer, median over the events of some answers."""
    behind: list[float] = []
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        await anna.ask("What is the roof load of the Wren?", session_id=session)
        line = await ada.line(session)
        await ada.talk.send({"type": "open", "conversation_id": line["conversation_id"], "request": "o"})
        await ada.told("done", request="o")
        for vehicle in ("Heron", "Osprey", "Plover"):
            seen: dict[int, list[float]] = {}

            async def note(talk: Talk, staff: bool, seen: dict[int, list[float]] = seen) -> None:
                while True:
                    frame = await talk.receive()
                    frame = frame.get("frame", {}) if staff else frame
                    if "seq" in frame:
                        seen.setdefault(frame["seq"], []).append(time.monotonic() * (1 if staff else -1))
                    if frame.get("type") == "complete":
                        return

            reading = asyncio.gather(note(anna, False), note(ada.talk, True))
            await anna.send({"type": "message", "message": f"And of the {vehicle}?", "session_id": session})
            await reading
            behind += [sum(times) for times in seen.values() if len(times) == 2]
    assert len(behind) >= 9
    assert median(behind) < 0.1


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/reply", {"text": ""}, "text"),
        ("POST", "/reply", {"text": "x" * 8001}, "text"),
        ("POST", "/reply", {"text": 7}, "text"),
        ("POST", "/reply", {}, "text"),
        ("POST", "/reply", {"text": "a", "client_message_id": "not a name"}, "client_message_id"),
        ("POST", "/notes", {"text": "  "}, "text"),
        ("PUT", "/tags", {"tags": ["x" * 41]}, "tags"),
        ("PUT", "/tags", {"tags": [str(n) for n in range(21)]}, "tags"),
        ("PUT", "/tags", {"tags": "vip"}, "tags"),
        ("PUT", "/priority", {"priority": "very"}, "priority"),
        ("POST", "/assign", {"staff_id": ""}, "staff_id"),
        ("POST", "/read", {"seq": -1}, "seq"),
        ("POST", "/read", {"seq": 2**40}, "seq"),
        ("POST", "/take", {"force": "yes"}, "force"),
    ],
)
async def test_bad_input_has_one_answer(server: Served, method: str, path: str, body: Any, field: str) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        await anna.ask("What is the roof load of the Wren?", session_id=session)
        line = await ada.line(session)
        status, problem = await ada.ask(method, f"/conversations/{line['conversation_id']}{path}", body)
        assert (status in (400, 413), problem["field"]) == (True, field)


async def test_bad_filters(server: Served) -> None:
    async with at_the_desk(server) as ada:
        for query in ("state=none", "priority=x", "limit=0", "limit=101", "cursor=abc", "sort=up", "text=%00"):
            status, problem = await ada.ask("GET", f"/conversations?{query}")
            assert (status, problem["field"]) == (400, query.partition("=")[0])


async def test_frames_that_make_no_sense(server: Served) -> None:
    async with at_the_desk(server) as ada:
        for frame, code in (
            ({"type": "open", "conversation_id": "nowhere"}, "NOT_FOUND"),
            ({"type": "open"}, "BAD_REQUEST"),
            ({"type": "open", "conversation_id": 7}, "BAD_REQUEST"),
            ({"type": "fly"}, "UNKNOWN_TYPE"),
            ("[]", "BAD_REQUEST"),
            ({"type": "typing", "conversation_id": "nowhere"}, "NOT_FOUND"),
        ):
            await ada.talk.send(frame)
            refused = await ada.told("error")
            assert refused["code"] == code


async def test_a_suggested_reply_is_grounded_and_leaves_no_trace(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        await anna.ask("I drive a Plover.", session_id=session)
        line = await ada.line(session)
        conversation = f"/conversations/{line['conversation_id']}"
        await ada.ask("POST", f"{conversation}/take")
        assert (await until(anna, "owner"))["owner"] == "staff"
        await anna.send({"type": "message", "message": "What is its roof load?", "session_id": session})
        ack = await anna.receive()
        status, suggested = await ada.ask("POST", f"{conversation}/suggestion")
        assert status == 200
        draft = suggested["suggestion"]
        assert ("100 kg" in draft["text"], draft["seq"], draft["declined"]) == (True, ack["seq"], False)
        assert draft["citations"]
        _, opened = await ada.ask("GET", conversation)
        assert opened["messages"][-1]["text"] == "What is its roof load?"
        assert opened["conversation"]["head_seq"] == ack["seq"]


async def test_figures_and_export(server: Served) -> None:
    async with at_the_desk(server, "Boss", "admin") as boss, a_customer(server) as (anna, session):
        _, before = await boss.ask("GET", "/outcomes")
        end = (await anna.ask("What is the roof load of the Wren?", session_id=session))[-1]
        await anna.send({"type": "feedback", "message_id": end["message_id"], "rating": "down", "reason": "=1+1"})
        await anna.send({"type": "handover", "session_id": session, "request": "h"})
        await until(anna, "done")
        _, after = await boss.ask("GET", "/outcomes")
        assert after["conversations"] == before["conversations"] + 1
        assert after["handed_over"] == before["handed_over"] + 1
        assert after["by_reason"]["request"] == before["by_reason"]["request"] + 1
        assert after["thumbs"]["down"] == before["thumbs"]["down"] + 1
        assert len(after["days"]) == 30
        assert after["days"][-1]["conversations"] >= 1
        _, rated = await boss.ask("GET", "/feedback?rating=down&limit=1")
        assert (rated["feedback"][0]["reason"], rated["feedback"][0]["question"]) == (
            "=1+1",
            "What is the roof load of the Wren?",
        )
        status, table, headers = await asyncio.to_thread(
            server.get, f"{PREFIX}/export.csv", server.token("boss", role="admin")
        )
        assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert any(session in row and ",waiting,request," in row for row in table.decode().splitlines())
        for query in ("since=yesterday", "since=2026-02-02&until=2026-01-01", "since=1999-01-01"):
            assert (await boss.ask("GET", f"/outcomes?{query}"))[0] == 400


async def test_unanswered_questions_are_grouped_by_meaning(server: Served) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        for question in ("What is the drag coefficient of the Wren?", "What is the drag coefficient of the Osprey?"):
            assert (await anna.ask(question, session_id=session))[-1]["metadata"]["declined"], question
        async with a_customer(server) as (other, another):
            await other.ask("What does error E-777 mean?", session_id=another)
        _, body = await ada.ask("GET", "/gaps")
        [drag] = [gap for gap in body["gaps"] if "drag" in gap["question"]]
        assert drag["count"] >= 2
        assert not any("E-777" in one["text"] for one in drag["questions"])


def frozen_cases_run(lines: bytes, folder: Path, data: Path) -> None:
    """What was exported is answered again by the command, as it was at first."""
    file, told = folder / "cases.jsonl", folder / "told.jsonl"
    file.write_bytes(lines)
    done = pitcrew("eval", "cases", str(file), "--predictions", str(told), "--json", env=environment(data))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["cases"] == len(lines.splitlines())
    assert figures["changed"] == 0.0, told.read_text()


async def test_a_wrong_answer_becomes_a_frozen_case(server: Served, ingested: Path, tmp_path: Path) -> None:
    async with at_the_desk(server) as ada, a_customer(server) as (anna, session):
        await anna.ask("I drive a Plover.", session_id=session)
        end = (await anna.ask("What is its roof load?", session_id=session))[-1]
        line = await ada.line(session)
        path = f"/conversations/{line['conversation_id']}/messages/{end['message_id']}/case"
        status, made = await ada.ask("POST", path, {"expected": "It is 100 kg."})
        assert (status, made["case"]["question"]) == (201, "What is its roof load?")
        assert made["case"]["answer"] == end["response"]
        status, again = await ada.ask("POST", path, {"expected": "100 kg, with the carrier.", "comment": "Say more."})
        assert (status, again["case"]["case_id"]) == (200, made["case"]["case_id"])
        status, listed = await ada.ask("GET", "/cases")
        assert listed["cases"][0]["expected"] == "100 kg, with the carrier."
        token = server.token("ada", role="staff")
        _, body, _ = await asyncio.to_thread(server.get, f"{PREFIX}/cases.jsonl", token)
        await asyncio.to_thread(frozen_cases_run, body, tmp_path, ingested)
        [kept] = [one for one in map(json.loads, body.splitlines()) if one["id"] == made["case"]["case_id"]]
        assert kept["state"]["facts"]["model"] == "Plover"
        assert kept["state"]["history"][0]["text"] == "I drive a Plover."
        assert kept["passages"]
        assert (await ada.ask("POST", path.replace(end["message_id"], "none"), {"expected": "x"}))[0] == 404
        assert (await ada.ask("POST", path, {"expected": " "}))[0] == 400
