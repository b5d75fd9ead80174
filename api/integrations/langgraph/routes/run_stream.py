"""A run's stream as server-sent events."""

from collections.abc import Iterator

from api.integrations.langgraph.modes import RunSession, spell
from api.transport.position import Position
from api.transport.retelling import Retelling
from api.transport.server_events import BEAT
from orchestrator.events import Envelope


class RunStream:
    """A run's stream as it is told, each event with the position behind it."""

    def __init__(self, session: RunSession, position: Position) -> None:
        self._session = session
        self._retelling = Retelling(session, "", position=position)

    @property
    def ended(self) -> bool:
        return self._retelling.ended

    def spelled(self, envelope: Envelope | None) -> Iterator[str]:
        """The server-sent events for an event of the thread; a sign of life for none."""
        if envelope is None:
            yield BEAT
        elif self._retelling.concerns(envelope):
            for position, frame in self._retelling.tell(envelope):
                yield spell(*frame, position)
        else:
            self._session.overheard(envelope)
