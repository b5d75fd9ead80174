"""The bus of a single process."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.bus import MOST_STEPS, Deliver, Live
from orchestrator.events import Code, Envelope, InputRequired, Progress, Reasoning, RunRestarted, Terminal, Token


@dataclass
class _Speech:
    """What one run says. Its pieces are put together only when somebody asks."""

    run_id: str
    pieces: list[str] = field(default_factory=list)
    progress: Progress | None = None
    steps: deque[Reasoning | Code] = field(default_factory=lambda: deque(maxlen=MOST_STEPS))


class MemoryBus:
    """See `orchestrator.bus.Bus`. Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[object, Deliver]] = {}
        self._speeches: dict[str, _Speech] = {}

    def publish(self, envelope: Envelope) -> None:
        self._keep(envelope)
        for deliver in tuple(self._subscribers.get(envelope.conversation_id, {}).values()):
            deliver(envelope)

    def _keep(self, envelope: Envelope) -> None:
        event, conversation_id = envelope.event, envelope.conversation_id
        if isinstance(event, Token | Progress | Reasoning | Code):
            speech = self._speeches.get(conversation_id)
            if speech is None or speech.run_id != event.run_id:
                speech = self._speeches[conversation_id] = _Speech(event.run_id)
            if isinstance(event, Progress):
                speech.progress = event
            elif isinstance(event, Token):
                speech.pieces.append(event.text)
            else:
                speech.steps.append(event)
        elif isinstance(event, Terminal | InputRequired | RunRestarted):
            speech = self._speeches.get(conversation_id)
            if speech is not None and speech.run_id == event.run_id:
                del self._speeches[conversation_id]

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

    async def live(self, conversation_id: str) -> Live | None:
        speech = self._speeches.get(conversation_id)
        if speech is None:
            return None
        speech.pieces[:] = ["".join(speech.pieces)]
        return Live(speech.run_id, speech.pieces[0], speech.progress, tuple(speech.steps))
