"""An honest client of one conversation: it follows `seq` and `offset`, reconnects, resumes, sends again, and writes
down every breach of the protocol that it meets."""

import asyncio
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.protocol import State

from tests.conversing import TERMINAL, Frame
from tests.faults.provider import KEY, MARKER, new_marker
from tests.faults.proxy import Link, Proxy
from tests.serving import ROOT, SECRET

TELLTALE = re.compile(
    rf"Traceback|File \\?\"|site-packages|sqlite3|sqlalchemy|/tmp/|/proc/|{re.escape(str(ROOT))}|{KEY}|{SECRET}"
)
"""What no frame may hold: traces of the program, its paths and its secrets."""
GONE = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
"""What a client meets when its connection does not come about or is lost."""


class Customer:
    """`run(client_message_id)` is a message's run; `texts`, `ends` hold what was said and how it ended, by run id;
    `wrong` every breach; `refused` the errors that ended no run."""

    def __init__(self, port: int, token: str, user: str, session: str | None = None, proxy: Proxy | None = None):
        self.user, self.token = user, token
        self.marker = new_marker()
        self.known = {self.marker}
        self.session = session or self.marker
        self.port, self.proxy = port, proxy
        self.seq = 0
        self.log: dict[int, Frame] = {}
        self.sent: dict[str, str] = {}
        self.replacing: dict[str, str] = {}
        self.acks: dict[str, Frame] = {}
        self.texts: dict[str, str] = {}
        self.ended_elsewhere = False
        """Another process than the one that answers may end a run: of what is then on its way it knows nothing."""
        self.ends: dict[str, Frame] = {}
        self.refused: list[Frame] = []
        self.wrong: list[str] = []
        self.closes: list[int | None] = []
        self.reconnects = 0
        self.link: Link | None = None
        self._socket: ClientConnection | None = None
        self._again = False
        self._heeded = 0
        self._follows = False

    # --- the connection --------------------------------------------------------------------------------------------

    async def connect(self) -> Frame:
        """Open, authenticate, resume unless nothing was sent yet, send again what was not acknowledged. Raises GONE."""
        port = self.proxy.port if self.proxy else self.port
        socket = await websockets.connect(
            f"ws://127.0.0.1:{port}/ws/chat",
            compression=None,
            max_size=2**24,
            open_timeout=10,
            ping_interval=None,
            close_timeout=1,
        )
        self._socket = socket
        self.link = self.proxy.link(socket.local_address[1]) if self.proxy else None
        await self._send({"type": "auth", "token": self.token, "partial": False})
        welcome = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert welcome["type"] == "auth_success", welcome
        if self.sent or self._follows:
            await self._send({"type": "resume", "session_id": self.session, "after": self.seq})
        for client_message_id in self.unacknowledged:
            self._again = True
            await self._say(client_message_id)
        return dict(welcome)

    @property
    def connected(self) -> bool:
        return self._socket is not None and self._socket.state is State.OPEN

    def share(self, other: "Customer") -> None:
        """Be another tab of the same customer: their marker is known here."""
        self.marker, self.known, self._follows = other.marker, other.known, True

    async def leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _send(self, frame: Frame) -> None:
        if self._socket is None:
            raise ConnectionResetError("not connected")
        await self._socket.send(json.dumps(frame))

    # --- what it asks ----------------------------------------------------------------------------------------------

    async def say(self, text: str, replaces: str | None = None) -> str:
        """Send a message; its client_message_id. `replaces` is that of an acknowledged one. A lost connection is
        noticed later."""
        client_message_id = f"{self.marker}-{random.getrandbits(40):x}"
        self.sent[client_message_id] = text
        if replaces is not None:
            self.replacing[client_message_id] = self.acks[replaces]["message_id"]
        with suppress(*GONE):
            await self._say(client_message_id)
        return client_message_id

    async def _say(self, client_message_id: str) -> None:
        fields = {"message": self.sent[client_message_id], "session_id": self.session}
        if client_message_id in self.replacing:
            fields["replaces"] = self.replacing[client_message_id]
        await self._send({"type": "message", "client_message_id": client_message_id, **fields})

    async def repeat(self, client_message_id: str) -> None:
        """Send a message again that may have been acknowledged."""
        self._again = True
        await self._say(client_message_id)

    async def cancel(self, run_id: str) -> None:
        await self._send({"type": "cancel", "run_id": run_id})

    async def tell(self, frame: Frame) -> None:
        await self._send(frame)

    # --- what it sees ----------------------------------------------------------------------------------------------

    @property
    def unacknowledged(self) -> list[str]:
        return [one for one in self.sent if one not in self.acks]

    def run(self, client_message_id: str) -> str:
        return str(self.acks[client_message_id]["run_id"])

    def end(self, client_message_id: str) -> Frame | None:
        """The terminal frame of a message's run, if it has come."""
        acknowledged = self.acks.get(client_message_id)
        return self.ends.get(acknowledged["run_id"]) if acknowledged else None

    @property
    def open_messages(self) -> list[str]:
        return [one for one in self.sent if self.end(one) is None]

    async def take(self, timeout: float = 30) -> Frame:
        """The next frame. Raises GONE."""
        if self._socket is None:
            raise ConnectionResetError("not connected")
        try:
            raw = await asyncio.wait_for(self._socket.recv(), timeout)
        except ConnectionClosed:
            self.closes.append(self._socket.close_code)
            raise
        frame: Frame = json.loads(raw)
        self._note(str(raw), frame)
        return frame

    async def until(self, wanted: Callable[[Frame], bool], timeout: float = 30) -> Frame:
        """Take frames up to one that is wanted. Raises GONE."""
        async with asyncio.timeout(timeout):
            while not wanted(frame := await self.take(timeout)):
                pass
        return frame

    async def settle(self, timeout: float = 60) -> None:
        """Reconnect as often as it takes until every message sent has met its end. Raises TimeoutError."""
        try:
            async with asyncio.timeout(timeout):
                while self.open_messages:
                    await self._onward()
        except TimeoutError:
            raise TimeoutError(f"{self.session}: no end of {self.open_messages}; {self.describe()}") from None

    async def _onward(self) -> None:
        try:
            if len(self.refused) > self._heeded:
                retryable = any(frame.get("retryable") for frame in self.refused[self._heeded :])
                self._heeded = len(self.refused)
                await asyncio.sleep(0.2)
                for client_message_id in self.unacknowledged if retryable else ():
                    await self.repeat(client_message_id)
            await self.take(600)
        except GONE:
            await asyncio.sleep(random.uniform(0.02, 0.1))
            try:
                self.reconnects += 1
                await self.connect()
            except GONE:
                self._socket = None

    def describe(self) -> str:
        last = {seq: frame["type"] for seq, frame in self.log.items()}
        return f"seq {self.seq} {last}, refused {self.refused[-3:]}, closes {self.closes[-3:]}, wrong {self.wrong[:3]}"

    # --- what it checks --------------------------------------------------------------------------------------------

    def _blame(self, what: str, frame: Frame) -> None:
        self.wrong.append(f"{self.session}: {what}: {json.dumps(frame)[:300]}")

    def _note(self, raw: str, frame: Frame) -> None:
        if found := TELLTALE.search(raw):
            self._blame(f"a frame tells {found[0]!r}", frame)
        if foreign := set(MARKER.findall(raw)) - self.known:
            self._blame(f"a foreign marker {foreign}", frame)
        if "seq" in frame:
            self._number(frame)
        match frame["type"]:
            case "ack":
                self.acks[frame["client_message_id"]] = frame
                self.texts.setdefault(frame["run_id"], "")
            case "error" if "run_id" not in frame:
                self.refused.append(frame)
            case "progress" | "token" | "run_restarted" | "complete" | "error" | "cancelled":
                self._hear(frame["run_id"], frame)

    def _number(self, frame: Frame) -> None:
        seq = frame["seq"]
        if seq == self.seq + 1:
            self.seq, self.log[seq] = seq, frame
        elif seq > self.seq:
            self._blame(f"seq jumps from {self.seq}", frame)
            self.seq, self.log[seq] = seq, frame
        elif not self._again or _core(self.log.get(seq, {})) != _core(frame):
            self._blame("a durable frame came twice", frame)

    def _hear(self, run_id: str, frame: Frame) -> None:
        kind, said = frame["type"], self.texts.get(run_id)
        if said is None:
            return self._blame("a frame of a run that is not this conversation's", frame)
        if kind in TERMINAL:
            return self._end(run_id, said, frame)
        if kind == "run_restarted":
            if self.log.get(frame["seq"]) is frame:
                self.texts[run_id] = ""
        elif run_id in self.ends:
            self._blame("a frame after the end of its run", frame)
        elif kind == "token":
            if frame["offset"] > len(said):
                self._blame(f"a hole in the text after {len(said)}", frame)
            self.texts[run_id] = said[: frame["offset"]] + frame["token"]
        return None

    def _end(self, run_id: str, said: str, frame: Frame) -> None:
        if run_id in self.ends:
            if not self._again:
                self._blame("a second end", frame)
            return
        whole = {"complete": "response", "cancelled": "partial_response"}.get(frame["type"])
        if whole is not None:
            less = self.ended_elsewhere and frame["type"] == "cancelled" and said.startswith(frame[whole])
            if not (less or frame[whole].startswith(said)):
                self._blame(f"the text was {said!r}", frame)
            self.texts[run_id] = frame[whole]
        self.ends[run_id] = frame


def _core(frame: Frame) -> dict[str, Any]:
    """A durable frame without what may differ when it is sent again."""
    return {name: value for name, value in frame.items() if name != "duplicate"}
