"""What waits to be sent to one reader: bounded, and shortened when the reader lags. No I/O."""

import sys
from collections import deque

import msgspec

from api.dialect import Notice
from orchestrator.events import Envelope, Token, encode

MERGE_BYTES = 256 * 1024
"""Waiting bytes above which adjacent tokens of one run are merged."""
MERGED_CHARS = 16 * 1024
"""The longest merged token: copying stays cheap, however long the answer."""
FULL_BYTES = 1024 * 1024
"""Waiting bytes at which the reader is given up: it can reconnect and resume."""
HISTORY_BYTES = 8 * FULL_BYTES
"""The same for durable events: a conversation's history is handed over at once when it is resumed, and no reader is
quick enough for that."""
ITEM_BYTES = 256
"""What an item takes beside its text."""

Item = Envelope | Notice


class OutboxFull(Exception):
    """The reader is too slow."""


class Outbox:
    """A queue whose producers never wait. Sizes are those in memory, so that a thousand stuck readers are bounded."""

    __slots__ = ("_bytes", "_full", "_items")

    def __init__(self) -> None:
        self._items: deque[tuple[Item, int]] = deque()
        self._bytes = 0
        self._full = False

    @property
    def lagging(self) -> bool:
        return self._bytes > MERGE_BYTES

    def put(self, item: Item) -> None:
        """Add an item. When the reader is beyond help everything is dropped, and `take` raises OutboxFull."""
        if self._full:
            return
        if self.lagging and isinstance(item, Envelope):
            item = self._merged(item)
        size = _size(item)
        if self._bytes + size > (HISTORY_BYTES if _durable(item) else FULL_BYTES):
            self._full = True
            self._items.clear()
            return
        self._bytes += size
        self._items.append((item, size))

    def _merged(self, item: Envelope) -> Envelope:
        """The item with the last waiting one in it, which is taken out, if both are neighbouring tokens of a run."""
        last = self._items[-1][0] if self._items else None
        if not isinstance(last, Envelope) or not isinstance(last.event, Token) or not isinstance(item.event, Token):
            return item
        first, more = last.event, item.event
        if (first.run_id, first.part, first.offset + len(first.text)) != (more.run_id, more.part, more.offset):
            return item
        if len(first.text) + len(more.text) > MERGED_CHARS:
            return item
        self._bytes -= self._items.pop()[1]
        event = msgspec.structs.replace(first, text=first.text + more.text)
        return msgspec.structs.replace(last, event=event)

    def take(self) -> Item | None:
        """The next item; None where none waits. Raises OutboxFull."""
        if self._full:
            raise OutboxFull
        if not self._items:
            return None
        item, size = self._items.popleft()
        self._bytes -= size
        return item


def _durable(item: Item) -> bool:
    return isinstance(item, Envelope) and item.seq is not None


def _size(item: Item) -> int:
    if not isinstance(item, Envelope):
        return ITEM_BYTES
    event = item.event
    return ITEM_BYTES + (sys.getsizeof(event.text) if isinstance(event, Token) else len(encode(event)))
