"""How far a client has read, for dialects on which it cannot say so itself. No I/O."""

from orchestrator.commands import Read
from orchestrator.events import Accepted, Completed, Envelope, InputRequired, Resumed


class Place:
    """Notes the events that are sent; `take` says how far that was, once the client has shown that it is there."""

    def __init__(self, kept: bool) -> None:
        self._kept = kept
        self._sessions: dict[str, str] = {}
        self._passed: dict[str, int] = {}

    def passed(self, envelope: Envelope) -> None:
        """The event was sent."""
        if not self._kept:
            return
        event = envelope.event
        if isinstance(event, Accepted | Completed | InputRequired | Resumed):
            self._sessions[envelope.conversation_id] = event.session_id
        if envelope.seq is not None:
            self._passed[envelope.conversation_id] = envelope.seq

    def take(self) -> list[Read]:
        """What has been sent since the last time, as marks of what was read."""
        reads = [
            Read(self._sessions[conversation_id], seq, conversation_id)
            for conversation_id, seq in self._passed.items()
            if conversation_id in self._sessions
        ]
        if reads:
            self._passed.clear()
        return reads
