"""An answer as server-sent events (WHATWG HTML, 9.2): the frames of a dialect, each with an `id` to come back to.

The run is its conversation's: a reader who goes away stops nothing, and one who comes back with the last `id` gets the
rest. The engine never waits for a reader: what waits is kept in an outbox, and who stops reading is given up.
"""

import asyncio
import contextlib
import math
import re
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.access.auth import Identity
from api.protocol.dialect import Closing, Problem, Session
from api.transport.outbox import Item, Outbox, OutboxFull, Spelled
from api.transport.retelling import Retelling
from api.transport.uvicorn_request import ABORT
from orchestrator.errors import PitcrewError, ProcessingError
from orchestrator.events import Envelope
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower

log = structlog.get_logger()

RETRY_MS = 2_000
"""When a reader comes back who has lost the connection."""
BEAT_S = 15.0
"""Seconds of silence after which a comment shows that the connection is alive."""
SEND_PATIENCE_S = 10.0
"""Seconds that a reader may take for what is being sent."""
CLOSE_PATIENCE_S = 1.0
"""The same once the server stops."""
SENT_TOGETHER = 16 * 1024
"""Characters that are sent at once, where so much waits."""
LONG_S = 24 * 3600.0
"""Seconds that no answer takes."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_LINE_END = re.compile(r"\r\n|\r|\n")


def server_event(data: str, position: str | None = None) -> str:
    """One event of the stream."""
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
    return f"id: {position}\n{lines}\n" if position is not None else f"{lines}\n"


def retry(after_ms: int) -> str:
    """When the reader is to come back once the stream has ended."""
    return f"retry: {after_ms}\n\n"


class EventStream(Response):
    """The response that tells one answer. `begin` first; `closed` is called once when the stream is over.

    `request` is the session's own name for what it asked, for a refusal that comes late. It lasts `until` then (Unix
    seconds): a reader who comes back later has to show who it is anew.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        engine: Engine,
        session: Session,
        retelling: Retelling[str],
        *,
        request: str | None = None,
        until: float = math.inf,
        identity: Identity | None = None,
        closed: Callable[["EventStream"], None] = lambda stream: None,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._session = session
        self._retelling = retelling
        self._request = request
        self._until = until
        self.identity = identity
        self._closed = closed
        self._outbox = Outbox()
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._follower = Follower(engine, self._deliver, self._has_room)
        self._asking: asyncio.Future[None] | None = None
        self._closing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._abort: Callable[[], None] = lambda: None

    async def begin(self, ask: Callable[[Follower], Awaitable[None]]) -> None:
        """Ask for the answer; returns when there is something to tell. Raises PitcrewError when that is refused: then
        the stream is over before it began."""
        self._asking = asyncio.ensure_future(ask(self._follower))
        waiting = asyncio.ensure_future(self._ready.wait())
        try:
            await asyncio.wait({self._asking, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if self._asking.done():
                self._asking.result()
        except BaseException:
            self._end()
            raise
        finally:
            waiting.cancel()

    def announce_close(self, reconnect_after_ms: int) -> None:
        """Tell the reader that the server is about to stop."""
        self._put(Closing(reconnect_after_ms))

    def erased(self) -> None:
        """All that was held of the reader is deleted: the stream is over."""
        self.hang_up()

    def hang_up(self, _code: int = 0) -> None:
        """End the stream when what waits has been sent."""
        self._closing = True
        self._ready.set()
        self._deadline = asyncio.get_running_loop().call_later(CLOSE_PATIENCE_S, self._abort)

    # --- in ----------------------------------------------------------------------------------------------------------

    def _deliver(self, envelope: Envelope) -> None:
        if self._retelling.concerns(envelope):
            self._put(envelope)

    def _put(self, item: Item) -> None:
        self._outbox.put(item)
        self._ready.set()

    async def _has_room(self) -> None:
        while self._outbox.lagging:
            self._room.clear()
            await self._room.wait()

    # --- out ---------------------------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the answer has ended, the reader is gone or given up, or the server stops."""
        self._abort = scope.get(ABORT, self._abort)
        expiry = asyncio.get_running_loop().call_later(min(self._until - time.time(), LONG_S), self.hang_up)
        gone = asyncio.create_task(_gone(receive))
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not sending.cancelled() and sending.exception() is not None:
                self._give_up(sending.exception())
                await asyncio.wait({gone}, timeout=CLOSE_PATIENCE_S)
        finally:
            expiry.cancel()
            self._end()
            for task in (gone, sending):
                task.cancel()
            await asyncio.gather(gone, sending, return_exceptions=True)

    def _give_up(self, error: BaseException | None) -> None:
        if not isinstance(error, TimeoutError | OutboxFull | OSError):
            log.error("stream_failed", exc_info=error)
        self._abort()

    def _end(self) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()
        if self._deadline is not None:
            self._deadline.cancel()
        self._follower.close()
        closed, self._closed = self._closed, lambda stream: None
        closed(self)

    async def _send(self, send: Send) -> None:
        """Raises TimeoutError, OutboxFull."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pieces = self._pieces()
        async with contextlib.aclosing(pieces):
            async for text in pieces:
                async with asyncio.timeout(SEND_PATIENCE_S):
                    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        async with asyncio.timeout(SEND_PATIENCE_S):
            await send({"type": "http.response.body", "body": b""})

    async def _pieces(self) -> AsyncGenerator[str]:
        """The text of the stream, to its end. Raises OutboxFull."""
        text = retry(RETRY_MS)
        while True:
            self._ready.clear()
            item = self._outbox.take()
            self._make_room()
            if item is not None:
                text += self._spell(item)
                if len(text) < SENT_TOGETHER and not self._over:
                    continue
            if text:
                yield text
                text = ""
            if self._over or (item is None and self._closing):
                return
            if item is None and not await self._more():
                text = ":\n\n"

    @property
    def _over(self) -> bool:
        return self._retelling.ended

    async def _more(self) -> bool:
        """Whether something has come before the next sign of life is due; what was refused late is told."""
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._ready.wait())}
        if self._asking is not None:
            waits.add(self._asking)
        try:
            done, _ = await asyncio.wait(waits, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits - {self._asking}:
                wait.cancel()
        if self._asking in done:
            self._asking, asking = None, self._asking
            self._refuse(asking.exception() if asking is not None else None)
        return bool(done)

    def _refuse(self, error: BaseException | None) -> None:
        if error is None:
            return
        ref = uuid.uuid4().hex[:12]
        log.error("stream_refused", ref=ref, exc_info=error)
        refusal = error if isinstance(error, PitcrewError) else ProcessingError()
        self._outbox.put(Problem(refusal, ref, self._request))
        self._closing = True

    def _make_room(self) -> None:
        if not self._outbox.lagging:
            self._room.set()

    def _spell(self, item: Item) -> str:
        if isinstance(item, Envelope):
            frames = self._retelling.tell(item, lagging=self._outbox.lagging)
            return "".join(server_event(frame, position) for position, frame in frames)
        if isinstance(item, Spelled):
            return server_event(item.text)
        text = "".join(map(server_event, self._session.notice(item)))
        return text + retry(item.reconnect_after_ms) if isinstance(item, Closing) else text


async def _gone(receive: Receive) -> None:
    """Returns when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
