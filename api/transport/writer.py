"""The sending side of one socket: a task that lives only while something waits, up to the close."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from api.protocol.dialect import Speaking
from api.transport.closing import CLOSE_REASONS, GOING_AWAY, INTERNAL, NORMAL, SLOW
from api.transport.outbox import Item, Outbox, OutboxFull, Spelled
from api.transport.uvicorn_socket import TENURE
from orchestrator.events import Envelope

log = structlog.get_logger()

SEND_PATIENCE_S = 10
"""Seconds that one frame may take to be sent, and everything that waits at a close."""
RENEW_S = 0.5
"""How exactly that is watched: a timer for each frame would cost as much as the frame."""
PATIENCE_SPREAD = 0.2
"""By how much of that it may by chance be longer: readers that stopped together are not all closed in one moment."""


class Writer:
    """Spells and sends what is put, in order, and at last the close code. `passed` is told of each event sent."""

    __slots__ = ("_code", "_outbox", "_passed", "_room", "_session", "_task", "_websocket")

    def __init__(self, websocket: WebSocket, session: Speaking, passed: Callable[[Envelope], None]) -> None:
        self._websocket = websocket
        self._session = session
        self._passed = passed
        self._outbox = Outbox()
        self._code: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None

    @property
    def closing(self) -> bool:
        """Whether the socket is being closed: nothing is taken or put any more."""
        return self._code is not None

    def put(self, item: Item) -> None:
        """Have the item sent; never waits. A reader that is too slow for it is closed."""
        if self._code is None:
            self._outbox.put(item)
            self._make_room()  # for a full outbox holds nothing any more
            self._start()

    async def room(self) -> None:
        """Wait until little waits to be sent, or the socket is given up."""
        while self._outbox.lagging and self._code is None:
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def _make_room(self) -> None:
        if self._room is not None and not (self._outbox.lagging and self._code is None):
            self._room.set()
            self._room = None

    def close(self, code: int) -> None:
        """Close the socket when what waits has been sent. The first code counts."""
        if self._code is None:
            self._code = code
            self._make_room()
            self._start()

    def stop(self) -> None:
        """The socket is gone."""
        self._code = self._code or GOING_AWAY
        self._make_room()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._send()
        except (TimeoutError, OutboxFull):
            self._code = SLOW
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # the socket is gone, as its reader will hear too
        except Exception:
            log.exception("connection_failed")
            self._code = INTERNAL
        if self._code is None:
            self._task = None
            return
        self._make_room()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._websocket.close(self._code, CLOSE_REASONS[self._code])

    async def _send(self) -> None:
        """Send until nothing waits. Raises TimeoutError, OutboxFull, and what a lost socket raises."""
        loop = asyncio.get_running_loop()
        patience_s = RENEW_S + SEND_PATIENCE_S * (1 + PATIENCE_SPREAD * random.random())  # noqa: S311
        renewed = loop.time()
        async with asyncio.timeout(patience_s) as patience:
            while (item := self._outbox.take()) is not None:
                if isinstance(item, Envelope):
                    frames = self._session.emitted(item, lagging=self._outbox.lagging)
                elif isinstance(item, Spelled):
                    frames = (item.text,)
                else:
                    frames = self._session.notice(item)
                self._make_room()
                for text in frames:
                    if isinstance(item, Envelope) and item.late:
                        break
                    if isinstance(item, Envelope) and item.tenure is not None:
                        frame = {"type": "websocket.send", "text": text, TENURE: item.tenure}
                        await self._websocket.send(frame)
                    else:
                        await self._websocket.send_text(text)
                    if self._code is None and (now := loop.time()) > renewed + RENEW_S:
                        patience.reschedule(now + patience_s)
                        renewed = now
                    await asyncio.sleep(0)  # a thousand sockets of one conversation send a frame each, not all of it
                if isinstance(item, Envelope):
                    self._passed(item)
                if self._session.finished and self._code is None:
                    self._code = NORMAL
                    return
