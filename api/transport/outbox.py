"""What waits to be sent to one reader: bounded, and shortened when the reader lags. No I/O."""

import sys
from collections import deque

import msgspec

from api.protocol.dialect import Notice
from orchestrator.events import Envelope, Token, encode

MERGE_BYTES = 256 * 1024
"""Waiting bytes above which adjacent tokens of one run are merged."""
MERGED_CHARS = 16 * 1024
"""The longest merged token: copying stays cheap, however long the answer."""
FULL_BYTES = 1024 * 1024
"""Waiting bytes at which the reader is given up: it can reconnect and resume."""
ITEM_BYTES = 256
"""What an item takes beside its text."""

Item = Envelope | Notice


class OutboxFull(Exception):
    """The reader is too slow."""


class _Waiting(msgspec.Struct, gc=False):
    """An item, and the text of the tokens that were merged into it. There may be a million of these, which would keep
    the garbage collector busy for a quarter of a second; they are in no cycle."""

    item: Item
    size: int
    more: str = ""

    def takes(self, token: Token) -> bool:
        """Whether `token` goes on where this one ends."""
        if not isinstance(self.item, Envelope) or not isinstance(self.item.event, Token):
            return False
        first, chars = self.item.event, len(self.item.event.text) + len(self.more)
        if first.offset + chars != token.offset or chars + len(token.text) > MERGED_CHARS:
            return False
        return first.run_id == token.run_id and first.part == token.part

    def whole(self) -> Item:
        if not self.more:
            return self.item
        assert isinstance(self.item, Envelope)
        assert isinstance(self.item.event, Token)
        event = msgspec.structs.replace(self.item.event, text=self.item.event.text + self.more)
        return msgspec.structs.replace(self.item, event=event)


class Outbox:
    """A queue whose producers never wait. Sizes are those in memory, so that a thousand stuck readers are bounded."""

    __slots__ = ("_bytes", "_full", "_items")

    def __init__(self) -> None:
        self._items: deque[_Waiting] = deque()
        self._bytes = 0
        self._full = False

    @property
    def lagging(self) -> bool:
        """Whether much waits; never once the reader is given up."""
        return self._bytes > MERGE_BYTES

    def put(self, item: Item) -> None:
        """Add an item. When the reader is beyond help everything is dropped, and `take` raises OutboxFull."""
        if self._full:
            return
        last = self._items[-1] if self._bytes > MERGE_BYTES else None
        if last is not None and isinstance(item, Envelope) and isinstance(item.event, Token) and last.takes(item.event):
            more = last.more + item.event.text
            size = sys.getsizeof(more) - sys.getsizeof(last.more)
            last.more, last.size = more, last.size + size
        else:
            size = _size(item)
            self._items.append(_Waiting(item, size))
        self._bytes += size
        if self._bytes > FULL_BYTES:
            self._full = True
            self._bytes = 0
            self._items.clear()

    def take(self) -> Item | None:
        """The next item; None where none waits. Raises OutboxFull."""
        if self._full:
            raise OutboxFull
        if not self._items:
            return None
        waiting = self._items.popleft()
        self._bytes -= waiting.size
        return waiting.whole()


def _size(item: Item) -> int:
    if not isinstance(item, Envelope):
        return ITEM_BYTES
    event = item.event
    return ITEM_BYTES + (sys.getsizeof(event.text) if isinstance(event, Token) else len(encode(event)))
