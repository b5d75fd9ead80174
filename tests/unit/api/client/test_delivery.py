"""Wherever a connection is cut, however often, and even if the server's process dies: what the client hands over is
what the server has written down, once and in order."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from api.client import Client, Conversation, Turn, Waits

Frame = dict[str, Any]
PIECES = 6
RESUMABLE = [None, 1001, 1011, 1012, 1013, 4410]


@dataclass(frozen=True)
class Cut:
    """The end of a connection: after how many frames of the server, with which code (None: the cable is pulled), how
    many frames of the run nobody hears meanwhile, and whether the server's process died of it."""

    after: int
    code: int | None
    missed: int
    crash: bool


@dataclass
class Run:
    run_id: str
    attempt: int = 1
    step: int = 0
    text: str = ""

    def answer(self, attempt: int | None = None) -> str:
        return "".join(f"{self.run_id} try {attempt or self.attempt} piece {n} 🚗 " for n in range(PIECES))


class CutOff(Exception):
    pass


class Survivor:
    """A server of one conversation whose log outlives its connections, each of which is cut as planned; the first one
    at least signs in, for a server that cannot be reached at all is an error at once."""

    def __init__(self, cuts: Sequence[Cut]) -> None:
        self.log: list[Frame] = []
        self.runs: dict[str, Run] = {}
        self._waiting: list[Run] = []
        self._cuts = iter([replace(cut, after=max(cut.after, number == 0)) for number, cut in enumerate(cuts)])

    async def handle(self, socket: ServerConnection) -> None:
        cut = next(self._cuts, None)
        with suppress(ConnectionClosed):
            try:
                await Wire(self, socket, cut).serve()
            except CutOff:
                assert cut is not None
                for _ in range(cut.missed):
                    self.produce()
                if cut.crash:
                    self.restart()
                if cut.code is None:
                    socket.transport.abort()
                else:
                    await socket.close(cut.code)

    def write(self, frame: Frame) -> Frame:
        self.log.append(frame | {"seq": len(self.log) + 1})
        return self.log[-1]

    def accept(self, message: Frame) -> Frame:
        run = Run(f"r{len(self.runs)}")
        self.runs[message["client_message_id"]] = run
        self._waiting.append(run)
        named = {key: message[key] for key in ("client_message_id", "session_id", "message")}
        return self.write({"type": "ack", "run_id": run.run_id, **named})

    @property
    def active(self) -> Run | None:
        return self._waiting[0] if self._waiting else None

    def restart(self) -> None:
        if self.active and self.active.step:
            self.active.attempt, self.active.step, self.active.text = self.active.attempt + 1, 0, ""
            self.write({"type": "run_restarted", "run_id": self.active.run_id, "attempt": self.active.attempt})

    def produce(self) -> Frame | None:
        """The next frame of the active run."""
        run = self.active
        if run is None:
            return None
        run.step += 1
        if run.step == 1:
            return self.write({"type": "sources", "run_id": run.run_id, "passages": [{"id": f"p{run.attempt}"}]})
        if run.step <= PIECES + 1:
            piece = f"{run.run_id} try {run.attempt} piece {run.step - 2} 🚗 "
            run.text += piece
            return {"type": "token", "run_id": run.run_id, "token": piece, "offset": len(run.text) - len(piece)}
        self._waiting.pop(0)
        return self.write({"type": "complete", "run_id": run.run_id, "session_id": "s1", "response": run.text})


