"""Client of `/ws/chat/{session_id}`: every step, then the answer. Five tries at 2, 4, 6, 8 and 10 seconds."""

import asyncio
import contextlib
import json
import uuid
from collections import deque
from types import TracebackType
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .errors import ClientError, Frame
from .retry_schedules import REASONING
from .socket import Way, frames
from .turn import Feed

ENDS = frozenset({"final_answer", "error"})
_REMEMBERED = 1000
"""Steps, of more than are ever told again."""


class Reasoning:
    """A conversation with its steps. Iterate over its frames.

    What is said while there is no connection waits in a queue and is sent on the next one, in order, under ids that
    make each message count once. When no try is left the iteration raises GaveUp; `connect` begins anew, and the queue
    is kept. Other errors: SignInFailed, Dropped. What a new connection tells again is not handed on.
    """

    def __init__(self, way: Way, session_id: str | None = None) -> None:
        self.session_id = session_id or uuid.uuid4().hex
        self._way = way
        self._unsent: deque[dict[str, Any]] = deque()
        self._socket: ClientConnection | None = None
        self._feed = Feed()
        self._reading: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._seen_steps: dict[tuple[str, ...], None] = {}

    async def __aenter__(self) -> "Reasoning":
        self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    @property
    def waiting(self) -> int:
        """How many messages the server has not been seen to have."""
        return len(self._unsent)

    def connect(self) -> None:
        """Connect, or begin anew after GaveUp."""
        if self._reading is None or self._reading.done():
            self._feed = Feed()
            self._reading = asyncio.create_task(self._read())

    async def say(self, message: str, agent_name: str | None = None, *, enable_reasoning: bool = True) -> None:
        """Say something; without a connection it waits for the next one."""
        payload = {
            "message": message,
            "agent_name": agent_name,
            "enable_reasoning": enable_reasoning,
            "client_message_id": uuid.uuid4().hex,
        }
        self._unsent.append(payload)
        if self._socket is not None:
            await self._send(self._socket, payload)

    def __aiter__(self) -> "Reasoning":
        return self

    async def __anext__(self) -> Frame:
        return await self._feed.take()

    async def _read(self) -> None:
        source = frames(
            self._way, self._way.socket(f"/ws/chat/{quote(self.session_id, safe='')}"), REASONING, self._opened
        )
        try:
            async with contextlib.aclosing(source):
                async for frame in source:
                    self._take(frame)
        except ClientError as error:
            self._feed.end(error)
        finally:
            self._socket = None

    async def _opened(self, socket: ClientConnection) -> None:
        self._socket = socket
        for payload in tuple(self._unsent):
            await self._send(socket, payload)

    async def _send(self, socket: ClientConnection, payload: dict[str, Any]) -> None:
        """Send a message, and behind it a `ping` by whose `pong` it is known to be there."""
        with contextlib.suppress(ConnectionClosed):
            async with self._sending:
                await socket.send(json.dumps({"type": "chat", "payload": payload}))
                await socket.send(json.dumps({"type": "ping", "timestamp": payload["client_message_id"]}))

    def _take(self, frame: Frame) -> None:
        if frame.get("type") == "pong":
            there = next(
                (message for message in self._unsent if message["client_message_id"] == frame.get("timestamp")), None
            )
            if there is not None:
                self._unsent.remove(there)
        elif not self._knows(frame.get("data")):
            self._feed.put(frame)

    def _knows(self, step: Any) -> bool:
        """Whether the step was told before. An end is told again with the time of the telling."""
        if not isinstance(step, dict) or not isinstance(run_id := step.get("run_id"), str):
            return False
        at = "" if step.get("type") in ENDS else str(step.get("timestamp"))
        sign = (run_id, str(step.get("type")), str(step.get("content")), at)
        repetition = sign in self._seen_steps
        self._seen_steps[sign] = None
        while len(self._seen_steps) > _REMEMBERED:
            del self._seen_steps[next(iter(self._seen_steps))]
        return repetition
