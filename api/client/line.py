"""One connection: frames in, and requests out of which one at a time waits for its answer.

An `error` frame does not say which frame it refuses. As only one request is under way, it can only be that one.

To some requests the server is silent when all is well. It obeys commands in their order, so the answer to a later one
tells that they were obeyed; an empty message, which is refused and changes nothing, serves as that. (A `pong` does not:
it overtakes commands.) Empty messages of the caller are refused here, so that there is no confusion.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.client.errors import Frame, LineLost, Refused, refusal

REPLY_S = 30
"""A server that leaves a request unanswered for so long is as good as gone."""
ABNORMAL = 1006
"""The code of a connection that ended without a close frame (RFC 6455, 7.4.1)."""

_BARRIER = '{"type":"message"}'
_EMPTY = "EMPTY_MESSAGE"

Matches = Callable[[Frame], bool]


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    frames: tuple[str, ...]
    matches: Matches | None
    auth: bool
    answer: "asyncio.Future[Frame]"


class Line:
    """An open socket. `receive` is told each frame, in order; `lost` that the socket has closed.

    `code` is the close code once it is closed, `proved` whether anything was ever answered after the sign-in,
    `leaving` whether the server has said that it stops, `told_s` the last wait that it has asked for.
    """

    def __init__(
        self, socket: ClientConnection, receive: Callable[["Line", Frame], None], lost: Callable[["Line"], None]
    ) -> None:
        self.code: int | None = None
        self.proved = False
        self.leaving = False
        self.told_s: float | None = None
        self._socket = socket
        self._receive = receive
        self._lost = lost
        self._frame_bytes: int | None = None
        self._barriers = 0
        self._requests: asyncio.Queue[_Request] = asyncio.Queue()
        self._current: _Request | None = None
        self._reader = asyncio.create_task(self._read())
        self._writer = asyncio.create_task(self._write())

    @property
    def open(self) -> bool:
        return self.code is None

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._current is not None or not self._requests.empty()

    def check(self) -> None:
        """Raises LineLost when the socket has closed."""
        if not self.open:
            raise LineLost

    async def sign_in(self, token: str) -> None:
        """Show the token; on an open line it replaces the one before. Raises Refused, LineLost."""
        welcome = await self.request(
            {"type": "auth", "token": token, "partial": False}, lambda frame: frame.get("type") == "auth_success"
        )
        self._frame_bytes = (welcome.get("limits") or {}).get("frame_bytes")

    async def request(self, frame: Frame, matches: Matches | None = None) -> Frame:
        """Send a frame and wait for the one that answers it. Without `matches` it is one to which the server
        says nothing unless it refuses. The request is carried out even if the caller is cancelled meanwhile.
        Raises Refused, LineLost."""
        self.check()
        if frame["type"] == "message" and not str(frame["message"]).strip():
            raise Refused(_EMPTY, "The message is empty. Write your question and send it again.", field="message")
        text = json.dumps(frame, ensure_ascii=False)
        if self._frame_bytes is not None and len(text.encode(errors="surrogatepass")) > self._frame_bytes:
            raise Refused("MESSAGE_TOO_LONG", "The message is too long. Shorten it and send it again.", field="message")
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        frames = (text, _BARRIER) if matches is None else (text,)
        self._requests.put_nowait(_Request(frames, matches, frame["type"] == "auth", answer))
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Close the socket and wait until both tasks are over."""
        await self._socket.close()
        await asyncio.gather(self._reader, self._writer, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                frame = _parsed(await self._socket.recv())
                if frame is not None:
                    self._take(frame)
        except ConnectionClosed:
            self.code = self._socket.close_code or ABNORMAL
        finally:
            self._end()

    def _take(self, frame: Frame) -> None:
        kind = frame.get("type")
        self.proved = self.proved or kind not in {"auth_success", "auth_error", "closing", "error"}
        refused = kind == "auth_error" or (kind == "error" and not frame.get("run_id"))
        if refused and frame.get("retry_after_ms"):
            self.told_s = frame["retry_after_ms"] / 1000
        if refused:
            self._refused(frame)
        elif self._current and self._current.matches and self._current.matches(frame):
            _settle(self._current, frame)
        self._receive(self, frame)

    def _refused(self, frame: Frame) -> None:
        current = self._current
        if frame.get("code") == _EMPTY:
            self._barriers = max(0, self._barriers - 1)
            if current is not None and current.matches is None and not self._barriers:
                _settle(current, frame)
        elif current is None or (current.auth and frame.get("type") == "error"):
            self._barriers = max(0, self._barriers - 1)  # a barrier that was itself refused, say for an expired token
        else:
            _settle(current, refusal(frame))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._current = await self._requests.get()
                self._barriers += self._current.matches is None
                for text in self._current.frames:
                    await self._socket.send(text)
                answer = self._current.answer
                await asyncio.wait({answer}, timeout=REPLY_S)
                if not answer.done():
                    await self._socket.close()
                    return
                answer.exception()
                self._current = None

    def _end(self) -> None:
        self.code = self.code or ABNORMAL
        self._writer.cancel()
        waiting = [self._current] if self._current else []
        while not self._requests.empty():
            waiting.append(self._requests.get_nowait())
        for request in waiting:
            if not request.answer.done():
                request.answer.set_exception(LineLost())
                request.answer.exception()
        self._current = None
        self._lost(self)


def _settle(request: _Request, outcome: Frame | Refused) -> None:
    if request.answer.done():
        return
    if isinstance(outcome, Refused):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)


def _parsed(raw: str | bytes) -> Frame | None:
    try:
        frame = json.loads(raw)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