class Wire:
    """One connection to the survivor."""

    def __init__(self, server: Survivor, socket: ServerConnection, cut: Cut | None) -> None:
        self._server, self._socket, self._cut = server, socket, cut
        self._sent = 0
        self._following = False

    async def serve(self) -> None:
        receiving = asyncio.ensure_future(self._socket.recv())
        try:
            while True:
                working = self._following and self._server.active is not None
                await asyncio.wait({receiving}, timeout=0 if working else None)
                if receiving.done():
                    frame = json.loads(await receiving)
                    receiving = asyncio.ensure_future(self._socket.recv())
                    await self._obey(frame)
                elif produced := self._server.produce():
                    await self._send(produced)
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _send(self, frame: Frame) -> None:
        if self._cut is not None and self._sent == self._cut.after:
            raise CutOff
        self._sent += 1
        await self._socket.send(json.dumps(frame))

    async def _obey(self, frame: Frame) -> None:
        request = frame.pop("request")
        if frame["type"] == "auth":
            await self._send({"type": "auth_success", "request": request})
            return
        await self._command(frame)
        await self._send({"type": "done", "request": request})

    async def _command(self, frame: Frame) -> None:
        match frame["type"]:
            case "message" if frame["client_message_id"] in self._server.runs:
                run = self._server.runs[frame["client_message_id"]]
                events = [event for event in self._server.log if event["run_id"] == run.run_id]
                await self._send(events[0] | {"duplicate": True})
                await self._catch_up(events[1:])
            case "message":
                accepted = self._server.accept(frame)
                self._following = True
                await self._send(accepted)
            case "resume":
                active = self._server.active
                head = {"head_seq": len(self._server.log), "active_run": active.run_id if active else None}
                await self._send({"type": "resumed", "session_id": "s1", "after": frame["after"], **head})
                await self._catch_up(self._server.log[frame["after"] :])

    async def _catch_up(self, events: Sequence[Frame]) -> None:
        for event in events:
            await self._send(event)
        if self._server.active and self._server.active.text:
            run = self._server.active
            await self._send({"type": "token", "run_id": run.run_id, "token": run.text, "offset": 0})
        self._following = True


async def read(turn: Turn, server: Survivor) -> list[int]:
    """The seqs that a turn sees; meanwhile its text is never anything but a beginning of an answer."""
    seqs = []
    async for frame in turn:
        seqs += [frame["seq"]] if "seq" in frame else []
        run = next(run for run in server.runs.values() if run.run_id == turn.run_id)
        assert any(run.answer(attempt).startswith(turn.text) for attempt in range(1, run.attempt + 1))
    return seqs


async def watch(conversation: Conversation, answers: int) -> list[int]:
    seqs = []
    async for frame in conversation.follow():
        seqs += [frame["seq"]] if "seq" in frame else []
        answers -= frame["type"] == "complete"
        if not answers:
            return seqs
    raise AssertionError


async def chat(questions: int, cuts: Sequence[Cut], watched: bool) -> None:
    server, clock = Survivor(cuts), iter(range(10**6))

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    waits = Waits(patience_s=10**9, sleep=sleep, now=lambda: next(clock), chance=lambda: 0.5)
    async with serve(server.handle, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        async with asyncio.timeout(20):
            async with Client(f"ws://127.0.0.1:{port}/", "token", waits=waits) as client:
                conversation = client.conversation("s1")
                turns = [conversation.ask(f"question {number}") for number in range(questions)]
                first = await anext(turns[0])
                watching = asyncio.ensure_future(watch(conversation, questions)) if watched else None
                seen = await asyncio.gather(*(read(turn, server) for turn in turns))
                seen[0].insert(0, first["seq"])
                if watching is not None:
                    assert await watching == list(range(1, len(server.log) + 1))
    for turn, seqs in zip(turns, seen, strict=True):
        written = [event for event in server.log if event["run_id"] == turn.run_id]
        assert seqs == [event["seq"] for event in written]
        assert turn.last is not None
        assert turn.text == turn.last["response"] == written[-1]["response"]
        assert turn.sources == [event for event in written if event["type"] == "sources"][-1]["passages"]
    asked = [event["message"] for event in server.log if event["type"] == "ack"]
    assert asked == [f"question {number}" for number in range(questions)]


def cuts() -> "st.SearchStrategy[Cut]":
    return st.builds(
        Cut,
        after=st.integers(0, 2 * PIECES),
        code=st.sampled_from(RESUMABLE),
        missed=st.integers(0, PIECES + 4),
        crash=st.booleans(),
    )


@settings(max_examples=120, deadline=None)
@given(
    questions=st.integers(1, 4),
    planned=st.lists(cuts(), max_size=6),
    watched=st.booleans(),
)
@example(questions=1, planned=[Cut(1, None, 0, False)], watched=False)
@example(questions=2, planned=[Cut(2, 1001, 9, True), Cut(1, None, 0, True)], watched=True)
@example(questions=4, planned=[Cut(after, None, 1, after % 2 == 0) for after in range(1, 9)], watched=True)
def test_every_event_arrives_once_and_the_text_is_the_answer(questions: int, planned: list[Cut], watched: bool) -> None:
    asyncio.run(chat(questions, planned, watched))
