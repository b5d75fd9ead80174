"""The contract of the bus: live delivery of a conversation's events to whoever follows it.

The bus forgets: durable events are in the store, and the text of an active run with its owner. It promises order per
conversation, and that an event published after `subscribe` returned is delivered.
"""

from collections.abc import Callable
from typing import Protocol

from orchestrator.events import Envelope

Deliver = Callable[[Envelope], None]
"""Takes an event at once and must not block, raise or wait: a slow reader has its own queue behind it."""


class Bus(Protocol):
    def publish(self, envelope: Envelope) -> None:
        """Hand the event to every subscriber of its conversation."""

    def subscribe(self, conversation_id: str, deliver: Deliver) -> Callable[[], None]:
        """Start delivery; the returned function ends it and may be called twice."""
