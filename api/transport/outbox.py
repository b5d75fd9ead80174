"""What waits to be sent to one reader: bounded, and shortened when the reader lags. No I/O."""

import asyncio
from collections import deque

import msgspec

from api.dialect import Notice
from orchestrator.events import Envelope, Token

MERGE_CHARS = 256 * 1024
"""Waiting text above which adjacent tokens of one run are merged."""
MERGED_CHARS = 16 * 1024
"""The longest merged token: copying stays cheap, however long the answer."""
FULL_CHARS = 1024 * 1024
"""Waiting text at which the reader is given up: it can reconnect and resume."""

Item = Envelope | Notice


class OutboxFull(Exception):
    """The reader is too slow."""


class Outbox:
    """A queue with one producer side that never waits and one consumer."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._chars = 0
        self._full = False
        self._ready = asyncio.Event()
        self._unsent = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def lagging(self) -> bool:
        return self._chars > MERGE_CHARS

    def put(self, item: Item) -> None:
        """Add an item. When the reader is beyond help the item is dropped and `take` raises OutboxFull."""
        self._ready.set()
        size = _size(item)
        if self._full or self._chars + size > FULL_CHARS:
            self._full = True
            return
        self._chars += size
        if self.lagging and isinstance(item, Envelope) and self._merge(item):
            return
        self._items.append(item)
        self._unsent += 1
        self._empty.clear()

    def sent(self) -> None:
        """The item last taken is on its way."""
        self._unsent -= 1
        if not self._unsent:
            self._empty.set()

    async def drained(self) -> None:
        """Wait until everything that was put is on its way."""
        await self._empty.wait()

    def _merge(self, item: Envelope) -> bool:
        last = self._items[-1] if self._items else None
        if not isinstance(last, Envelope) or not isinstance(last.event, Token) or not isinstance(item.event, Token):
            return False
        first, more = last.event, item.event
        if (first.run_id, first.part, first.offset + len(first.text)) != (more.run_id, more.part, more.offset):
            return False
        if len(first.text) + len(more.text) > MERGED_CHARS:
            return False
        merged = msgspec.structs.replace(first, text=first.text + more.text)
        self._items[-1] = msgspec.structs.replace(last, event=merged)
        return True

    async def take(self) -> Item:
        """The next item. Raises OutboxFull."""
        while not self._items and not self._full:
            self._ready.clear()
            await self._ready.wait()
        if self._full:
            raise OutboxFull
        item = self._items.popleft()
        self._chars -= _size(item)
        return item


def _size(item: Item) -> int:
    if not isinstance(item, Envelope):
        return 256
    event = item.event
    return 128 + (len(event.text) if isinstance(event, Token) else len(getattr(event, "response", "")))
