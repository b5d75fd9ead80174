"""`pitcrew chat` as a person or a pipe uses it, against a scripted server."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.cli.chat import picked_option
from api.cli.terminal.screen import expiry
from tests.scripted_chat import Peer, asked, refusing, scripted
from tests.serving import ROOT, Served, environment, pitcrew

PATIENCE_S = 15


class Terminal:
    """A running `pitcrew chat`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin is not None
        self._typed = process.stdin

    async def type(self, line: str) -> None:
        self._typed.write(f"{line}\n".encode())
        await self._typed.drain()

    async def end(self) -> tuple[int, str, str]:
        """Close the keyboard; exit code, stdout, stderr."""
        async with asyncio.timeout(PATIENCE_S):
            self._typed.close()
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def chatting(url: str, *options: str, env: Any = None) -> AsyncIterator[Terminal]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", "chat", "--url", url, "--session", "s1", *options),
        cwd=ROOT,
        env=env or {**environment(ROOT / "data"), "TZ": "Asia/Tokyo"},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    try:
        yield Terminal(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def said(url: str, *lines: str) -> tuple[int, str, str]:
    async with chatting(url, "--token", "token") as terminal:
        for line in lines:
            await terminal.type(line)
        return await terminal.end()


SOURCE = {"id": "p1", "title": "Roof loads", "source": "specs/roof.md", "text": "It is 50 kg."}
CITED = {"number": 1, "passage_id": "p1", "title": "Roof loads", "source": "specs/roof.md", "page": 3}


async def answers(peer: Peer) -> None:
    message = await peer.receive()
    await peer.ack(message)
    await peer.send("progress", run_id="r1", step="starting", message="Thinking...")
    await peer.send("sources", run_id="r1", passages=[SOURCE], seq=2)
    await peer.send("token", run_id="r1", offset=0, token="It is ")
    await peer.send("token", run_id="another", offset=0, token="not for us")
    await peer.send("token", run_id="r1", offset=6, token="50 kg [1].")
    await peer.send(
        "complete",
        run_id="r1",
        session_id="s1",
        message_id="m1",
        response="It is 50 kg [1].",
        seq=3,
        metadata={"context": {"citations": [CITED]}},
    )


async def test_the_answer_is_on_stdout_and_the_rest_on_stderr() -> None:
    async def once(peer: Peer) -> None:
        await answers(peer)
        await peer.linger()

    async with scripted(once) as (url, peers):
        code, out, err = await said(url, "What is the roof load?", "/sources 1", "/sources 7", "/help", "/dance")
    assert (code, out) == (0, "It is 50 kg [1].\n")
    assert [line in err for line in ("Thinking...", "[1] Roof loads (specs/roof.md, page 3)", "It is 50 kg.")] == [
        True
    ] * 3
    assert "no such source" in err
    assert "There is no /dance." in err
    assert [frame["type"] for frame in peers[0].seen] == ["auth", "message"]
    assert peers[0].seen[1]["session_id"] == "s1"


async def test_ratings_and_new_conversations() -> None:
    async def rated(peer: Peer) -> None:
        await answers(peer)
        await peer.receive()
        await peer.send("error", code="NOT_FOUND", error="There is no such thing.")
        await peer.linger()

    async with scripted(rated) as (url, peers):
        code, _, err = await said(url, "/up", "What is the roof load?", "/up", "/down", "/new", "/up", "/quit")
    assert code == 0
    assert err.count("There is no answer yet.") == 2
    assert err.index("There is no such thing.") < err.index("Thank you.") < err.index("A new conversation: ")
    assert [(frame["message_id"], frame["rating"]) for frame in peers[0].seen[2:]] == [("m1", "up"), ("m1", "down")]


async def test_the_last_message_can_be_edited_and_answered_again() -> None:
    async def edits(peer: Peer) -> None:
        for n in range(1, 5):
            await peer.ack(await peer.receive(), f"r{n}", 2 * n)
            await peer.answer(f"r{n}", f"answer {n}", 2 * n + 1)
        await peer.linger()

    async with scripted(edits) as (url, peers):
        lines = ("/again", "one", "/edit", "/edit two words", "/again", "three", "/new", "/again")
        code, out, err = await said(url, *lines)
    assert (code, out) == (0, "answer 1\nanswer 2\nanswer 3\nanswer 4\n")
    assert err.count("You have not said anything yet.") == 2
    assert "Write the new text behind it" in err
    sent = [(frame["message"], frame.get("replaces")) for frame in peers[0].seen[1:]]
    assert sent == [("one", None), ("two words", "m-r1"), ("two words", "m-r2"), ("three", None)]
    assert {frame["metadata"]["timezone"] for frame in peers[0].seen[1:]} == {"Asia/Tokyo"}


async def test_a_lost_connection_is_no_matter() -> None:
    async def drops(peer: Peer) -> None:
        await peer.ack(await peer.receive(), seq=5)
        await peer.send("token", run_id="r1", offset=0, token="Half an ")

    async def goes_on(peer: Peer) -> None:
        assert await peer.receive() == {"type": "resume", "session_id": "s1", "after": 5}
        await peer.send("resumed", session_id="s1", after=5, head_seq=5, active_run="r1")
        await peer.send("token", run_id="r1", offset=0, token="Half an answer")
        await peer.answer(text="Half an answer, and the rest", seq=6)
        await peer.linger()

    async with scripted(drops, goes_on) as (url, _):
        code, out, _ = await said(url, "Hello")
    assert (code, out) == (0, "Half an answer, and the rest\n")


async def test_waits_and_refusals_are_told() -> None:
    async def busy(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="RATE_LIMITED", error="Too many messages.", retryable=True, retry_after_ms=10)
        await peer.receive()
        await peer.send("error", code="MESSAGE_TOO_LONG", error="The message is too long.", retryable=False)
        await asked(peer)

    async with scripted(busy) as (url, peers):
        code, out, err = await said(url, "Hello", "Hello again")
    assert (code, out) == (0, "Hi\n")
    assert err.index("Too many messages.") < err.index("The message is too long.")
    assert peers[0].seen[1] == peers[0].seen[2]


async def test_ctrl_c_stops_the_answer_and_then_the_program() -> None:
    arrived = asyncio.Event()

    async def stoppable(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        arrived.set()
        assert await peer.receive() == {"type": "cancel", "run_id": "r1"}
        await peer.send("cancelled", run_id="r1", partial_response="", seq=2)
        await peer.ack(await peer.receive(), "r2", 3)
        arrived.set()
        assert await peer.receive() == {"type": "cancel", "run_id": "r2"}
        arrived.set()
        await peer.linger()

    async with scripted(stoppable) as (url, _), chatting(url, "--token", "token") as terminal:
        await terminal.type("Hello")
        async with asyncio.timeout(PATIENCE_S):
            await arrived.wait()
            arrived.clear()
            terminal.process.send_signal(signal.SIGINT)
            await terminal.type("Hello again")
            await arrived.wait()
            arrived.clear()
            terminal.process.send_signal(signal.SIGINT)
            await arrived.wait()
            terminal.process.send_signal(signal.SIGINT)
        code, _, err = await terminal.end()
    assert code == 130
    assert "Stopped." in err


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("2", {"type": "answer", "request_id": "q1", "value": "tuesday"}),
        ("TUESDAY at nine", {"type": "answer", "request_id": "q1", "value": "tuesday"}),
        ("rather on Friday", {"message": "rather on Friday"}),
    ],
)
async def test_a_question_is_answered_by_number_label_or_in_words(typed: str, sent: dict[str, Any]) -> None:
    async def asks(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("token", run_id="r1", offset=0, token="Two dates. ")
        await peer.send(
            "input_required",
            request_id="q1",
            run_id="r1",
            kind="choose",
            prompt="Which one?",
            options=[{"value": "monday", "label": "Monday at ten"}, {"value": "tuesday", "label": "Tuesday at nine"}],
            expires_at=(datetime.now(UTC) + timedelta(minutes=10.5)).isoformat(),
            partial_response="Two dates. ",
            seq=2,
        )
        answer = await peer.receive()
        assert sent.items() <= answer.items()
        await peer.ack(answer, "r1", 3)
        await peer.send("token", run_id="r1", offset=11, token="Booked.")
        await peer.send("complete", run_id="r1", session_id="s1", message_id="m", response="Two dates. Booked.", seq=4)
        await peer.linger()

    async with scripted(asks) as (url, _):
        code, out, err = await said(url, "Book me a service", typed)
    assert (code, out) == (0, "Two dates. \nBooked.\n")
    assert "Which one?\n  1  Monday at ten\n  2  Tuesday at nine\nAnswer with a number" in err
    assert "The offer stands for 10 minutes." in err


async def test_a_refused_token_is_a_plain_failure() -> None:
    async def denies(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_error", message="Invalid token.", code="AUTH_INVALID")
        await peer.socket.close(4401)

    async with scripted(denies, sign_in=False) as (url, _):
        code, _, err = await said(url)
    assert code == 1
    assert "Invalid token." in err
    assert "--token" in err
    assert "Traceback" not in err


async def test_a_server_that_is_no_pitcrew_is_unreachable() -> None:
    async with scripted(refusing(404)) as (url, _):
        code, _, err = await said(url)
    assert code == 4
    assert url in err
    assert "HTTP 404" in err


OPTIONS = [{"value": True, "label": "Yes"}, {"value": False, "label": "2"}]


@pytest.mark.parametrize(("typed", "value"), [("1", True), ("yes", True), ("2", False), ("3", None), ("0", None)])
def test_options_by_number_and_label(typed: str, value: bool | None) -> None:
    picked = picked_option(OPTIONS, typed)
    assert (picked["value"] if picked else None) is value


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(-1, "run out"), (0.5, "a minute"), (10, "10 minutes"), (60 * 5, "5 hours"), (60 * 24 * 3, "3 days")],
)
def test_how_long_an_offer_stands(minutes: float, said: str) -> None:
    now = datetime.now(UTC)
    assert said in expiry((now + timedelta(minutes=minutes)).isoformat(), now)


@pytest.mark.parametrize("at", [None, "", "soon"])
def test_an_unknown_end_is_not_mentioned(at: str | None) -> None:
    assert expiry(at, datetime.now(UTC)) == ""


@pytest.mark.parametrize(
    ("wire", "typed", "said", "noted"),
    [
        ("analysis", "How many incidents are there by severity?\nand by category?", "brakes", "SELECT"),
        (
            "explorer",
            "Show relationships between the tables as a diagram",
            "```mermaid\nerDiagram",
            "find_relationships",
        ),
        ("query", "How much power does the Wren 58 of model year 2026 have?", "115 kW", "specs/"),
        ("reasoning", "How much power does the Wren 58 of model year 2026 have?", "115 kW", "thought: "),
    ],
)
def test_the_other_wires(server: Served, wire: str, typed: str, said: str, noted: str) -> None:
    token = ("--token", server.token("wired")) if wire == "query" else ()
    done = pitcrew(
        "chat", "--dialect", wire, "--url", server.chat, *token, env=environment(server.data), input=f"{typed}\n"
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert noted in done.stderr
