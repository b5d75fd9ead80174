"""Listening to a conversation for as long as somebody reads it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from api.access.auth import SignedIn
from api.transport.outbox import Outbox
from api.transport.sse import BEAT_S
from orchestrator.commands import Answer, Send
from orchestrator.errors import AuthExpired, ShuttingDown
from orchestrator.events import Envelope
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower
from orchestrator.store import Receipt


class Listening:
    """`ask` or `begin`, then iterate over `events`; `close` at the end, whatever happened. It lasts until the caller's
    token has ended."""

    def __init__(self, engine: Engine, caller: SignedIn) -> None:
        self._engine = engine
        self._caller = caller
        self._outbox = Outbox()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._follower = Follower(engine, self._put, self._has_room)
        self._stopped = asyncio.ensure_future(engine.stopped())
        self._stopped.add_done_callback(lambda _: self._arrived.set())
        self._telling: asyncio.Task[None] | None = None

    async def ask(self, command: Send | Answer) -> Receipt:
        """Ask, and listen from the acknowledgement on. Raises what the engine raises."""
        ask: Any = self._engine.send if isinstance(command, Send) else self._engine.answer
        receipt: Receipt = await ask(self._caller, command, self._follower.follow)
        if receipt.duplicate:
            envelope = receipt.envelope
            self.begin(envelope.conversation_id, receipt.accepted.session_id, (envelope.seq or 1) - 1)
        return receipt

    def begin(self, conversation_id: str, session_id: str, after: int) -> None:
        """Listen from after the durable event `after` of the caller's conversation on."""
        self._telling = asyncio.create_task(self._follower.join(conversation_id, session_id, after))
        self._telling.add_done_callback(lambda _: self._arrived.set())

    async def events(self) -> AsyncIterator[Envelope | None]:
        """What has happened and happens; None after a silence of BEAT_S. Raises ShuttingDown where the server stops,
        AuthExpired where the token has ended, OutboxFull where the reader is too slow, and what reading the history
        raises."""
        while True:
            left = self._caller.until - time.time()
            if left <= 0:
                raise AuthExpired
            self._arrived.clear()
            item = self._outbox.take()
            if not self._outbox.lagging:
                self._room.set()
            if isinstance(item, Envelope):
                yield item
                continue
            self._raise_troubles()
            try:
                async with asyncio.timeout(min(BEAT_S, left)):
                    await self._arrived.wait()
            except TimeoutError:
                yield None

    def _raise_troubles(self) -> None:
        if self._stopped.done():
            raise ShuttingDown
        if self._telling is not None and self._telling.done():
            telling, self._telling = self._telling, None
            telling.result()

    def close(self) -> None:
        """Listen no more."""
        self._follower.close()
        self._stopped.cancel()
        if self._telling is not None:
            self._telling.cancel()

    def _put(self, envelope: Envelope) -> None:
        self._outbox.put(envelope)
        self._arrived.set()

    async def _has_room(self) -> None:
        while self._outbox.lagging:
            self._room.clear()
            await self._room.wait()
