"""A TCP proxy in the path of a connection that can be made to fail: cut, freeze, delay, throttle, while it runs.

async with Proxy(port) as proxy:        # clients connect to proxy.port
    link = proxy.link(client_port)
    link.cut_after(1_000, reset=True)
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Literal, Self

BLOCK = 16 * 1024
NO_LINGER = struct.pack("ii", 1, 0)

Way = Literal["up", "down"]


class Link:
    """One connection. `passed` counts the bytes handed on, `up` from the client and `down` to it; `swallowed` those
    that a frozen link took."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.passed: dict[Way, int] = {"up": 0, "down": 0}
        self.swallowed = 0
        self.delay_s = 0.0
        self.bytes_per_s: float | None = None
        self.frozen: frozenset[Way] = frozenset()
        self.open = True
        self._writers = (client, server)
        self._cut_at: int | None = None
        self._reset = False

    def cut(self, *, reset: bool = False) -> None:
        """End the connection on both sides now, with a reset or in good order."""
        self.open = False
        for writer in self._writers:
            if reset:
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                writer.transport.abort()
            else:
                writer.close()

    def cut_after(self, count: int, *, reset: bool = False) -> None:
        """Cut when `count` more bytes have gone down to the client."""
        self._cut_at, self._reset = self.passed["down"] + count, reset

    def freeze(self, *ways: Way) -> None:
        """Take what comes and hand nothing on, both ways or those named, with both sides kept open: a peer that is
        gone without a word."""
        self.frozen = frozenset(ways or ("up", "down"))

    def thaw(self) -> None:
        """Hand on again; what was swallowed is lost."""
        self.frozen = frozenset()

    async def pump(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on one direction until it ends or is cut. Raises ConnectionError."""
        while data := await reader.read(BLOCK if self.bytes_per_s is None else 512):
            if way in self.frozen:
                self.swallowed += len(data)
                continue
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.bytes_per_s:
                await asyncio.sleep(len(data) / self.bytes_per_s)
            due = way == "down" and self._cut_at is not None and self.passed[way] + len(data) >= self._cut_at
            if due:
                assert self._cut_at is not None
                data = data[: max(0, self._cut_at - self.passed[way])]
            writer.write(data)
            await writer.drain()
            self.passed[way] += len(data)
            if due:
                return self.cut(reset=self._reset)
        return None


class Proxy:
    """Listens on `port` and connects each client to `target` on this machine, which may come and go. `opened` is given
    each new link before anything passes."""

    def __init__(self, target: int, opened: Callable[[Link], None] = lambda link: None) -> None:
        self.target = target
        self.opened = opened
        self.port = 0
        self.links: dict[int, Link] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=2048)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def link(self, client_port: int) -> Link:
        """The link of the client that connected from this port. Raises KeyError."""
        return self.links[client_port]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        port = writer.get_extra_info("peername")[1]
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._join(port, reader, writer)
        self.links.pop(port, None)
        writer.close()

    async def _join(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        link = self.links[port] = Link(writer, far_writer)
        self.opened(link)
        pumps = [
            asyncio.ensure_future(link.pump("up", reader, far_writer)),
            asyncio.ensure_future(link.pump("down", far_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            link.open = False
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.close()
