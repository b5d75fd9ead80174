"""What the staff is told of all conversations: that one is new or has changed, who is there, what was noted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from orchestrator.bus import Bus, Deliver, Lapsed, Live
from orchestrator.errors import StorageUnavailable
from orchestrator.events import Detail, Durable, Envelope
from orchestrator.staff.presence import Colleague
from orchestrator.staff.values import Listed, Note

log = structlog.get_logger()

PAUSE_S = 0.1
"""Changes of one conversation that follow each other faster are told together."""


class ConversationChanged(msgspec.Struct, frozen=True, tag_field="type", tag="conversation"):
    """A conversation is new in the list, or has changed."""

    conversation: Listed


class ConversationRemoved(msgspec.Struct, frozen=True, tag_field="type", tag="removed"):
    """The customer has deleted a conversation."""

    conversation_id: str


class NoteAdded(msgspec.Struct, frozen=True, tag_field="type", tag="note"):
    """A private note, to those who have the conversation open."""

    conversation_id: str
    note: Note


class CannedChanged(msgspec.Struct, frozen=True, tag_field="type", tag="canned"):
    """There are other canned replies."""


class PresenceChanged(msgspec.Struct, frozen=True, tag_field="type", tag="presence"):
    """Who has a socket open."""

    colleagues: tuple[Colleague, ...]


Change = ConversationChanged | ConversationRemoved | NoteAdded | CannedChanged | PresenceChanged


class Feed:
    """Used from one event loop. `lines` reads conversations as the list shows them."""

    def __init__(self, lines: Callable[[Sequence[str]], Awaitable[Sequence[Listed]]]) -> None:
        self._lines = lines
        self.beyond: Callable[[Change | str], None] = lambda told: None
        """Told what is told here, and the ids of conversations that have changed, for readers elsewhere."""
        self._readers: dict[object, Callable[[Change], None]] = {}
        self._changed: dict[str, None] = {}
        self._telling: asyncio.Task[None] | None = None

    def subscribe(self, deliver: Callable[[Change], None]) -> Callable[[], None]:
        """Tell somebody of every change, until the returned function is called. `deliver` must not block or raise."""
        key = object()
        self._readers[key] = deliver
        return lambda: self._readers.pop(key, None) and None

    def tell(self, change: Change) -> None:
        """Tell everybody at once."""
        self.beyond(change)
        self.hear(change)

    def hear(self, change: Change) -> None:
        """Tell everybody at this process."""
        for deliver in tuple(self._readers.values()):
            deliver(change)

    def changed(self, conversation_id: str) -> None:
        """A line of the list is not true any more."""
        self.beyond(conversation_id)
        self.hear_changed(conversation_id)

    @property
    def read(self) -> bool:
        """Whether anybody reads at this process."""
        return bool(self._readers)

    def hear_changed(self, conversation_id: str) -> None:
        """As `changed`, for who reads at this process."""
        if not self._readers:
            return
        self._changed[conversation_id] = None
        if self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell_changed())

    async def _tell_changed(self) -> None:
        try:
            while self._changed:
                ids, self._changed = list(self._changed), {}
                try:
                    lines = {line.conversation_id: line for line in await self._lines(ids)}
                except StorageUnavailable:
                    log.warning("staff_list_not_told", conversations=len(ids))
                    return
                for conversation_id in ids:
                    line = lines.get(conversation_id)
                    self.hear(ConversationChanged(line) if line else ConversationRemoved(conversation_id))
                await asyncio.sleep(PAUSE_S)
        finally:
            self._telling = None

    async def close(self) -> None:
        """Tell nothing more."""
        self._readers.clear()
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})


class WatchedBus:
    """A bus whose events the feed hears of."""

    def __init__(self, bus: Bus, feed: Feed) -> None:
        self._bus = bus
        self._feed = feed

    async def publish(self, envelope: Envelope) -> None:
        await self._bus.publish(envelope)
        event = envelope.event
        if isinstance(event, Durable) and not isinstance(event, Detail):
            self._feed.changed(envelope.conversation_id)

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        return await self._bus.subscribe(conversation_id, deliver, lapsed)

    async def live(self, conversation_id: str) -> Live | None:
        return await self._bus.live(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        await self._bus.forget(conversation_id)
