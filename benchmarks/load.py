"""A load client for servers that speak the native protocol: many sockets in one process, read by hand so that it takes
little of the processor that it shares with them."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

_BIG, _HUGE = 126, 127


@dataclass
class Figures:
    """Seconds from the message: to the first token of each run, between tokens, to the end; words of all answers, which
    the scripted model makes of a token each; what failed."""

    firsts: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)
    tokens: int = 0
    errors: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what was before, such as warming up."""
        for seconds in (self.firsts, self.gaps, self.wholes):
            del seconds[:]
        self.tokens = 0


class Socket(asyncio.Protocol):
    """One authenticated socket; asks one question at a time."""

    transport: asyncio.Transport

    def __init__(self, port: int, token: str, figures: Figures) -> None:
        self._port = port
        self._token = token
        self._figures = figures
        self._buffer = bytearray()
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._done: asyncio.Future[None] | None = None
        self._asked = self._last = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /ws/chat HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        for waiting in (self.ready, self._done):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionError("the server closed the socket"))

    async def ask(self, question: str, session: str) -> None:
        """Ask, and wait for the end of the answer. Raises ConnectionError."""
        self._done = asyncio.get_running_loop().create_future()
        self._asked, self._last = time.perf_counter(), 0.0
        self._send({"type": "message", "message": question, "session_id": session})
        await self._done

    def _send(self, frame: dict[str, object]) -> None:
        body = orjson.dumps(frame)
        size = bytes([0x80 | len(body)]) if len(body) < _BIG else struct.pack("!BH", 0x80 | _BIG, len(body))
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + body)  # a mask of zeros is one, and costs nothing

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in self._buffer[:40]:
                self.ready.set_exception(ConnectionError(self._buffer[:80].decode("latin-1")))
                return
            del self._buffer[: end + 4]
            self._upgraded = True
            self._send({"type": "auth", "token": self._token, "partial": False})
        self._read()

    def _read(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1] & 127, at + 2
            if size == _BIG:
                size, start = int.from_bytes(buffer[start : start + 2], "big"), start + 2
            elif size == _HUGE:
                size, start = int.from_bytes(buffer[start : start + 8], "big"), start + 8
            if len(buffer) < start + size:
                break
            self._frame(buffer[at] & 15, bytes(buffer[start : start + size]))
            at = start + size
        del buffer[:at]

    def _frame(self, kind: int, body: bytes) -> None:
        if kind == 9:
            self.transport.write(bytes([0x8A, 0x80 | len(body)]) + b"\0\0\0\0" + body)
        elif kind == 1:
            head = body[:24].replace(b" ", b"")
            now = time.perf_counter()
            if head.startswith(b'{"type":"token"'):
                self._token_at(now)
            elif not head.startswith(b'{"type":"progress"'):
                self._other(orjson.loads(body), now)

    def _token_at(self, now: float) -> None:
        figures = self._figures
        if self._last:
            figures.gaps.append(now - self._last)
        else:
            figures.firsts.append(now - self._asked)
        self._last = now

    def _other(self, frame: dict[str, object], now: float) -> None:
        match frame["type"]:
            case "auth_success" if not self.ready.done():
                self.ready.set_result(None)
            case "complete" if self._done is not None and not self._done.done():
                self._figures.wholes.append(now - self._asked)
                self._figures.tokens += len(str(frame.get("response", "")).split())
                self._done.set_result(None)
            case "error":
                self._figures.errors.append(body_of(frame))
                if self._done is not None and not self._done.done():
                    self._done.set_result(None)


def body_of(frame: dict[str, object]) -> str:
    return orjson.dumps(frame).decode()[:200]


async def opened(port: int, token: str, count: int, figures: Figures, at_a_time: int = 50) -> list[Socket]:
    """So many sockets that have been welcomed. Raises ConnectionError."""
    loop, turns = asyncio.get_running_loop(), asyncio.Semaphore(at_a_time)

    async def one() -> Socket:
        async with turns:
            _, socket = await loop.create_connection(lambda: Socket(port, token, figures), "127.0.0.1", port)
            await asyncio.wait_for(socket.ready, 60)
            return socket

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def closed_loop(sockets: list[Socket], questions: int, question: Callable[[int], str]) -> float:
    """Each socket asks when its last answer has ended, until so many questions are answered, each in a conversation of
    its own; the seconds that it took."""
    numbers, began = iter(range(questions)), time.perf_counter()
    name = f"bench-{os.getpid()}-{time.time_ns()}"

    async def work(socket: Socket) -> None:
        for number in numbers:
            await asyncio.wait_for(socket.ask(question(number), f"{name}-{number}"), 120)

    await asyncio.gather(*(work(socket) for socket in sockets))
    return time.perf_counter() - began


async def open_loop(sockets: list[Socket], a_second: float, seconds: float, question: Callable[[int], str]) -> int:
    """So many messages a second, whatever becomes of them, each from a socket that is idle; how many found none."""
    idle, tasks, missed = list(sockets), set[asyncio.Task[None]](), 0
    began, name = time.perf_counter(), f"bench-{os.getpid()}-{time.time_ns()}"

    async def one(socket: Socket, number: int) -> None:
        await asyncio.wait_for(socket.ask(question(number), f"{name}-{number}"), 120)
        idle.append(socket)

    for number in range(int(a_second * seconds)):
        if (wait := began + number / a_second - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if not idle:
            missed += 1
            continue
        task = asyncio.create_task(one(idle.pop(0), number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return missed
