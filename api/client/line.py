"""One connection: frames in, and requests that wait for their answer.

Each request has a name, which the server repeats in what answers it: an `error`, or `done` once it has obeyed and told
what that caused.
"""

import asyncio
import itertools
import json
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .errors import Frame, LineLost, Refused, refusal

REPLY_S = 30
"""A server that leaves a request unanswered for so long, and says nothing else, is as good as gone."""
ABNORMAL = 1006
"""The code of a connection that ended without a close frame (RFC 6455, 7.4.1)."""


class Line:
    """An open socket. `receive` is told each frame, in order; `lost` that the socket has closed.

    `code` is the close code once it is closed, `proved` whether anything was ever answered after the sign-in,
    `leaving` whether the server has said that it stops, `retry_after_s` the last wait that it has asked for.
    """

    def __init__(
        self, socket: ClientConnection, receive: Callable[["Line", Frame], None], lost: Callable[["Line"], None]
    ) -> None:
        self.code: int | None = None
        self.proved = False
        self.leaving = False
        self.retry_after_s: float | None = None
        self._socket = socket
        self._receive = receive
        self._lost = lost
        self._frame_bytes: int | None = None
        self._frame_count = 0
        self._names = map(str, itertools.count(1))
        self._requests: dict[str, asyncio.Future[Frame]] = {}
        self._reader = asyncio.create_task(self._read())

    @property
    def open(self) -> bool:
        return self.code is None

    def check(self) -> None:
        """Raises LineLost when the socket has closed."""
        if not self.open:
            raise LineLost

    async def sign_in(self, token: str) -> None:
        """Show the token; on an open line it replaces the one before. Raises Refused, LineLost."""
        welcome = await self.request({"type": "auth", "token": token, "partial": False})
        self._frame_bytes = (welcome.get("limits") or {}).get("frame_bytes")

    async def request(self, frame: Frame) -> Frame:
        """Send a frame and wait until the server has obeyed it; the frame that says so. Raises Refused, LineLost."""
        self.check()
        name = next(self._names)
        text = json.dumps({**frame, "request": name}, ensure_ascii=False)
        if self._frame_bytes is not None and len(text.encode(errors="surrogatepass")) > self._frame_bytes:
            raise Refused("MESSAGE_TOO_LONG", "The message is too long. Shorten it and send it again.", field="message")
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._requests[name] = answer
        try:
            await self._socket.send(text)
            await self._wait_for(answer)
        except ConnectionClosed:
            await asyncio.wait({self._reader})  # what came before the close may hold the answer
        finally:
            self._requests.pop(name, None)
        if not answer.done():
            raise LineLost
        return answer.result()

    async def _wait_for(self, answer: "asyncio.Future[Frame]") -> None:
        while not answer.done():
            frame_count = self._frame_count
            await asyncio.wait({answer}, timeout=REPLY_S)
            if not answer.done() and self._frame_count == frame_count:
                await self._socket.close()
                return

    async def close(self) -> None:
        """Close the socket and wait until nothing more is read."""
        await self._socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)

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
        self._frame_count += 1
        self.proved = self.proved or kind not in {"auth_success", "auth_error", "closing", "error"}
        refused = kind == "auth_error" or (kind == "error" and not frame.get("run_id"))
        if refused and frame.get("retry_after_ms"):
            self.retry_after_s = frame["retry_after_ms"] / 1000
        self._receive(self, frame)
        answer = self._requests.get(str(frame.get("request")))
        if answer is None or answer.done():
            return
        if refused:
            answer.set_exception(refusal(frame))
        else:
            answer.set_result(frame)

    def _end(self) -> None:
        self.code = self.code or ABNORMAL
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(LineLost())
        self._lost(self)


def _parsed(raw: str | bytes) -> Frame | None:
    try:
        frame = json.loads(raw)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
