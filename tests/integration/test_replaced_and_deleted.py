"""Messages replaced and taken back over the wire, and that nothing of them is left in any file."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import Frame, Talk, talking, text_of
from tests.serving import Served

BOOK = "I would like to book a test drive"


def acked(frames: list[Frame]) -> Frame:
    return next(frame for frame in frames if frame["type"] == "ack")


async def until(talk: Talk, kind: str) -> list[Frame]:
    frames: list[Frame] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await talk.receive())
    return frames


def read(server: Served, token: str, session: str, query: str = "") -> list[dict[str, Any]]:
    status, body, _ = server.get(f"/api/v1/sessions/{session}/messages{query}", token)
    assert status == 200
    return json.loads(body)["messages"]  # type: ignore[no-any-return]


async def test_a_replaced_message_and_the_branch_that_it_leaves(server: Served) -> None:
    token = server.token("replaces")
    async with talking(server.chat, token) as talk, talking(server.chat, token) as other:
        first = acked(await talk.ask("I drive a Plover. What is its roof load?", session_id="s"))
        await talk.ask("And the Heron?", session_id="s")
        await other.send({"type": "resume", "session_id": "s", "after": 0})
        await until(other, "resumed")
        edited = {"session_id": "s", "replaces": first["message_id"], "client_message_id": "m2"}
        frames = await talk.ask("What is the roof load of the Wren?", **edited)
        assert [frame["type"] for frame in frames[:2]] == ["superseded", "ack"]
        assert frames[0]["message_id"] == first["message_id"]
        assert frames[0]["by"] == frames[1]["message_id"]
        assert frames[1]["replaces"] == first["message_id"]
        assert "50 kg" in text_of(frames)
        while (seen := await other.receive())["type"] != "superseded":
            pass
        assert seen == frames[0]
        assert (await until(other, "ack"))[-1] == frames[1]
        again = await talk.ask("What is the roof load of the Wren?", **edited)
        assert acked(again)["duplicate"] is True
        assert acked(again)["run_id"] == acked(frames)["run_id"]
        # Nothing of the branch is known any more.
        answer = (await talk.ask("What is its tyre pressure?", session_id="s"))[-1]["response"]
        assert "Plover" not in answer
    shown = read(server, token, "s")
    assert [message["role"] for message in shown] == ["customer", "assistant"] * 2
    assert shown[0]["text"] == "What is the roof load of the Wren?"
    assert not any("superseded_by" in message for message in shown)
    branch = read(server, token, "s", "?superseded=true")
    assert len(branch) == 8
    assert [message.get("superseded_by") for message in branch[:4]] == [frames[1]["message_id"]] * 4


async def test_what_cannot_be_replaced(server: Served) -> None:
    token = server.token("strange")
    async with talking(server.chat, token) as talk, talking(server.chat, server.token("hers")) as hers:
        mine = await talk.ask("What is the roof load of the Wren?", session_id="s")
        foreign = acked(await hers.ask("What is the roof load of the Wren?", session_id="s"))
        for replaces, code in (
            (7, "BAD_REQUEST"),
            (["x"], "BAD_REQUEST"),
            ({}, "BAD_REQUEST"),
            ("x" * 50_000, "NOT_FOUND"),
            ("", "NOT_FOUND"),
            (foreign["message_id"], "NOT_FOUND"),
            (mine[-1]["message_id"], "NOT_FOUND"),
            ("' OR 1=1 --", "NOT_FOUND"),
        ):
            refused = await talk.call({"type": "message", "message": "x", "session_id": "s", "replaces": replaces})
            assert (refused["type"], refused["code"], refused["field"]) == ("error", code, "replaces"), replaces
        mine_id = acked(mine)["message_id"]
        for session in ("t", None):
            frame = {"type": "message", "message": "x", "replaces": mine_id, "session_id": session}
            assert (await talk.call(frame))["code"] == "NOT_FOUND"
        empty = await talk.call({"type": "message", "message": " ", "session_id": "s", "replaces": mine_id})
        assert empty["code"] == "EMPTY_MESSAGE"
        await talk.send({"type": "delete", "message_id": mine_id})
        await until(talk, "deleted")
        gone = await talk.call({"type": "message", "message": "x", "session_id": "s", "replaces": mine_id})
        assert (gone["code"], gone["field"]) == ("BAD_REQUEST", "replaces")
    assert read(server, token, "s")[0]["text"] == ""


async def test_replacing_over_http(server: Served) -> None:
    token = server.token("http")

    def ask(**body: Any) -> tuple[int, dict[str, Any]]:
        status, answer, _ = server.request("POST", "/api/v1/chat", token, json.dumps(body).encode())
        return status, json.loads(answer)

    status, _ = ask(message="What is the roof load of the Plover?", session_id="s", metadata={"timezone": "Asia/Tokyo"})
    assert status == 200
    [question, _] = read(server, token, "s")
    status, _ = ask(message="And of the Wren?", session_id="s", replaces=question["message_id"])
    assert (status, len(read(server, token, "s"))) == (200, 2)
    status, problem = ask(message="x", session_id="s", replaces=question["message_id"])
    assert (status, problem["code"], problem["field"]) == (400, "BAD_REQUEST", "replaces")
    assert ask(message="x", session_id="s", replaces="unknown")[0] == 404
    assert ask(message="x", session_id="s", metadata="no object")[0] == 400
    assert ask(message="What is the roof load of the Wren?", metadata={"timezone": ["?"]})[0] == 200


@pytest.mark.parametrize("n", range(6))
async def test_racing_edits_and_deletions_end_in_one_conversation(server: Served, n: int) -> None:
    """A follow-up is being answered, or is about to be, when the first message is replaced and, elsewhere, replaced as
    well or deleted."""
    token, session = server.token("races"), f"race-{n}"
    plover, wren, heron = (f"What is the roof load of the {model}?" for model in ("Plover", "Wren", "Heron"))
    async with talking(server.chat, token) as one, talking(server.chat, token) as two:
        first = acked(await one.ask(plover, session_id=session))["message_id"]
        edit = {"type": "message", "message": wren, "session_id": session, "replaces": first}
        other = edit if n % 2 else {"type": "delete", "message_id": first}
        await one.send({"type": "message", "message": heron, "session_id": session})
        await asyncio.sleep(0.03 * n)
        await asyncio.gather(one.send(edit | {"request": "mine"}), two.send(other | {"request": "mine"}))
        for talk in (one, two):
            while (frame := await talk.receive()).get("request") != "mine":
                pass
            assert frame["type"] == "done" or frame["code"] == "BAD_REQUEST", frame
    events = await settled(server, token, session)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    runs = [event["run_id"] for event in events if event["type"] == "ack"]
    ends = [event["run_id"] for event in events if event["type"] in {"complete", "cancelled", "error"}]
    assert sorted(runs) == sorted(ends)
    assert sum(event["type"] == "superseded" for event in events) <= 1
    shown = [message["text"] for message in read(server, token, session) if message["role"] == "customer"]
    assert shown in ([wren], ["", heron]), "the edit won, or the deletion did"


async def settled(server: Served, token: str, session: str) -> list[Frame]:
    """All durable frames of a conversation in which nothing is under way any more."""
    async with asyncio.timeout(30):
        while True:
            async with talking(server.chat, token) as talk:
                await talk.send({"type": "resume", "session_id": session, "after": 0, "request": "all"})
                frames = (await until(talk, "done"))[:-1]
                if "active_run" not in frames[0]:
                    return frames[1:]
            await asyncio.sleep(0.1)


def holding(folder: Path, word: str) -> set[str]:
    """The files that hold the word, as UTF-8 or UTF-16, whatever its case."""
    spellings = [text.encode(coding) for text in (word, word.lower()) for coding in ("utf-8", "utf-16-le")]
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and any(spelling in path.read_bytes() for spelling in spellings):
            found.add(str(path.relative_to(folder)))
    return found


@pytest.mark.parametrize("canary", ["Zyxwvutsrq", "KX77-QQZ-9931"])
async def test_nothing_of_a_deleted_message_is_left_in_any_file(acting_server: Served, canary: str) -> None:
    """The message itself, a later run that is parked with it in its history, and a change that was asked for."""
    server, session = acting_server, f"canary-{len(canary)}"
    token = server.token("canary")
    async with talking(server.chat, token) as talk:
        for question in ("What is the roof load of the Plover?", "And of the Heron?"):
            await talk.ask(question, session_id=session)
        text = f"My name is {canary} and I drive a Wren {canary}. What is its roof load?"
        secret = acked(await talk.ask(text, session_id=session))
        await talk.ask(f"Is {canary} a good name?", session_id=session)
        await talk.send({"type": "message", "message": BOOK, "session_id": session})
        asked = (await until(talk, "input_required"))[-1]
        await talk.send(
            {"type": "answer", "request_id": asked["request_id"], "value": {"change": f"for {canary}, at noon"}}
        )
        await until(talk, "input_required")
        assert holding(server.data, canary)
        mine = [message for message in read(server, token, session) if message["role"] == "customer"]
        assert mine[2]["message_id"] == secret["message_id"]
        for message in mine:
            if canary in message["text"]:
                await talk.send({"type": "delete", "message_id": message["message_id"], "request": "gone"})
                while (await talk.receive()).get("request") != "gone":
                    pass
        after = read(server, token, session, "?superseded=true")
        assert [message["text"] for message in after if message["role"] == "customer"].count("") == 3
    assert await settled(server, token, session)
    assert holding(server.data, canary) == set()
