"""What waits to be sent to one reader: bounded, and shortened when the reader lags. No I/O."""

import sys
from collections import deque
from dataclasses import dataclass

from msgspec.structs import replace

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


@dataclass(frozen=True, slots=True)
class Spelled:
    """A frame that needs no session to be spelled."""

    text: str


Item = Envelope | Notice | Spelled


class OutboxFull(Exception):
    """The reader is too slow."""


class Outbox:
    """A queue whose producers never wait. Sizes are those in memory, so that a thousand stuck readers are bounded; they
    are kept beside the items, because the size of an event is what it takes as JSON."""

    __slots__ = ("_bytes", "_full", "_items", "_sizes")

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._sizes: deque[int] = deque()
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
        merged = _merged(self._items[-1], item) if self._bytes > MERGE_BYTES and self._items else None
        if merged is not None:
            self._items[-1] = item = merged
            self._bytes -= self._sizes.pop()
        else:
            self._items.append(item)
        self._sizes.append(_size(item))
        self._bytes += self._sizes[-1]
        if self._bytes > FULL_BYTES:
            self._full = True
            self._bytes = 0
            self._items.clear()
            self._sizes.clear()

    def take(self) -> Item | None:
        """The next item; None where none waits. What the bot has said to a conversation that a person has taken over
        is dropped. Raises OutboxFull."""
        if self._full:
            raise OutboxFull
        while self._items:
            self._bytes -= self._sizes.popleft()
            item = self._items.popleft()
            if not (isinstance(item, Envelope) and item.late):
                return item
        return None


def _merged(last: Item, item: Item) -> Envelope | None:
    """Two tokens as one, where the second goes on where the first ends."""
    if not isinstance(last, Envelope) or not isinstance(item, Envelope):
        return None
    first, token = last.event, item.event
    if not isinstance(first, Token) or not isinstance(token, Token):
        return None
    if first.run_id != token.run_id or first.part != token.part or first.offset + len(first.text) != token.offset:
        return None
    text = first.text + token.text
    return None if len(text) > MERGED_CHARS else replace(last, event=replace(first, text=text))


def _size(item: Item) -> int:
    if isinstance(item, Spelled):
        return ITEM_BYTES + sys.getsizeof(item.text)
    if not isinstance(item, Envelope):
        return ITEM_BYTES
    event = item.event
    return ITEM_BYTES + (sys.getsizeof(event.text) if isinstance(event, Token) else len(encode(event)))
