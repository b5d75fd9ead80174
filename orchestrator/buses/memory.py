"""The bus of a single process."""

from collections.abc import Callable

from orchestrator.bus import Deliver
from orchestrator.events import Envelope


class MemoryBus:
    """See `orchestrator.bus.Bus`. Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[object, Deliver]] = {}

    def publish(self, envelope: Envelope) -> None:
        for deliver in tuple(self._subscribers.get(envelope.conversation_id, {}).values()):
            deliver(envelope)

    def subscribe(self, conversation_id: str, deliver: Deliver) -> Callable[[], None]:
        key = object()
        self._subscribers.setdefault(conversation_id, {})[key] = deliver

        def unsubscribe() -> None:
            followers = self._subscribers.get(conversation_id)
            if followers is not None:
                followers.pop(key, None)
                if not followers:
                    del self._subscribers[conversation_id]

        return unsubscribe
