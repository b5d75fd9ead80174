"""The bus of a single process."""

from collections.abc import Callable

from orchestrator.bus import Deliver, Lapsed, Live
from orchestrator.buses.speech import Speech, heard
from orchestrator.events import Envelope


class MemoryBus:
    """See `orchestrator.bus.Bus`. Used from the event loop's thread only. It misses nothing."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[object, Deliver]] = {}
        self._speeches: dict[str, Speech] = {}

    async def publish(self, envelope: Envelope) -> None:
        conversation_id = envelope.conversation_id
        speech = heard(self._speeches.get(conversation_id), envelope)
        if speech is not None:
            self._speeches[conversation_id] = speech
        else:
            self._speeches.pop(conversation_id, None)
        self.deliver(envelope)

    def deliver(self, envelope: Envelope) -> None:
        """Hand on what another process says, and keeps."""
        for deliver in tuple(self._subscribers.get(envelope.conversation_id, {}).values()):
            deliver(envelope)

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        key = object()
        self._subscribers.setdefault(conversation_id, {})[key] = deliver

        def unsubscribe() -> None:
            followers = self._subscribers.get(conversation_id)
            if followers is not None:
                followers.pop(key, None)
                if not followers:
                    del self._subscribers[conversation_id]

        return unsubscribe

    async def live(self, conversation_id: str) -> Live | None:
        speech = self._speeches.get(conversation_id)
        return speech.live if speech is not None else None

    async def forget(self, conversation_id: str) -> None:
        self._speeches.pop(conversation_id, None)
